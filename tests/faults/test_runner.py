"""What the runner promises, on a real server."""

from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest

from faults.project import TABLES, Heard, Project
from psqlmigrate.errors import (
    AppliedFileError,
    LockError,
    MigrationError,
    MigrationFileError,
    MultipleHeadsError,
    ProofError,
    RollbackError,
    StatementError,
)
from psqlmigrate.migrations.directory import read_directory
from psqlmigrate.migrations.file import MigrationFile
from psqlmigrate.postgres.connect import Connection, connect
from psqlmigrate.postgres.target import Target
from psqlmigrate.service import history, journal
from psqlmigrate.service.attempt import Hooks, RunOptions
from psqlmigrate.service.bookkeeping import Tables
from psqlmigrate.service.locking import key_of
from psqlmigrate.service.running import Runner
from psqlmigrate.service.transaction import commit

QUICK = RunOptions(lock_wait=0.3, lock_timeout=0.05)


def _tables(connection: Connection) -> list[str]:
    query = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relname ~ '^t[0-9]*$' ORDER BY 1"
    return [row[0] for row in connection.execute(query)]


def _applied(connection: Connection) -> list[str]:
    return sorted(history.applied(history.read(connection, TABLES)))


def _events(connection: Connection, event: str) -> list[str | None]:
    return [entry.version for entry in journal.read(connection, TABLES, event)]


def test_up_and_down_and_up_again(any_database: Target, project: Project) -> None:
    for n in "123":
        project.sql(n, f"CREATE TABLE t{n} (a int)", f"DROP TABLE t{n}")
    with connect(any_database) as connection:
        runner = project.runner(connection)
        assert [one.version for one in runner.upgrade().ran] == ["1", "2", "3"]
        assert runner.upgrade().ran == ()
        assert [one.version for one in runner.downgrade("-1").ran] == ["3"]
        assert [one.version for one in runner.downgrade("1").ran] == ["2"]
        assert _tables(connection) == ["t1"]
        assert runner.upgrade("+1").pending == 1
        assert [one.version for one in runner.downgrade("base").ran] == ["2", "1"]
        assert _tables(connection) == _applied(connection) == []
        assert len(history.read(connection, TABLES) or ()) == 3
        assert _events(connection, "reverted") == ["3", "2", "2", "1"]
        assert [one.version for one in runner.upgrade("2").ran] == ["1", "2"]


def test_a_failing_migration_leaves_nothing(connection: Connection, project: Project) -> None:
    project.sql("1", "CREATE TABLE t1 (a int)")
    path = project.sql("2", "CREATE TABLE t2 (a int);\nINSERT INTO t2\n  VALUES (1), ('x');")
    heard = Heard()
    with pytest.raises(StatementError) as caught:
        project.runner(connection, progress=heard).upgrade()
    error = caught.value
    assert error.message == 'invalid input syntax for type integer: "x"'
    assert error.version == "2"
    assert error.sqlstate == "22P02"
    assert error.hint == (
        "nothing of this migration is in the database; the one before it is; "
        "put it right, then run upgrade again"
    )
    assert error.details.splitlines() == [f"{path}:5", "  VALUES (1), ('x')", "22P02"]
    assert _tables(connection) == ["t1"]
    assert _applied(connection) == ["1"]
    assert _events(connection, "failed") == ["2"]
    assert heard.lines[-1] == "failed 2 True"


def test_a_python_error_names_the_line_of_the_call(
    connection: Connection, project: Project
) -> None:
    path = project.python("1", 'engine.execute("""\n  SELECT 1 / 0\n""")')
    with pytest.raises(StatementError, match="division by zero") as caught:
        project.runner(connection).upgrade()
    line = path.read_text().splitlines().index('        engine.execute("""') + 1
    assert caught.value.details.splitlines()[:2] == [f"{path}:{line}", "  SELECT 1 / 0"]


