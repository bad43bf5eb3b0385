"""A network that stalls with its sockets open: a run ends in time, and a plain rerun completes."""

import signal
import threading
import time

import pytest

from faults.project import TABLES, Project
from faults.stalling import StallingProxy
from psqlmigrate.errors import MigrationError
from psqlmigrate.postgres import silence
from psqlmigrate.postgres.connect import Connection, connect
from psqlmigrate.postgres.target import Target, parse_url
from psqlmigrate.service import history

LIMIT_S = 0.6
SLACK_S = 5.0
RUNNING = "the connection was lost while 2 ran: nothing was heard of the server for 0.6 s"
LOST = "the connection was lost: nothing was heard of the server for 0.6 s"
PHASES = {
    "connecting": (b"", "connection timeout expired"),
    "the first question": (
        b"pg_postmaster_start_time",
        "nothing was heard of the server for 0.6 s",
    ),
    "reading the history": (b"_psqlmodel_migrations", LOST),
    "reading the catalog": (b"WITH RECURSIVE mine", LOST),
    "taking the lock": (b"pg_try_advisory_lock", LOST),
    "claiming": (b"INSERT INTO", RUNNING),
    "a statement": (b"CREATE TABLE t2", RUNNING),
    "its end": (b"COMMIT", RUNNING),
}


@pytest.mark.parametrize(
    ("phase", "alone", "heard"),
    [(phase, False, True) for phase in PHASES]
    + [("a statement", True, True), ("its end", False, False), ("its end", True, True)]
    # Of a query with parameters the server gets the first message of five.
    + [("the first question", True, False), ("reading the catalog", True, True)],
)
def test_a_run_ends_and_the_next_completes(
    database: Target,
    connection: Connection,
    project: Project,
    phase: str,
    *,
    alone: bool,
    heard: bool,
) -> None:
    """Whether the whole network stalls or one connection, before the server has it or after."""
    project.sql("1", "CREATE TABLE t1 (a int)")
    project.runner(connection).upgrade()
    project.sql("2", "CREATE TABLE t2 (a int)")
    at, words = PHASES[phase]
    with StallingProxy(database, at, heard=heard, alone=alone) as proxy:
        start = time.monotonic()
        with pytest.raises(MigrationError) as caught:
            _upgrade(project, proxy, LIMIT_S)
        assert proxy.stalled.is_set()
        assert time.monotonic() - start < LIMIT_S + SLACK_S
    assert words in caught.value.message
    assert caught.value.exit_code == 3
    project.runner(connection).upgrade()
    assert history.applied(history.read(connection, TABLES)) == {"1", "2"}
    assert connection.execute("SELECT to_regclass('t2') IS NOT NULL").fetchone() == (True,)


def test_a_server_at_work_is_not_lost(
    database: Target, connection: Connection, project: Project
) -> None:
    """It says nothing for far longer than the limit, and is asked meanwhile."""
    project.sql("1", "SELECT pg_sleep(4)")
    with StallingProxy(database, b"never said") as proxy:
        _upgrade(project, proxy, 3.0)
        assert proxy.sessions > 2
    assert history.applied(history.read(connection, TABLES)) == {"1"}


def test_a_server_that_takes_no_rows_for_a_while_is_not_lost(
    database: Target, connection: Connection
) -> None:
    """What we have sent fills all buffers until a trigger is done with the first row."""
    connection.execute(
        "CREATE TABLE t (a text); CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN PERFORM pg_sleep(3); RETURN NEW; END $$;"
        "CREATE TRIGGER slow BEFORE INSERT ON t FOR EACH ROW WHEN (NEW.a = '0') EXECUTE FUNCTION slow()"
    )
    with (
        StallingProxy(database, b"never said") as proxy,
        connect(parse_url(proxy.url, "proxy"), silence_s=1.5) as through,
        through.cursor() as cursor,
        cursor.copy("COPY t FROM STDIN") as copy,
    ):
        for number in range(24):
            copy.write(f"{number}\n{'x' * 2**20}\n")
    assert connection.execute("SELECT count(*) FROM t").fetchone() == (48,)


@pytest.mark.parametrize("later_s", [0.0, 0.5])
def test_whoever_interrupts_it_does_not_wait(
    database: Target,
    connection: Connection,
    project: Project,
    monkeypatch: pytest.MonkeyPatch,
    later_s: float,
) -> None:
    """Neither the request to cancel nor an answer to it comes through; some code of ours may be at
    work by then, or the operating system waits.
    """
    monkeypatch.setattr(silence, "_CANCEL_S", 0.3)
    project.sql("1", "CREATE TABLE t1 (a int)")
    with StallingProxy(database, b"CREATE TABLE t1") as proxy:

        def interrupt() -> None:
            proxy.stalled.wait(10)
            time.sleep(later_s)
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

        threading.Thread(target=interrupt, daemon=True).start()
        start = time.monotonic()
        with pytest.raises(KeyboardInterrupt):
            _upgrade(project, proxy, 60)
        assert time.monotonic() - start < 4
    project.runner(connection).upgrade()
    assert history.applied(history.read(connection, TABLES)) == {"1"}


def _upgrade(project: Project, proxy: StallingProxy, limit_s: float) -> None:
    with connect(parse_url(proxy.url, "proxy"), silence_s=limit_s) as through:
        project.runner(through).upgrade()
