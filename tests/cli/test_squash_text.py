"""What squash keeps, what it says anew, and what it refuses."""

import hashlib
import json
from pathlib import Path

import pytest

from cli.conftest import Run
from faults.project import Project
from psqlmigrate.migrations.directory import read_directory
from psqlmigrate.migrations.file import MigrationFile
from psqlmigrate.migrations.recorded import is_schema
from psqlmigrate.postgres.connect import Connection, connect
from psqlmigrate.postgres.scratch import Scratch
from psqlmigrate.postgres.target import Target
from psqlmigrate.service.picture import picture, schemas_apart, values_apart
from psqlmigrate.sources.migrations import replay

VERSIONS = [f"2026010{day}_000000" for day in range(1, 8)]


@pytest.fixture
def files(project: Path) -> Project:
    (project / "migrations").mkdir()
    return Project(project / "migrations")


def _write(files: Project, *halves: tuple[str, str]) -> None:
    for version, (up, down) in zip(VERSIONS, halves, strict=False):
        files.sql(version, up, down)


def _squashed(run: Run, files: Project, *words: str) -> MigrationFile:
    code, out, err = run("squash", "one", *words)
    assert code == 0, (out, err)
    return next(one for one in read_directory(files.path).files if one.replaces)


def _planned(run: Run, *words: str) -> tuple[int, int]:
    code, out, err = run("squash", "one", "--json", *words)
    assert code == 0, (out, err)
    result = json.loads(out)["result"]
    return result["planned"], len(result["replaced"])


def _refused(run: Run, files: Project, *words: str) -> str:
    before = {path: path.read_bytes() for path in files.path.rglob("*") if path.is_file()}
    code, out, err = run("squash", "one", *words)
    assert (code, out) == (5, ""), err
    after = {path: path.read_bytes() for path in files.path.rglob("*") if path.is_file()}
    assert after == before
    return err


def _same_as_originals(scratch: Scratch, files: Project) -> None:
    """Both ways in databases of the test's own, on all that can be compared."""
    now = read_directory(files.path).files
    [made] = [one for one in now if one.replaces]
    archive = read_directory(files.path / "archive").files
    earlier = [one for one in now if one.version < archive[0].version]
    with scratch.database() as one, scratch.database() as other:
        replay(one, [*earlier, *archive])
        replay(other, [*earlier, made])
        left, right = picture(one), picture(other)
        assert schemas_apart(scratch, left, right) == ()
        assert values_apart(left, right) == ()


def test_ddl_becomes_a_plan(run: Run, files: Project, scratch: Scratch) -> None:
    _write(
        files,
        ("CREATE TABLE t (a int, gone int);", "DROP TABLE t;"),
        ("ALTER TABLE t DROP gone;", "ALTER TABLE t ADD gone int;"),
        ("ALTER TABLE t ADD b int DEFAULT 3;", "ALTER TABLE t DROP b;"),
        ("ALTER TABLE t RENAME a TO c;", "ALTER TABLE t RENAME c TO a;"),
    )
    file = _squashed(run, files)
    assert "gone" not in file.text
    assert file.text.count("CREATE TABLE") == 1
    assert "ALTER" not in file.text
    _same_as_originals(scratch, files)


def test_rows_that_are_there_are_kept(
    run: Run, files: Project, connection: Connection, scratch: Scratch
) -> None:
    """A plan would drop the column and make it anew."""
    _write(
        files,
        ("CREATE TABLE t (id int PRIMARY KEY, a text);", "DROP TABLE t;"),
        ("ALTER TABLE t RENAME a TO b;", "ALTER TABLE t RENAME b TO a;"),
        ("ALTER TABLE t ADD c int;", "ALTER TABLE t DROP c;"),
    )
    run("upgrade", VERSIONS[0])
    connection.execute("INSERT INTO t VALUES (1, 'kept')")
    assert _planned(run, "--from", VERSIONS[1]) == (0, 2)
    assert run("upgrade")[0] == 0
    assert connection.execute("SELECT * FROM t").fetchall() == [(1, "kept", None)]
    assert run("downgrade")[0] == 0
    assert connection.execute("SELECT * FROM t").fetchall() == [(1, "kept")]
    _same_as_originals(scratch, files)


