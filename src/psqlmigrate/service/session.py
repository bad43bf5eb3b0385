"""The lock, the bookkeeping tables and a clean session around whatever changes a database."""

from collections.abc import Generator
from contextlib import contextmanager, nullcontext

from psqlmigrate.postgres.connect import repin
from psqlmigrate.service import bookkeeping
from psqlmigrate.service.attempt import Work
from psqlmigrate.service.locking import Holder, lock


@contextmanager
def locked(work: Work) -> Generator[None]:
    """Holds the lock unless the options say otherwise; the tables are there then.

    Raises LockError and HistoryError.
    """

    def waiting(seconds: float, holder: Holder | None) -> None:
        work.progress.waiting(seconds, str(holder or "a run that has just ended"))

    held = lock(work.connection, work.key, work.options.lock_wait, waiting)
    with held if work.options.lock else nullcontext():
        work.found = bookkeeping.create(work.connection, work.tables)
        repin(work.connection, work.options.search_path)
        yield
