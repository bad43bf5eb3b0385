"""Waiting for tables that others use: nobody else waits longer for it, and people see it."""

import itertools
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from psycopg.errors import LockNotAvailable

from faults.processes import started, wait_for
from faults.project import TABLES, Heard, Project
from psqlmigrate.errors import LockError, MigrationFileError, StatementError
from psqlmigrate.migrations.directory import read_directory
from psqlmigrate.postgres.connect import Connection, connect
from psqlmigrate.postgres.target import Target
from psqlmigrate.service import history
from psqlmigrate.service.attempt import RunOptions
from psqlmigrate.service.locking import pauses

OPEN = "-- transactional: false\n"
HELD_S = 5.0
OURS = "SELECT 1 FROM pg_stat_activity WHERE application_name = 'psqlmigrate' AND pid <> pg_backend_pid() AND query LIKE 'ALTER%'"


def test_readers_do_not_wait(database: Target, connection: Connection, project: Project) -> None:
    """One of them holds the table for long; the others are served meanwhile, people are told why."""
    connection.execute("CREATE TABLE t1 (a int)")
    project.sql("1", "ALTER TABLE t1 ADD b int")
    delays: list[float] = []
    with connect(database, name="reader") as holder, connect(database) as reader:
        reader.execute("SET lock_timeout = '1s'")
        holder.execute("BEGIN; SELECT * FROM t1")
        with started(database, project.path, "upgrade") as process:
            wait_for(connection, OURS)
            end = time.monotonic() + HELD_S
            try:
                while (start := time.monotonic()) < end:
                    reader.execute("SELECT * FROM t1")
                    delays.append(time.monotonic() - start)
                    time.sleep(0.001)
            finally:
                holder.execute("COMMIT")
            out, err = process.communicate(timeout=30)
    assert process.returncode == 0
    assert max(delays) < 0.5
    assert out.startswith(" 1  step 1 ")
    lines = err.splitlines()
    assert 1 <= len(lines) <= 3
    assert lines[0].startswith(" 1  step 1   waiting 1.")
    assert "s for a lock on public.t1 held by pid" in lines[0]
    assert "(reader, idle in transaction for" in lines[0]


def test_what_was_locked_before_is_free_in_the_pauses(
    database: Target, connection: Connection, project: Project
) -> None:
    """The whole transaction is repeated, not the statement that found no lock."""
    connection.execute("CREATE TABLE t1 (a int); CREATE TABLE t2 (a int)")
    project.sql("1", "ALTER TABLE t1 ADD b int; ALTER TABLE t2 ADD b int")
    with connect(database) as holder, connect(database) as reader:
        holder.execute("BEGIN; SELECT * FROM t2")
        reader.execute("SET lock_timeout = '50ms'")

        class Reading(Heard):
            def blocked(self, seconds: float, reason: str) -> None:
                super().blocked(seconds, reason)
                # An error here would count as the run's own.
                with suppress(LockNotAvailable):
                    reader.execute("SELECT * FROM t1")
                    served.append(len(self.lines))
                holder.execute("COMMIT")

        served: list[int] = []
        heard = Reading()
        project.runner(connection, RunOptions(lock_timeout=0.05), progress=heard).upgrade()
    assert len(served) == sum(line.startswith("blocked") for line in heard.lines) > 0
    assert history.applied(history.read(connection, TABLES)) == {"1"}


def test_pauses_grow_and_are_spread() -> None:
    """To a limit; two runs do not step in time."""
    first, second = (tuple(itertools.islice(pauses(0.05, 2.0), 14)) for _ in range(2))
    assert first != second
    for number, pause in enumerate(first):
        middle = min(2.0, 0.05 * 1.5**number)
        assert 0.5 * middle <= pause <= 1.5 * middle


def _limited(project: Project, kind: str, limit: str, up: str, header: str = "") -> None:
    if kind == "sql":
        project.sql("1", up, header=f"-- {limit}\n{header}")
        return
    path = project.python("1", f"engine.execute({up!r})")
    words = limit.replace(": ", " = ")
    words += "\n    transactional = False" if header else ""
    path.write_text(path.read_text().replace("    message =", f"    {words}\n    message ="))


