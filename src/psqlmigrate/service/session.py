"""The lock, the bookkeeping tables and a clean session around whatever changes a database."""

from collections.abc import Generator
from contextlib import contextmanager, nullcontext

import psycopg

from psqlmigrate.errors import HistoryError, LockError
from psqlmigrate.postgres.connect import Connection, repin, telling_of_its_loss
from psqlmigrate.service import bookkeeping
from psqlmigrate.service.attempt import Work
from psqlmigrate.service.failure import READ_ONLY
from psqlmigrate.service.holding import held
from psqlmigrate.service.locking import Other


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

    Raises LockError and HistoryError.
    """

    def waiting(seconds: float, other: Other | None) -> None:
        work.progress.waiting(seconds, str(other or "a run that has just ended"))

    options = work.options
    one = held(work.connection, work.tables, options.lock_wait, waiting, options.lease)
    with one if options.lock else nullcontext() as found:
        work.found = bookkeeping.create(work.connection, work.tables, found)
        repin(work.connection, options.search_path)
        yield
