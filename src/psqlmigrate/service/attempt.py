"""One migration, run once: in a transaction of its own, or statement by statement."""

import hashlib
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

import psycopg
from psycopg.pq import TransactionStatus

from psqlmigrate.errors import MigrationError, MigrationFileError
from psqlmigrate.migrations.file import MigrationFile
from psqlmigrate.postgres.connect import Connection, repin
from psqlmigrate.schema.sqltext import number, sql
from psqlmigrate.service import blocking, failure, history, journal, state
from psqlmigrate.service.bookkeeping import Found, Tables
from psqlmigrate.service.control import (
    controls_transaction,
    is_concurrent,
    refuse_control,
    stands_alone,
)
from psqlmigrate.service.engine import Body, Cursor, MigrationEngine, Sent, perform
from psqlmigrate.service.failure import LOCK_NOT_AVAILABLE
from psqlmigrate.service.locking import LockKey
from psqlmigrate.service.progress import Progress, Silent


@dataclass(frozen=True, slots=True)
class RunOptions:
    """How a run behaves; times in seconds, 0 is "no limit" for timeouts."""

    lock: bool = True
    lock_wait: float = 60.0
    lock_timeout: float = 0.1
    statement_timeout: float = 0.0
    transactional: bool = True
    strict_order: bool = False
    search_path: str = "public"


@dataclass(frozen=True, slots=True)
class Hooks:
    """What the caller adds, inside the migration's transaction.

    `verify` raises to roll the migration back. `after` reads the hash of every managed object;
    it is called with the last migration of a run.
    """

    verify: Callable[[Connection, MigrationFile, str], None] | None = None
    after: Callable[[Connection], state.Hashes] | None = None


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


@dataclass(frozen=True, slots=True)
class Step:
    """A migration to run and its code; the last of a run knows what is applied at its end."""

    file: MigrationFile
    direction: str
    body: Body
    timeout: float
    parents: Collection[str]
    applied_at_end: Collection[str] | None

    @property
    def up(self) -> bool:
        """Whether it is applied, not reverted."""
        return self.direction == "up"


class Attempt:
    """Runs a step in one transaction, as often as it is asked to."""

    def __init__(self, work: Work, step: Step) -> None:
        self.work = work
        self.step = step
        self._begin_again()

    def _begin_again(self) -> None:
        self._number: int = 0
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
        """Tells what it waits for before it is run again."""
        self.work.progress.blocked(waited, self._reason(error))

    def explained(self, error: Exception, done: int) -> MigrationError:
        """The error in the user's words; `done` migrations went well before."""
        file, direction = self.step.file, self.step.direction
        if isinstance(error, MigrationError):
            return error
        sent, cause = self._engine.failure or (None, None)
        if not isinstance(error, psycopg.Error):
            return failure.from_code(file, direction, error, self._left(done))
        if self.work.connection.closed:
            return failure.lost(file, direction, error)
        if error.sqlstate == LOCK_NOT_AVAILABLE:
            return failure.not_locked(file, self._reason(error), self._left(done))
        return failure.from_server(
            file, direction, sent if cause is error else None, error, self._left(done)
        )

    def _left(self, done: int) -> str:
        return failure.nothing_done(self.step.direction, done)

    def _reason(self, error: psycopg.Error) -> str:
        text = self._engine.failure[0].sql if self._engine.failure else ""
        return blocking.reason(self.work.connection, text, error)

    def _run(self) -> int | None:
        begin(self.work, self.step.timeout)
        claimed = self._claim()
        if claimed is None:
            roll_back(self.work.connection)
            return None
        try:
            self.step.body(self._engine)
        finally:
            self._still_open()
        return self._conclude(claimed)

    def _claim(self) -> str | None:
        take = history.claim if self.step.up else history.revert
        return take(self.work.connection, self.work.tables, self.step.file)

    def _send(self, statement: Sent) -> Cursor:
        refuse_control(statement)
        self._still_open()
        self._number += 1
        self.work.progress.statement(self._number, statement.sql)
        return perform(self.work.connection, statement)

    def _still_open(self) -> None:
        if self.work.connection.info.transaction_status == TransactionStatus.IDLE:
            raise self._meddled()

    def _meddled(self) -> Exception:
        """What the code has committed includes the row that was claimed first: it is taken back."""
        work, step = self.work, self.step
        roll_back(work.connection)
        history.undo(work.connection, work.tables, step.file.version, claimed=step.up)
        return failure.meddled(step.file, step.direction)

    def _conclude(self, claimed: str) -> int:
        """The caller's checks, the state, the journal, COMMIT."""
        work, step = self.work, self.step
        if self._engine.failure:
            self._refuse_aborted(self._engine.failure[1])
        # What it set for the session must not decide how the rest of this runs, nor outlive it.
        repin(work.connection, work.options.search_path)
        if work.hooks.verify:
            work.hooks.verify(work.connection, step.file, step.direction)
        if work.hooks.after and step.applied_at_end is not None:
            hashes = work.hooks.after(work.connection)
            state.write(work.connection, work.tables, work.found, hashes, step.applied_at_end)
        ms = round((time.monotonic() - self._start) * 1000)
        self._seal(claimed, ms)
        commit(work.connection)
        return ms

    def _refuse_aborted(self, error: psycopg.Error) -> None:
        """An error that the code has caught may have aborted the transaction all the same."""
        if self.work.connection.info.transaction_status == TransactionStatus.INERROR:
            raise error

    def _seal(self, claimed: str, ms: int) -> None:
        work, step = self.work, self.step
        sealed = journal.seal(
            work.connection,
            work.tables,
            "applied" if step.up else "reverted",
            step.file.version,
            ms=ms if step.up else None,
            lock=work.key.halves,
            took_ms=ms,
            checksum=step.file.checksum,
            parents=sorted(step.parents),
        )
        if sealed.transaction != claimed or sealed.applied is not step.up:
            raise self._meddled()
        if work.options.lock and not sealed.locked:
            hint = "nothing of this migration is in the database"
            raise failure.unlocked(step.file, step.direction, hint)


