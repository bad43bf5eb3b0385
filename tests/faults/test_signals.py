"""SIGTERM and SIGINT end a run at once and leave nothing half done."""

import signal
import time

import pytest

from faults.processes import started, wait_for
from faults.project import TABLES, Project
from psqlmigrate.postgres.connect import Connection
from psqlmigrate.postgres.target import Target
from psqlmigrate.service import history
from psqlmigrate.service.locking import key_of

_ASLEEP = "SELECT 1 FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)%' AND pid <> pg_backend_pid() AND state = 'active'"
_OURS = "SELECT 1 FROM pg_stat_activity WHERE application_name = 'psqlmigrate' AND datname = current_database() AND pid <> pg_backend_pid()"
SIGNALS = [(signal.SIGTERM, 143, "terminated"), (signal.SIGINT, 130, "interrupted")]


@pytest.mark.parametrize(("number", "code", "word"), SIGNALS)
def test_during_a_statement(
    database: Target,
    connection: Connection,
    project: Project,
    number: signal.Signals,
    code: int,
    word: str,
) -> None:
    project.sql("1", "CREATE TABLE t1 (a int)")
    project.sql("2", "CREATE TABLE t2 (a int); SELECT pg_sleep(60)")
    process = started(database, project.path, "upgrade")
    wait_for(connection, _ASLEEP)
    process.send_signal(number)
    start = time.monotonic()
    _, err = process.communicate(timeout=15)
    assert process.returncode == code
    assert err == f"{word}\n"
    wait_for(connection, f"SELECT 1 WHERE NOT EXISTS ({_ASLEEP})")
    assert time.monotonic() - start < 10
    assert history.applied(history.read(connection, TABLES)) == {"1"}
    assert connection.execute("SELECT to_regclass('t2')").fetchone() == (None,)
    project.sql("2", "CREATE TABLE t2 (a int)")
    assert len(project.runner(connection).upgrade().ran) == 1


@pytest.mark.parametrize(("number", "code", "word"), SIGNALS)
def test_while_waiting_for_the_lock(
    database: Target,
    connection: Connection,
    project: Project,
    number: signal.Signals,
    code: int,
    word: str,
) -> None:
    project.sql("1", "CREATE TABLE t1 (a int)")
    connection.execute("SELECT pg_advisory_lock(%s)", [key_of(TABLES).number])
    process = started(database, project.path, "upgrade")
    wait_for(connection, _OURS)
    time.sleep(0.3)
    process.send_signal(number)
    _, err = process.communicate(timeout=15)
    assert (process.returncode, err) == (code, f"{word}\n")


def test_during_a_concurrent_index_build(
    database: Target, connection: Connection, project: Project
) -> None:
    """What is left is an invalid index, which the history does not call applied."""
    connection.execute("CREATE TABLE t1 (a int)")
    connection.execute("BEGIN; SELECT pg_current_xact_id(); INSERT INTO t1 VALUES (1)")
    project.sql("1", "CREATE INDEX CONCURRENTLY i ON t1 (a)", header="-- transactional: false\n")
    process = started(database, project.path, "upgrade")
    wait_for(connection, "SELECT 1 FROM pg_locks WHERE NOT granted")
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=15)
    assert process.returncode == 143
    connection.execute("COMMIT")
    assert history.applied(history.read(connection, TABLES)) == frozenset()


def test_killed_outright(database: Target, connection: Connection, project: Project) -> None:
    """The server notices by itself, frees the lock, and a rerun completes."""
    project.sql("1", "CREATE TABLE t1 (a int); SELECT pg_sleep(60)")
    process = started(database, project.path, "upgrade")
    wait_for(connection, _ASLEEP)
    process.kill()
    process.communicate(timeout=15)
    wait_for(connection, f"SELECT 1 WHERE NOT EXISTS ({_ASLEEP})")
    project.sql("1", "CREATE TABLE t1 (a int)")
    assert len(project.runner(connection).upgrade().ran) == 1