def test_an_exception_of_the_migrations_own(connection: Connection, project: Project) -> None:
    project.python("1", "engine.execute('CREATE TABLE t1 (a int)')\n{}['no such key']")
    with pytest.raises(StatementError, match="KeyError: 'no such key'") as caught:
        project.runner(connection).upgrade()
    assert "no such key" in caught.value.details
    assert _tables(connection) == []


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("import sys\nsys.exit(0)", "SystemExit: 0"),
        ("import asyncio\nraise asyncio.CancelledError('gone')", "CancelledError: gone"),
        ("class E(Exception):\n    __str__ = None\nraise E", "E: an error without a text"),
    ],
)
def test_an_exception_that_would_end_the_program(
    connection: Connection, project: Project, code: str, words: str
) -> None:
    """Else upgrade would end well, with nothing applied."""
    project.python("1", f"engine.execute('CREATE TABLE t1 (a int)')\n{code}")
    with pytest.raises(StatementError, match=words):
        project.runner(connection).upgrade()
    assert _tables(connection) == _applied(connection) == []
    project.python("1", "pass", head=f"{code}\n")
    with pytest.raises(MigrationFileError, match=f"cannot be loaded: .*{words}"):
        project.runner(connection).upgrade()


def test_sql_ends_at_no_zero_byte(connection: Connection, project: Project) -> None:
    """The server would run what stands before it."""
    project.python("1", r"engine.execute('CREATE TABLE t1 (a int) \0 WITH (fillfactor = 50)')")
    with pytest.raises(MigrationFileError, match="a zero byte"):
        project.runner(connection).upgrade()
    assert _tables(connection) == _applied(connection) == []


@pytest.mark.filterwarnings("ignore:coroutine")
def test_what_is_not_awaited_is_not_done(connection: Connection, project: Project) -> None:
    path = project.python("1", "engine.execute('CREATE TABLE t1 (a int)')")
    path.write_text(path.read_text().replace("def up", "async def up"))
    with pytest.raises(MigrationFileError, match="without await"):
        project.runner(connection).upgrade()
    assert _applied(connection) == []
    path.write_text(path.read_text().replace("engine.execute", "await engine.execute"))
    project.runner(connection).upgrade()
    assert _tables(connection) == ["t1"]


def test_a_class_without_methods(connection: Connection, project: Project) -> None:
    path = project.python("1", "pass")
    path.write_text("class Step:\n    version = '1'\n    timeout_seconds = 'x'\n")
    with pytest.raises(MigrationFileError, match="timeout_seconds is a number"):
        project.runner(connection).upgrade()
    path.write_text("class Step:\n    version = '1'\n")
    with pytest.raises(MigrationFileError, match="has no up"):
        project.runner(connection).upgrade()


def test_a_swallowed_error_still_fails(connection: Connection, project: Project) -> None:
    project.python(
        "1",
        "try:\n    engine.execute('SELECT 1 / 0')\nexcept Exception:\n    pass",
    )
    with pytest.raises(StatementError, match="division by zero"):
        project.runner(connection).upgrade()
    assert _applied(connection) == []


def test_an_error_inside_a_savepoint_may_be_caught(
    connection: Connection, project: Project
) -> None:
    project.python(
        "1",
        "try:\n    with engine.connection.transaction():\n        engine.execute('SELECT 1 / 0')\n"
        "except Exception:\n    engine.execute('CREATE TABLE t1 (a int)')",
    )
    project.runner(connection).upgrade()
    assert _tables(connection) == ["t1"]


@pytest.mark.parametrize(
    "statement", ["COMMIT", "-- so\nrollback", "BEGIN", "prepare transaction 'x'"]
)
def test_transaction_statements_are_refused(
    connection: Connection, project: Project, statement: str
) -> None:
    project.sql("1", f"CREATE TABLE t1 (a int);\n{statement};\nCREATE TABLE t2 (a int);")
    with pytest.raises(MigrationFileError, match="already is one transaction"):
        project.runner(connection).upgrade()
    assert _tables(connection) == _applied(connection) == []


def test_a_savepoint_is_no_transaction(connection: Connection, project: Project) -> None:
    project.sql("1", "SAVEPOINT a; CREATE TABLE t1 (a int); ROLLBACK TO a; CREATE TABLE t2 (a int)")
    project.runner(connection).upgrade()
    assert _tables(connection) == ["t2"]


