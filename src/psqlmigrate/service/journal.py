"""The journal: an append-only record of what every run did to a database."""

import json
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import psycopg

from psqlmigrate.postgres.connect import Connection
from psqlmigrate.schema.sqltext import NOTHING, Sql, ident, literal, number, sql
from psqlmigrate.service.bookkeeping import Tables

_WRITE = """
INSERT INTO {journal} (event, version, detail)
VALUES (%s, %s, pg_catalog.jsonb_build_object('role', session_user) || %s::pg_catalog.jsonb)"""

# They raise rather than answer, so that the COMMIT sent behind them in the same message is not run:
# a row that is gone makes the event NULL. Two plain statements cost half of one with a CTE.
_SEAL = """
INSERT INTO {journal} (event, version, detail) VALUES (
  (SELECT CASE
     WHEN pg_catalog.pg_current_xact_id()::pg_catalog.text OPERATOR(pg_catalog.=) {transaction}
      AND rolled_back_at IS {unless_applied} NULL
     THEN CASE WHEN {locked} THEN {event}
          ELSE pg_catalog.concat('psqlmigrate: unlocked', version)::pg_catalog.int4::pg_catalog.text END
     ELSE pg_catalog.concat('psqlmigrate: meddled', version)::pg_catalog.int4::pg_catalog.text END
   FROM {history} WHERE version OPERATOR(pg_catalog.=) {version}),
  {version}, pg_catalog.jsonb_build_object('role', session_user) || {detail}::pg_catalog.jsonb)"""

_NOTE = """
INSERT INTO {journal} (event, version, detail)
SELECT 'statement', {version}, pg_catalog.jsonb_build_object('role', session_user) || d.detail
  FROM pg_catalog.jsonb_array_elements({details}::pg_catalog.jsonb) WITH ORDINALITY d(detail, n)
 ORDER BY d.n"""

_ADD = """
INSERT INTO {journal} (event, version, detail) VALUES ({event}, NULL,
  pg_catalog.jsonb_build_object('role', session_user) || {detail}::pg_catalog.jsonb)"""

_MAY_ADD = """
SELECT pg_catalog.has_table_privilege({name}::pg_catalog.regclass::pg_catalog.oid, 'INSERT')"""

_TIME = """
UPDATE {history} SET execution_time_ms = {ms} WHERE version OPERATOR(pg_catalog.=) {version}"""

# The session holds its lock twice (see locking): one of them is given back and taken again, which
# tells whether it was held, leaves no moment without a lock, and costs less than pg_locks.
_LOCKED = """
CASE WHEN pg_catalog.pg_advisory_unlock({key})
     THEN pg_catalog.pg_try_advisory_lock({key}) ELSE false END"""

_NOT_A_NUMBER = "22P02"

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
    """Adds an entry: `applied`, `reverted`, `adopted`, `failed`, `stamped`,
    `resolved`.
    """
    tables.run(connection, _WRITE, (event, version, details(**detail)))


def adding(tables: Tables, event: str, **detail: object) -> Sql:
    """The statement that adds an entry which is about no migration: `seeded`, `seed failed`."""
    return tables.text(_ADD, event=literal(event), detail=literal(details(**detail)))


def may_add(connection: Connection, tables: Tables) -> bool:
    """Whether the role may add entries; the table is there."""
    name = literal(str(ident(tables.schema, tables.journal)))
    return bool(tables.run(connection, _MAY_ADD, name=name)[0][0])


def noting(tables: Tables, version: str, notes: Sequence[Mapping[str, object]]) -> Sql:
    """The statement that adds an entry for each statement of a migration."""
    shared = {"host": _host(), "tool": _tool()}
    text = json.dumps([{**shared, **note} for note in notes])
    return tables.text(_NOTE, version=literal(version), details=literal(text))


def sealing(tables: Tables, seal: Seal, ms: int, **detail: object) -> tuple[Sql, ...]:
    """The statements that add the entry of a migration that ran; they fail unless all is true.

    `unsealed` knows their error.
    """
    version = literal(seal.version)
    entry = tables.text(
        _SEAL,
        event=literal("applied" if seal.up else "reverted"),
        version=version,
        detail=literal(details(took_ms=ms, **detail)),
        transaction=literal(seal.transaction),
        unless_applied=NOTHING if seal.up else sql("NOT"),
        locked=sql("true") if seal.lock is None else sql(_LOCKED, key=number(seal.lock)),
    )
    if not seal.up:
        return (entry,)
    return entry, tables.text(_TIME, ms=number(ms), version=version)


def unsealed(error: psycopg.Error) -> str | None:
    """`meddled` (transaction or row are not the run's) or `unlocked`; None for other errors."""
    if isinstance(error, psycopg.errors.NotNullViolation) and error.diag.column_name == "event":
        return "meddled"
    if error.sqlstate != _NOT_A_NUMBER:
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
