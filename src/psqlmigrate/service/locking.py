"""The lock that lets one run at a time change a database."""

import hashlib
import json
import random
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol, TypeAlias

import psycopg

from psqlmigrate.errors import LockError
from psqlmigrate.postgres.connect import Connection
from psqlmigrate.schema.sqltext import number, sql
from psqlmigrate.service.bookkeeping import Tables

_POLL_S = 0.05
_POLL_MAX_S = 1.0

# Taken twice, so that a migration's end can give one back and take it again to see that the
# session has it (journal); no other session can come in between.
_TRY = """
SELECT CASE WHEN pg_catalog.pg_try_advisory_lock({key})
            THEN pg_catalog.pg_try_advisory_lock({key}) ELSE false END"""
_UNLOCK = "SELECT pg_catalog.pg_advisory_unlock({key}), pg_catalog.pg_advisory_unlock({key})"

_HOLDER = b"""
SELECT a.pid, a.application_name, a.usename::pg_catalog.text, a.backend_start,
       pg_catalog.clock_timestamp()
  FROM pg_catalog.pg_locks k JOIN pg_catalog.pg_stat_activity a ON a.pid = k.pid
 WHERE k.locktype = 'advisory' AND k.granted AND k.objsubid = 1
   AND k.database = (SELECT d.oid FROM pg_catalog.pg_database d
                      WHERE d.datname = pg_catalog.current_database())
   AND k.classid::pg_catalog.int8 = %s AND k.objid::pg_catalog.int8 = %s"""


@dataclass(frozen=True, slots=True)
class Holder:
    """The session that has the lock; what the server hides from this role is None."""

    pid: int
    application: str | None
    user: str | None
    since: datetime | None
    now: datetime

    @property
    def ending(self) -> str:
        """How its hold ends."""
        return "once it is surely not at work, pg_terminate_backend(pid) ends it"

    def __str__(self) -> str:
        who = ", ".join(part for part in (self.application, self.user) if part)
        age = f", connected for {spoken(self.now - self.since)}" if self.since else ""
        return f"pid {self.pid}" + (f" ({who}{age})" if who else "")


class Other(Protocol):
    """Whoever has the lock; in words by `str`."""

    @property
    def ending(self) -> str:
        """How its hold ends."""
        ...


OnWait: TypeAlias = Callable[[float, Other | None], None]
"""Told of the seconds waited so far, and who is waited for."""


@dataclass(frozen=True, slots=True)
class LockKey:
    """The advisory lock of one history; PostgreSQL keeps those of each database apart."""

    number: int

    @property
    def halves(self) -> tuple[int, int]:
        """`classid` and `objid` as pg_locks shows them (manual, 54.12)."""
        unsigned = self.number & 0xFFFF_FFFF_FFFF_FFFF
        return unsigned >> 32, unsigned & 0xFFFF_FFFF


def key_of(tables: Tables) -> LockKey:
    """The key for these tables, the same in every version of psqlmigrate."""
    text = json.dumps(["psqlmigrate", tables.schema, tables.history])
    digest = hashlib.sha256(text.encode()).digest()
    return LockKey(int.from_bytes(digest[:8], "big", signed=True))


@contextmanager
def lock(
    connection: Connection,
    key: LockKey,
    wait_s: float,
    on_wait: OnWait,
    barred: Callable[[], Other | None] = lambda: None,
) -> Generator[None]:
    """Holds the lock on the connection that does the work. Raises LockError after `wait_s`.

    It polls: a session blocked in pg_advisory_lock() deadlocks with CREATE INDEX CONCURRENTLY.
    `barred` is asked under the lock, which is given back where somebody bars the way.
    """

    def attempt() -> Other | bool | None:
        if not _try(connection, key):
            return holder(connection, key)
        try:
            by = barred()
        except BaseException:
            _unlock(connection, key)
            raise
        if by:
            _unlock(connection, key)
        return by or True

    poll(attempt, wait_s, on_wait)
    try:
        yield
    finally:
        _unlock(connection, key)


def poll(attempt: Callable[[], Other | bool | None], wait_s: float, on_wait: OnWait) -> None:
    """Attempts until it is True, what it answers else is who bars the way. Raises LockError."""
    start = time.monotonic()
    for pause in pauses(_POLL_S, _POLL_MAX_S):
        by = attempt()
        if by is True:
            return
        by = by or None
        waited = time.monotonic() - start
        if waited >= wait_s:
            ending = f", and {by.ending}" if by else ""
            raise LockError(
                f"another run holds the lock: {by or 'it ended just now'}",
                hint=f"waited {waited:.1f} s; --lock-wait S waits longer{ending}",
            )
        on_wait(waited, by)
        time.sleep(min(pause, max(0.0, wait_s - waited)))


def holder(connection: Connection, key: LockKey) -> Holder | None:
    """Who has the lock now."""
    row = connection.execute(_HOLDER, key.halves).fetchone()
    return Holder(*row) if row else None


def spoken(age: timedelta) -> str:
    """`5 min`: a length of time for people."""
    seconds = max(0.0, age.total_seconds())
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= size:
            return f"{int(seconds // size)} {unit}"
    return f"{seconds:.0f} s"


def pauses(first_s: float, longest_s: float) -> Iterator[float]:
    """Growing pauses that keep competing runs from stepping in time."""
    pause = first_s
    while True:
        yield pause * random.uniform(0.5, 1.5)  # noqa: S311 - only spreads the runs
        pause = min(longest_s, pause * 1.5)


def _try(connection: Connection, key: LockKey) -> bool:
    row = connection.execute(sql(_TRY, key=number(key.number)).encode()).fetchone()
    return bool(row and row[0])


def _unlock(connection: Connection, key: LockKey) -> None:
    # The server has freed the lock of a session that is gone.
    with suppress(psycopg.OperationalError):
        connection.execute(sql(_UNLOCK, key=number(key.number)).encode())
