"""init --from-database: the schema that is there becomes the first migration."""

import json
from pathlib import Path

import pytest
from psycopg import sql

from cli.conftest import Run, url_of
from psqlmigrate.postgres.connect import connect
from psqlmigrate.postgres.target import Target

STRANGE = """
CREATE SCHEMA "My Schema";
CREATE TYPE "My Schema"."it's" AS ENUM ('a;b', 'c%d', 'é→', ':x');
CREATE TABLE "My Schema"."Ta""ble %s" (
    "a b" int PRIMARY KEY,
    "Ü:" "My Schema"."it's" DEFAULT 'c%d',
    note text DEFAULT E'x\\n''y''%(z)s' CHECK (note <> '--')
);
COMMENT ON TABLE "My Schema"."Ta""ble %s" IS 'it''s "quoted"; \\ and % and {x}';
CREATE FUNCTION "My Schema".f() RETURNS int LANGUAGE sql AS $$ SELECT 1 /* ; */ $$;
"""


def _execute(database: Target, text: str) -> None:
    with connect(database) as connection:
        connection.execute(text.encode())


def _counts(database: Target) -> dict[str, int]:
    with connect(database) as connection:
        rows = connection.execute(
            "SELECT format('%I.%I', schemaname, relname) FROM pg_stat_user_tables"
            " WHERE relname !~ '^_psql'"
        ).fetchall()
        return {
            name: connection.execute(f"SELECT count(*) FROM {name}".encode()).fetchone()[0]  # type: ignore[index]  # count(*) has a row
            for (name,) in rows
        }


@pytest.fixture
def shop(run: Run, project: Path, database: Target) -> Run:
    _execute(database, (project / "schema.sql").read_text() + STRANGE)
    _execute(database, "INSERT INTO customers (email, name) VALUES ('a@b', 'A'), ('c@d', 'C')")
    return run


@pytest.mark.parametrize("suffix", ["py", "sql"])
def test_it_is_the_first_migration(
    shop: Run, project: Path, database: Target, server: Target, suffix: str
) -> None:
    before = shop("snapshot", "database")[1]
    counts = _counts(database)
    code, out, err = shop("init", "--from-database", *(["--sql"] if suffix == "sql" else []))
    assert (code, err) == (0, "")
    assert "certified in" in out
    assert "recorded as applied" in out
    [path] = (project / "migrations").glob(f"*_initial_schema.{suffix}")
    assert path.name in out
    assert (project / "migrations" / "certificates" / f"{path.name[:15]}.json").is_file()
    assert shop("snapshot", "database")[1] == before
    assert _counts(database) == counts
    assert shop("current")[1].strip() == path.name[:15]
    assert shop("status", "--no-models", "--exit-code")[0] == 0
    assert shop("drift")[0] == 0
    assert shop("verify", "--replay")[0] == 0
    assert "nothing to do" in shop("upgrade")[1]
    with connect(server) as admin:
        admin.execute("CREATE DATABASE from_file TEMPLATE template0")
    try:
        other = ("--url", url_of(server.database("from_file")))
        assert shop("upgrade", *other)[0] == 0
        assert shop("snapshot", "database", *other)[1] == before
        assert shop("downgrade", "base", *other)[0] == 0
        assert shop("diff", "database", "empty", *other) == (0, "", "")
    finally:
        with connect(server) as admin:
            admin.execute("DROP DATABASE from_file WITH (FORCE)")


def test_a_second_time_is_refused(shop: Run, project: Path) -> None:
    assert shop("init", "--from-database")[0] == 0
    files = sorted(project.rglob("*"))
    code, out, err = shop("init", "--from-database")
    assert (code, out) == (5, "")
    assert "there are migrations already" in err
    assert "hint: " in err
    assert sorted(project.rglob("*")) == files
    assert shop("init")[0] == 0
    for path in (project / "migrations").glob("*.py"):
        path.unlink()
    code, _, err = shop("init", "--from-database")
    assert code == 5
    assert "has a history already" in err


def test_migrations_that_are_there_already(shop: Run, project: Path, database: Target) -> None:
    (project / "migrations").mkdir()
    (project / "migrations" / "20260101_000000_a.sql").write_text("-- psqlmigrate: up\n")
    code, _, err = shop("init", "--from-database")
    assert code == 5
    assert "20260101_000000_a.sql" in err
    with connect(database) as connection:
        found = connection.execute("SELECT to_regclass('_psqlmodel_migrations')").fetchone()
    assert found == (None,)


