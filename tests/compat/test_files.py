"""psqlmodel's migration files run as they are, without psqlmodel."""

import asyncio
import sys
from pathlib import Path

import pytest

from compat.conftest import OldProject
from psqlmigrate.errors import MigrationFileError
from psqlmigrate.migrations.base import DataMigration, Migration
from psqlmigrate.migrations.bodies import body
from psqlmigrate.migrations.file import read_file
from psqlmigrate.migrations.loading import load_python

V1, V2 = "20240101_000001", "20240101_000002"
CLASS = """

class Migration_{version}({base}):
    version = "{version}"
    message = "a step"
    depends_on = None
    head_id = "b0c0f7f2-5e0b-4f0c-8b0a-000000000000"

"""
SYNC = """\
    def up(self, engine):
        engine.execute_sql("CREATE TABLE t (a int)")

    def down(self, engine):
        engine.execute_sql("DROP TABLE t")
"""
IMPORTS = {
    "from psqlmodel.migrations import Migration": "Migration",
    "from psqlmodel.migrations import DataMigration, Migration": "DataMigration",
    "from psqlmodel.migrations import *": "Migration",
    "from psqlmodel.migrations.migration import Migration": "Migration",
    "from psqlmodel.migrations.migration import DataMigration as D": "D",
    "from psqlmodel.migrations import migration": "migration.DataMigration",
    "from psqlmodel import Migration": "Migration",
    "from psqlmodel import migrations": "migrations.Migration",
    "import psqlmodel": "psqlmodel.migrations.Migration",
    "import psqlmodel as p": "p.Migration",
    "import psqlmodel.migrations": "psqlmodel.migrations.Migration",
    "import psqlmodel.migrations.migration as m": "m.Migration",
    "from psqlmodel.migrations import Migration\n"
    "from psqlmodel.migrations.exceptions import MigrationError, RollbackError": "Migration",
    "from __future__ import annotations\nfrom psqlmodel.migrations import Migration": "Migration",
    "import typing\nif typing.TYPE_CHECKING:\n    from psqlmodel.core.engine import Engine\n"
    "from psqlmodel.migrations import Migration": "Migration",
}


def _text(head: str, base: str, methods: str, version: str = V1) -> str:
    return head + CLASS.format(version=version, base=base) + methods


@pytest.mark.parametrize("head", IMPORTS)
def test_every_way_to_import(old: OldProject, head: str) -> None:
    old.file(V1, _text(head, IMPORTS[head], SYNC))
    assert "1 applied" in old.succeed("upgrade")
    assert old.rows("t") == []
    assert "CREATE TABLE t" in old.succeed("sql")
    assert "1 reverted" in old.succeed("downgrade")
    assert not [name for name in sys.modules if name.split(".")[0] == "psqlmodel"]


def test_what_psqlmodel_has_and_migrations_have_not(old: OldProject) -> None:
    for head in ("from psqlmodel import Column", "from psqlmodel.orm.types import text"):
        old.file(
            V1, _text(f"{head}\nfrom psqlmodel.migrations import Migration", "Migration", SYNC)
        )
        code, _, err = old.run("upgrade")
        assert code == 3
        assert f"{V1}_step.py" in err
        assert "pipx inject psqlmigrate 'psqlmodel[async]'" in err


