"""Rounds in which runs, readers, kills and crashes meet on one database."""

import json
import multiprocessing
import os
import random
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from multiprocessing.process import BaseProcess
from pathlib import Path

import psycopg

from faults.project import TABLES, Project
from psqlmigrate.errors import ConnectionFailedError, DirtyError, LockError, MigrationError
from psqlmigrate.postgres.connect import Connection, connect
from psqlmigrate.postgres.target import Target
from psqlmigrate.service import history
from psqlmigrate.service.attempt import RunOptions

VERSIONS = tuple(f"{n:02}" for n in range(1, 7))
PATIENCE_S = 30.0
_CONCURRENT = "04"
_NAME = "psqlmigrate"

_RUNNING = """
SELECT pid FROM pg_stat_activity
 WHERE application_name = %s AND datname = current_database() AND pid <> pg_backend_pid()"""
_TABLES = "SELECT right(relname, 2) FROM pg_class WHERE relname ~ '^t[0-9]' AND relkind = 'r'"
_DONE = """
SELECT version, count(*) FILTER (WHERE up) - count(*) FILTER (WHERE NOT up) FROM log GROUP BY 1"""
_INVALID = "SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid"


def write(project: Project) -> None:
    """Migrations that each leave a trace of every time they ran; one builds an index meanwhile."""
    for version in VERSIONS:
        if version == _CONCURRENT:
            # It leaves no trace but the index itself: a row beside it could not be as certain.
            up = "CREATE INDEX CONCURRENTLY i04 ON t01 (a)"
            down = "DROP INDEX CONCURRENTLY i04"
            project.sql(version, up, down, header="-- transactional: false\n")
            continue
        trace = f"INSERT INTO log VALUES ('{version}', {{}});"
        project.sql(
            version,
            f"{trace.format('true')} CREATE TABLE t{version} (a int);",
            f"DROP TABLE t{version}; {trace.format('false')}",
        )


class Chaos:
    """One database, one project, a seed: the same rounds each time, whatever comes of them."""

    def __init__(self, database: Target, project: Project, seed: int) -> None:
        self._database = database
        self._project = project
        self._chance = random.Random(seed)  # noqa: S311 - repeatable choices
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(["psqlmigrate.service.running"])
        self.outcomes: dict[str, int] = {}

    def round(self, *, crash: bool) -> None:
        """Two to five at once, then what all of them have left is looked at."""
        chance = self._chance
        results = self._project.path / f"results-{chance.randrange(10**9)}"
        results.mkdir()
        processes = [self._runner(results, number) for number in range(chance.randint(2, 5))]
        doomed = [one for one in processes if chance.random() < 0.3]
        with self._old_snapshot() if chance.random() < 0.3 else nullcontext():
            for one in doomed:
                time.sleep(chance.uniform(0, 0.25))
                one.kill()
            if chance.random() < 0.4:
                self._terminate()
            if crash:
                self._crash()
        for one in processes:
            one.join(PATIENCE_S)
            assert one.exitcode is not None, "a run hangs"
        for file in results.iterdir():
            said = json.loads(file.read_text())
            self.outcomes[said] = self.outcomes.get(said, 0) + 1
        self._check()

    def finish(self) -> None:
        """A plain upgrade, after the downgrade that it may ask for, brings everything to its end."""
        with self._connected() as connection:
            try:
                self._project.runner(connection).upgrade()
            except DirtyError:
                # Half reverted; were it anything else, this would be refused as well.
                self._project.runner(connection).downgrade("-1")
                self._project.runner(connection).upgrade()
            assert not self._project.runner(connection).upgrade().ran
            assert self._state(connection) == {*VERSIONS}
            assert not connection.execute(_INVALID).fetchall()
            row = connection.execute("SELECT to_regclass('i04') IS NOT NULL").fetchone()
            assert row == (True,)

    def _runner(self, results: Path, number: int) -> BaseProcess:
        down = self._chance.random() < 0.35
        target = f"-{self._chance.randint(1, 3)}" if down else "head"
        arguments = (
            dict(self._database.params),
            str(self._project.path),
            target,
            str(results / str(number)),
        )
        process = self._context.Process(target=run, args=arguments, daemon=True)
        process.start()
        return process

    @contextmanager
    def _old_snapshot(self) -> Iterator[None]:
        with self._connected() as reader:
            with suppress(psycopg.Error):
                reader.execute("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM log")
                time.sleep(self._chance.uniform(0, 0.1))
            yield
            with suppress(psycopg.Error):
                reader.execute("ROLLBACK")

    def _terminate(self) -> None:
        time.sleep(self._chance.uniform(0, 0.25))
        with self._connected() as admin:
            for (pid,) in admin.execute(_RUNNING, [_NAME]).fetchall():
                if self._chance.random() < 0.5:
                    admin.execute("SELECT pg_terminate_backend(%s)", [pid])

    def _crash(self) -> None:
        """One backend that is killed takes all of them down: PostgreSQL starts again by itself."""
        time.sleep(self._chance.uniform(0, 0.25))
        with self._connected() as admin:
            os.kill(admin.info.backend_pid, signal.SIGKILL)

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        with connect(self._database, wait_s=PATIENCE_S, name="chaos") as connection:
            yield connection

    def _check(self) -> None:
        """Recorded, made and run once: the same three for every migration."""
        with self._connected() as connection:
            self._wait_for_the_dead(connection)
            applied = self._state(connection)
            made = {row[0] for row in connection.execute(_TABLES)}
            counts: dict[str, int] = dict(connection.execute(_DONE).fetchall())
        assert made == applied - {_CONCURRENT}, (made, applied)
        assert counts == {version: int(version in applied) for version in counts}, (counts, applied)
        assert made <= counts.keys()

    @staticmethod
    def _state(connection: Connection) -> set[str]:
        return {*history.applied(history.read(connection, TABLES))}

    @staticmethod
    def _wait_for_the_dead(connection: Connection) -> None:
        end = time.monotonic() + PATIENCE_S
        while connection.execute(_RUNNING, [_NAME]).fetchone():
            assert time.monotonic() < end, "a session of a run that has ended stays"
            time.sleep(0.02)


def run(params: Mapping[str, str], path: str, target: str, result: str) -> None:
    """One run; what came of it goes into the file `result`."""
    Path(result).write_text(json.dumps(_outcome(lambda: _run(params, path, target))))


def _run(params: Mapping[str, str], path: str, target: str) -> None:
    with connect(Target(params, "chaos"), wait_s=PATIENCE_S) as connection:
        options = RunOptions(lock_wait=PATIENCE_S)
        runner = Project(Path(path)).runner(connection, options)
        if target == "head":
            runner.upgrade()
        else:
            runner.downgrade(target)


def _outcome(action: Callable[[], None]) -> str:
    """`done`, `lost`, `locked` and `half run`, which a run may end with here, or what it may not.

    What was killed on its way in one direction is not gone back on: `finish` shows that it goes on.
    """
    try:
        action()
    except LockError:
        return "locked"
    except DirtyError as error:
        return "half run" if "is half" in error.message else error.message
    except MigrationError as error:
        lost = isinstance(error, ConnectionFailedError) or "connection was lost" in error.message
        return "lost" if lost else f"{type(error).__name__}: {error.message}"
    return "done"
