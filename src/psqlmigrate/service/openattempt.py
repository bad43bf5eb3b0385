"""One migration without a transaction of its own: each statement commits by itself.

The journal has every statement: in one transaction with it where it can be in one, else before and
after. A run that was killed is gone on with, and what cannot be decided ends it as dirty.
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from contextlib import suppress

import psycopg
from psycopg.pq import TransactionStatus

from psqlmigrate.errors import AppliedFileError, DirtyError, MigrationError, MigrationFileError
from psqlmigrate.migrations import control
from psqlmigrate.migrations.outside import Outside, outside
from psqlmigrate.migrations.sent import Sent
from psqlmigrate.postgres.connect import Connection, repin
from psqlmigrate.postgres.engine import Cursor, MigrationEngine, perform
from psqlmigrate.schema.sqltext import Sql, literal, number, sql
from psqlmigrate.service import blocking, failure, halfrun, journal, looking
from psqlmigrate.service.attempt import Attempt
from psqlmigrate.service.halfrun import Noted, way_out
from psqlmigrate.service.looking import Look
from psqlmigrate.service.transaction import begin, commit, is_idle, limiting, roll_back

_NO_BLOCK, _NO_COMMIT = "25001", "2D000"
"""It cannot be in a transaction block; its code tried to end the transaction it was in."""

_AS_OURSELVES = b"SET LOCAL ROLE NONE"


class Recalled(psycopg.Cursor[tuple[object, ...]]):
    """The answer of a statement without rows that an earlier run has done."""

    def __init__(self, connection: Connection, count: int) -> None:
        super().__init__(connection)
        self._rowcount = count


class OpenAttempt(Attempt):
    """Runs a step without one transaction: each statement commits, with its row in the journal."""

    def _begin_again(self) -> None:
        super()._begin_again()
        work, file = self.work, self.step.file
        self._engine = MigrationEngine(work.connection, file.path, self._send, self._lent)
        half = work.halves.get(file.version)
        self._known: dict[int, Noted] = dict(half.noted) if half else {}
        self._same_file = half is None or half.checksum in {"", file.checksum}
        self._is_lent = False
        self._line = 0
        self._refusal: MigrationError | None = None
        self._inside: list[dict[str, object]] = []

    def _run(self) -> int | None:
        patience = self.work.options.lock_wait if control.repeatable(self.step.file) else 0.0
        return blocking.patiently(self._run_once, patience, self._go_on)

    def _go_on(self, waited: float, error: psycopg.Error) -> None:
        """Before it is run again, since a transaction of its own was kept from a lock.

        Other statements were repeated by themselves.
        """
        work, version = self.work, self.step.file.version
        if not self._inside or self.work.connection.closed:
            raise error
        roll_back(work.connection)
        work.halves = halfrun.read(work.connection, work.tables)
        if version in work.halves and work.halves[version].dirty:
            raise error
        self.report(waited, error)
        self._begin_again()

    def _run_once(self) -> int | None:
        connection = self.work.connection
        try:
            self._body(self._engine)
        finally:
            connection.forget()
        if self._refusal:  # its code has caught it
            raise self._refusal
        if not is_idle(connection):
            raise MigrationFileError(
                f"{self.step.file.name} left a transaction open, which was rolled back",
                file_path=str(self.step.file.path),
                hint="end it with COMMIT in the migration",
            )
        if self._number < max(self._known, default=0):
            raise self._other(self._number + 1)
        repin(connection, self.work.options.search_path)
        claimed = self._claim()
        if claimed is None:
            roll_back(connection)
            return None
        return self._conclude(claimed)

    def _send(self, statement: Sent) -> Cursor:
        if self._refusal:
            raise self._refusal
        self._line = statement.line
        known = self._known.get(self._number + 1)
        if known and known.digest != _digest(statement):
            raise self._other(self._number + 1)
        if known and known.outcome == "done":
            self._number += 1
            cursor = self._recalled(statement, known)
            self._ended = self._number
            return cursor
        with self.work.connection.ours():
            return self._timed(statement, lambda: self._sent(statement))

    def _sent(self, statement: Sent) -> Cursor:
        if control.controls_transaction(statement.sql):
            return self._control(statement)
        if not is_idle(self.work.connection):
            cursor = perform(self.work.connection, statement)
            self._inside.append(self._done(statement, cursor))
            return cursor
        self._inside = []
        if about := outside(statement.sql):
            return self._decided(statement, about)
        try:
            return blocking.patiently(
                lambda: self._with_journal(statement),
                self.work.options.lock_wait,
                self._report_statement(statement),
            )
        except psycopg.Error as error:
            parts = error.sqlstate == _NO_COMMIT and control.may_commit(statement.sql)
            if not parts and error.sqlstate != _NO_BLOCK:
                raise
        return self._alone(statement, None, in_parts=parts)

    def _report_statement(self, statement: Sent) -> Callable[[float, psycopg.Error], None]:
        def report(waited: float, error: psycopg.Error) -> None:
            connection = self.work.connection
            reason = blocking.reason(connection, statement.sql, error)
            self.work.progress.blocked(waited, reason)
            blocking.relieve(connection, statement.sql)

        return report

    def _left(self, done: int) -> str:
        return f"{self._kept()}; {failure.before(self.step.direction, done)}"

    def _kept(self) -> str:
        return failure.partly_done(self._ended - len(self._inside))

    # What an earlier run has done.

    def _recalled(self, statement: Sent, known: Noted) -> Cursor:
        connection, text = self.work.connection, statement.sql
        if control.is_temporary(text):
            raise self._undecided("made something temporary, which ended with the run that was cut")
        if control.controls_transaction(text):
            self._recall_control(text)
        elif control.is_of_session(text):
            return perform(connection, statement)
        elif control.sets_by_call(text) or (known.rows and not self.step.file.is_sql):
            return self._read_again(statement, known)
        return Recalled(connection, known.count)

    def _recall_control(self, text: str) -> None:
        connection = self.work.connection
        roll_back(connection)
        if control.chains_transactions(text):
            connection.execute(b"BEGIN")
            self._limit_own()

    def _read_again(self, statement: Sent, known: Noted) -> Cursor:
        """The rows, and what it set for the session: whatever writes cannot be read again."""
        if not known.rows:
            raise self._undecided("may have changed settings of the session that was cut")
        connection = self.work.connection
        own = not is_idle(connection)
        try:
            connection.execute(b"SAVEPOINT again" if own else b"BEGIN READ ONLY")
            if own:
                connection.execute(b"SET LOCAL transaction_read_only = on")
            cursor = perform(connection, statement)
            connection.execute(b"ROLLBACK TO again" if own else b"COMMIT")
        except psycopg.Error as error:
            raise self._undecided(
                f"had rows that cannot be read again: {error.diag.message_primary}"
            ) from None
        return cursor

    def _other(self, number: int) -> MigrationError:
        file = self.step.file
        if not self._same_file:
            return self._refused(
                AppliedFileError(
                    f"{file.name} was half run and then edited: its statement {number} is not the "
                    "one that was run",
                    version=file.version,
                    hint=f"bring back the file as it was and run it to its end; or "
                    f"{way_out(file.version)}",
                )
            )
        self._number = number
        return self._undecided("is another one than in the run that was cut")

    def _undecided(self, why: str) -> MigrationError:
        version = self.step.file.version
        message = f"{halfrun.statement(self._number, version, self._line)} {why}"
        return self._refused(DirtyError(message, version=version, hint=way_out(version)))

    def _refused(self, error: MigrationError) -> MigrationError:
        self._refusal = error
        return error

    # Outside of transactions.

    def _decided(self, statement: Sent, about: Outside) -> Cursor:
        """Runs it, or what is left of it where an earlier run has begun it."""
        self._limit(about)
        return blocking.patiently(
            lambda: self._done_once(statement, about),
            self.work.options.lock_wait,
            self._report_statement(statement),
        )

    def _done_once(self, statement: Sent, about: Outside) -> Cursor:
        connection = self.work.connection
        known = self._known.get(self._number)
        if known is None:
            for one in looking.leftovers(connection, about):
                connection.execute(one.encode())
            return self._alone(statement, about)
        verdict = looking.verdict(connection, about, known.look or {})
        if verdict is None:
            raise self._undecided("was begun, and nobody can tell whether it was done")
        for one in verdict.first:
            connection.execute(one.encode())
        if not verdict.done:
            return self._begun(statement, about, known.look)
        cursor = Recalled(connection, -1)
        self._note(self._done(statement, cursor))
        return cursor

    def _alone(self, statement: Sent, about: Outside | None, *, in_parts: bool = False) -> Cursor:
        look = looking.before(self.work.connection, about) if about else None
        self._note(self._noted(statement, "running", look=look))
        begun = Noted(_digest(statement), "running", rows=False, count=-1, look=look)
        self._known[self._number] = begun
        return self._begun(statement, about, look, in_parts=in_parts)

    def _begun(
        self,
        statement: Sent,
        about: Outside | None,
        look: Look | None,
        *,
        in_parts: bool = False,
    ) -> Cursor:
        connection = self.work.connection
        if about is None:
            self._limit(None)
        try:
            cursor = perform(connection, statement)
        except psycopg.Error:
            # Its own error is what matters; without this note the next run looks again.
            with suppress(psycopg.Error):
                if not in_parts and self._left_nothing(about, look):
                    self._note(self._noted(statement, "undone"))
                    self._known.pop(self._number, None)
            raise
        self._note(self._done(statement, cursor))
        return cursor

    def _left_nothing(self, about: Outside | None, look: Look | None) -> bool:
        """Whether a statement that the server refused is as if it had never been sent."""
        if self.work.connection.closed:
            return False
        if about is None:
            return True
        verdict = looking.verdict(self.work.connection, about, look or {})
        return verdict is not None and verdict.left_nothing

    def _limit(self, about: Outside | None) -> None:
        """A build of an index may take as long as it likes, but for what the file itself says."""
        waits = 0.0 if about and about.waits else self._limits()[0]
        takes = self.step.file.statement_timeout or 0.0
        values = [number(round(one * 1000)) for one in (waits, takes)]
        text = sql("SET lock_timeout = {}; SET statement_timeout = {}", *values)
        self.work.connection.execute(text.encode())

    # Inside of transactions: the runner's, and the code's own.

    def _with_journal(self, statement: Sent) -> Cursor:
        connection = self.work.connection
        begin(connection, *self._limits())
        try:
            cursor = perform(connection, statement)
            entry = self._entry([self._done(statement, cursor)])
            commit(connection, _AS_OURSELVES, entry.encode())
        except BaseException:
            roll_back(connection)
            raise
        return cursor

    def _control(self, statement: Sent) -> Cursor:
        """What the code's own transaction does is journalled with its COMMIT, or after it."""
        connection, text = self.work.connection, statement.sql
        if control.begins_transaction(text):
            cursor = perform(connection, statement)
            self._inside = [self._done(statement, cursor)]
            self._limit_own()
            return cursor
        notes = [*self._inside, self._noted(statement, "done")]
        within = self._writes() and not control.undoes_transaction(text)
        if within:
            self._note_within(notes)
        cursor = perform(connection, statement)
        self._inside = [] if within or is_idle(connection) else notes
        if not within and is_idle(connection):
            self._note(*notes)
        if not is_idle(connection):
            self._limit_own()
        return cursor

    def _limit_own(self) -> None:
        self.work.connection.execute(limiting(*self._limits()).encode())

    def _writes(self) -> bool:
        connection = self.work.connection
        if connection.info.transaction_status != TransactionStatus.INTRANS:
            return False
        query = b"SELECT pg_catalog.current_setting('transaction_read_only') = 'off'"
        row = connection.execute(query).fetchone()
        return bool(row and row[0])

    def _note_within(self, notes: Sequence[dict[str, object]]) -> None:
        connection = self.work.connection
        row = connection.execute(b"SELECT pg_catalog.current_setting('role')").fetchone()
        role = str(row[0]) if row else "none"
        connection.execute(self._entry(notes).encode()) if role == "none" else connection.execute(
            sql(
                "SET LOCAL ROLE NONE; {}; SET LOCAL ROLE {}", self._entry(notes), literal(role)
            ).encode()
        )

    # The journal.

    def _lent(self) -> None:
        """From here on the code may do what the journal does not see."""
        if not self._is_lent:
            self._is_lent = is_idle(self.work.connection)
            self._note_plainly({"number": 0, "outcome": "unseen", **self._common()})

    def _note(self, *notes: dict[str, object]) -> None:
        text = sql("BEGIN; SET LOCAL ROLE NONE; {}; COMMIT", self._entry(notes))
        self.work.connection.execute(text.encode())

    def _note_plainly(self, note: dict[str, object]) -> None:
        self.work.connection.execute(self._entry([note]).encode())

    def _entry(self, notes: Sequence[dict[str, object]]) -> Sql:
        return journal.noting(self.work.tables, self.step.file.version, notes)

    def _done(self, statement: Sent, cursor: Cursor) -> dict[str, object]:
        rows = cursor.description is not None
        return self._noted(statement, "done", rows=rows, count=cursor.rowcount)

    def _noted(self, statement: Sent, outcome: str, **further: object) -> dict[str, object]:
        digest = _digest(statement)
        own = {"number": self._number, "outcome": outcome, "digest": digest}
        own["line"] = statement.line
        return {**own, **self._common(), **further}

    def _common(self) -> dict[str, object]:
        return {"direction": self.step.direction, "checksum": self.step.file.checksum}


def _digest(statement: Sent) -> str:
    text = statement.sql
    if statement.params is not None or statement.copy_data is not None:
        text = json.dumps([text, repr(statement.params), statement.copy_data])
    return hashlib.sha256(text.encode()).hexdigest()