@pytest.mark.parametrize(
    "meddling",
    [
        "engine.connection.commit()",
        "engine.connection.rollback()",
        "engine.connection.execute('COMMIT')",
        "engine.connection.execute('COMMIT AND CHAIN')",
        "engine.connection.execute('ROLLBACK; BEGIN')",
    ],
)
@pytest.mark.parametrize("then", ["", "engine.execute('CREATE TABLE t2 (a int)')"])
def test_code_that_ends_its_transaction_is_noticed(
    connection: Connection, project: Project, meddling: str, then: str
) -> None:
    project.python("1", f"engine.execute('CREATE TABLE t1 (a int)')\n{meddling}\n{then}")
    with pytest.raises(StatementError, match=r"1_step\.py ended its transaction by itself"):
        project.runner(connection).upgrade()
    assert _applied(connection) == []
    assert "t2" not in _tables(connection)
    assert _events(connection, "applied") == []


def test_a_downgrade_that_commits_stays_applied(connection: Connection, project: Project) -> None:
    project.python("1", "pass", "engine.connection.commit()")
    runner = project.runner(connection)
    runner.upgrade()
    with pytest.raises(RollbackError):
        runner.downgrade()
    assert _applied(connection) == ["1"]


def test_code_that_unlocks_is_noticed(connection: Connection, project: Project) -> None:
    project.sql("1", "CREATE TABLE t1 (a int); SELECT pg_advisory_unlock_all();")
    with pytest.raises(StatementError, match="released psqlmigrate's lock"):
        project.runner(connection).upgrade()
    assert _tables(connection) == _applied(connection) == []


def test_giving_one_of_two_locks_back_leaves_it_held(
    connection: Connection, project: Project
) -> None:
    """The session holds its lock twice; what counts is that nobody else can get it."""
    key = key_of(TABLES).number
    project.sql("1", f"CREATE TABLE t1 (a int); SELECT pg_advisory_unlock({key});")
    project.sql("2", "CREATE TABLE t2 (a int)")
    project.runner(connection).upgrade()
    assert _applied(connection) == ["1", "2"]


def test_code_that_deletes_its_history_is_noticed(connection: Connection, project: Project) -> None:
    project.sql("1", "CREATE TABLE t1 (a int); DELETE FROM _psqlmodel_migrations;")
    with pytest.raises(StatementError, match="ended its transaction"):
        project.runner(connection).upgrade()
    assert _tables(connection) == _applied(connection) == _events(connection, "applied") == []


def test_the_lock_is_free_after_a_run(
    database: Target, connection: Connection, project: Project
) -> None:
    project.sql("1", "SELECT 1")
    project.runner(connection).upgrade()
    with connect(database) as other:
        query = "SELECT pg_try_advisory_lock(%s)"
        assert other.execute(query, [key_of(TABLES).number]).fetchone() == (True,)


def test_three_round_trips_a_migration(
    connection: Connection, project: Project, tmp_path: Path
) -> None:
    """BEGIN and the claim, the statement, the seal and COMMIT."""
    counts: list[int] = []
    for versions in ("1", "2", "3456"):
        for n in versions:
            project.sql(n, f"CREATE TABLE t{n} (a int)")
        with (tmp_path / "trace").open("w+b") as trace:
            connection.pgconn.trace(trace.fileno())
            project.runner(connection).upgrade()
            connection.pgconn.untrace()
            trace.seek(0)
            counts.append(sum(b"\tZ\t" in line or b"ReadyForQuery" in line for line in trace))
    assert counts[2] - counts[1] == 3 * 3


def test_settings_of_the_encoding_do_not_reach_the_bookkeeping(
    connection: Connection, project: Project
) -> None:
    path = project.sql("1", "SET client_encoding = 'LATIN1'; CREATE TABLE t1 (a int)")
    path.write_text(path.read_text().replace("step 1", "größer ☃"))
    tables = Tables(history="_psqlmodel_größe")
    directory = read_directory(project.path)
    Runner(connection, directory, tables).upgrade()
    rows: Any = history.read(connection, tables)
    assert [(row.message, row.execution_time_ms is not None) for row in rows] == [
        ("größer ☃", True)
    ]


