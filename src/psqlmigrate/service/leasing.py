"""The lock of a run that has no session of its own: a row that it has for a while.

Between two transactions the run is known by the row's holder and token. In each of them it has the
row and the advisory lock itself until the transaction ends, so that nobody can take over in between,
however late it is. A token is never given twice: a run that was taken for dead finds another one,
and changes nothing any more.
"""

import os
import secrets
import socket
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg

from psqlmigrate.errors import LockError
from psqlmigrate.postgres.connect import Connection
from psqlmigrate.schema.sqltext import literal, number, sql
from psqlmigrate.service import bookkeeping, journal
from psqlmigrate.service.bookkeeping import Tables
from psqlmigrate.service.locking import OnWait, Other, holder, key_of, poll, spoken

TERM_S = 30.0
"""So long a lease lasts after its run's last transaction; longer than any pause of a run's own."""

_READ = """
SELECT holder IS NOT NULL AND expires OPERATOR(pg_catalog.>) pg_catalog.clock_timestamp(),
       detail, expires, pg_catalog.clock_timestamp()
  FROM {lease} WHERE history OPERATOR(pg_catalog.=) %s"""

# A conflict with a row that a transaction is just changing waits for that transaction's end.
_ROW = """
INSERT INTO {lease} (history, token, detail) SELECT %s, 0, '{{}}'
 WHERE NOT EXISTS (SELECT FROM {lease} WHERE history OPERATOR(pg_catalog.=) %s)
ON CONFLICT DO NOTHING"""

# Two statements of one transaction: the row is as it is by then, and stays so.
_KEEP = """
SELECT 1 FROM {lease} WHERE history OPERATOR(pg_catalog.=) %s FOR UPDATE NOWAIT"""

_TAKE = """
UPDATE {lease} SET holder = %s, token = token OPERATOR(pg_catalog.+) 1,
       expires = pg_catalog.clock_timestamp()
                 OPERATOR(pg_catalog.+) pg_catalog.make_interval(secs => %s),
       detail = pg_catalog.jsonb_build_object('role', session_user) || %s::pg_catalog.jsonb
 WHERE history OPERATOR(pg_catalog.=) %s RETURNING token"""

_VOID = """
UPDATE {lease} SET holder = NULL, token = token OPERATOR(pg_catalog.+) 1
 WHERE history OPERATOR(pg_catalog.=) %s AND holder IS NOT NULL"""

_END = """
UPDATE {lease} SET holder = NULL, expires = NULL
 WHERE history OPERATOR(pg_catalog.=) %s AND holder OPERATOR(pg_catalog.=) %s"""

# It raises rather than answers, so that nothing is run behind it in the same message.
_RENEW = """
WITH held AS (
  UPDATE {lease} SET expires = pg_catalog.clock_timestamp()
                     OPERATOR(pg_catalog.+) pg_catalog.make_interval(secs => {term})
   WHERE history OPERATOR(pg_catalog.=) {name} AND holder OPERATOR(pg_catalog.=) {holder}
     AND token OPERATOR(pg_catalog.=) {token} RETURNING 1)
SELECT CASE WHEN n OPERATOR(pg_catalog.=) 1 THEN 0
            ELSE pg_catalog.concat('psqlmigrate: unlocked', n)::pg_catalog.int4 END
  FROM (SELECT pg_catalog.count(*) AS n FROM held) AS counted"""

# Scripts for psql know the lock alone. It is waited for behind the row: whoever tries it meanwhile
# lets it go when he has looked at that.
_PATIENT, _IMPATIENT = b"SET LOCAL lock_timeout = '10s'", b"SET LOCAL lock_timeout = 0"
_LOCK = "SELECT pg_catalog.pg_advisory_xact_lock({key})"
_TRY = "SELECT pg_catalog.pg_try_advisory_xact_lock({key})"


