"""PgBouncer in between: every command works, and leaves nothing behind for others."""

import time
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from faults.pooling import PROGRAM, left, pooler
from faults.project import TABLES, Project, look
from faults.racing import Way, race_by
from psqlmigrate.errors import ConnectionFailedError, StatementError, UsageError
from psqlmigrate.migrations.file import MigrationFile
from psqlmigrate.postgres.connect import Connection, connect, pins
from psqlmigrate.postgres.target import Target
from psqlmigrate.service import history
from psqlmigrate.service.attempt import Hooks, RunOptions
from psqlmigrate.service.config import Config
from psqlmigrate.service.executing import Wishes, execute
from psqlmigrate.service.progress import Silent
from psqlmigrate.service.workspace import Workspace

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="needs pgbouncer")


@pytest.fixture
def behind(database: Target, open_directory: Path) -> Generator[Target]:
    """The database by way of a pooler that has one session for all."""
    with pooler(database, open_directory, "transaction", "default_pool_size = 1") as at:
        yield at


@pytest.fixture
def shared(behind: Target) -> Generator[Connection]:
    """A connection without a session."""
    with connect(behind) as connection:
        yield connection


def test_a_pooler_is_told_apart(
    database: Target, connection: Connection, open_directory: Path
) -> None:
    assert not connection.pooled
    assert not connection.shared
    with pooler(database, open_directory, "session") as at:
        with connect(at) as pooled:
            assert pooled.pooled
            assert pooled.shared
        with connect(at, pooler="session") as pooled:
            assert pooled.pooled
            assert not pooled.shared
            row = pooled.execute("SELECT pg_backend_pid()").fetchone()
            assert row == (pooled.session,)


def test_each_transaction_is_pinned_and_leaves_nothing(behind: Target, shared: Connection) -> None:
    for name, value in pins().items():
        query = "SELECT current_setting(%s)"
        assert shared.execute(query, [name]).fetchone() == (value,), name
        with shared.transaction():
            assert shared.execute(query, [name]).fetchone() == (value,), name
    shared.execute("BEGIN")
    assert shared.execute("SHOW check_function_bodies").fetchone() == ("off",)
    shared.execute("COMMIT")
    shared.execute("VACUUM")
    assert left(behind) == [("role", "none")]


def test_up_down_and_stamp_by_shared_sessions(
    connection: Connection, shared: Connection, behind: Target, project: Project
) -> None:
    project.sql("1", "CREATE TABLE t1 (a int)", "DROP TABLE t1")
    project.sql("2", "CREATE VIEW v2 AS SELECT a FROM t1", "DROP VIEW v2")
    runner = project.runner(shared, hooks=Hooks(look=look))
    assert [one.version for one in runner.upgrade().ran] == ["1", "2"]
    assert [one.version for one in runner.downgrade("base").ran] == ["2", "1"]
    assert runner.stamp("2").marked == ("1", "2")
    assert history.applied(history.read(connection, TABLES)) == {"1", "2"}
    assert runner.upgrade().ran == ()
    assert left(behind) == [("role", "none")]


def test_what_a_migration_sets_ends_with_it(
    behind: Target, shared: Connection, project: Project, connection: Connection
) -> None:
    with shared.transaction():
        shared.execute("SET search_path = elsewhere")  # as a pooler's connect_query would
    before = left(behind)
    assert ("search_path", "elsewhere") in before
    project.sql(
        "1",
        "SET work_mem = '1MB'; SET search_path = nowhere; SET client_encoding = 'LATIN1';"
        " SET TimeZone = 'Asia/Tokyo'; RESET statement_timeout; SET ROLE pg_monitor; RESET ROLE;"
        " SELECT set_config('my.own', 'x', false); SELECT pg_advisory_lock(7); LISTEN here;"
        " CREATE TEMP TABLE mine (a int); SET ROLE pg_monitor",
    )
    project.sql("2", "CREATE TABLE größe (a int); COMMENT ON TABLE größe IS 'ä€'")
    assert len(project.runner(shared).upgrade().ran) == 2
    assert left(behind) == before
    assert shared.execute("SHOW client_encoding").fetchone() == ("UTF8",)
    assert connection.execute("SELECT 'größe'::regclass::text").fetchone() == ('"größe"',)