def test_an_error_of_ours_is_not_blamed_on_a_migration(
    connection: Connection, project: Project
) -> None:
    project.sql("1", "CREATE TABLE t1 (a int)")

    def verify(inside: Connection, file: MigrationFile, direction: str) -> None:
        raise KeyError(file.version, direction, inside.closed)

    with pytest.raises(KeyError):
        project.runner(connection, hooks=Hooks(verify=verify)).upgrade()
    assert _tables(connection) == _applied(connection) == []


def test_percent_and_colon_are_data(connection: Connection, project: Project) -> None:
    project.sql("1", "CREATE TABLE t1 AS SELECT '%s :name %(x)s'::text AS a;")
    project.python(
        "2",
        "engine.execute(\"INSERT INTO t1 VALUES ('100% :x {y}'); SELECT 5 % 3\")\n"
        "engine.execute('INSERT INTO t1 VALUES (%s)', ['a;b%'])\n"
        "assert engine.fetch_one('SELECT 7 %% %s', [4]) == (3,)\n"
        "assert engine.fetch_all('SELECT 5 % 3') == [(2,)]\n"
        "assert engine.fetch_one('SELECT 1 WHERE false') is None\n"
        "assert engine.execute_sql('SELECT 1') is not None",
    )
    project.runner(connection).upgrade()
    rows = [row[0] for row in connection.execute("SELECT a FROM t1")]
    assert rows == ["%s :name %(x)s", "100% :x {y}", "a;b%"]


def test_copy_data_is_sent(connection: Connection, project: Project) -> None:
    project.sql("1", "CREATE TABLE t1 (a int, b text);\nCOPY t1 FROM stdin;\n1\tx;y\n2\t%s\n\\.\n")
    project.runner(connection).upgrade()
    assert connection.execute("SELECT * FROM t1").fetchall() == [(1, "x;y"), (2, "%s")]


def test_settings_of_one_migration_do_not_reach_the_next(
    connection: Connection, project: Project
) -> None:
    connection.execute("CREATE SCHEMA hidden; CREATE ROLE nobody_here")
    try:
        project.sql(
            "1", "SET search_path = hidden; SET TimeZone = 'Asia/Tokyo'; SET ROLE nobody_here;"
        )
        project.sql(
            "2", "CREATE TEMP TABLE t2 (a int); SELECT set_config('role', 'nobody_here', false)"
        )
        project.sql("3", "CREATE TABLE t2 AS SELECT current_setting('TimeZone') AS zone")
        project.runner(connection).upgrade()
        assert connection.execute("SELECT zone FROM public.t2").fetchall() == [("UTC",)]
    finally:
        connection.execute("RESET ROLE; DROP ROLE nobody_here")


def test_a_blocked_migration_is_tried_again(
    database: Target, connection: Connection, project: Project
) -> None:
    connection.execute("CREATE TABLE t1 (a int)")
    project.sql("1", "CREATE TABLE t2 (a int); ALTER TABLE t1 ADD b int")
    with connect(database, name="reader") as reader:
        reader.execute("BEGIN; LOCK TABLE t1 IN ACCESS SHARE MODE")

        class Release(Heard):
            def blocked(self, seconds: float, reason: str) -> None:
                super().blocked(seconds, reason)
                if len([line for line in self.lines if line.startswith("blocked")]) == 2:
                    reader.execute("COMMIT")

        heard = Release()
        project.runner(connection, RunOptions(lock_timeout=0.05), progress=heard).upgrade()
    blocked = [line for line in heard.lines if line.startswith("blocked")]
    assert len(blocked) == 2
    assert "a lock on public.t1 held by pid" in blocked[0]
    assert "(reader, idle in transaction for" in blocked[0]
    assert _applied(connection) == ["1"]