def test_rows_that_no_sample_is_like_are_kept(
    run: Run, files: Project, connection: Connection
) -> None:
    """No sample row passes the check, so nothing is known of what a plan would do to rows."""
    check = f"CHECK (md5(a) = '{hashlib.md5(b'xyzzy', usedforsecurity=False).hexdigest()}')"
    _write(
        files,
        (f"CREATE TABLE t (a text NOT NULL {check});", "DROP TABLE t;"),
        ("ALTER TABLE t ADD b int DEFAULT 5;", "ALTER TABLE t DROP b;"),
        ("ALTER TABLE t ALTER b DROP DEFAULT;", "ALTER TABLE t ALTER b SET DEFAULT 5;"),
    )
    run("upgrade", VERSIONS[0])
    connection.execute("INSERT INTO t VALUES ('xyzzy')")
    assert _planned(run, "--from", VERSIONS[1]) == (0, 2)
    assert run("upgrade")[0] == 0
    assert connection.execute("SELECT * FROM t").fetchall() == [("xyzzy", 5)]


def test_defaults_that_were_there_for_a_while(
    run: Run, files: Project, connection: Connection
) -> None:
    _write(
        files,
        ("CREATE TABLE t (a text);", "DROP TABLE t;"),
        ("ALTER TABLE t ADD b int DEFAULT 5;", "ALTER TABLE t DROP b;"),
        ("ALTER TABLE t ALTER b DROP DEFAULT;", "ALTER TABLE t ALTER b SET DEFAULT 5;"),
        ("CREATE TABLE u (a int);", "DROP TABLE u;"),
        ("CREATE INDEX i ON t (a);", "DROP INDEX i;"),
    )
    run("upgrade", VERSIONS[0])
    connection.execute("INSERT INTO t VALUES ('x')")
    assert _planned(run, "--from", VERSIONS[1], "--to", VERSIONS[2]) == (0, 2)
    assert _planned(run, "--from", VERSIONS[3]) == (2, 2)
    assert run("upgrade")[0] == 0
    assert connection.execute("SELECT * FROM t").fetchall() == [("x", 5)]


def test_rows_of_a_data_step_are_kept(run: Run, files: Project, scratch: Scratch) -> None:
    _write(
        files,
        ("CREATE TABLE t (a text);", "DROP TABLE t;"),
        ("INSERT INTO t SELECT 'row ' || i FROM generate_series(1, 3000) i;", ""),
        ("ALTER TABLE t RENAME a TO b;", "ALTER TABLE t RENAME b TO a;"),
        ("ALTER TABLE t ADD c timestamptz DEFAULT '2026-01-01';", "ALTER TABLE t DROP c;"),
        ("ALTER TABLE t ALTER c DROP DEFAULT;", "ALTER TABLE t ALTER c SET DEFAULT '2026-01-01';"),
    )
    assert _planned(run) == (0, 5)
    _same_as_originals(scratch, files)


def test_what_only_a_later_run_of_ddl_says_is_planned(
    run: Run, files: Project, scratch: Scratch
) -> None:
    _write(
        files,
        ("CREATE TABLE t (a text);", "DROP TABLE t;"),
        ("INSERT INTO t VALUES ('x');", ""),
        ("ALTER TABLE t ADD temporary int;", "ALTER TABLE t DROP temporary;"),
        ("ALTER TABLE t DROP temporary;", "ALTER TABLE t ADD temporary int;"),
        ("CREATE TABLE u (b int);", "DROP TABLE u;"),
    )
    file = _squashed(run, files)
    assert "temporary" not in file.text
    assert "INSERT INTO t VALUES ('x');" in file.text
    _same_as_originals(scratch, files)


def test_what_no_kind_reads_is_kept(run: Run, files: Project, scratch: Scratch) -> None:
    _write(
        files,
        ("CREATE TABLE t (a int, b int);\nCREATE TABLE log (a int);", "DROP TABLE t, log;"),
        ("ALTER TABLE t ALTER a SET STATISTICS 500;", "ALTER TABLE t ALTER a SET STATISTICS -1;"),
        ("GRANT SELECT ON t TO PUBLIC;", "REVOKE SELECT ON t FROM PUBLIC;"),
        (
            "CREATE RULE r AS ON INSERT TO t DO ALSO INSERT INTO log VALUES (NEW.a);",
            "DROP RULE r ON t;",
        ),
        ("CREATE STATISTICS s ON a, b FROM t;", "DROP STATISTICS s;"),
        (
            "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC;",
            "ALTER DEFAULT PRIVILEGES REVOKE SELECT ON TABLES FROM PUBLIC;",
        ),
        ("INSERT INTO t VALUES (1, 2);", "DELETE FROM t; DELETE FROM log;"),
    )
    file = _squashed(run, files)
    for text in ("SET STATISTICS 500", "GRANT SELECT ON t", "CREATE RULE", "CREATE STATISTICS"):
        assert text in file.text
    _same_as_originals(scratch, files)


