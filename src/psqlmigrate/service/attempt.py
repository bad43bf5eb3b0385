"""One migration, run once, in a transaction of its own."""

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

import psycopg
from psycopg.pq import TransactionStatus

from psqlmigrate.errors import MigrationError
from psqlmigrate.migrations.control import refuse_control
from psqlmigrate.migrations.file import MigrationFile
from psqlmigrate.migrations.sent import Sent
from psqlmigrate.postgres import explaining, sharing
from psqlmigrate.postgres.connect import Connection, repin, repinning
from psqlmigrate.postgres.engine import Body, Cursor, MigrationEngine, code, perform
from psqlmigrate.schema.catalog import Catalog
from psqlmigrate.service import blocking, failure, history, journal
from psqlmigrate.service.bookkeeping import Found, Tables
from psqlmigrate.service.failure import LOCK_NOT_AVAILABLE
from psqlmigrate.service.halfrun import HalfRun
from psqlmigrate.service.journal import Seal
from psqlmigrate.service.leasing import TERM_S
from psqlmigrate.service.locking import LockKey
from psqlmigrate.service.progress import Progress, Silent
from psqlmigrate.service.transaction import begin, commit, is_idle, roll_back


@dataclass(frozen=True, slots=True)
class RunOptions:
    """How a run behaves; times in seconds, 0 is "no limit" for timeouts.

    `strict` rolls a migration back that does not do what its certificate says; `forbidden` are
    hazards that no migration of the run may have.
    """

    lock: bool = True
    lock_wait: float = 60.0
    lock_timeout: float = 0.1
    statement_timeout: float = 0.0
    transactional: bool = True
    strict: bool = False
    strict_order: bool = False
    forbidden: frozenset[str] = frozenset()
    search_path: str = "public"
    lease: float = TERM_S
    """How long a run behind a pooler has the lock after its last transaction."""


@dataclass(frozen=True, slots=True)
class Hooks:
    """What the caller adds.

    `look` reads the schema without the bookkeeping tables; without it a run neither keeps the
    state nor compares anything with certificates. `verify` is called inside the transaction of
    each migration, and raises to roll it back.
    """

    look: Callable[[Connection], Catalog] | None = None
    verify: Callable[[Connection, MigrationFile, str], None] | None = None


@dataclass(slots=True)
class Work:
    """What every attempt of a run shares."""

    connection: Connection
    tables: Tables
    found: Found
    key: LockKey
    options: RunOptions
    hooks: Hooks = field(default_factory=Hooks)
    progress: Progress = field(default_factory=Silent)
    halves: Mapping[str, HalfRun] = field(default_factory=dict[str, HalfRun])


@dataclass(frozen=True, slots=True)
class Step:
    """A migration to run and its code; `at_end` is called inside its transaction."""

    file: MigrationFile
    direction: str
    body: Body
    timeout: float
    parents: Collection[str]
    at_end: Callable[[], None] | None = None

    @property
    def up(self) -> bool:
        """Whether it is applied, not reverted."""
        return self.direction == "up"