def test_a_lock_that_is_never_free_ends_the_run(
    database: Target, connection: Connection, project: Project
) -> None:
    connection.execute("CREATE TABLE t1 (a int)")
    project.sql("1", "ALTER TABLE t1 ADD b int")
    with connect(database) as reader:
        reader.execute("BEGIN; LOCK TABLE t1 IN ACCESS SHARE MODE")
        with pytest.raises(LockError, match=r"1 could not get a lock on public\.t1 held by pid"):
            project.runner(connection, QUICK).upgrade()
    assert _applied(connection) == []


def test_code_with_effects_elsewhere_is_not_repeated(
    database: Target, connection: Connection, project: Project
) -> None:
    connection.execute("CREATE TABLE t1 (a int)")
    project.python("1", "engine.execute('ALTER TABLE t1 ADD b int')", head="import os\n")
    heard = Heard()
    with connect(database) as reader:
        reader.execute("BEGIN; LOCK TABLE t1 IN ACCESS SHARE MODE")
        with pytest.raises(LockError):
            project.runner(connection, RunOptions(lock_timeout=0.05), progress=heard).upgrade()
    assert not [line for line in heard.lines if line.startswith("blocked")]


def test_another_run_with_the_lock_is_named(
    database: Target, connection: Connection, project: Project
) -> None:
    project.sql("1", "SELECT 1")
    heard = Heard()
    with connect(database, name="other run") as other:
        other.execute("SELECT pg_advisory_lock(%s)", [key_of(TABLES).number])
        with pytest.raises(LockError, match=r"another run holds the lock: pid \d+ \(other run, "):
            project.runner(connection, QUICK, progress=heard).upgrade()
        assert "other run" in heard.lines[0]
        project.runner(connection, RunOptions(lock=False)).upgrade()
    assert _applied(connection) == ["1"]


def test_the_lock_is_free_after_a_failure(
    database: Target, connection: Connection, project: Project
) -> None:
    project.sql("1", "SELECT 1 / 0")
    with pytest.raises(StatementError):
        project.runner(connection).upgrade()
    project.sql("1", "SELECT 1")
    with connect(database) as other:
        project.runner(other, QUICK).upgrade()


def test_a_lost_connection_says_so_and_a_rerun_completes(
    database: Target, connection: Connection, project: Project
) -> None:
    connection.execute("CREATE TABLE once (a int); INSERT INTO once VALUES (1)")
    project.sql("1", "CREATE TABLE t1 (a int)")
    project.python(
        "2",
        "engine.execute('CREATE TABLE t2 (a int)')\n"
        "with engine.connection.cursor() as cursor:\n"
        "    cursor.execute('SELECT pg_terminate_backend(pg_backend_pid())')",
    )
    with connect(database) as first, pytest.raises(StatementError, match="connection was lost"):
        project.runner(first).upgrade()
    assert _applied(connection) == ["1"]
    project.sql("2", "CREATE TABLE t2 (a int)")
    (project.path / "2_step.py").unlink()
    project.runner(connection).upgrade()
    assert _tables(connection) == ["t1", "t2"]


def test_edited_and_missing_files_are_refused(connection: Connection, project: Project) -> None:
    path = project.sql("1", "CREATE TABLE t1 (a int)")
    project.runner(connection).upgrade()
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    project.runner(connection).upgrade()
    project.sql("1", "CREATE TABLE t1 (b int)")
    project.sql("2", "CREATE TABLE t2 (a int)")
    with pytest.raises(AppliedFileError, match=r"1_step\.sql was edited") as caught:
        project.runner(connection).upgrade()
    assert "verify --accept 1" in caught.value.hint
    path.unlink()
    with pytest.raises(AppliedFileError, match="1 is applied, and the file is missing"):
        project.runner(connection).downgrade()
    assert _tables(connection) == ["t1"]


def test_a_late_file_is_applied_and_reported(connection: Connection, project: Project) -> None:
    project.sql("1", "SELECT 1")
    project.sql("3", "SELECT 1")
    project.runner(connection).upgrade()
    project.sql("2", "CREATE TABLE t2 (a int)")
    with pytest.raises(AppliedFileError, match=r"2_step\.sql is older"):
        project.runner(connection, RunOptions(strict_order=True)).upgrade()
    result = project.runner(connection).upgrade()
    assert result.late == ("2",)
    assert _applied(connection) == ["1", "2", "3"]


