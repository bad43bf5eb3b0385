"""The process of a background job, which `jobstart` starts.

Its order comes from stdin; it says `ready` once the job is in the database, or what went wrong.
From then on it writes to the database alone.
"""

import json
import os
import signal
import socket
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import FrameType
from typing import NoReturn

import psycopg

from psqlmigrate.errors import ConnectionFailedError, MigrationError
from psqlmigrate.migrations.file import MigrationFile
from psqlmigrate.postgres.connect import Connection
from psqlmigrate.postgres.target import Target
from psqlmigrate.redaction import redact, without_secrets
from psqlmigrate.service import jobs
from psqlmigrate.service.bookkeeping import create_jobs
from psqlmigrate.service.executing import Wishes, execute
from psqlmigrate.service.jobstart import unpacked
from psqlmigrate.service.progress import Silent
from psqlmigrate.service.session import told
from psqlmigrate.service.workspace import Workspace

_ATTEMPTS = 8
_PAUSE_S = 0.5


def main() -> None:
    """Runs the job that stdin orders."""
    text = sys.stdin.read()
    if os.fork():
        os._exit(0)
    order, workspace, wishes = unpacked(text)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _terminate)
    job = _Job(order["job"], order["to"], workspace)
    try:
        with workspace.target() as at:
            job.run(at, wishes)
    except MigrationError as error:
        _say(json.dumps(job.words(error)))
        sys.exit(error.exit_code)


@dataclass(frozen=True)
class _Held(Workspace):
    """A workspace whose connections are all sessions of the job."""

    job: str = ""

    def connected(self, target: Target) -> Connection:
        connection = super().connected(target)
        jobs.hold(connection, self.job)
        return connection


class _Job(Silent):
    """The job's row, on a connection of its own, and the run that it tells of."""

    def __init__(self, job: str, to: str, workspace: Workspace) -> None:
        self._job = job
        self._to = to
        self._workspace = _Held(
            workspace.config,
            workspace.env,
            connect_wait=workspace.connect_wait,
            fixed=workspace.fixed,
            job=job,
        )
        self._count = self._total = 0

    def run(self, at: Target, wishes: Wishes) -> None:
        """Says `ready` when the row is there. Raises what hinders it before that."""
        self._at = at
        self._keeper = self._workspace.connected(at)
        self._tables = self._workspace.tables
        detail = {"target": self._to, "host": socket.gethostname(), "pid": os.getpid()}
        with told(self._keeper):
            create_jobs(self._keeper, self._tables)
            jobs.begin(self._keeper, self._tables, self._job, **detail)
            jobs.prune(self._keeper, self._tables)
        if not _say("ready"):
            self._end({"code": "job", "message": "who started it did not wait for it"})
            return
        self._end(self._outcome(wishes))

    def planned(self, files: Sequence[MigrationFile]) -> None:
        """How many there are to do."""
        self._total = len(files)
        self._advance()

    def finished(self, file: MigrationFile, ms: int) -> None:  # noqa: ARG002 - Progress has it
        """One more is done."""
        self._count += 1
        self._advance()

    def failed(self, file: MigrationFile, *, rolled_back: bool) -> None:  # noqa: ARG002 - likewise
        """The row is looked after while the run's own session lives, so that one always does."""
        self._advance()

    def words(self, error: BaseException) -> dict[str, str]:
        """An error as it may be kept: without passwords."""
        if isinstance(error, MigrationError):
            told = {"code": error.code, "message": error.message}
            told |= {"hint": error.hint, "details": error.details}
        elif isinstance(error, (SystemExit, KeyboardInterrupt)):
            told = {"code": "terminated", "message": "terminated", "hint": "", "details": ""}
        else:
            text = f"this is a bug in psqlmigrate: {type(error).__name__}: {error}"
            told = {"code": "bug", "message": text, "hint": "", "details": ""}
        return {name: self._without_secrets(value) for name, value in told.items()}

    def _without_secrets(self, text: str) -> str:
        names = [name for name in os.environ if name.upper().endswith("PASSWORD")]
        secrets = [os.environ[name] for name in names]
        params = self._workspace.chosen.params
        secrets += [params.get(name, "") for name in ("password", "sslpassword")]
        return redact(without_secrets(text), *secrets).replace("\0", "")

    def _outcome(self, wishes: Wishes) -> dict[str, str] | None:
        try:
            self._count = len(execute(self._workspace, "up", self._to, wishes, self).ran)
        except BaseException as error:  # noqa: BLE001 - nobody else could tell of it
            return self.words(error)
        return None

    def _advance(self) -> None:
        """The row's numbers are a comfort: without them the run goes on."""
        try:
            jobs.advance(self._keeper, self._tables, self._job, self._count, self._total)
        except psycopg.Error:
            if self._reconnect():
                self._advance()

    def _end(self, error: Mapping[str, str] | None) -> None:
        """The last word, with patience for a server that comes back."""
        for attempt in range(_ATTEMPTS):
            try:
                jobs.end(self._keeper, self._tables, self._job, self._count, error)
            except psycopg.Error:
                time.sleep(_PAUSE_S * (2**attempt - 1))
                self._reconnect()
            else:
                self._keeper.close()
                return

    def _reconnect(self) -> bool:
        """A new connection for one that was lost; whether there is one."""
        if not self._keeper.closed:
            return False
        try:
            self._keeper = self._workspace.connected(self._at)
        except (ConnectionFailedError, psycopg.Error):
            return False
        return True


def _say(text: str) -> bool:
    """The one line for who started this; whether it was heard. Then nothing is written any more."""
    heard = True
    try:
        os.write(1, f"{text}\n".encode())
    except BrokenPipeError:
        heard = False
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nowhere, number)
    return heard


def _terminate(_number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt
