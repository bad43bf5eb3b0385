"""What a failed migration has left behind, in words, and errors that only a run can have."""

import psycopg

from psqlmigrate.errors import LockError, StatementError
from psqlmigrate.migrations.file import MigrationFile
from psqlmigrate.postgres.explaining import error_class

LOCK_NOT_AVAILABLE = "55P03"
READ_ONLY = (
    "nothing can be changed there: the server is a standby, or made read-only;"
    " name the primary in --url"
)
RETRIED = frozenset({LOCK_NOT_AVAILABLE, "40P01"})
"""A lock was not to be had, or a deadlock: the same again may well succeed."""


def unlocked(
    file: MigrationFile, direction: str, hint: str, *, pooled: bool = False
) -> StatementError:
    """The migration's code released the lock, so another run may be at work.

    Or a pooler gave the run another session, which it does not do by what the configuration says.
    """
    if pooled:
        return error_class(direction)(
            f"{file.name} did not have psqlmigrate's lock at its end and was rolled back",
            version=file.version,
            hint=f'{hint}; the pooler may keep no sessions: set pooler = "transaction"',
        )
    return error_class(direction)(
        f"{file.name} released psqlmigrate's lock: it is not recorded",
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
    return error_class(direction)(
        f"the connection was lost while {file.version} ran: {' '.join(str(error).split())}",
        version=file.version,
        hint="psqlmigrate status says whether it is applied; run the command again",
    )


def nothing_done(direction: str, done: int) -> str:
    """The hint after a migration that left nothing behind."""
    what = "this migration is in the database" if direction == "up" else "it was reverted"
    return "; ".join([f"nothing of {what}", *([before(direction, done)] if done else [])])


def before(direction: str, done: int) -> str:
    """How much was done before."""
    verb = "is" if direction == "up" else "was"
    verbs = "are" if direction == "up" else "were"
    return f"the one before it {verb}" if done == 1 else f"{done or 'none'} before it {verbs}"


def partly_done(count: int) -> str:
    """The hint after a migration without a transaction of which so many statements are done."""
    if count < 1:
        return "it ran without a transaction; none of its statements is done"
    ran = "its first statement stays" if count == 1 else f"its first {count} statements stay"
    return f"it ran without a transaction: {ran} in the database"


def go_on(direction: str) -> str:
    """How to continue."""
    return f"put it right, then run {'upgrade' if direction == 'up' else 'downgrade'} again"
