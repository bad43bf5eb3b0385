"""One run at a time: by a lock of the session, or by a lease where there is no session."""

from collections.abc import Generator
from contextlib import contextmanager

from psqlmigrate.postgres.connect import Connection
from psqlmigrate.service import bookkeeping, leasing
from psqlmigrate.service.bookkeeping import Found, Tables
from psqlmigrate.service.locking import OnWait, Other, holder, key_of, lock


@contextmanager
def held(
    connection: Connection,
    tables: Tables,
    wait_s: float,
    on_wait: OnWait,
    lease_s: float = leasing.TERM_S,
    *,
    only_reading: bool = False,
) -> Generator[Found]:
    """Lets nobody else change the database by psqlmigrate; which tables it has by then.

    Whoever is `only_reading` writes into none of them but that of leases, and that where there is
    no session. Raises LockError after `wait_s`, HistoryError for tables that are not ours.
    """
    if connection.shared:
        with leasing.lease(connection, tables, wait_s, on_wait, lease_s):
            yield bookkeeping.inspect(connection, tables, only_reading=only_reading)
        return
    found = Found()

    def barred() -> Other | None:
        nonlocal found
        found = bookkeeping.inspect(connection, tables, only_reading=only_reading)
        if not found.lease:
            return None
        # No transaction under a lease is open: it would have the lock.
        look = leasing.holding if only_reading else leasing.barring
        return look(connection, tables)

    with lock(connection, key_of(tables), wait_s, on_wait, barred):
        yield found


def anybody(connection: Connection, tables: Tables, found: Found) -> Other | None:
    """Who is at work now."""
    by = leasing.holding(connection, tables) if found.lease else None
    return by or holder(connection, key_of(tables))