@pytest.mark.parametrize("header", ["", OPEN])
@pytest.mark.parametrize(
    ("kind", "limit"), [("sql", "statement_timeout: 100 ms"), ("py", "statement_timeout: 100")]
)
def test_a_migration_limits_its_statements(
    connection: Connection, project: Project, kind: str, limit: str, header: str
) -> None:
    _limited(project, kind, limit, "SELECT pg_sleep(5)", header)
    with pytest.raises(StatementError, match="statement timeout"):
        project.runner(connection, RunOptions(statement_timeout=3)).upgrade()


def test_a_migration_limits_what_cannot_be_in_a_transaction(
    database: Target, connection: Connection, project: Project
) -> None:
    """Nothing else does: an index that takes hours is no mistake."""
    connection.execute("CREATE TABLE t1 (a int)")
    build = "CREATE INDEX CONCURRENTLY i ON t1 (a)"
    with connect(database) as other:
        other.execute("BEGIN; INSERT INTO t1 VALUES (1)")
        _limited(project, "sql", "statement_timeout: 0.1 s", build, OPEN)
        with pytest.raises(StatementError, match="statement timeout"):
            project.runner(connection).upgrade()
        project.sql("1", build, header=OPEN)
        free = threading.Timer(0.5, other.execute, ["COMMIT"])
        free.start()
        project.runner(connection, RunOptions(statement_timeout=0.1)).upgrade()
        free.join()
    assert history.applied(history.read(connection, TABLES)) == {"1"}


@pytest.mark.parametrize("header", ["", OPEN])
@pytest.mark.parametrize(
    ("kind", "limit"), [("sql", "lock_timeout: 1 min"), ("py", "lock_timeout: '1 min'")]
)
def test_a_migration_may_wait_in_front_of_others(
    database: Target, connection: Connection, project: Project, kind: str, limit: str, header: str
) -> None:
    connection.execute("CREATE TABLE t1 (a int)")
    _limited(project, kind, limit, "ALTER TABLE t1 ADD b int", header)
    with connect(database) as holder:
        holder.execute("BEGIN; SELECT * FROM t1")
        free = threading.Timer(0.4, holder.execute, ["COMMIT"])
        free.start()
        heard = Heard()
        project.runner(connection, RunOptions(lock_wait=0), progress=heard).upgrade()
        free.join()
    assert not [line for line in heard.lines if line.startswith("blocked")]


def test_a_migration_that_waits_less_than_others(
    database: Target, connection: Connection, project: Project
) -> None:
    connection.execute("CREATE TABLE t1 (a int)")
    _limited(project, "sql", "lock_timeout: 20", "ALTER TABLE t1 ADD b int")
    with connect(database) as holder:
        holder.execute("BEGIN; SELECT * FROM t1")
        with pytest.raises(LockError):
            project.runner(connection, RunOptions(lock_timeout=60, lock_wait=0)).upgrade()


@pytest.mark.parametrize("kind", ["sql", "py"])
def test_a_limit_that_is_none_is_refused(project: Project, kind: str) -> None:
    limit = "lock_timeout: soon" if kind == "sql" else "lock_timeout: 'soon'"
    _limited(project, kind, limit, "SELECT 1")
    with pytest.raises(
        MigrationFileError, match=r"lock_timeout is a number .of ms. or a text such as"
    ):
        read_directory(project.path)


def test_a_deadlock_is_tried_again(
    database: Target, connection: Connection, project: Project
) -> None:
    connection.execute("CREATE TABLE t1 (a int); CREATE TABLE t2 (a int)")
    text = (
        "SET LOCAL deadlock_timeout = '0.7s'; LOCK TABLE t1; LOCK TABLE t2; CREATE TABLE t3 (a int)"
    )
    project.sql("1", text)
    heard = Heard()
    with connect(database) as other, connect(database) as at, ThreadPoolExecutor() as threads:
        other.execute("SET deadlock_timeout = '30s'")
        other.execute("BEGIN")
        other.execute("LOCK TABLE t2")
        runner = project.runner(at, RunOptions(lock_timeout=0), progress=heard)
        run = threads.submit(runner.upgrade)
        wait_for(connection, "SELECT 1 FROM pg_locks WHERE NOT granted")
        other.execute("LOCK TABLE t1")
        other.execute("COMMIT")
        assert len(run.result(20).ran) == 1
    assert any("a deadlock with another session" in line for line in heard.lines)