def test_sequences_stand_where_they_stood(run: Run, files: Project, scratch: Scratch) -> None:
    _write(
        files,
        ("CREATE TABLE t (id serial PRIMARY KEY, a text);", "DROP TABLE t;"),
        ("ALTER SEQUENCE t_id_seq RESTART WITH 100;", "ALTER SEQUENCE t_id_seq RESTART;"),
        ("INSERT INTO t (a) VALUES ('x');", ""),
        ("SELECT setval('t_id_seq', 500);", ""),
    )
    file = _squashed(run, files)
    assert "RESTART WITH 100" in file.text
    assert "setval" in file.text
    _same_as_originals(scratch, files)


def test_all_that_sql_can_hold(run: Run, files: Project, scratch: Scratch) -> None:
    _write(
        files,
        ('CREATE TABLE "Odd ""t" (a text, b text);', 'DROP TABLE "Odd ""t";'),
        (
            'COPY "Odd ""t" FROM STDIN;\n1\ta%b:c\n2\t\\N\n\\.\nSELECT 1;',
            'DELETE FROM "Odd ""t";',
        ),
        (
            "DO $$ BEGIN\n  INSERT INTO \"Odd \"\"t\" VALUES ('multi\nline; %s :x {}', 'ü''');\nEND $$;",
            "",
        ),
        (
            "CREATE FUNCTION f() RETURNS text LANGUAGE sql AS $$ SELECT\n  'a\n  b' $$;",
            "DROP FUNCTION f();",
        ),
        ('INSERT INTO "Odd ""t" SELECT f(), \'x\';', ""),
    )
    _squashed(run, files)
    _same_as_originals(scratch, files)


def test_python_with_params_and_data_migrations(run: Run, files: Project, scratch: Scratch) -> None:
    files.python(
        VERSIONS[0],
        "engine.execute('CREATE TABLE t (a int, b text, c bytea, d date)')",
        "engine.execute('DROP TABLE t')",
    )
    files.python(
        VERSIONS[1],
        "print('inserting')\nfor i in range(3):\n    engine.execute('INSERT INTO t VALUES (%s, %s, %s, %s)',"
        " (i, \"it's 100% \\\\ :x\", b'\\x00\\xff', datetime.date(2026, 1, 2)))",
        "engine.execute('DELETE FROM t WHERE a < %(a)s', {'a': 9})",
        head="import datetime\n",
    )
    files.python(
        VERSIONS[2],
        "engine.execute('''\n    COPY t (a, b) FROM STDIN;\n7\\tseven\n    eight is no row\n\\\\.\n''') if False else None\n"
        "engine.execute('COPY t (a, b) FROM STDIN;\\n7\\tse  ven\\n\\\\.\\n')",
    )
    file = _squashed(run, files)
    assert file.path.suffix == ".py"
    _same_as_originals(scratch, files)
    code, out, err = run("upgrade")
    assert code == 0, (out, err)


def test_random_values_do_not_stand_in_the_way(run: Run, files: Project) -> None:
    _write(
        files,
        (
            "CREATE TABLE t (a uuid DEFAULT gen_random_uuid(), b timestamptz DEFAULT now());",
            "DROP TABLE t;",
        ),
        ("INSERT INTO t DEFAULT VALUES;", ""),
        ("UPDATE t SET a = gen_random_uuid();", ""),
    )
    _squashed(run, files)
    assert run("upgrade")[0] == 0


def test_values_of_an_enum(run: Run, files: Project, scratch: Scratch) -> None:
    _write(
        files,
        ("CREATE TYPE e AS ENUM ('a');", "DROP TYPE e;"),
        ("ALTER TYPE e ADD VALUE 'b';", "DROP TYPE e; CREATE TYPE e AS ENUM ('a');"),
        ("CREATE TABLE t (x e);\nINSERT INTO t VALUES ('b');", "DROP TABLE t;"),
    )
    _squashed(run, files)
    _same_as_originals(scratch, files)


