"""Projects that the real psqlmodel made, gone on with by psqlmigrate without editing a file."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from compat.conftest import FIRST, Make, OldProject

SCHEMAS = {"psqlmodel_0.7": "public", "psqlmodel": "migrations"}


def _history(environment: str) -> str:
    return f"{SCHEMAS[environment]}._psqlmodel_migrations"


def _rows(project: OldProject, environment: str) -> list[dict[str, object]]:
    return project.rows(_history(environment))


@pytest.fixture(params=SCHEMAS)
def environment(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


def test_reading_before_anything_is_adopted_writes_nothing(
    copy_old: Make, environment: str
) -> None:
    project = copy_old(environment)
    before = project.everything()
    status = project.succeed("status")
    assert "Applied           2" in status
    assert "Schema drift      no" in status
    newest = project.versions[-1]
    assert project.succeed("current").strip() == newest
    history = json.loads(project.succeed("history", "--json"))["result"]["rows"]
    assert [row["version"] for row in history] == [newest, "20240101_000000"]
    assert [row["message"] for row in history] == ["Add pets", "Add people"]
    assert "0 findings" in project.succeed("verify")
    assert "applied" in project.succeed("show", newest)
    assert "models and migrations agree" in project.succeed("check")
    assert "none pending" in project.succeed("upgrade")
    assert project.everything() == before
    assert not (project.root / "psqlmigrate.toml").exists()


def test_it_is_gone_on_with(copy_old: Make, environment: str) -> None:
    project = copy_old(environment)
    files = {one: one.read_bytes() for one in project.migrations}
    rows = _rows(project, environment)
    (project.root / "models" / "people.py").write_text(
        (project.root / "models" / "people.py").read_text().replace("max_len=100", "max_len=120")
    )
    assert project.run("check")[0] == 1
    project.succeed("autogenerate", "Longer names")
    assert "1 applied, none pending" in project.succeed("upgrade")
    now = _rows(project, environment)
    assert [row for row in now if row in rows] == rows
    [new] = [row for row in now if row not in rows]
    path = next(one for one in project.migrations if one.name.startswith(str(new["version"])))
    assert new["checksum"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert 'depends_on = "' in path.read_text()
    assert {one: one.read_bytes() for one in files} == files
    assert "models and migrations agree" in project.succeed("check")
    assert "Schema drift      no" in project.succeed("status")
    assert "0 findings" in project.succeed("verify")
    state = json.loads((project.root / "migrations" / ".schema_state.json").read_text())
    assert state["head"] == [new["version"]]


def test_all_the_way_down_and_up_again(copy_old: Make, environment: str) -> None:
    project = copy_old(environment)
    out = project.succeed("downgrade", "base")
    assert out.index("Add pets") < out.index("Add people")
    rows = _rows(project, environment)
    assert len(rows) == 2
    assert all(row["rolled_back_at"] for row in rows)
    assert "Applied:          0" in project.migrate("status")
    assert "2 applied" in project.succeed("upgrade")
    rows = _rows(project, environment)
    assert [row["rolled_back_at"] for row in rows] == [None, None]
    assert {len(str(row["checksum"])) for row in rows} == {64}
    assert "models and migrations agree" in project.succeed("check")


def test_what_psqlmodel_rolled_back_is_pending(copy_old: Make, environment: str) -> None:
    project = copy_old(environment)
    project.migrate("downgrade", "--path", "migrations", "--", "-1")
    assert project.succeed("current").strip() == "20240101_000000"
    assert "rolled back" in project.succeed("history", "--all")
    assert "1 applied, none pending" in project.succeed("upgrade")
    assert len(_rows(project, environment)) == 2


def test_psqlmodel_can_go_on_reading(copy_old: Make, environment: str) -> None:
    project = copy_old(environment)
    project.succeed("autogenerate", "--empty", "Ours")
    project.succeed("upgrade")
    text = project.migrate("status")
    assert "Applied:          3" in text
    assert "Pending:          1" in text or "Pending:          0" in text
    newest = project.versions[-1]
    assert newest in project.migrate("current")
    assert newest in project.migrate("history")
    # And when it applies and reverts something itself, that is seen.
    project.migrate("stamp", "20240101_000000")
    assert project.succeed("current").strip() == newest


def test_an_edited_file_is_refused_until_it_is_accepted(copy_old: Make, environment: str) -> None:
    project = copy_old(environment)
    path = next(one for one in project.migrations if one.name.startswith("20240101"))
    path.write_text(path.read_text().replace("VARCHAR(100)", "VARCHAR(200)"))
    code, out, _ = project.run("verify")
    assert (code, "edited after it was applied" in out) == (1, True)
    code, _, err = project.run("downgrade")
    assert code == 5
    assert "verify --accept 20240101_000000" in err
    project.succeed("verify", "--accept", "20240101_000000")
    assert "0 findings" in project.succeed("verify")
    assert "1 reverted" in project.succeed("downgrade")


def test_an_applied_file_can_be_certified(copy_old: Make) -> None:
    project = copy_old("psqlmodel")
    newest = project.versions[-1]
    assert "0 certified, 2 not" in project.succeed("verify")
    for version in ("20240101_000000", newest):
        project.succeed("verify", "--certify", version)
    assert "2 certified" in project.succeed("verify")
    assert "0 findings" in project.succeed("verify", "--replay")
    code, _, err = project.run("verify", "--certify", newest)
    assert (code, "is applied" in err) == (5, True)


def test_init_says_what_it_has_found(copy_old: Make, environment: str) -> None:
    project = copy_old(environment)
    before = _rows(project, environment)
    out = project.succeed("init")
    schema = SCHEMAS[environment]
    assert f"it goes on with psqlmodel's in schema {schema}: 2 migrations applied" in out
    assert _rows(project, environment) == before
    config = (project.root / "psqlmigrate.toml").read_text()
    assert (f'history_schema = "{schema}"' in config) == (schema == "migrations")
    assert "psqlmodel" not in project.succeed("init")
    assert "Applied           2" in project.succeed("status")
    # A script for psql writes to the same tables.
    project.succeed("autogenerate", "--empty", "Ours")
    script = project.succeed("sql")
    assert f"INSERT INTO {schema}._psqlmodel_migrations" in script


def test_the_first_generation_as_it_really_is(make_old: Make) -> None:
    """0.5 and 0.6 commit a plain migration and then fail before its row; a data migration's
    checksum is that of its version, since the loader hides the file from `inspect`."""
    project = make_old("psqlmodel_0.6")
    project.migrate("autogenerate", "Add people")
    failed = project.attempt("upgrade")
    assert "has no attribute 'checksum'" in failed.stderr
    assert project.rows("_psqlmodel_migrations") == []
    [version] = project.versions
    project.migrate("stamp", version)
    data = project.file("20990101_000000", DATA)
    project.migrate("upgrade")
    rows = {row["version"]: row for row in project.rows("_psqlmodel_migrations")}
    assert rows[version]["checksum"] == ""
    by_version = hashlib.sha256(b"20990101_000000").hexdigest()
    assert rows["20990101_000000"]["checksum"] == by_version
    assert "2" in project.succeed("status")
    assert "0 findings" in project.succeed("verify")
    assert "models and migrations agree" in project.succeed("check")
    out = project.succeed("downgrade", "base")
    assert "2 reverted" in out
    assert "2 applied" in project.succeed("upgrade")
    assert project.rows("people") == [
        {"id": 1, "name": "of the data migration", "note": "born now"}
    ]
    assert data.exists()


def test_what_the_first_generation_ran_and_forgot(make_old: Make) -> None:
    """0.6 makes the tables and fails before its row: here they are its migration's."""
    project = make_old("psqlmodel_0.6")
    project.migrate("autogenerate", "Add people")
    assert project.attempt("upgrade").returncode
    assert "1 applied" in project.succeed("upgrade")
    assert "models and migrations agree" in project.succeed("check")
    assert "Unmanaged" not in project.succeed("status")


