"""Runs that have a lease instead of a session: at once, killed, stalled, and beside direct ones."""

import re
import signal
from collections.abc import Callable, Generator
from pathlib import Path

import pytest

from faults.pooling import PROGRAM, pooler
from faults.processes import started, wait_for
from faults.project import TABLES, Heard, Project
from faults.racing import Way, race_by
from psqlmigrate.errors import LockError, StatementError
from psqlmigrate.migrations.file import MigrationFile
from psqlmigrate.postgres.connect import Connection, connect
from psqlmigrate.postgres.target import Target
from psqlmigrate.service import history
from psqlmigrate.service.attempt import Hooks, RunOptions
from psqlmigrate.service.leasing import TERM_S
from psqlmigrate.service.locking import key_of

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="needs pgbouncer")

_LEASE = "SELECT holder IS NULL, token FROM _psqlmigrate_lease"
SHORT = RunOptions(lease=0.3)


@pytest.fixture
def behind(database: Target, open_directory: Path) -> Generator[Target]:
    """The database by way of a pooler."""
    with pooler(database, open_directory, "transaction", "default_pool_size = 5") as at:
        yield at


@pytest.fixture
def log(connection: Connection, project: Project) -> Callable[[], list[str]]:
    """What three migrations have written, in the order in which they did."""
    connection.execute("CREATE TABLE log (n serial, version text)")
    for version in "123":
        write = "INSERT INTO log (version) VALUES ('{}')"
        project.sql(version, write.format(version), write.format(f"-{version}"))
    return lambda: [str(row[0]) for row in connection.execute("SELECT version FROM log ORDER BY n")]


class Meanwhile(Heard):
    """Does something when the first migration is done, and when it waits for a lease."""

    def __init__(self, action: Callable[[], object]) -> None:
        super().__init__()
        self._action: Callable[[], object] | None = action

    def finished(self, file: MigrationFile, ms: int) -> None:  # noqa: ARG002 - Progress has it
        self._act()

    def waiting(self, seconds: float, holder: str) -> None:
        super().waiting(seconds, holder)
        if "through a pooler" in holder:
            self._act()

    def _act(self) -> None:
        action, self._action = self._action, None
        if action:
            action()


def _late(connection: Connection) -> None:
    """As if a term had gone by."""
    connection.execute("UPDATE _psqlmigrate_lease SET expires = clock_timestamp() - interval '1 s'")


def test_each_migration_once_by_all_ways(
    database: Target, behind: Target, project: Project, log: Callable[[], list[str]]
) -> None:
    ways = [Way(behind), Way(database), Way(behind, "transaction")] * 5
    ran = race_by(ways, project.path)
    assert len(ran) == 15
    assert sorted(version for one in ran for version in one) == ["1", "2", "3"]
    assert log() == ["1", "2", "3"]


@pytest.mark.parametrize("direct", [True, False])
def test_who_waits_is_told_of_the_lease(
    database: Target,
    behind: Target,
    project: Project,
    log: Callable[[], list[str]],
    *,
    direct: bool,
) -> None:
    heard: list[str] = []

    def another() -> None:
        with connect(database if direct else behind) as other:
            runner = project.runner(other, RunOptions(lock_wait=0))
            with pytest.raises(LockError) as caught:
                runner.upgrade()
            heard.append(f"{caught.value}")

    with connect(behind) as shared:
        ran = project.runner(shared, progress=Meanwhile(another)).upgrade().ran
    assert [one.version for one in ran] == list(log()) == ["1", "2", "3"]
    assert re.search(r"another run holds the lock: pid \d+ on \S+ \(postgres, through a", heard[0])


@pytest.mark.parametrize("direct", [True, False])
def test_a_stalled_run_changes_nothing_any_more(
    database: Target,
    behind: Target,
    connection: Connection,
    project: Project,
    log: Callable[[], list[str]],
    *,
    direct: bool,
) -> None:
    def another() -> None:
        _late(connection)
        with connect(database if direct else behind) as other:
            assert [one.version for one in project.runner(other).upgrade().ran] == ["2", "3"]
            assert [one.version for one in project.runner(other).downgrade("-1").ran] == ["3"]

    with connect(behind) as shared:
        runner = project.runner(shared, progress=Meanwhile(another))
        with pytest.raises(LockError, match="this run has lost the lock"):
            runner.upgrade()
        assert log() == ["1", "2", "3", "-3"]
        assert history.applied(history.read(connection, TABLES)) == {"1", "2"}
        assert [one.version for one in runner.upgrade().ran] == ["3"]