class OpenAttempt(Attempt):
    """Runs a step without one transaction: each statement commits, with its row in the journal."""

    def _run(self) -> int | None:
        self.step.body(self._engine)
        connection = self.work.connection
        if connection.info.transaction_status != TransactionStatus.IDLE:
            raise MigrationFileError(
                f"{self.step.file.name} left a transaction open, which was rolled back",
                file_path=str(self.step.file.path),
                hint="end it with COMMIT in the migration",
            )
        repin(connection, self.work.options.search_path)
        begin(self.work, self.step.timeout)
        claimed = self._claim()
        if claimed is None:
            roll_back(connection)
            return None
        return self._conclude(claimed)

    def _send(self, statement: Sent) -> Cursor:
        self._number += 1
        self.work.progress.statement(self._number, statement.sql)
        idle = self.work.connection.info.transaction_status == TransactionStatus.IDLE
        if not idle or controls_transaction(statement.sql):
            return perform(self.work.connection, statement)
        if stands_alone(statement.sql):
            return self._alone(statement)
        return blocking.patiently(
            lambda: self._with_journal(statement),
            self.work.options.lock_wait,
            self._report_statement(statement),
        )

    def _report_statement(self, statement: Sent) -> Callable[[float, psycopg.Error], None]:
        def report(waited: float, error: psycopg.Error) -> None:
            reason = blocking.reason(self.work.connection, statement.sql, error)
            self.work.progress.blocked(waited, reason)

        return report

    def _left(self, done: int) -> str:
        return f"{failure.partly_done(self._number)}; {failure.before(self.step.direction, done)}"

    def _alone(self, statement: Sent) -> Cursor:
        self._note(statement, "running")
        timeout = 0.0 if is_concurrent(statement.sql) else self.work.options.lock_timeout
        self.work.connection.execute(
            sql("SET lock_timeout = {}", number(round(timeout * 1000))).encode()
        )
        cursor = perform(self.work.connection, statement)
        self._note(statement, "done")
        return cursor

    def _with_journal(self, statement: Sent) -> Cursor:
        begin(self.work, self.step.timeout)
        try:
            cursor = perform(self.work.connection, statement)
            self._note(statement, "done")
            commit(self.work.connection)
        except BaseException:
            roll_back(self.work.connection)
            raise
        return cursor

    def _note(self, statement: Sent, outcome: str) -> None:
        journal.write(
            self.work.connection,
            self.work.tables,
            "statement",
            self.step.file.version,
            number=self._number,
            outcome=outcome,
            direction=self.step.direction,
            digest=hashlib.sha256(statement.sql.encode()).hexdigest(),
        )


def begin(work: Work, timeout: float) -> None:
    """Begins a transaction with the run's timeouts."""
    text = sql(
        "BEGIN; SET LOCAL lock_timeout = {}; SET LOCAL statement_timeout = {}",
        number(round(work.options.lock_timeout * 1000)),
        number(round((work.options.statement_timeout or timeout) * 1000)),
    )
    work.connection.execute(text.encode())


def commit(connection: Connection) -> None:
    """Commits. The COMMIT of an aborted transaction raises nothing, its tag is ROLLBACK."""
    tag = connection.execute(b"COMMIT").statusmessage
    if tag != "COMMIT":
        raise psycopg.errors.InFailedSqlTransaction("the transaction was aborted and rolled back")


def roll_back(connection: Connection) -> None:
    """Leaves no transaction open on a connection that still is one."""
    if connection.closed or connection.info.transaction_status == TransactionStatus.IDLE:
        return
    connection.execute(b"ROLLBACK")
