"""Rules, statistics, publications, foreign data and the like, through the commands."""

from pathlib import Path

from cli.conftest import Run
from psqlmigrate.postgres.connect import connect
from psqlmigrate.postgres.loading import load_script
from psqlmigrate.postgres.target import Target

_SCHEMA = """
CREATE TABLE t (a int PRIMARY KEY, b int, c text);
CREATE VIEW v AS SELECT a, b FROM t;
CREATE RULE r AS ON INSERT TO v DO INSTEAD INSERT INTO t (a, b) VALUES (new.a, new.b);
CREATE STATISTICS st (ndistinct) ON a, b FROM t;
CREATE FOREIGN DATA WRAPPER w;
CREATE SERVER s FOREIGN DATA WRAPPER w OPTIONS (host 'x');
CREATE USER MAPPING FOR public SERVER s OPTIONS ("user" 'me', password 'hidden');
CREATE FOREIGN TABLE ft (a int OPTIONS (column_name 'z') NOT NULL, b text) SERVER s;
CREATE TABLE par (a int, b text) PARTITION BY LIST (a);
CREATE FOREIGN TABLE par1 PARTITION OF par FOR VALUES IN (1) SERVER s;
CREATE PUBLICATION pub FOR TABLE t;
CREATE TEXT SEARCH CONFIGURATION cfg (COPY = english);
CREATE INDEX i ON t USING gin (to_tsvector('public.cfg', c));
CREATE SUBSCRIPTION sub CONNECTION 'host=127.0.0.1 port=1 password=hidden' PUBLICATION p
  WITH (connect = false, slot_name = NONE);
COMMENT ON RULE r ON v IS 'a rule';
CREATE FUNCTION f() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN
  IF tg_tag IN ('ALTER TABLE', 'CREATE STATISTICS') THEN RAISE EXCEPTION 'no'; END IF; END $$;
CREATE EVENT TRIGGER et ON ddl_command_end EXECUTE FUNCTION f();
"""


def _drop_subscriptions(database: Target) -> None:
    with connect(database) as connection:
        connection.execute("DROP EVENT TRIGGER IF EXISTS et")
        connection.execute("DROP SUBSCRIPTION IF EXISTS sub")


def _texts(project: Path) -> str:
    files = (path for path in (project / "migrations").rglob("*") if path.is_file())
    return "\n".join(path.read_text() for path in files)


def test_from_a_database_to_its_first_migration(run: Run, project: Path, database: Target) -> None:
    with connect(database) as connection:
        load_script(connection, _SCHEMA, "schema")
    try:
        (project / "schema.sql").write_text("")
        before = run("snapshot", "database")[1]
        code, out, err = run("init", "--from-database")
        assert (code, err) == (0, "")
        assert "not in the migration" not in out
        assert run("snapshot", "database")[1] == before
        assert run("status", "--no-models", "--exit-code")[0] == 0
        assert run("verify", "--replay")[0] == 0
        for kind in ("rule", "statistics", "event trigger", "publication table", "foreign table"):
            assert f'"kind": "{kind}"' in before, kind
        assert "hidden" not in before + _texts(project)
        assert "set it by hand" in _texts(project)
    finally:
        _drop_subscriptions(database)


def test_changes_of_a_script_become_migrations(run: Run, project: Path, database: Target) -> None:
    (project / "schema.sql").write_text(_SCHEMA)
    try:
        assert run("init", "--models", "schema.sql")[0] == 0
        assert run("autogenerate", "all")[0] == 0
        assert run("upgrade")[0] == 0
        assert run("status", "--exit-code")[0] == 0
        changed = (
            _SCHEMA.replace("a int PRIMARY KEY, b int", "a bigint PRIMARY KEY, b bigint")
            .replace("FOR TABLE t", "FOR TABLE t, par WITH (publish = 'insert')")
            .replace("host 'x'", "host 'y'")
            .replace("'a rule'", "'another'")
            .replace("(ndistinct)", "(mcv)")
            .replace(
                "CREATE EVENT TRIGGER et ON ddl_command_end", "CREATE EVENT TRIGGER et ON sql_drop"
            )
        )
        (project / "schema.sql").write_text(changed)
        code, _, err = run("autogenerate", "change")
        assert code == 0, err
        assert run("upgrade")[0] == 0
        assert run("status", "--exit-code")[0] == 0
        assert "nothing to do" in run("autogenerate", "nothing")[1]
        assert run("downgrade", "base")[0] == 0
        assert "hidden" not in _texts(project)
    finally:
        _drop_subscriptions(database)