def test_what_needs_a_session_is_refused(
    shared: Connection, project: Project, connection: Connection
) -> None:
    project.sql("1", "CREATE TABLE t1 (a int)")
    project.sql("2", "CREATE INDEX CONCURRENTLY i ON t1 (a)", header="-- transactional: false\n")
    with pytest.raises(
        UsageError, match=r"2_step\.sql runs without a transaction, .*: a pooler in"
    ):
        project.runner(shared).upgrade()
    with pytest.raises(UsageError, match="pooler in transaction mode"):
        project.runner(shared, RunOptions(transactional=False)).upgrade("1")
    assert history.read(connection, TABLES) is None
    assert [one.version for one in project.runner(shared).upgrade("1").ran] == ["1"]


def test_the_code_of_a_migration_has_its_transaction(
    shared: Connection, project: Project, connection: Connection
) -> None:
    project.python(
        "1",
        "with engine.connection.transaction():\n"
        "    engine.connection.execute('CREATE TABLE t1 (a int)')\n"
        "assert engine.fetch_one('SHOW TimeZone') == ('UTC',)",
    )
    project.python("2", "engine.execute('CREATE TABLE t2 (a int)')\nengine.connection.commit()")
    with pytest.raises(Exception, match="transaction"):
        project.runner(shared).upgrade()
    assert history.applied(history.read(connection, TABLES)) == {"1"}


def test_runs_at_once_through_sessions_that_are_kept(
    database: Target, connection: Connection, project: Project, open_directory: Path
) -> None:
    connection.execute("CREATE TABLE log (version text)")
    for version in ("1", "2"):
        project.sql(version, f"INSERT INTO log VALUES ('{version}'); SELECT pg_sleep(0.05)")
    with pooler(database, open_directory, "session") as at:
        ran = race_by([Way(at, "session"), Way(at), Way(database)] * 2, project.path)
    assert sorted(version for one in ran for version in one) == ["1", "2"]
    assert sorted(row[0] for row in connection.execute("SELECT version FROM log")) == ["1", "2"]


def test_a_pool_that_is_full_is_waited_for(behind: Target, shared: Connection) -> None:
    """For longer than a network may be silent: a session is free once somebody's transaction ends."""
    with ThreadPoolExecutor() as threads:
        with shared.transaction():
            late = threads.submit(lambda: connect(behind, silence_s=3))
            time.sleep(4)
            assert not late.done()
        with late.result(10) as connection:
            assert connection.shared


def test_a_pooler_that_lets_nobody_in_is_waited_for(database: Target, open_directory: Path) -> None:
    with pooler(database, open_directory, "transaction", "max_client_conn = 1") as at:
        first = connect(at, wait_s=5)  # who asked whether it is up may count a moment longer
        with pytest.raises(ConnectionFailedError, match="no more connections allowed") as caught:
            connect(at)
        assert "--connect-wait" in caught.value.hint
        assert caught.value.hint.startswith("close other connections")
        with ThreadPoolExecutor() as threads:
            late = threads.submit(lambda: connect(at, wait_s=10))
            time.sleep(0.5)
            first.close()
            late.result(10).close()


def test_a_pooler_that_has_no_transactions_is_refused(
    database: Target, open_directory: Path, project: Project
) -> None:
    project.sql("1", "CREATE TABLE t1 (a int)")
    with (
        pooler(database, open_directory, "statement") as at,
        connect(at) as connection,
        pytest.raises(ConnectionFailedError, match="one statement only") as caught,
    ):
        project.runner(connection).upgrade()
    assert "pool_mode = transaction" in caught.value.hint


def test_nobody_watches_through_a_pooler(database: Target, open_directory: Path) -> None:
    """The run itself may have the only session there is."""

    class Asking(Silent):
        def watched(self, reason: Callable[[], str]) -> None:
            raise AssertionError(reason())

    with pooler(database, open_directory, "session", "default_pool_size = 1") as at:
        config = Config(open_directory, pooler="session")
        assert not execute(Workspace(config, {}, fixed=at), "up", "head", Wishes(), Asking()).ran


def test_a_pooler_that_keeps_no_sessions_although_it_was_said_to(
    database: Target, open_directory: Path, project: Project, connection: Connection
) -> None:
    """Another client has the session with the lock by the time that the migration begins."""
    project.sql("1", "CREATE TABLE t1 (a int)")
    with (
        pooler(database, open_directory, "transaction") as at,
        connect(at, pooler="session") as said,
        connect(at, pooler="session") as other,
    ):

        class Taking(Silent):
            def started(self, file: MigrationFile, direction: str) -> None:  # noqa: ARG002 - Progress has it
                other.execute("BEGIN")

        with pytest.raises(StatementError, match="did not have psqlmigrate's lock") as caught:
            project.runner(said, progress=Taking()).upgrade()
    assert 'set pooler = "transaction"' in caught.value.hint
    assert connection.execute("SELECT to_regclass('t1')").fetchone() == (None,)