def test_several_heads_need_a_target(connection: Connection, project: Project) -> None:
    project.sql("1", "SELECT 1")
    project.sql("2", "SELECT 1", header="-- depends_on: 1\n")
    project.sql("3", "SELECT 1", header="-- depends_on: 1\n")
    with pytest.raises(MultipleHeadsError, match="2 heads: 2, 3"):
        project.runner(connection).upgrade()
    assert [one.version for one in project.runner(connection).upgrade("3").ran] == ["1", "3"]
    assert [one.version for one in project.runner(connection).upgrade("heads").ran] == ["2"]


def test_a_broken_file_stops_the_run_before_it_begins(
    connection: Connection, project: Project
) -> None:
    project.sql("1", "CREATE TABLE t1 (a int)")
    project.python("2", "pass", head="import no_such_module_anywhere\n")
    with pytest.raises(MigrationFileError, match="no_such_module_anywhere"):
        project.runner(connection).upgrade()
    assert _tables(connection) == []


def test_without_a_transaction_each_statement_commits(
    connection: Connection, project: Project
) -> None:
    project.sql("1", "CREATE TABLE t1 (a int)")
    project.sql(
        "2",
        "CREATE TABLE t2 (a int);\nCREATE INDEX CONCURRENTLY i ON t1 (a);\nSELECT 1 / 0;",
        header="-- transactional: false\n",
    )
    with pytest.raises(StatementError) as caught:
        project.runner(connection).upgrade()
    assert "its first 2 statements stay in the database" in caught.value.hint
    assert _tables(connection) == ["t1", "t2"]
    assert _applied(connection) == ["1"]
    entries = journal.read(connection, TABLES, "statement")
    assert [(one.detail["number"], one.detail["outcome"]) for one in entries] == [
        (1, "done"),
        (2, "running"),
        (2, "done"),
    ]
    project.sql("2", "VACUUM t1;", header="-- transactional: false\n")
    with pytest.raises(AppliedFileError, match="half run and then edited: its statement 1"):
        project.runner(connection).upgrade()
    project.sql(
        "2",
        "CREATE TABLE t2 (a int);\nCREATE INDEX CONCURRENTLY i ON t1 (a);\nVACUUM t1;",
        header="-- transactional: false\n",
    )
    assert project.runner(connection).upgrade().ran[0].version == "2"


def test_no_transaction_for_the_whole_run(connection: Connection, project: Project) -> None:
    project.python("1", "engine.execute('CREATE TABLE t1 (a int); VACUUM t1')")
    project.runner(connection, RunOptions(transactional=False)).upgrade()
    assert _applied(connection) == ["1"]


def test_its_own_transaction_inside_one_without(connection: Connection, project: Project) -> None:
    project.sql(
        "1",
        "BEGIN; CREATE TABLE t1 (a int); COMMIT; BEGIN; CREATE TABLE t2 (a int);",
        header="-- transactional: false\n",
    )
    with pytest.raises(MigrationFileError, match="left a transaction open"):
        project.runner(connection).upgrade()
    assert _tables(connection) == ["t1"]
    assert _applied(connection) == []


def test_the_hook_runs_inside_the_transaction(connection: Connection, project: Project) -> None:
    project.sql("1", "CREATE TABLE t1 (a int)")
    project.sql("2", "CREATE TABLE t2 (a int)")

    def verify(inside: Connection, file: MigrationFile, direction: str) -> None:
        if file.version == "2" and direction == "up":
            assert inside.execute("SELECT to_regclass('public.t2') IS NOT NULL").fetchone() == (
                True,
            )
            raise ProofError("differs")

    with pytest.raises(ProofError):
        project.runner(connection, hooks=Hooks(verify=verify)).upgrade()
    assert _tables(connection) == ["t1"]


