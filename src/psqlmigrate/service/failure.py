"""The words for a migration that failed."""

import traceback

import psycopg

from psqlmigrate.errors import LockError, RollbackError, StatementError
from psqlmigrate.migrations.file import MigrationFile
from psqlmigrate.service.engine import Sent, shown

_LONGEST = 200
LOCK_NOT_AVAILABLE = "55P03"
RETRIED = frozenset({LOCK_NOT_AVAILABLE, "40P01"})
"""A lock was not to be had, or a deadlock: the same again may well succeed."""


def from_server(
    file: MigrationFile, direction: str, sent: Sent | None, error: psycopg.Error, hint: str
) -> StatementError:
    """PostgreSQL refused a statement: its message, the place in the file, the statement."""
    detail = error.diag.message_detail or ""
    last = "  ".join(part for part in (detail, error.sqlstate or "") if part)
    lines = [*_place(file, sent, error), error.diag.context or "", last]
    server_hint = error.diag.message_hint
    return _class(direction)(
        error.diag.message_primary or str(error).strip() or type(error).__name__,
        version=file.version,
        sqlstate=error.sqlstate or "",
        details="\n".join(line for line in lines if line),
        hint=f"{server_hint}; {hint}" if server_hint else hint,
    )


def from_code(file: MigrationFile, direction: str, error: Exception, hint: str) -> StatementError:
    """The migration's own Python raised: its traceback, from the migration file on."""
    frames = traceback.extract_tb(error.__traceback__)
    first = next((i for i, one in enumerate(frames) if one.filename == str(file.path)), 0)
    lines = [*traceback.format_list(frames[first:]), *traceback.format_exception_only(error)]
    place = f"{shown(file.path)}:{frames[first].lineno}" if frames else shown(file.path)
    return _class(direction)(
        f"{place}: {type(error).__name__}: {error}",
        version=file.version,
        details="".join(lines).rstrip(),
        hint=hint,
    )


def meddled(file: MigrationFile, direction: str) -> StatementError:
    """The migration's code ended the transaction that is the runner's to end."""
    return _class(direction)(
        f"{file.name} ended its transaction by itself: it is not recorded as {_done(direction)}",
        version=file.version,
        hint="what it did before that may be in the database: put it right by hand; then take the "
        "commit or rollback out of the migration, or set transactional = False in it",
    )


def unlocked(file: MigrationFile, direction: str, hint: str) -> StatementError:
    """The migration's code released the lock, so another run may be at work."""
    return _class(direction)(
        f"{file.name} released psqlmigrate's lock and was rolled back",
        version=file.version,
        hint=f"{hint}; take pg_advisory_unlock_all() out of the migration",
    )


def not_locked(file: MigrationFile, reason: str, hint: str) -> LockError:
    """The sessions of others kept their locks for longer than we wait."""
    return LockError(
        f"{file.version} could not get {reason}",
        hint=f"{hint}; --lock-wait S waits longer",
    )


def lost(file: MigrationFile, direction: str, error: psycopg.Error) -> StatementError:
    """The connection ended while the migration ran."""
    return _class(direction)(
        f"the connection was lost while {file.version} ran: {str(error).strip()}",
        version=file.version,
        hint="psqlmigrate status says whether it is applied; run the command again",
    )


def nothing_done(direction: str, done: int) -> str:
    """The hint after a migration that left nothing behind."""
    what = "this migration is in the database" if direction == "up" else "it was reverted"
    return f"nothing of {what}; {before(direction, done)}"


def before(direction: str, done: int) -> str:
    """How much the run had done before."""
    verb = "is" if direction == "up" else "was"
    verbs = "are" if direction == "up" else "were"
    return f"the one before it {verb}" if done == 1 else f"{done or 'none'} before it {verbs}"


def partly_done(number: int) -> str:
    """The hint after a migration without a transaction."""
    if number <= 1:
        return "it ran without a transaction; its first statement failed, nothing is left of it"
    ran = "its first statement stays" if number == 2 else f"its first {number - 1} statements stay"  # noqa: PLR2004
    return f"it ran without a transaction: {ran} in the database"


def _place(file: MigrationFile, sent: Sent | None, error: psycopg.Error) -> list[str]:
    if sent is None:
        at = next((f":{line}" for line in _lines(file, error)), "")
        return [f"{shown(file.path)}{at}"]
    line, text = _at(sent, error)
    text = text if len(text) <= _LONGEST else text[:_LONGEST] + " …"
    return [f"{shown(sent.path)}:{line}", f"  {text}"]


def _lines(file: MigrationFile, error: psycopg.Error) -> list[int]:
    frames = traceback.extract_tb(error.__traceback__)
    return [one.lineno for one in frames if one.filename == str(file.path) and one.lineno]


def _at(sent: Sent, error: psycopg.Error) -> tuple[int, str]:
    """The line of the file and of the SQL at which PostgreSQL points.

    A Python file's statement stands somewhere in the call: there the call's line must do.
    """
    position = int(error.diag.statement_position or 1) - 1
    before = sent.sql.count("\n", 0, position)
    lines = sent.sql.splitlines() or [""]
    text = lines[min(before, len(lines) - 1)].strip()
    if not text:
        text = sent.sql.strip().split("\n", 1)[0]
    return (sent.line + before if sent.path.suffix == ".sql" else sent.line), text


def _class(direction: str) -> type[StatementError]:
    return StatementError if direction == "up" else RollbackError


def _done(direction: str) -> str:
    return "applied" if direction == "up" else "reverted"