def test_the_real_psqlmodel_is_used_where_more_of_it_is_needed(
    old: OldProject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Here a small one; installed beside the tool, the real one is found in the same way."""
    package = tmp_path / "site" / "psqlmodel"
    (package / "migrations").mkdir(parents=True)
    (package / "__init__.py").write_text("Column = 'real'\n")
    (package / "migrations" / "__init__.py").write_text(
        "class Migration:\n    depends_on = None\n    async def up_async(self, engine): pass\n"
    )
    monkeypatch.syspath_prepend(str(package.parent))
    old.file(V1, _text("from psqlmodel.migrations import Migration", "Migration", SYNC))
    old.succeed("upgrade")
    assert "psqlmodel" not in sys.modules
    head = "from psqlmodel import Column\nfrom psqlmodel.migrations import Migration"
    methods = SYNC.replace("TABLE t", "TABLE {Column}").replace('("', '(f"')
    try:
        old.file(V2, _text(head, "Migration", methods, V2))
        assert "1 applied" in old.succeed("upgrade")
        assert old.rows('"real"') == []
    finally:
        for name in [name for name in sys.modules if name.split(".")[0] == "psqlmodel"]:
            del sys.modules[name]


def test_modules_of_the_project(old: OldProject) -> None:
    """`python -m psqlmodel` can import them, at the top and inside of a method."""
    (old.root / "migrations" / "_names_of_this_test.py").write_text("TABLE = 't'\n")
    (old.root / "helpers_of_this_test.py").write_text("TABLE = 't'\n")
    head = "from psqlmodel.migrations import Migration\nfrom migrations._names_of_this_test import TABLE"
    methods = """\
    def up(self, engine):
        engine.execute_sql(f"CREATE TABLE {TABLE} (a int)")

    def down(self, engine):
        from helpers_of_this_test import TABLE
        from psqlmodel.migrations.exceptions import MigrationError
        engine.execute_sql(f"DROP TABLE {TABLE}")
"""
    old.file(V1, _text(head, "Migration", methods))
    before = list(sys.path)
    try:
        assert "1 applied" in old.succeed("upgrade")
        assert "1 reverted" in old.succeed("downgrade")
    finally:
        for name in ("migrations", "migrations._names_of_this_test", "helpers_of_this_test"):
            sys.modules.pop(name, None)
    assert sys.path == before


def test_what_psqlmodels_own_engine_has(old: OldProject) -> None:
    methods = """\
    def up(self, engine):
        engine.execute_sql("CREATE TABLE t (a text); INSERT INTO t VALUES ('50 % of :x %s')")
        with engine._conn.cursor() as cursor:
            cursor.execute("SELECT a FROM t")
            assert cursor.fetchall() == [("50 % of :x %s",)]

    def down(self, engine):
        engine.execute("DROP TABLE t")
"""
    old.file(V1, _text("from psqlmodel.migrations import Migration", "Migration", methods))
    assert "1 applied" in old.succeed("upgrade")
    assert "1 reverted" in old.succeed("downgrade")
    code, _, err = old.run("sql")
    assert code == 3
    assert f"{V1}_step.py:11: uses the connection" in err


ASYNC = '''\
    def up(self, engine):
        """Use the async one."""

    def down(self, engine):
        raise NotImplementedError("async only")

    async def up_async(self, engine):
        await engine.execute_sql("CREATE TABLE t (id int PRIMARY KEY, a text)")
        await engine.execute_sql(
            """INSERT INTO t VALUES ($1, $2 || '$1 %' || $$ $2 $$), ($3, $2) -- $9 %""", 1, "x%", 2
        )
        await asyncio.sleep(0)
        rows = await engine.fetch_all("SELECT * FROM t WHERE id = $1", 1)
        assert rows == [{"id": 1, "a": "x%$1 % $2 "}], rows
        assert await engine.fetch_one("SELECT a FROM t WHERE id = 2") == {"a": "x%"}
        assert await engine.fetch_one("SELECT a FROM t WHERE id = 3") is None
        assert await engine.fetch_all("DELETE FROM t WHERE id = 3") == []

    async def down_async(self, engine):
        await engine.execute("DROP TABLE t")
'''
ASYNC_HEAD = "import asyncio\nfrom psqlmodel.migrations import Migration"


@pytest.mark.parametrize("methods", [ASYNC, ASYNC[ASYNC.index("    async def up_async") :]])
def test_async_methods_run_where_the_plain_ones_do_nothing(old: OldProject, methods: str) -> None:
    old.file(V1, _text(ASYNC_HEAD, "Migration", methods))
    assert "1 applied" in old.succeed("upgrade")
    assert len(old.rows("t")) == 2
    assert "1 reverted" in old.succeed("downgrade")
    assert old.run("sql")[0] == 3


def test_plain_methods_run_where_both_do_something(old: OldProject) -> None:
    both = SYNC + ASYNC[ASYNC.index("    async def up_async") :]
    old.file(V1, _text(ASYNC_HEAD, "Migration", both))
    old.succeed("upgrade")
    old.execute("INSERT INTO t (a) VALUES (1)")
    assert old.rows("t") == [{"a": 1}]
    old.succeed("downgrade")


def test_the_plain_ones_may_be_async_themselves(old: OldProject) -> None:
    methods = """\
    async def up(self, engine):
        await engine.execute_sql("CREATE TABLE t (a int)")

    async def down(self, engine):
        await engine.execute_sql("DROP TABLE t")
"""
    old.file(V1, _text(ASYNC_HEAD, "Migration", methods))
    assert "1 applied" in old.succeed("upgrade")
    assert "CREATE TABLE t" in old.succeed("sql")
    assert "1 reverted" in old.succeed("downgrade")


def test_an_error_in_async_code_has_its_place(old: OldProject) -> None:
    methods = ASYNC.replace("CREATE TABLE t (id", "CREATE TABEL t (id")
    old.file(V1, _text(ASYNC_HEAD, "Migration", methods))
    code, _, err = old.run("upgrade")
    assert code == 3
    assert f"migrations/{V1}_step.py:17" in err
    assert "CREATE TABEL t" in err
    old.file(V1, _text(ASYNC_HEAD, "Migration", ASYNC.replace("asyncio.sleep(0)", "missing()")))
    code, _, err = old.run("upgrade")
    assert code == 3
    assert f"{V1}_step.py" in err
    assert "NameError" in err


def test_inside_a_program_with_a_loop_of_its_own(old: OldProject) -> None:
    methods = SYNC.replace("def", "async def").replace("engine.execute", "await engine.execute")
    file = read_file(old.file(V1, _text(ASYNC_HEAD, "Migration", methods)))
    called: list[str] = []

    class Engine:
        def execute_sql(self, sql: str, params: object = None) -> None:
            called.append(sql)
            assert params is None

        execute = execute_sql

    async def program() -> None:
        body(file, load_python(file), "up")(Engine())

    asyncio.run(program())
    assert called == ["CREATE TABLE t (a int)"]


def test_data_migrations(old: OldProject) -> None:
    methods = """\
    timeout_seconds = 1
    batch_size = 3

    def up(self, engine):
        pass

    def down(self, engine):
        pass

    async def up_async(self, engine):
        assert self.is_data_migration
        await engine.execute_sql("CREATE TABLE t AS SELECT generate_series(1, 7) AS id")
        sizes = [len(rows) async for rows in self.iter_batches(engine, "public.t")]
        assert sizes == [3, 3, 1], sizes
        sizes = [len(rows) async for rows in self.iter_batches(engine, "t", "id DESC", batch_size=7)]
        assert sizes == [7], sizes
        await engine.execute_sql("SELECT pg_sleep(0.1)")
"""
    head = "from psqlmodel.migrations.migration import DataMigration"
    old.file(V1, _text(head, "DataMigration", methods))
    assert "1 applied" in old.succeed("upgrade")
    old.file(
        V2, _text(head, "DataMigration", methods.replace("0.1", "5").replace("t AS", "u AS"), V2)
    )
    code, _, err = old.run("upgrade")
    assert code == 3
    assert "statement timeout" in err
    assert old.rows("_psqlmodel_migrations")[0]["version"] == V1
    old.file(
        V2,
        _text(head, "DataMigration", SYNC.replace("t (", "v ("), V2).replace(
            "    head_id", "    timeout_seconds = None\n    head_id"
        ),
    )
    assert "1 applied" in old.succeed("upgrade")


def test_the_base_classes_have_what_psqlmodels_have() -> None:
    assert (Migration.head_id, Migration.is_data_migration) == ("", False)
    assert (DataMigration.timeout_seconds, DataMigration.batch_size) == (None, 1000)
    assert DataMigration.is_data_migration


@pytest.mark.parametrize("name", ["0001_initial", "v0001_initial", "initial", "20240101_000009_x"])
def test_psqlmodel_asks_no_name_of_a_file(old: OldProject, name: str) -> None:
    """It takes the version from the class."""
    path = old.root / "migrations" / f"{name}.py"
    text = _text("from psqlmodel.migrations import Migration", "Migration", SYNC)
    path.write_text(text.replace(f'"{V1}"', '"v1.first"'))
    (old.root / "migrations" / "helpers.py").write_text(
        "from psqlmodel.migrations import Migration\n"
    )
    assert "1 applied" in old.succeed("upgrade")
    assert old.rows("_psqlmodel_migrations")[0]["version"] == "v1.first"
    assert "0 findings" in old.succeed("verify")
    assert old.succeed("current").strip() == "v1.first"
    assert "1 reverted" in old.succeed("downgrade")


def test_versions_that_begin_with_a_letter_come_first(old: OldProject) -> None:
    """What is made from now on begins with a digit, and comes after them."""
    text = _text("from psqlmodel.migrations import Migration", "Migration", SYNC)
    for number in "12":
        one = text.replace(f'"{V1}"', f'"v000{number}"').replace("TABLE t", f"TABLE t{number}")
        (old.root / "migrations" / f"v000{number}_step.py").write_text(one)
    old.succeed("upgrade")
    old.succeed("autogenerate", "next", "--empty")
    assert "1 applied, none pending" in old.succeed("upgrade")
    assert "0 findings" in old.succeed("verify")
    out = old.succeed("downgrade", "v0001")
    assert out.index("next") < out.index("v0002")
    assert old.succeed("current").strip() == "v0001"


def test_a_version_that_cannot_be_one(old: OldProject) -> None:
    text = _text("from psqlmodel.migrations import Migration", "Migration", SYNC)
    old.file(V1, text.replace(f'version = "{V1}"', 'version = "../x"'))
    with pytest.raises(MigrationFileError, match="no version"):
        read_file(old.root / "migrations" / f"{V1}_step.py")


def test_files_of_psqlmodels_beside_the_migrations(old: OldProject) -> None:
    """head.lock and the state file are read, or left alone, and replaced by autogenerate."""
    folder = old.root / "migrations"
    lock = '{"version": "20240101_000001", "head_id": "x"}'
    (folder / "head.lock").write_text(lock)
    (folder / ".schema_state.json").write_text(
        '{\n  "version": "1.0",\n  "updated_at": "2026-01-01T00:00:00.1",\n'
        '  "state": {\n    "table:public.t": "abc"\n  }\n}'
    )
    old.file(V1, _text("from psqlmodel.migrations import Migration", "Migration", SYNC))
    assert "0 findings" in old.succeed("verify")
    old.succeed("upgrade")
    (old.root / "schema.sql").write_text("CREATE TABLE t (a int, b int);")
    old.succeed("autogenerate", "b", "--models", "schema.sql")
    text = (folder / ".schema_state.json").read_text()
    assert "updated_at" not in text
    assert '"table:public.t": "sha256:' in text
    assert (folder / "head.lock").read_text() == lock
    assert "0 findings" in old.succeed("verify")
