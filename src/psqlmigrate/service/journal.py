"""The journal: an append-only record of what every run did to a database."""

import json
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from psqlmigrate.postgres.connect import Connection
from psqlmigrate.service.bookkeeping import Tables

_WRITE = """
INSERT INTO {journal} (event, version, detail)
VALUES (%s, %s, pg_catalog.jsonb_build_object('role', session_user) || %s::pg_catalog.jsonb)"""

# The last look before COMMIT goes with the journal's row in one round trip.
_SEAL = """
WITH entry AS (
  INSERT INTO {journal} (event, version, detail)
  VALUES (%s, %s, pg_catalog.jsonb_build_object('role', session_user) || %s::pg_catalog.jsonb)),
mark AS (
  UPDATE {history} SET execution_time_ms = coalesce(%s::pg_catalog.int4, execution_time_ms)
   WHERE version OPERATOR(pg_catalog.=) %s RETURNING rolled_back_at IS NULL AS applied)
SELECT pg_catalog.pg_current_xact_id()::pg_catalog.text,
       (SELECT applied FROM mark),
       EXISTS (SELECT FROM pg_catalog.pg_locks k
                WHERE k.locktype = 'advisory' AND k.pid = pg_catalog.pg_backend_pid()
                  AND k.classid::pg_catalog.int8 = %s AND k.objid::pg_catalog.int8 = %s
                  AND k.objsubid = 1 AND k.granted)"""

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
    """What is true just before COMMIT."""

    transaction: str
    applied: bool | None
    locked: bool


def write(
    connection: Connection, tables: Tables, event: str, version: str | None, **detail: object
) -> None:
    """Adds an entry: `applied`, `reverted`, `failed`, `statement`, `stamped`, `accepted`."""
    tables.run(connection, _WRITE, (event, version, details(**detail)))


def seal(
    connection: Connection,
    tables: Tables,
    event: str,
    version: str,
    *,
    ms: int | None,
    lock: tuple[int, int],
    **detail: object,
) -> Seal:
    """Adds the entry of a migration that ran, and reports what its code left behind."""
    params = (event, version, details(**detail), ms, version, *lock)
    return Seal(*tables.run(connection, _SEAL, params)[0])


def read(connection: Connection, tables: Tables, event: str | None = None) -> tuple[Entry, ...]:
    """The entries, oldest first; of one kind, if it is named."""
    return tuple(Entry(*row) for row in tables.run(connection, _READ, (event, event)))


def details(**detail: object) -> str:
    """What every entry says of its run, and what this one adds, as JSON."""
    return json.dumps({"host": socket.gethostname(), "tool": _tool(), **detail})


@cache
def _tool() -> str:
    try:
        return version("psqlmigrate")
    except PackageNotFoundError:
        return "unpackaged"
