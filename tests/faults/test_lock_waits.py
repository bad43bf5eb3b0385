"""Waiting for tables that others use: nobody else waits longer for it, and people see it."""

import itertools
import threading
import time
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from psycopg.errors import LockNotAvailable

from faults.processes import started, wait_for
from faults.project import TABLES, Heard, Project
from faults.servers import new_cluster, server_with
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


class Releasing(Heard):
    """Lets go of what the holder holds once the run has told that it waits."""

    def __init__(self, holder: Connection) -> None:
        super().__init__()
        self._holder = holder

    def blocked(self, seconds: float, reason: str) -> None:
        super().blocked(seconds, reason)
        self._holder.execute("COMMIT")


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


HELD = {
    "a transaction of its own": (
        "BEGIN;\nINSERT INTO log VALUES (1);\nALTER TABLE t1 ADD b int;\nCOMMIT",
        "SELECT * FROM t1",
    ),
    "what cannot be in one": ("VACUUM FULL t1", "SELECT * FROM t1"),
    "a partition that others read": (
        "ALTER TABLE p DETACH PARTITION p1 CONCURRENTLY",
        "SELECT * FROM p1",
    ),
}


@pytest.mark.parametrize("what", HELD)
def test_readers_do_not_wait_for_what_is_no_transaction(
    database: Target, connection: Connection, project: Project, what: str
) -> None:
    """It lets others pass as well, and what was done before is not done twice."""
    text, held = HELD[what]
    connection.execute(
        "CREATE TABLE log (n int); CREATE TABLE t1 (a int);"
        "CREATE TABLE p (a int) PARTITION BY LIST (a);"
        "CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1)"
    )
    project.sql("1", f"INSERT INTO log VALUES (0);\n{text};\nINSERT INTO log VALUES (2);", "", OPEN)
    with connect(database) as holder:
        # Else a run that waits in front of others would wait for ever.
        holder.execute("SET idle_in_transaction_session_timeout = '3s'")
        holder.execute(f"BEGIN; {held}".encode())

        heard = Releasing(holder)
        project.runner(connection, RunOptions(lock_timeout=0.05), progress=heard).upgrade()
    assert [line for line in heard.lines if line.startswith("blocked")]
    rows = [row[0] for row in connection.execute("SELECT n FROM log ORDER BY 1")]
    assert rows == ([0, 1, 2] if "BEGIN" in text else [0, 2])


def test_code_that_is_tried_again_knows_nothing_of_the_first_time(
    database: Target, connection: Connection, project: Project
) -> None:
    connection.execute("CREATE TABLE t1 (a int); CREATE TABLE log (n int)")
    project.python(
        "1",
        "self.n = getattr(self, 'n', 0) + 1\n"
        "engine.execute('INSERT INTO log VALUES (%s), (%s)', [self.n, next(ROWS)])\n"
        "engine.execute('ALTER TABLE t1 ADD b int')",
        head="ROWS = iter([2])\n",
    )
    with connect(database) as holder:
        holder.execute("BEGIN; SELECT * FROM t1")

        project.runner(
            connection, RunOptions(lock_timeout=0.05), progress=Releasing(holder)
        ).upgrade()
    assert connection.execute("SELECT n FROM log ORDER BY 1").fetchall() == [(1,), (2,)]


def test_what_takes_long_by_itself_is_no_waiting(
    database: Target, connection: Connection, project: Project
) -> None:
    """It is tried again also where it had worked for longer than a run waits."""
    connection.execute("CREATE TABLE t1 (a int)")
    project.sql("1", "SELECT pg_sleep(0.5); ALTER TABLE t1 ADD b int")
    with connect(database) as holder:
        holder.execute("BEGIN; SELECT * FROM t1")

        options = RunOptions(lock_timeout=0.05, lock_wait=0.3)
        project.runner(connection, options, progress=Releasing(holder)).upgrade()
    assert history.applied(history.read(connection, TABLES)) == {"1"}


VACUUMED = (
    "CREATE TABLE t1 (a int, b text) WITH (autovacuum_vacuum_threshold = 0,"
    " autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_cost_delay = 100,"
    " autovacuum_vacuum_cost_limit = 1);"
    "INSERT INTO t1 SELECT n, repeat('x', 500) FROM generate_series(1, 3000) n; DELETE FROM t1"
)


@pytest.mark.parametrize("header", ["", OPEN])
def test_autovacuum_gives_way(vacuuming: Target, project: Project, header: str) -> None:
    """As it does for whoever waits for longer than deadlock_timeout; readers do not wait for it."""
    project.sql("1", "ALTER TABLE t1 ADD c int;", "", header)
    heard = Heard()
    with connect(vacuuming) as connection:  # what it did is counted when it ends
        connection.execute(f"DROP TABLE IF EXISTS t1, {', '.join(TABLES.names)}".encode())
        connection.execute(VACUUMED.encode())
    with connect(vacuuming) as connection, connect(vacuuming) as other:
        wait_for(other, "SELECT 1 FROM pg_stat_activity WHERE query ~ '^autovacuum.*public.t1'")
        project.runner(connection, RunOptions(lock_wait=5), progress=heard).upgrade()
    assert any("held by pid" in line and "(autovacuum, " in line for line in heard.lines)


@pytest.fixture(scope="module")
def vacuuming() -> Generator[Target]:
    settings = {"autovacuum": "on", "autovacuum_naptime": "1s", "deadlock_timeout": "300ms"}
    with server_with(settings, new_cluster) as server:
        yield server


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
