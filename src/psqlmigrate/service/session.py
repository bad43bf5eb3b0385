"""The lock, the bookkeeping tables and a clean session around whatever changes a database."""

from collections.abc import Generator
from contextlib import contextmanager, nullcontext

import psycopg

from psqlmigrate.errors import HistoryError, LockError, UsageError
from psqlmigrate.postgres.connect import Connection, repin, telling_of_its_loss
from psqlmigrate.service import bookkeeping
from psqlmigrate.service.attempt import Work
from psqlmigrate.service.failure import READ_ONLY
from psqlmigrate.service.locking import Holder, lock


@contextmanager
def told(connection: Connection) -> Generator[None]:
    """Errors of the runner's own statements, in words.

    Raises ConnectionFailedError for a lost connection, LockError for a lock that was not to be had,
    else HistoryError.
    """
    try:
        with telling_of_its_loss(connection):
            yield
    except psycopg.errors.LockNotAvailable as error:
        raise LockError(
            f"another session keeps a lock that psqlmigrate needs: {error.diag.message_primary}",
            hint="--lock-wait S waits longer; psqlmigrate status says what is in the database",
        ) from None
    except psycopg.Error as error:
        raise HistoryError(
            f"psqlmigrate's own work in the database failed: {error.diag.message_primary or error}",
            hint=_way_out(error),
        ) from None


def _way_out(error: psycopg.Error) -> str:
    if isinstance(error, psycopg.errors.InsufficientPrivilege):
        return "the role needs SELECT, INSERT, UPDATE and DELETE on the bookkeeping tables"
    if isinstance(error, psycopg.errors.ReadOnlySqlTransaction):
        return READ_ONLY
    return "psqlmigrate status says what is in the database"


@contextmanager
def locked(work: Work) -> Generator[None]:
    """Holds the lock unless the options say otherwise; the tables are there then.

    Raises LockError and HistoryError, UsageError where a lock would be none.
    """

    def waiting(seconds: float, holder: Holder | None) -> None:
        work.progress.waiting(seconds, str(holder or "a run that has just ended"))

    if work.options.lock and work.connection.pooled and not work.options.own_session:
        raise UsageError(
            "a pooler stands between psqlmigrate and the server: the lock could stay behind in"
            " a session that others get",
            hint="name the server itself in --url; where the pooler keeps sessions (PgBouncer's"
            ' pool_mode = session), set pooler = "session" in the configuration',
        )
    held = lock(work.connection, work.key, work.options.lock_wait, waiting)
    with held if work.options.lock else nullcontext():
        work.found = bookkeeping.create(work.connection, work.tables)
        repin(work.connection, work.options.search_path)
        yield