def test_values_that_are_used_before_a_commit_are_refused(run: Run, files: Project) -> None:
    _write(
        files,
        ("CREATE TYPE e AS ENUM ('a');\nCREATE TABLE t (x e);", "DROP TABLE t; DROP TYPE e;"),
        ("ALTER TYPE e ADD VALUE 'b';", "DELETE FROM t;"),
        ("INSERT INTO t VALUES ('b');", "DELETE FROM t WHERE x = 'b';"),
    )
    err = _refused(run, files, "--from", VERSIONS[1])
    assert f"{VERSIONS[2]}_step.sql cannot be squashed: up in one transaction" in err
    assert 'unsafe use of new value "b"' in err


def test_constraints_that_wait_for_the_commit(run: Run, files: Project, scratch: Scratch) -> None:
    _write(
        files,
        (
            "CREATE TABLE t (id int PRIMARY KEY, up int REFERENCES t DEFERRABLE INITIALLY DEFERRED);",
            "DROP TABLE t;",
        ),
        ("INSERT INTO t VALUES (1, 2), (2, 1);", "DELETE FROM t;"),
        ("ALTER TABLE t ADD b int;", "ALTER TABLE t DROP b;"),
        ("INSERT INTO t VALUES (3, 4), (4, 3);", "DELETE FROM t WHERE id > 2;"),
    )
    file = _squashed(run, files)
    assert "SET CONSTRAINTS ALL IMMEDIATE" in file.text
    _same_as_originals(scratch, files)


def test_settings_end_with_their_migration(run: Run, files: Project, scratch: Scratch) -> None:
    _write(
        files,
        (
            "CREATE SCHEMA s;\nCREATE TABLE s.t (a int);\nCREATE TABLE public.t (a date);",
            "DROP SCHEMA s CASCADE; DROP TABLE public.t;",
        ),
        ("SET search_path = s;\nINSERT INTO t VALUES (1);", "DELETE FROM s.t;"),
        ("SET DateStyle = 'SQL, DMY';\nINSERT INTO t VALUES ('03/04/2026');", "DELETE FROM t;"),
        (
            "INSERT INTO t VALUES ('2026-05-06');\nSELECT set_config('search_path', 's', false);\nINSERT INTO t VALUES (2);",
            "",
        ),
        ("INSERT INTO t VALUES ('2026-07-08');", ""),
    )
    _squashed(run, files)
    _same_as_originals(scratch, files)


@pytest.mark.parametrize(
    ("body", "head", "reason"),
    [
        ("engine.fetch_one('SELECT 1')", "", ":9: reads a row, which needs a database"),
        ("engine.fetch_all('SELECT 1')", "", "reads rows"),
        ("engine.connection.execute('SELECT 1')", "", "uses the connection"),
        ("engine.execute('SELECT 1').fetchone()", "", "has no attribute 'fetchone'"),
        ("engine.execute(open('x').read())", "", "uses open"),
        ("engine.execute(os.environ.get('X', 'SELECT 1'))", "import os\n", "uses os"),
        (
            "engine.execute('SELECT %s', [str(uuid.uuid4())])",
            "import uuid\n",
            "the same statements each time",
        ),
        ("engine.execute('COMMIT')", "", "COMMIT in a migration"),
        ("raise ValueError('no')", "", "ValueError: no"),
    ],
)
def test_python_that_cannot_be_told(
    run: Run, files: Project, body: str, head: str, reason: str
) -> None:
    _write(files, ("CREATE TABLE t (a int);", "DROP TABLE t;"))
    files.python(VERSIONS[1], body, head=head)
    err = _refused(run, files)
    assert f"{VERSIONS[1]}_step.py" in err
    assert reason in err
    code, out, _ = run("squash", "one", "--json")
    assert (code, json.loads(out)["error"]["code"]) == (5, "squash_refused")


def test_a_data_step_without_a_way_back(run: Run, files: Project) -> None:
    _write(files, ("CREATE TABLE t (a int);", "DROP TABLE t;"))
    path = files.python(VERSIONS[1], "engine.execute('INSERT INTO t VALUES (1)')")
    path.write_text(path.read_text().partition("    def down")[0])
    err = _refused(run, files)
    assert f"{path.name} does to go back cannot be squashed: it has no down" in err


def test_a_way_back_that_leads_elsewhere(run: Run, files: Project) -> None:
    _write(
        files,
        ("CREATE TABLE t (a int);", "DROP TABLE t;"),
        ("INSERT INTO t VALUES (1);\nCREATE TABLE u (a int);", ""),
    )
    assert "table public.u" in _refused(run, files)