DATA = '''\
"""Data of people."""

from psqlmodel.migrations import migration


class Migration_20990101_000000(migration.DataMigration):
    version = "20990101_000000"
    message = "data"
    depends_on = None
    batch_size = 10

    def up(self, engine):
        engine.execute_sql("INSERT INTO people VALUES (1, 'of the data migration')")

    def down(self, engine):
        engine.execute_sql("DELETE FROM people")
'''


def test_two_generations_of_one_project(
    copy_old: Make, make_environment: Callable[[str], Path]
) -> None:
    """psqlmodel was upgraded: the later one sees nothing applied until it is told by stamp."""
    project = copy_old("psqlmodel_0.7")
    (project.root / ".venv").unlink()
    (project.root / ".venv").symlink_to(make_environment("psqlmodel"))
    later = OldProject(
        project.root, project.database, project.capsys, project.root / ".venv" / "bin" / "python"
    )
    later.migrate("init")
    later.migrate("stamp", "20240101_000000")
    before = later.everything()
    assert "Applied           2" in later.succeed("status")
    assert len(json.loads(later.succeed("history", "--json"))["result"]["rows"]) == 2
    assert "0 findings" in later.succeed("verify")
    assert "models and migrations agree" in later.succeed("check")
    assert later.everything() == before
    out = later.succeed("init")
    assert "psqlmodel's in schema migrations and public: 2 migrations applied" in out
    assert len(later.rows("migrations._psqlmodel_migrations")) == 2
    assert len(later.rows("public._psqlmodel_migrations")) == 2
    assert "Applied           2" in later.succeed("status")
    assert "1 reverted" in later.succeed("downgrade")
    assert "Applied           1" in later.succeed("status")


