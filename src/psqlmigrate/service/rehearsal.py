"""One direction of a migration in a scratch database with rows, and what it said to them."""

import re
import traceback
from collections import Counter
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from psqlmigrate.errors import MigrationError, ProofError, StatementError
from psqlmigrate.migrations.file import MigrationFile
from psqlmigrate.migrations.sent import Sent, shown
from psqlmigrate.postgres.connect import Connection, repin
from psqlmigrate.postgres.engine import Body, Cursor, Engine, MigrationEngine, code, perform
from psqlmigrate.redaction import beginning, without_secrets
from psqlmigrate.schema.sqltext import ident
from psqlmigrate.schema.statement import Hazard, Statement
from psqlmigrate.service.planning import Plan
from psqlmigrate.service.rows.thinning import Thinner

_LONGEST = 200
_DATA_ERRORS = ("0A000", "21", "22", "23", "54000", "P0001")
"""SQLSTATEs that can speak of values: features that a server lacks for a type, cardinality, data,
integrity, the size of an index row, and what functions raise (manual, appendix A)."""

_FAILED = psycopg.pq.TransactionStatus.INERROR


@dataclass(frozen=True, slots=True)
class MayFail:
    """A statement that rows can make fail, as sample rows did. `direction`: up or down."""

    direction: str
    sql: str
    table: str
    reason: str

    @property
    def words(self) -> str:
        """Why, and of which table where that is known."""
        return f"{self.table}: {self.reason}" if self.table else self.reason


@dataclass(frozen=True, slots=True)
class Claim:
    """What is known of a generated file: its plans. Without one, people wrote it."""

    up: Plan
    down: Plan

    def plan(self, direction: str) -> Plan:
        """The plan of `up` or `down`."""
        return self.up if direction == "up" else self.down


@dataclass(frozen=True, slots=True)
class Step:
    """What is rehearsed: a file or a plan, both ways."""

    name: str
    path: Path
    up: Body
    down: Body
    transactional: bool = True
    claim: Claim | None = None

    def body(self, direction: str) -> Body:
        """The code of `up` or `down`."""
        return self.up if direction == "up" else self.down


@dataclass(slots=True)
class Rehearsed:
    """What one run did: its statements, those that rows made fail, and the rows taken out."""

    statements: list[str] = field(default_factory=list[str])
    failures: list[MayFail] = field(default_factory=list[MayFail])
    removed: Counter[int] = field(default_factory=Counter[int])


def step_of(file: MigrationFile, claim: Claim | None = None) -> Step:
    """A migration file as a step; its code is loaded. Raises MigrationFileError."""
    up, down = code(file, "up")[0], code(file, "down")[0]
    return Step(file.name, file.path, up, down, file.transactional, claim)


def step_of_plan(claim: Claim, name: str = "the plan") -> Step:
    """A pair of plans as a step."""

    def body(plan: Plan) -> Body:
        sent = [Sent(one.sql, Path(name), i + 1) for i, one in enumerate(plan.statements)]

        def run(engine: Engine) -> None:
            for one in sent:
                engine.send(one)

        return run

    statements = (*claim.up.statements, *claim.down.statements)
    transactional = all(one.transactional and not one.commits for one in statements)
    return Step(name, Path(name), body(claim.up), body(claim.down), transactional, claim)


def rehearse(connection: Connection, step: Step, direction: str) -> Rehearsed:
    """Runs one direction, first as it is; where rows make it fail, again without those rows.

    Raises ProofError when no hazard said that rows can do that, StatementError for other failures.
    """
    try:
        return _rehearsed(connection, step, direction)
    finally:
        if not connection.broken:
            repin(connection)


def _rehearsed(connection: Connection, step: Step, direction: str) -> Rehearsed:
    if not step.transactional:
        return _Rehearsal(connection, step, direction, yielding=True).run()
    try:
        with connection.transaction():
            return _Rehearsal(connection, step, direction, yielding=False).run()
    except _RowsError:
        with connection.transaction():
            return _Rehearsal(connection, step, direction, yielding=True).run()


class _RowsError(Exception):
    """A statement failed on rows: the transaction has to begin anew."""


