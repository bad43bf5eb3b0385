"""The hash of every managed object, as it was when the last migration was done."""

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from psqlmigrate.postgres.connect import Connection
from psqlmigrate.schema.sqltext import ident
from psqlmigrate.service.bookkeeping import Found, Tables

Hashes: TypeAlias = Mapping[tuple[str, str], str]
"""By (object_type, object_name): 64 hex digits."""

_NAME_LENGTH = 255
_MARK = ("meta", "applied versions")

_READ = "SELECT object_type, object_name, {hash} FROM {state}"

_FORGET = """
DELETE FROM {state} s
 WHERE NOT EXISTS (
   SELECT FROM ROWS FROM (pg_catalog.unnest(%s::pg_catalog.text[]),
                          pg_catalog.unnest(%s::pg_catalog.text[])) AS w(t, n)
    WHERE w.t = s.object_type::pg_catalog.text AND w.n = s.object_name::pg_catalog.text)"""

_WRITE = """
INSERT INTO {state} AS s (object_type, object_name, {hash})
SELECT w.t, w.n, w.h
  FROM ROWS FROM (pg_catalog.unnest(%s::pg_catalog.text[]),
                  pg_catalog.unnest(%s::pg_catalog.text[]),
                  pg_catalog.unnest(%s::pg_catalog.text[])) AS w(t, n, h)
ON CONFLICT (object_type, object_name) DO UPDATE SET {hash} = EXCLUDED.{hash}
 WHERE s.{hash}::pg_catalog.text IS DISTINCT FROM EXCLUDED.{hash}::pg_catalog.text"""


@dataclass(frozen=True, slots=True)
class State:
    """What is recorded; `current` is False when it is older than the history."""

    hashes: Hashes
    current: bool


@dataclass(frozen=True, slots=True)
class Drift:
    """What differs from the recorded hashes, by (kind, name)."""

    changed: tuple[tuple[str, str], ...]
    removed: tuple[tuple[str, str], ...]
    added: tuple[tuple[str, str], ...]


def drift(recorded: State, live: Hashes) -> Drift:
    """What differs between the recorded hashes and those of the database as it is."""
    now = {(kind, stored_name(name)): value for (kind, name), value in live.items()}
    known = recorded.hashes
    return Drift(
        tuple(sorted(key for key in known.keys() & now.keys() if known[key] != now[key])),
        tuple(sorted(known.keys() - now.keys())),
        tuple(sorted(now.keys() - known.keys())),
    )


def read(
    connection: Connection, tables: Tables, found: Found, applied: Collection[str]
) -> State | None:
    """The recorded hashes; None where none were ever recorded."""
    if not found.state:
        return None
    rows = tables.run(connection, _READ, hash=ident(found.hash_column))
    hashes = {(row[0], row[1]): row[2] for row in rows}
    mark = hashes.pop(_MARK, None)
    return State(hashes, mark == _digest(applied)) if mark else None


def write(
    connection: Connection,
    tables: Tables,
    found: Found,
    hashes: Hashes,
    applied: Collection[str],
) -> None:
    """Records exactly these, set-based, in the transaction that is open."""
    known = {(kind, stored_name(name)): value for (kind, name), value in hashes.items()}
    rows = [*((*key, value) for key, value in known.items()), (*_MARK, _digest(applied))]
    kinds, names, values = ([row[i] for row in rows] for i in range(3))
    column = ident(found.hash_column)
    tables.run(connection, _FORGET, (kinds, names))
    tables.run(connection, _WRITE, (kinds, names, values), hash=column)


def stored_name(name: str) -> str:
    """The name as it fits into the column: too long a one is cut and ends in its digest."""
    if len(name) <= _NAME_LENGTH:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()
    return f"{name[: _NAME_LENGTH - len(digest) - 1]}:{digest}"


def _digest(applied: Collection[str]) -> str:
    return hashlib.sha256(json.dumps(sorted(applied)).encode()).hexdigest()