def test_stamp_marks_exactly_that_state(connection: Connection, project: Project) -> None:
    for n in "123":
        project.sql(n, f"CREATE TABLE t{n} (a int)")
    runner = project.runner(connection)
    assert runner.stamp("2").marked == ("1", "2")
    assert runner.stamp("head").marked == ("3",)
    assert runner.stamp("1").unmarked == ("2", "3")
    assert runner.stamp("base", purge=True).unmarked == ("1",)
    assert history.read(connection, TABLES) == ()
    assert _tables(connection) == []


def test_a_claimed_row_belongs_to_one_run(connection: Connection, project: Project) -> None:
    """With --no-lock the row decides; a rolled-back row is there to be taken once."""
    project.sql("1", "CREATE TABLE t1 (a int)", "DROP TABLE t1")
    runner = project.runner(connection)
    runner.upgrade()
    runner.downgrade()

    class Rival(Heard):
        def started(self, file: MigrationFile, direction: str) -> None:  # noqa: ARG002
            if not self.lines:
                self.lines.append("rival")
                project.runner(connection, RunOptions(lock=False)).upgrade()

    result = project.runner(connection, RunOptions(lock=False), progress=Rival()).upgrade()
    assert result.by_others == ("1",)
    assert result.ran == ()
    assert _tables(connection) == ["t1"]


def test_statement_timeout(connection: Connection, project: Project) -> None:
    project.sql("1", "SELECT pg_sleep(5)")
    options = RunOptions(statement_timeout=0.1)
    with pytest.raises(StatementError, match="statement timeout"):
        project.runner(connection, options).upgrade()


def test_deferred_constraints_fail_at_commit(connection: Connection, project: Project) -> None:
    project.sql(
        "1",
        "CREATE TABLE t1 (a int UNIQUE DEFERRABLE INITIALLY DEFERRED); INSERT INTO t1 VALUES (1), (1)",
    )
    with pytest.raises(StatementError, match="duplicate key"):
        project.runner(connection).upgrade()
    assert _tables(connection) == _applied(connection) == []


def test_errors_are_migration_errors(connection: Connection, project: Project) -> None:
    project.sql("1", "NOT SQL AT ALL")
    with pytest.raises(MigrationError) as caught:
        project.runner(connection).upgrade()
    assert caught.value.__cause__ is None
    assert not isinstance(caught.value, psycopg.Error)


def test_hostile_messages_are_data(connection: Connection, project: Project) -> None:
    message = "'); DROP TABLE _psqlmodel_migrations; -- %s %(x)s {} \\"
    path = project.sql("1", "SELECT 1")
    path.write_text(path.read_text().replace("step 1", message))
    project.runner(connection).upgrade()
    rows: Any = history.read(connection, TABLES)
    assert rows[0].message == message


@pytest.mark.parametrize("half", ["up", "down"])
def test_a_half_that_cannot_be_read_stops_the_run(
    connection: Connection, project: Project, half: str
) -> None:
    project.sql("1", "CREATE TABLE t1 (a int);")
    broken = "SELECT 1;\n\nSELECT 'never closed;"
    path = project.sql("2", *((broken, "") if half == "up" else ("SELECT 1;", broken)))
    line = path.read_text().splitlines().index("SELECT 'never closed;") + 1
    with pytest.raises(MigrationFileError, match=f"2_step.sql: line {line}: "):
        project.runner(connection).upgrade()
    assert _tables(connection) == []


def test_the_time_is_the_migrations_own(connection: Connection, project: Project) -> None:
    project.sql("1", "SELECT pg_sleep(0.1)")

    def verify(inside: Connection, file: MigrationFile, direction: str) -> None:  # noqa: ARG001
        inside.execute("SELECT pg_sleep(0.6)")

    (ran,) = project.runner(connection, hooks=Hooks(verify=verify)).upgrade().ran
    assert 100 <= ran.ms < 600


def test_the_commit_of_an_aborted_transaction_is_none(connection: Connection) -> None:
    """The server answers it with ROLLBACK and without an error."""
    connection.execute("BEGIN")
    with suppress(psycopg.errors.DivisionByZero):
        connection.execute("SELECT 1 / 0")
    with pytest.raises(psycopg.errors.InFailedSqlTransaction, match="rolled back"):
        commit(connection)