class _Rehearsal:
    """One run. `yielding`: rows that a statement fails on are taken out and it is tried again."""

    def __init__(
        self, connection: Connection, step: Step, direction: str, *, yielding: bool
    ) -> None:
        self._connection = connection
        self._step = step
        self._direction = direction
        self._yielding = yielding
        self._done = Rehearsed()

    def run(self) -> Rehearsed:
        engine = MigrationEngine(self._connection, self._step.path, self._perform)
        try:
            self._step.body(self._direction)(engine)
        except NotImplementedError:
            raise ProofError(
                f"{self._step.name} has no {self._direction}",
                hint="write it, or leave the migration without a certificate",
            ) from None
        except (MigrationError, _RowsError):
            raise
        except Exception as error:  # noqa: BLE001 - whatever the file does, it is named
            raise self._explained(error, engine.failure) from None
        return self._done

    def _explained(
        self, error: Exception, failure: tuple[Sent, psycopg.Error] | None
    ) -> StatementError:
        place = failure[0].place if failure else _place(error, self._step.path)
        details = _first_line(failure[0].sql) if failure else ""
        reason = failure[1].diag.message_primary if failure else None
        return StatementError(f"{place}: {reason or str(error).strip()}", details=details)

    def _perform(self, sent: Sent) -> Cursor:
        self._done.statements.append(sent.sql)
        try:
            with self._savepoint(sent):
                return perform(self._connection, sent)
        except psycopg.Error as error:
            if not (error.sqlstate or "").startswith(_DATA_ERRORS):
                raise
            self._permit(sent, error)
            if not self._yielding:
                raise _RowsError from None
            if self._connection.info.transaction_status == _FAILED:
                raise
            return self._without_rows(sent, error)

    def _without_rows(self, sent: Sent, error: psycopg.Error) -> Cursor:
        thinner = Thinner(self._connection, sent, lambda: self._savepoint(sent))
        cursor, table = thinner.run(error, single=self._step.transactional)
        self._done.removed.update(thinner.removed)
        reason = without_secrets(error.diag.message_primary or str(error))
        self._done.failures.append(MayFail(self._direction, sent.sql, table, reason))
        return cursor

    @contextmanager
    def _savepoint(self, sent: Sent) -> Generator[None]:
        """Where a transaction is open, what fails can be taken back alone."""
        if not self._yielding or not self._step.transactional or _controls(sent.sql):
            yield
            return
        with self._connection.transaction():
            yield

    def _permit(self, sent: Sent, error: psycopg.Error) -> None:
        """Raises ProofError where a plan is known and says nothing of such a failure."""
        claim = self._step.claim
        if claim is None:
            return
        hazards = _hazards(claim.plan(self._direction).statements, sent.sql)
        # A cast that loses something fails on some values, and can make two of a key equal.
        if hazards & {Hazard.MAY_FAIL, Hazard.LOSSY_CAST}:
            return
        name = error.diag.table_name
        where = f" in {ident(error.diag.schema_name or '', name)}" if name else ""
        raise ProofError(
            f"{self._step.name}: {self._direction} fails on rows{where}, and no hazard says so:"
            f" {error.diag.message_primary}",
            details=_first_line(sent.sql),
        )


def _hazards(statements: Sequence[Statement], text: str) -> frozenset[Hazard]:
    """The hazards of a plan's statement; a file may have indented it."""
    wanted = " ".join(text.split())
    return frozenset(
        hazard
        for one in statements
        if " ".join(one.sql.split()) == wanted
        for hazard in one.hazards
    )


def _controls(text: str) -> bool:
    """Whether it begins or ends a transaction itself."""
    return bool(
        re.match(
            r"\s*(BEGIN|START|COMMIT|END|ROLLBACK|ABORT|SAVEPOINT|RELEASE)\b", text, re.IGNORECASE
        )
    )


def _place(error: Exception, path: Path) -> str:
    lines = [
        frame.lineno
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename == str(path)
    ]
    return f"{shown(path)}:{lines[-1]}" if lines else shown(path)


def _first_line(text: str) -> str:
    return beginning(text.strip().partition("\n")[0], _LONGEST)
