"""The journal: an append-only record of what every run did to a database."""

import json
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import psycopg

from psqlmigrate.postgres.connect import Connection
from psqlmigrate.schema.sqltext import Sql, literal, number, sql
from psqlmigrate.service.bookkeeping import Tables

_WRITE = """
INSERT INTO {journal} (event, version, detail)
VALUES (%s, %s, pg_catalog.jsonb_build_object('role', session_user) || %s::pg_catalog.jsonb)"""

# It raises rather than answers, so that the COMMIT sent behind it in the same message is not run.
_SEAL = """
WITH entry AS (
  INSERT INTO {journal} (event, version, detail)
  VALUES ({event}, {version},
          pg_catalog.jsonb_build_object('role', session_user) || {detail}::pg_catalog.jsonb)),
mark AS (
  UPDATE {history} SET execution_time_ms = coalesce({ms}, execution_time_ms)
   WHERE version OPERATOR(pg_catalog.=) {version} RETURNING rolled_back_at IS NULL AS applied)
SELECT CASE
  WHEN pg_catalog.pg_current_xact_id()::pg_catalog.text OPERATOR(pg_catalog.=) {transaction}
   AND (SELECT applied FROM mark) IS NOT DISTINCT FROM {applied}
  THEN CASE WHEN {locked} THEN 0
       ELSE pg_catalog.concat('psqlmigrate: unlocked', pg_catalog.clock_timestamp())::pg_catalog.int4 END
  ELSE pg_catalog.concat('psqlmigrate: meddled', pg_catalog.clock_timestamp())::pg_catalog.int4 END"""

# The session holds its lock twice (see locking): one of them is given back and taken again, which
# tells whether it was held, leaves no moment without a lock, and costs less than pg_locks.
_LOCKED = """
CASE WHEN pg_catalog.pg_advisory_unlock({key})
     THEN pg_catalog.pg_try_advisory_lock({key}) ELSE false END"""

_READ = """
SELECT at, event, version, detail FROM {journal}
 WHERE %s::pg_catalog.text IS NULL OR event OPERATOR(pg_catalog.=) %s ORDER BY id"""


@dataclass(frozen=True, slots=True)
class Entry:
    """One event, with what the run said about it."""

    at: datetime
    event: str
    version: str | None
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Seal:
    """What must be true at a migration's end: its own transaction, its row, the lock (None: no)."""

    version: str
    up: bool
    transaction: str
    lock: int | None


def write(
    connection: Connection, tables: Tables, event: str, version: str | None, **detail: object
) -> None:
    """Adds an entry: `applied`, `reverted`, `failed`, `statement`, `stamped`, `accepted`."""
    tables.run(connection, _WRITE, (event, version, details(**detail)))


def sealing(tables: Tables, seal: Seal, ms: int, **detail: object) -> Sql:
    """The statement that adds the entry of a migration that ran, and fails unless all is true.

    `unsealed` knows its error.
    """
    return tables.text(
        _SEAL,
        event=literal("applied" if seal.up else "reverted"),
        version=literal(seal.version),
        detail=literal(details(took_ms=ms, **detail)),
        ms=number(ms) if seal.up else sql("NULL::pg_catalog.int4"),
        transaction=literal(seal.transaction),
        applied=sql("true") if seal.up else sql("false"),
        locked=sql("true") if seal.lock is None else sql(_LOCKED, key=number(seal.lock)),
    )


def unsealed(error: psycopg.Error) -> str | None:
    """`meddled` (transaction or row are not the run's) or `unlocked`; None for other errors."""
    if error.sqlstate != "22P02":
        return None
    text = error.diag.message_primary or ""
    return next((one for one in ("meddled", "unlocked") if f"psqlmigrate: {one}" in text), None)


def read(connection: Connection, tables: Tables, event: str | None = None) -> tuple[Entry, ...]:
    """The entries, oldest first; of one kind, if it is named."""
    return tuple(Entry(*row) for row in tables.run(connection, _READ, (event, event)))


def details(**detail: object) -> str:
    """What every entry says of its run, and what this one adds, as JSON."""
    return json.dumps({"host": _host(), "tool": _tool(), **detail})


@cache
def _host() -> str:
    return socket.gethostname()


@cache
def _tool() -> str:
    try:
        return version("psqlmigrate")
    except PackageNotFoundError:
        return "unpackaged"
