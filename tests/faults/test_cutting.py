"""The connection is cut at each request in turn: recorded, there, and run once are always one.

Here at every third one; `nox -s kills` has all.
"""

import os
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from faults.cutting import CuttingProxy
from faults.project import TABLES, Project, look
from psqlmigrate.errors import ConnectionFailedError, MigrationError
from psqlmigrate.postgres.connect import Connection, connect
from psqlmigrate.postgres.scratch import Scratch
from psqlmigrate.postgres.target import Target
from psqlmigrate.schema.hashing import state_hashes
from psqlmigrate.service import bookkeeping, history, state
from psqlmigrate.service.attempt import Hooks
from psqlmigrate.service.running import Runner

HOOKS = Hooks(look=look)
MOST = 200
STEP = 1 if os.environ.get("PSQLMIGRATE_ALL_KILLS") else 3


@pytest.fixture
def logged(project: Project) -> Project:
    """Three migrations that say in a table how often they ran."""
    for n in "13":
        project.sql(
            n,
            f"CREATE TABLE t{n} (a int);\nINSERT INTO log VALUES ('up', '{n}');",
            f"DROP TABLE t{n};\nINSERT INTO log VALUES ('down', '{n}');",
        )
    project.python(
        "2",
        "engine.execute('CREATE TABLE t2 (a int)')\n"
        "engine.execute('INSERT INTO log VALUES (%s, %s)', ['up', '2'])",
        "engine.execute(\"DROP TABLE t2; INSERT INTO log VALUES ('down', '2')\")",
    )
    return project


def _fresh(connection: Connection) -> None:
    connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    connection.execute("CREATE TABLE log (what text, version text)")


def _tables(connection: Connection) -> set[str]:
    query = "SELECT relname::text FROM pg_class WHERE relname ~ '^t[0-9]$'"
    return {row[0][1:] for row in connection.execute(query)}


def _agrees(connection: Connection, what: str, expected: set[str]) -> None:
    """History, tables and log say the same, and a state that calls itself current is true."""
    applied = history.applied(history.read(connection, TABLES))
    assert applied == _tables(connection)
    query = "SELECT version, count(*) FROM log WHERE what = %s GROUP BY 1"
    counts: dict[str, int] = dict(connection.execute(query, [what]).fetchall())
    assert counts == dict.fromkeys(expected, 1)
    found = bookkeeping.inspect(connection, TABLES)
    recorded = state.read(connection, TABLES, found, applied)
    if recorded and recorded.current:
        drift = state.drift(recorded, state_hashes(look(connection)))
        assert (drift.changed, drift.removed) == ((), ())
        assert {name for _, name in recorded.hashes} == {f"public.t{n}" for n in applied}


def _cut_at_each(
    database: Target, act: Callable[[Connection], object], check: Callable[[bool], None]
) -> int:
    """Acts until it is not cut any more; the number of requests it had."""
    for first, before in enumerate((True, False), 1):
        for number in range(first, MOST, STEP):
            with CuttingProxy(database, number, before=before) as proxy:
                try:
                    with connect(proxy.target) as connection:
                        act(connection)
                except MigrationError:
                    cut = True
                else:
                    cut = False
            check(cut)
            if proxy.seen < number:
                break
            assert cut or not before or proxy.seen == number
        else:
            pytest.fail("it never ended")
    return proxy.seen


def test_upgrade(database: Target, connection: Connection, logged: Project) -> None:
    _fresh(connection)

    def check(cut: bool) -> None:
        with connect(database) as again:
            known = history.read(again, TABLES) or ()
            assert history.applied(known) == _tables(again)
            assert cut or _tables(again) == {"1", "2", "3"}
            _runner(logged, again).upgrade()
            _agrees(again, "up", {"1", "2", "3"})
        _fresh(connection)

    seen = _cut_at_each(database, lambda at: _runner(logged, at).upgrade(), check)
    assert seen > 15


def test_downgrade(database: Target, connection: Connection, logged: Project) -> None:
    def prepare() -> None:
        _fresh(connection)
        _runner(logged, connection).upgrade()

    def check(cut: bool) -> None:
        with connect(database) as again:
            assert history.applied(history.read(again, TABLES)) == _tables(again)
            assert cut or not _tables(again)
            _runner(logged, again).downgrade("base")
            _agrees(again, "down", {"1", "2", "3"})
        prepare()

    prepare()
    _cut_at_each(database, lambda at: _runner(logged, at).downgrade("base"), check)


def _runner(project: Project, connection: Connection) -> Runner:
    return project.runner(connection, hooks=HOOKS)


_ENDED = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = %s OR pid = %s"


def test_a_scratch_database_that_is_lost_is_told(server: Target) -> None:
    """Also where the connection is that one which makes and drops them."""
    with connect(server) as other, Scratch(server) as scratch:

        def lose(ask: Callable[[], AbstractContextManager[Connection]], *, keeper: bool) -> None:
            with ask() as connection:
                name = connection.info.dbname.rpartition("_")[0]
                gone = [name, 0] if keeper else ["", connection.session]
                other.execute(_ENDED, gone)
                connection.execute("SELECT 1")

        for ask, keeper in (
            (scratch.database, False),
            (scratch.undone, False),
            (scratch.database, True),
        ):
            with pytest.raises(ConnectionFailedError, match="the connection was lost"):
                lose(ask, keeper=keeper)