def test_migrations_that_are_no_transaction(run: Run, files: Project) -> None:
    _write(
        files,
        ("CREATE TABLE t (a int);", "DROP TABLE t;"),
        ("CREATE TABLE u (a int);", "DROP TABLE u;"),
    )
    files.sql(
        VERSIONS[2],
        "CREATE INDEX CONCURRENTLY i ON t (a);",
        "DROP INDEX i;",
        "-- transactional: false\n",
    )
    assert f"{VERSIONS[2]}_step.sql is not one transaction" in _refused(run, files)
    assert _planned(run, "--to", VERSIONS[1]) == (2, 2)
    assert run("upgrade")[0] == 0


def test_what_an_sql_migration_cannot_hold(run: Run, files: Project) -> None:
    files.python(
        VERSIONS[0], "engine.execute('CREATE TABLE t (a text)')", "engine.execute('DROP TABLE t')"
    )
    files.python(
        VERSIONS[1], "engine.execute(\"INSERT INTO t VALUES ('x\\n-- psqlmigrate: down\\ny')\")"
    )
    assert "squash without --sql" in _refused(run, files, "--sql")
    _squashed(run, files)
    assert run("upgrade")[0] == 0


def test_branches(run: Run, files: Project, scratch: Scratch) -> None:
    after = f"-- depends_on: {VERSIONS[0]}\n"
    files.sql(VERSIONS[0], "CREATE TABLE t (a int);", "DROP TABLE t;")
    files.sql(VERSIONS[1], "ALTER TABLE t ADD b int;", "ALTER TABLE t DROP b;", after)
    files.sql(VERSIONS[2], "ALTER TABLE t ADD c int;", "ALTER TABLE t DROP c;", after)
    assert "2 heads" in _refused(run, files)
    assert "comes after it, outside of the range" in _refused(run, files, "--to", VERSIONS[1])
    assert run("merge", "join")[0] == 0
    files.sql("20290101_000000", "SELECT 1;", "", after)
    assert "comes after it, outside of the range" in _refused(run, files, "--to", "202611")
    (files.path / "20290101_000000_step.sql").unlink()
    err = _refused(run, files, "--from", VERSIONS[1])
    assert f"also comes after {VERSIONS[2]}, outside of the range" in err
    assert _planned(run)[1] == 4
    assert len(read_directory(files.path).files) == 1
    _same_as_originals(scratch, files)
    assert run("upgrade")[0] == 0


def test_what_fails_is_told_as_it_is(run: Run, files: Project) -> None:
    _write(files, ("CREATE TABLE t (a int);", "DROP TABLE t;"), ("SELECT 1 / 0;", ""))
    code, _, err = run("squash", "one")
    assert code == 3
    assert "division by zero" in err


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("CREATE TABLE t (a int GENERATED ALWAYS AS (1) STORED)", True),
        ("CREATE TABLE t AS SELECT 1", False),
        ("CREATE TABLE t (a) AS TABLE x", False),
        ("create  unlogged\n table t ()", True),
        ("CREATE TEMP TABLE t (a int)", False),
        ('CREATE TABLE "as" ("x as y" text DEFAULT \' as \')', True),
        ("-- words\nALTER TABLE t ADD a int", True),
        ("CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'", True),
        ("CREATE MATERIALIZED VIEW v AS SELECT 1", True),
        ("REFRESH MATERIALIZED VIEW v", False),
        ("GRANT SELECT ON t TO x", False),
        ("CREATE RULE r AS ON INSERT TO t DO NOTHING", False),
        ("DO $$ BEGIN END $$", False),
        ("SELECT f()", False),
        ("SELECT pg_catalog.set_config('search_path', '', false)", True),
        ("SELECT set_config('a.b', f(), false)", False),
        ("SET LOCAL statement_timeout = 0", True),
        ("SET CONSTRAINTS ALL DEFERRED", False),
        ("COMMENT ON TABLE t IS 'x'", True),
        ("TRUNCATE t", False),
        ("WITH x AS (DELETE FROM t) SELECT 1", False),
        ("ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO x", False),
        ("DROP TABLE t", True),
        ("COPY t FROM STDIN", False),
    ],
)
def test_which_statements_a_plan_may_stand_for(text: str, expected: bool) -> None:
    assert is_schema(text) is expected


def test_the_database_is_not_touched(run: Run, files: Project, database: Target) -> None:
    _write(
        files,
        ("CREATE TABLE t (a int);", "DROP TABLE t;"),
        ("CREATE TABLE u (a int);", "DROP TABLE u;"),
    )
    with connect(database) as connection:
        before = picture(connection)
        _squashed(run, files)
        assert picture(connection) == before