@dataclass(frozen=True, slots=True)
class Leaseholder:
    """The run that has the row, as it said of itself."""

    detail: Mapping[str, Any]
    expires: datetime | None
    now: datetime

    @property
    def ending(self) -> str:
        """How its hold ends."""
        return "where it is not at work any more, its lease ends by itself"

    def __str__(self) -> str:
        host, pid, role = (self.detail.get(one, "?") for one in ("host", "pid", "role"))
        left = spoken(self.expires - self.now) if self.expires else "0 s"
        return f"pid {pid} on {host} ({role}, through a pooler, for another {left} at least)"


@dataclass(frozen=True, slots=True)
class Lease:
    """What a run has of the row: the fence of its connection."""

    tables: Tables
    holder: str
    token: int
    term_s: float

    @property
    def opening(self) -> tuple[bytes, ...]:
        """They fail unless the row is this run's, which has it longer then; lock_timeout is 0."""
        lock = sql(_LOCK, key=number(key_of(self.tables).number))
        return _PATIENT, *self.closing, lock.encode(), _IMPATIENT

    @property
    def closing(self) -> tuple[bytes, ...]:
        """The same for the end of a transaction that began with `opening`."""
        renew = self.tables.text(
            _RENEW,
            term=number(self.term_s),
            name=literal(self.tables.history),
            holder=literal(self.holder),
            token=number(self.token),
        )
        return (renew.encode(),)

    def explained(self, error: psycopg.Error) -> LockError | None:
        """The error in words, if it says that the row is another run's."""
        if journal.unsealed(error) != "unlocked":
            return None
        return LockError(
            "this run has lost the lock: it said nothing for so long that another one took it for"
            " dead",
            hint="what it had not committed is rolled back; psqlmigrate status says what is in the"
            " database",
        )


@contextmanager
def lease(
    connection: Connection, tables: Tables, wait_s: float, on_wait: OnWait, term_s: float
) -> Generator[None]:
    """Holds the row for all transactions of the connection. Raises LockError after `wait_s`."""
    name = secrets.token_hex(16)
    bookkeeping.create_lease(connection, tables)
    tables.run(connection, _ROW, (tables.history, tables.history))

    def attempt() -> Other | bool | None:
        if by := holding(connection, tables):
            return by
        token = _take(connection, tables, name, term_s)
        if token is None:
            return holding(connection, tables) or holder(connection, key_of(tables))
        connection.fence = Lease(tables, name, token, term_s)
        return True

    poll(attempt, wait_s, on_wait)
    try:
        yield
    finally:
        connection.fence = None
        # It ends by itself where the connection is lost.
        with suppress(psycopg.OperationalError):
            if connection.is_idle:
                tables.run(connection, _END, (tables.history, name))


def holding(connection: Connection, tables: Tables) -> Leaseholder | None:
    """Who has a lease that has not run out; the table is there."""
    for is_live, detail, expires, now in tables.run(connection, _READ, (tables.history,)):
        if is_live:
            return Leaseholder(detail, expires, now)
    return None


def barring(connection: Connection, tables: Tables) -> Leaseholder | None:
    """Who has a lease, or is just making it last longer; else nobody has one any more.

    The caller has the advisory lock, without which no lease is given and none is of use.
    """
    try:
        with connection.transaction():
            tables.run(connection, _KEEP, (tables.history,))
            if by := holding(connection, tables):
                return by
            tables.run(connection, _VOID, (tables.history,))
    except psycopg.errors.LockNotAvailable:
        _, detail, expires, now = tables.run(connection, _READ, (tables.history,))[0]
        return Leaseholder(detail, expires, now)
    return None


def _take(connection: Connection, tables: Tables, name: str, term_s: float) -> int | None:
    """The token; None where another run holds the lock, or is faster."""
    detail = journal.details(pid=os.getpid(), host=socket.gethostname())
    try:
        with connection.transaction():
            key = number(key_of(tables).number)
            free = connection.execute(sql(_TRY, key=key).encode()).fetchone()
            if not (free and free[0]):
                return None
            tables.run(connection, _KEEP, (tables.history,))
            if holding(connection, tables):
                return None
            ((token,),) = tables.run(connection, _TAKE, (name, term_s, detail, tables.history))
    except psycopg.errors.LockNotAvailable:
        return None
    return int(token)
