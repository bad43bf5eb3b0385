"""Replay in scratch: the same engine as in a run, and the same words when it fails."""

import pytest

from faults.project import Project
from psqlmigrate.errors import MigrationError, RollbackError, SourceError, StatementError
from psqlmigrate.migrations.directory import read_directory
from psqlmigrate.postgres.connect import Connection
from psqlmigrate.postgres.scratch import Scratch
from psqlmigrate.sources.migrations import replay, run


@pytest.fixture
def project(tmp_path: object) -> Project:
    return Project(tmp_path)  # type: ignore[arg-type]  # pytest's own


def _replayed(scratch: Scratch, project: Project) -> MigrationError:
    with scratch.database() as connection, pytest.raises(MigrationError) as caught:
        replay(connection, read_directory(project.path).files)
    return caught.value


BROKEN = {
    "syntax": "SELECT 1;\nCREATE TABEL t (a int);",
    "detail": "CREATE TABLE t (a int UNIQUE);\nINSERT INTO t\n  VALUES (1), (1);",
    "position": "SELECT 1,\n  nothing_here;",
    "commit": "CREATE TABLE t (a int);\nCOMMIT;",
    "context": "DO $$ BEGIN\n  RAISE 'no' USING HINT = 'do not'; END $$;",
    "deferred": "CREATE TABLE t (a int UNIQUE DEFERRABLE INITIALLY DEFERRED);"
    "INSERT INTO t VALUES (1), (1);",
}
BROKEN_PYTHON = {
    "call": 'engine.execute("""\n  SELECT 1 / 0\n""")',
    "params": "engine.execute('SELECT %s::int', ['x'])",
    "own": "engine.execute('SELECT 1')\n{}['no such key']",
    "swallowed": "try:\n    engine.execute('SELECT 1 / 0')\nexcept Exception:\n    pass",
    "meddling": "engine.execute('CREATE TABLE t (a int)')\nengine.connection.commit()",
    "connection": "engine.connection.execute('SELECT 1 / 0')",
    "several": "engine.execute('SELECT %s; SELECT 1', [1])",
    "unclosed": 'engine.execute("SELECT 1; SELECT \'x")',
}


@pytest.mark.parametrize("name", [*BROKEN, *BROKEN_PYTHON])
def test_the_same_words_as_in_a_run(
    scratch: Scratch, connection: Connection, project: Project, name: str
) -> None:
    if name in BROKEN:
        project.sql("1", BROKEN[name])
    else:
        project.python("1", BROKEN_PYTHON[name])
    with pytest.raises(MigrationError) as caught:
        project.runner(connection).upgrade()
    there, here = _replayed(scratch, project), caught.value
    assert type(there) is type(here)
    assert there.message == here.message
    assert getattr(there, "sqlstate", "") == getattr(here, "sqlstate", "")
    # Below the migration's own lines a traceback shows the engine of each.
    assert there.details.split('", line')[0] == here.details.split('", line')[0]
    if isinstance(there, StatementError) and "ended its transaction" not in there.message:
        assert "scratch" in there.hint


def test_the_engine_of_a_replay(scratch: Scratch, project: Project) -> None:
    project.sql(
        "1", "CREATE TABLE t1 AS SELECT '%s :name'::text AS a;\nCOPY t1 FROM stdin;\nx\n\\.\n"
    )
    project.python(
        "2",
        "engine.execute(\"INSERT INTO t1 VALUES ('100% :x')\")\n"
        "assert engine.fetch_one('SELECT 7 %% %s', [4]) == (3,)\n"
        "assert engine.fetch_all('SELECT 5 % 3') == [(2,)]\n"
        "assert engine.fetch_one('SELECT 1 WHERE false') is None\n"
        "assert engine.execute_sql('SELECT 1') is not None\n"
        "assert engine.connection.info.backend_pid\n"
        "engine.execute('SET search_path = pg_catalog')",
    )
    project.sql("3", "CREATE INDEX CONCURRENTLY i ON t1 (a)", header="-- transactional: false\n")
    with scratch.database() as connection:
        replay(connection, read_directory(project.path).files)
        rows = [row[0] for row in connection.execute('SELECT a FROM t1 ORDER BY a COLLATE "C"')]
        assert rows == ["%s :name", "100% :x", "x"]
        assert connection.execute("SELECT to_regclass('i') IS NOT NULL").fetchone() == (True,)


def test_a_failing_down_is_a_rollback_error(scratch: Scratch, project: Project) -> None:
    project.sql("1", "CREATE TABLE t (a int)", "DROP TABLE nothing")
    (file,) = read_directory(project.path).files
    with scratch.database() as connection:
        run(connection, file, "up")
        with pytest.raises(RollbackError, match='"nothing" does not exist'):
            run(connection, file, "down")
        assert connection.execute("SELECT to_regclass('t') IS NOT NULL").fetchone() == (True,)


@pytest.mark.parametrize(
    "statement",
    ["CREATE ROLE somebody", "-- so\n/* x */ ALTER SYSTEM SET work_mem = '1MB'", "DROP DATABASE x"],
)
def test_what_reaches_beyond_the_database_is_refused(
    scratch: Scratch, project: Project, statement: str
) -> None:
    path = project.python("1", f"engine.execute({statement!r})")
    error = _replayed(scratch, project)
    assert isinstance(error, SourceError)
    assert "1_step.py:" in error.message
    assert "concerns the whole server" in error.message
    assert path.is_file()