def test_an_empty_database(run: Run, project: Path) -> None:
    code, out, _ = run("init", "--from-database")
    assert code == 0
    assert "no schema yet" in out
    assert (project / "migrations").is_dir()
    assert not list((project / "migrations").glob("*.*"))
    assert run("status")[0] == 0


def test_it_needs_the_database(shop: Run, project: Path) -> None:
    assert shop("init", "--from-database", "--offline")[0] == 2
    assert shop("init", "--message", "x")[0] == 2
    assert shop("init", "--sql")[0] == 2
    code, _, err = shop("init", "--from-database", "--message", " ")
    assert (code, "the message is empty" in err) == (2, True)
    assert not (project / "migrations").exists()


def test_the_message(shop: Run, project: Path) -> None:
    code, out, _ = shop("init", "--from-database", "--message", 'it\'s "all"\n%s', "--json")
    assert code == 0
    result = json.loads(out)["result"]
    assert result["written"]["certified"] is True
    assert (project / result["written"]["files"][0]).is_file()
    assert json.loads(shop("history", "--json")[1])["result"]["rows"][0]["message"] == (
        'it\'s "all"\n%s'
    )


@pytest.mark.usefixtures("without_aggregates")
def test_what_cannot_be_expressed_is_named(shop: Run, database: Target) -> None:
    _execute(database, "CREATE AGGREGATE best(int) (SFUNC = int4larger, STYPE = int)")
    code, out, _ = shop("init", "--from-database")
    assert code == 0
    assert "not in the migration: aggregate public.best(integer)" in out


@pytest.mark.usefixtures("without_aggregates")
def test_what_cannot_be_made_anew_leaves_nothing(
    shop: Run, project: Path, database: Target
) -> None:
    """A view needs an aggregate, then a function is needed by one: nothing is begun."""
    _execute(database, "CREATE FUNCTION f(int, int) RETURNS int LANGUAGE sql AS 'SELECT $1'")
    _execute(database, "CREATE AGGREGATE best(int) (SFUNC = f, STYPE = int)")
    _execute(database, "CREATE VIEW bests AS SELECT best(id) FROM orders")
    for ignored, words in (
        ("[]", "cannot make aggregate public.best(integer); ignore in the configuration"),
        ('["view:public.bests"]', "function public.f(integer, integer) has to be dropped"),
    ):
        (project / "psqlmigrate.toml").write_text(f"ignore = {ignored}\n")
        files = sorted(project.rglob("*"))
        code, out, err = shop("init", "--from-database")
        assert (code, out) == (5, "")
        assert words in err
        assert "ignore in the configuration" in err
        assert "the plan:" not in err
        assert sorted(project.rglob("*")) == files
        with connect(database) as connection:
            found = connection.execute("SELECT to_regclass('_psqlmodel_migrations')").fetchone()
        assert found == (None,)


def test_schema_and_ignore(shop: Run, project: Path, database: Target) -> None:
    _execute(
        database, "CREATE SCHEMA app; CREATE TABLE app.a (i int); CREATE TABLE app.tmp_b (i int)"
    )
    (project / "psqlmigrate.toml").write_text('ignore = ["app.tmp_*"]\n')
    assert shop("init", "--from-database", "--schema", "app")[0] == 0
    text = next((project / "migrations").glob("*.py")).read_text()
    assert "CREATE TABLE app.a" in text
    assert "tmp_b" not in text
    assert "customers" not in text
    assert shop("drift", "--schema", "app")[0] == 0


def test_what_is_chosen_needs_what_is_left_out(shop: Run, project: Path, database: Target) -> None:
    _execute(database, "CREATE SCHEMA app; CREATE TABLE app.a (s order_state)")
    code, _, err = shop("init", "--from-database", "--schema", "app")
    assert code == 5
    assert "needs type public.order_state" in err or "public.order_state, which is left out" in err
    assert not list((project / "migrations").glob("*.*"))