def test_migrations_that_would_not_run_again(copy_old: Make) -> None:
    """Such as tables that the program's start-up made before their migration was stamped."""
    project = copy_old("psqlmodel")
    version = "20990101_000000"
    text = next(one for one in project.migrations if FIRST in one.name).read_text()
    text = text.replace(FIRST, version).replace("CREATE TABLE", "ALTER TABLE missing")
    project.file(version, text)
    project.migrate("stamp", version)
    out = project.succeed("status")
    assert "Applied           3" in out
    assert "Pending           0" in out
    assert "Schema drift      not known" in out
    assert "cannot be replayed: " in out
    assert json.loads(project.succeed("status", "--json"))["result"]["drift"] is None
    assert project.succeed("current").strip() == project.versions[-1]
    assert "3 migrations" in project.succeed("verify")
    code, _, err = project.run("check")
    assert code == 3
    assert f"migrations/{version}_step.py" in err


UNIQUE = """\
from psqlmodel import Column, Index, PSQLModel, table
from psqlmodel.orm.types import numeric, serial, varchar


@table(name="staff", indexes=[Index("email", "pay")], comment="Who works here")
class Staff(PSQLModel):
    id: serial = Column(primary_key=True)
    email: varchar = Column(nullable=False, max_len=100, unique=True)
    pay: numeric(10, 2) = Column(default=0)
"""


def test_what_psqlmodel_writes_otherwise_is_one_migration(make_old: Make) -> None:
    """Its migrations name things otherwise than its models do, and leave things out."""
    project = make_old("psqlmodel")
    (project.root / "models" / "people.py").write_text(UNIQUE)
    project.migrate("autogenerate", "Staff")
    project.migrate("upgrade")
    project.execute("INSERT INTO staff (email) VALUES ('a')")
    code, out, _ = project.run("check")
    assert code == 1
    assert "uq_staff_email" in out
    project.succeed("autogenerate", "Catch up")
    text = project.migrations[-2].read_text() + project.migrations[-1].read_text()
    assert "RENAME TO uq_staff_email" in text
    assert "DROP TABLE" not in text.split("Catch up")[-1]
    project.succeed("upgrade")
    assert "agree" in project.succeed("check")
    assert [one["pay"] for one in project.rows("staff")] == [0.00]


def test_a_schema_that_somebody_made_before_the_first_migration(make_old: Make) -> None:
    """psqlmodel writes no CREATE SCHEMA, so that its users make theirs by hand."""
    project = make_old("psqlmodel")
    models = project.root / "models" / "people.py"
    models.write_text(models.read_text().replace('name="people"', 'name="people", schema="hr"'))
    project.execute("CREATE SCHEMA hr")
    project.migrate("init")
    project.migrate("autogenerate", "people")
    project.migrate("upgrade")
    project.succeed("init")
    code, _, err = project.run("check")
    assert code == 3
    assert 'schema "hr" does not exist' in err
    assert "scratch_setup" in err
    (project.root / "setup.sql").write_text("CREATE SCHEMA hr;\n")
    config = project.root / "psqlmigrate.toml"
    config.write_text(config.read_text() + 'scratch_setup = ["setup.sql"]\n')
    project.succeed("autogenerate", "the rest")
    project.succeed("upgrade")
    assert "models and migrations agree" in project.succeed("check")
    assert "Schema drift      no" in project.succeed("status")