class Attempt:
    """Runs a step in one transaction, as often as it is asked to."""

    def __init__(self, work: Work, step: Step) -> None:
        self.work = work
        self.step = step
        self._body = step.body
        self._begin_again()

    def _begin_again(self) -> None:
        self._number: int = 0
        self._ended: int = 0
        self._found = ""
        self._engine = MigrationEngine(self.work.connection, self.step.file.path, self._send)
        self._start = time.monotonic()

    def run(self) -> int | None:
        """The milliseconds it took; None when another run had done it before.

        Whatever it raises, no transaction is left open.
        """
        self._begin_again()
        self.work.progress.started(self.step.file, self.step.direction)
        try:
            return self._run()
        except BaseException:
            roll_back(self.work.connection)
            raise

    def report(self, waited: float, error: psycopg.Error) -> None:
        """Tells what it waits for before it is run again, by code that knows nothing of this time."""
        self.work.progress.blocked(waited, self._reason(error))
        blocking.relieve(self.work.connection, self._blocked_text())
        self._body, _ = code(self.step.file, self.step.direction)

    def explained(self, error: Exception, done: int) -> MigrationError:
        """The error in the user's words; `done` migrations went well before."""
        file, direction = self.step.file, self.step.direction
        if isinstance(error, MigrationError):
            return error
        if not isinstance(error, psycopg.Error):
            return explaining.from_code(file, direction, error, self._hint(done))
        if self.work.connection.closed:
            return failure.lost(file, direction, error)
        if error.sqlstate == LOCK_NOT_AVAILABLE:
            return failure.not_locked(file, self._reason(error), self._left(done))
        sent = self._engine.statement_of(error)
        return explaining.from_server(file, direction, sent, error, self._hint(done))

    def _left(self, done: int) -> str:
        return failure.nothing_done(self.step.direction, done)

    def _hint(self, done: int) -> str:
        return f"{self._left(done)}; {failure.go_on(self.step.direction)}"

    def _reason(self, error: psycopg.Error) -> str:
        return blocking.reason(self.work.connection, self._blocked_text(), error)

    def _blocked_text(self) -> str:
        return self._engine.failure[0].sql if self._engine.failure else ""

    def _run(self) -> int | None:
        work = self.work
        claimed = self._claim()
        if claimed is None:
            roll_back(work.connection)
            return None
        try:
            self._body(self._engine)
        finally:
            work.connection.forget()
            self._still_open()
        return self._conclude(claimed)

    def _claim(self) -> str | None:
        """Begins, and takes the history's row; the transaction's id."""
        work = self.work
        take = history.claim if self.step.up else history.revert
        if work.connection.shared:
            self._found = sharing.begin(work.connection)
        row = begin(work.connection, *self._limits(), take(work.tables, self.step.file))
        return str(row[0]) if row else None

    def _limits(self) -> tuple[float, float]:
        """How long to wait for a lock, and how long a statement may take: the file's word first."""
        options, file = self.work.options, self.step.file
        own, longest = file.lock_timeout, file.statement_timeout
        return (
            options.lock_timeout if own is None else own,
            options.statement_timeout or self.step.timeout if longest is None else longest,
        )

    def _send(self, statement: Sent) -> Cursor:
        refuse_control(statement)
        self._still_open()
        return self._timed(statement, lambda: perform(self.work.connection, statement))

    def _timed(self, statement: Sent, run: Callable[[], Cursor]) -> Cursor:
        self._number += 1
        self.work.progress.statement(self._number, statement.sql)
        start = time.monotonic()
        cursor = run()
        self._ended = self._number
        self.work.progress.statement_done(self._number, _ms_since(start))
        return cursor

    def _still_open(self) -> None:
        if is_idle(self.work.connection):
            raise self._meddled()

    def _meddled(self) -> Exception:
        """What the code has committed includes the row that was claimed first: it is taken back."""
        work, step = self.work, self.step
        roll_back(work.connection)
        history.undo(work.connection, work.tables, step.file.version, claimed=step.up)
        return explaining.meddled(step.file, step.direction)

    def _conclude(self, claimed: str) -> int:
        """The caller's checks, then the journal's row, the last look and COMMIT in one message."""
        work, ms = self.work, _ms_since(self._start)
        if self._engine.failure:
            self._refuse_aborted(self._engine.failure[1])
        # What it set for the session must not decide how the rest of this runs, nor outlive it.
        again = [repinning(work.connection, work.options.search_path)]
        if self._checks() or _encoding(work.connection) != "UTF8":
            repin(work.connection, work.options.search_path)
            again = []
            self._check()
        try:
            after = sharing.putting_back(self._found) if self._found else b""
            commit(work.connection, *again, *self._sealing(claimed, ms), after=after)
        except psycopg.Error as error:
            self._refuse_unsealed(journal.unsealed(error))
            raise
        return ms

    def _checks(self) -> bool:
        return bool(self.work.hooks.verify or self.step.at_end)

    def _check(self) -> None:
        work, step = self.work, self.step
        if work.hooks.verify:
            work.hooks.verify(work.connection, step.file, step.direction)
        if step.at_end:
            step.at_end()

    def _refuse_aborted(self, error: psycopg.Error) -> None:
        """An error that the code has caught may have aborted the transaction all the same."""
        if self.work.connection.info.transaction_status == TransactionStatus.INERROR:
            raise error

    def _sealing(self, claimed: str, ms: int) -> list[bytes]:
        work, step = self.work, self.step
        # Where there is no session the lease's own end of the transaction fails.
        has_lock = work.options.lock and not work.connection.shared
        key = work.key.number if has_lock else None
        seal = Seal(step.file.version, step.up, claimed, key)
        checksum, parents = step.file.checksum, sorted(step.parents)
        texts = journal.sealing(work.tables, seal, ms, checksum=checksum, parents=parents)
        return [one.encode() for one in texts]

    def _refuse_unsealed(self, reason: str | None) -> None:
        if reason == "meddled":
            raise self._meddled() from None
        if reason == "unlocked":
            pooled = self.work.connection.pooled and not self.work.connection.shared
            raise failure.unlocked(
                self.step.file, self.step.direction, self._kept(), pooled=pooled
            ) from None

    def _kept(self) -> str:
        """What the database has of it where all of it was run and is not recorded."""
        return failure.nothing_done(self.step.direction, 0)


def _encoding(connection: Connection) -> str | None:
    return connection.info.parameter_status("client_encoding")


def _ms_since(start: float) -> int:
    return round((time.monotonic() - start) * 1000)