def test_tables_of_other_tools(shop: Run, project: Path, database: Target) -> None:
    _execute(
        database,
        """
        CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY);
        CREATE TABLE goose_db_version (id serial PRIMARY KEY, version_id bigint NOT NULL,
            is_applied boolean NOT NULL, tstamp timestamp DEFAULT now());
        CREATE SCHEMA other;
        CREATE TABLE other.schema_migrations (id int PRIMARY KEY, version text, title text, owner text);
        CREATE TABLE flyway_schema_history (installed_rank int PRIMARY KEY, script text, success bool);
        CREATE VIEW flyway AS SELECT script FROM flyway_schema_history;
        """,
    )
    code, out, _ = shop("init", "--from-database")
    assert code == 0
    assert "left out: public.alembic_version, in which Alembic keeps its history" in out
    assert "left out: public.goose_db_version" in out
    text = next((project / "migrations").glob("*.py")).read_text()
    assert "alembic" not in text
    assert "goose" not in text
    # One is an application's own, the other carries a view: both are part of the schema.
    assert "other.schema_migrations" in text
    assert "flyway_schema_history" in text
    assert shop("drift")[0] == 0
    unmanaged = json.loads(shop("status", "--json", "--no-models")[1])["result"]["unmanaged"]
    assert sorted(one.rpartition(".")[2] for one in unmanaged) == [
        "alembic_version",
        "goose_db_version",
        "goose_db_version_id_seq",
    ]


def test_the_history_has_a_schema_of_its_own(shop: Run, project: Path, server: Target) -> None:
    (project / "psqlmigrate.toml").write_text('history_schema = "ops"\n')
    assert shop("init")[0] == 0
    assert shop("init", "--from-database")[0] == 0
    assert "ops" not in next((project / "migrations").glob("*.py")).read_text()
    name = sql.Identifier("from_file_ops")
    with connect(server) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(name))
        try:
            other = ("--url", url_of(server.database("from_file_ops")))
            assert shop("upgrade", *other)[0] == 0
            assert shop("status", "--no-models", "--exit-code", *other)[0] == 0
        finally:
            admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))


def test_check_after_it_compares_with_the_models(shop: Run, database: Target) -> None:
    _execute(database, 'DROP SCHEMA "My Schema" CASCADE')
    assert shop("init", "--from-database", "--models", "schema.sql")[0] == 0
    assert shop("check")[0] == 0
    assert shop("status", "--exit-code")[0] == 0


@pytest.mark.parametrize("path", ["/proc/nope", "/proc/nope/deeper", "/proc"])
@pytest.mark.parametrize("way", [("init",), ("init", "--from-database")])
def test_a_directory_that_cannot_be_made_leaves_nothing(
    run: Run, project: Path, database: Target, path: str, way: tuple[str, ...]
) -> None:
    with connect(database) as connection:
        connection.execute("CREATE TABLE t (a int)")
    before = sorted(project.iterdir())
    code, _, err = run(*way, "--migrations", path)
    assert code == 2
    assert f"{path} cannot be the directory of migrations" in err
    assert sorted(project.iterdir()) == before
    with connect(database) as connection:
        found = connection.execute("SELECT relname FROM pg_class WHERE relname ~ '^_psql'")
        assert found.fetchall() == []


def test_tables_that_cannot_be_made_leave_no_files(
    run: Run, project: Path, database: Target
) -> None:
    with connect(database) as connection:
        connection.execute("CREATE VIEW _psqlmodel_migrations AS SELECT 1 AS version")
    before = sorted(project.iterdir())
    assert run("init", "--migrations", "deep/er")[0] != 0
    assert sorted(project.iterdir()) == before


def test_a_schema_public_that_was_made_anew(run: Run, project: Path, database: Target) -> None:
    with connect(database) as connection:
        connection.execute("DROP SCHEMA public; CREATE SCHEMA public; CREATE TABLE t (a int)")
    assert run("init", "--from-database")[0] == 0
    [path] = (project / "migrations").glob("*.py")
    assert "COMMENT" not in path.read_text()
    assert run("status", "--exit-code")[0] == 0
    with connect(database) as connection:
        connection.execute("COMMENT ON SCHEMA public IS 'standard public schema'")
    assert run("drift")[0] == 0
    assert run("diff", "migrations", "database") == (0, "", "")
    with connect(database) as connection:
        connection.execute("COMMENT ON SCHEMA public IS 'mine'")
    assert "COMMENT ON SCHEMA public IS 'standard public schema'" in run("drift")[1]