def test_a_stalled_run_whose_lease_nobody_took_goes_on(
    behind: Target, connection: Connection, project: Project, log: Callable[[], list[str]]
) -> None:
    with connect(behind) as shared:
        project.runner(shared, progress=Meanwhile(lambda: _late(connection))).upgrade()
    assert log() == ["1", "2", "3"]
    assert connection.execute(_LEASE).fetchone() == (True, 1)


@pytest.mark.parametrize("direct", [True, False])
def test_a_transaction_may_last_longer_than_its_lease(
    database: Target,
    behind: Target,
    project: Project,
    log: Callable[[], list[str]],
    *,
    direct: bool,
) -> None:
    project.sql("2", "SELECT pg_sleep(1.2); INSERT INTO log (version) VALUES ('2')")
    ways = [Way(behind, options=SHORT)]
    ways += [Way(database if direct else behind, options=RunOptions(lock_wait=20))] * 2
    assert sorted(version for one in race_by(ways, project.path) for version in one) == list("123")
    assert log() == ["1", "2", "3"]


@pytest.mark.parametrize("direct", [True, False])
def test_a_killed_run_is_waited_for_as_long_as_its_lease(
    database: Target,
    behind: Target,
    connection: Connection,
    project: Project,
    log: Callable[[], list[str]],
    *,
    direct: bool,
) -> None:
    slow = project.sql("2", "INSERT INTO log (version) VALUES ('2'); SELECT pg_sleep(60)")
    process = started(behind, project.path, "upgrade")
    wait_for(connection, "SELECT 1 FROM pg_stat_activity WHERE state = 'active' AND query ~ '60'"
             " AND pid <> pg_backend_pid()")  # fmt: skip
    process.send_signal(signal.SIGKILL)
    process.communicate()
    slow.write_text(slow.read_text().replace("; SELECT pg_sleep(60)", ""))
    heard = Meanwhile(lambda: _late(connection))
    with connect(database if direct else behind) as other:
        ran = project.runner(other, progress=heard).upgrade().ran
    assert [one.version for one in ran] == ["2", "3"]
    assert log() == ["1", "2", "3"]
    waited = rf"waiting .* for pid {process.pid} on .*through a pooler, for another \d+ s"
    assert any(re.match(waited, one) for one in heard.lines)


def test_a_lease_lasts_as_long_as_it_says(
    behind: Target, connection: Connection, project: Project, log: Callable[[], list[str]]
) -> None:
    with connect(behind) as shared, connect(behind) as other:
        left = "SELECT extract(epoch FROM expires - clock_timestamp()) FROM _psqlmigrate_lease"
        found: list[float] = []

        def look() -> None:
            found.extend(float(row[0]) for row in connection.execute(left))
            with pytest.raises(LockError):
                project.runner(other, RunOptions(lock_wait=0.3)).upgrade()

        project.runner(shared, progress=Meanwhile(look)).upgrade()
    assert log() == ["1", "2", "3"]
    assert TERM_S - 5 < found[0] <= TERM_S


def test_whoever_gives_the_lease_away_is_rolled_back(
    behind: Target, connection: Connection, project: Project, log: Callable[[], list[str]]
) -> None:
    project.sql("2", "UPDATE _psqlmigrate_lease SET holder = NULL; CREATE TABLE t2 (a int)")
    with connect(behind) as shared, pytest.raises(StatementError, match="released psqlmigrate's"):
        project.runner(shared).upgrade()
    assert log() == ["1"]
    assert connection.execute("SELECT to_regclass('t2')").fetchone() == (None,)


def test_a_check_that_stalls_is_fenced_too(
    behind: Target, connection: Connection, project: Project, log: Callable[[], list[str]]
) -> None:
    """Nobody gets the row while a migration's transaction has it; nor the lock, as scripts would."""
    free = "SELECT pg_try_advisory_lock(%s)"

    def verify(_: Connection, file: MigrationFile, __: str) -> None:
        if file.version == "1":
            row = connection.execute(free, [key_of(TABLES).number]).fetchone()
            assert row == (False,)
            with connect(behind) as other, pytest.raises(LockError):
                project.runner(other, RunOptions(lock_wait=0.5)).upgrade()

    with connect(behind) as shared:
        project.runner(shared, RunOptions(lease=0), Hooks(verify=verify)).upgrade()
    assert log() == ["1", "2", "3"]


def test_a_script_for_psql_keeps_its_lock(
    behind: Target, connection: Connection, project: Project, log: Callable[[], list[str]]
) -> None:
    """What knows the advisory lock alone is let alone by runs that have a lease."""
    connection.execute("SELECT pg_advisory_lock(%s)", [key_of(TABLES).number])
    with connect(behind) as shared, pytest.raises(LockError, match="another run holds the lock"):
        project.runner(shared, RunOptions(lock_wait=0)).upgrade()
    assert log() == []
