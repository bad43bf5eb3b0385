"""The hash of every managed object, as it was when the last migration was done.

Managed is what a migration made or changed. What was changed by hand keeps the hash that the
migrations left, until a migration changes it, too. So against the live schema the state tells
drift from objects that no migration knows.

The state is *current* when it stands for exactly what is applied. It stops being so when the
history changes without it: a script run with psql, another tool, a run that was killed between
two migrations, `stamp` without certificates. What was done meanwhile is then not known, and a
state made from the live schema would call every change by hand a migration's, or every
migration's object unmanaged. Therefore nothing is recorded any more and its mark is taken away,
until it is known again: when nothing is applied (nothing is managed), by `stamp`, or when
certificates of all that is applied agree with the live schema object by object.
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from psqlmigrate.migrations.file import MigrationFile
from psqlmigrate.postgres.connect import Connection
from psqlmigrate.schema.catalog import Catalog
from psqlmigrate.schema.dbobject import DbObject
from psqlmigrate.schema.hashing import section_of, state_hashes
from psqlmigrate.schema.identity import ObjectId
from psqlmigrate.schema.kinds import KINDS
from psqlmigrate.schema.sqltext import ident
from psqlmigrate.service import certificates
from psqlmigrate.service.bookkeeping import Found, Tables
from psqlmigrate.service.certificates import Name

Hashes: TypeAlias = Mapping[Name, str]
"""By (object_type, object_name): 64 hex digits."""

_NAME_LENGTH = 255
_MARK = ("meta", "applied versions")
_KINDS_OF_PARTS = frozenset(one.kind for one in KINDS if one.is_part is not DbObject.is_part)

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

UNMARK = """
DELETE FROM {state}
 WHERE object_type::pg_catalog.text = 'meta' AND object_name::pg_catalog.text = 'applied versions'"""
"""Takes the mark away: for whoever changes the history and cannot say what became of the schema."""


@dataclass(frozen=True, slots=True)
class State:
    """What is recorded; `current` is False when it is not what the history says is applied."""

    hashes: Hashes
    current: bool


@dataclass(frozen=True, slots=True)
class Drift:
    """Managed objects that are not as recorded, those that are gone, and unmanaged ones."""

    changed: tuple[Name, ...]
    removed: tuple[Name, ...]
    added: tuple[Name, ...]


def drift(recorded: State, live: Hashes) -> Drift:
    """What became of the managed objects, by (kind, stored name); meaningless unless current."""
    now, known = stored(live), recorded.hashes
    return Drift(
        tuple(sorted(key for key in known.keys() & now.keys() if known[key] != now[key])),
        tuple(sorted(known.keys() - now.keys())),
        tuple(sorted(now.keys() - known.keys())),
    )


def advance(
    recorded: Hashes, before: Hashes, after: Hashes, along: Collection[Name] = ()
) -> dict[Name, str]:
    """The state after a run, from the state and the live schema before it and the live one now.

    New and changed objects count as the run's. All others stay as they were recorded, whatever
    the database has: also those that were gone before the run and are gone now. Something unmanaged
    that only changed `along` with something else does not become managed by that.
    """
    ours = {
        key: value
        for key, value in after.items()
        if before.get(key) != value and (key in recorded or key not in before or key not in along)
    }
    kept = {
        key: value
        for key, value in recorded.items()
        if key not in ours and (key in after or key not in before)
    }
    return kept | ours


def known(
    recorded: State | None, applied: Iterable[MigrationFile], live: Catalog, *, half: bool = False
) -> Hashes | None:
    """The managed objects before a run, or None where nobody can say (see the module's head).

    With `half` there is more than what is applied: a migration was begun and is not finished.
    """
    files = tuple(applied)
    if not files and not half:
        return {}
    if recorded and recorded.current:
        return recorded.hashes
    return None if half else proven(files, live)


def proven(applied: Iterable[MigrationFile], live: Catalog) -> Hashes | None:
    """The hashes, when every certified object, with all its parts, is there as certified."""
    exists = certificates.left_by(applied)
    if exists is None or certificates.differing(exists, live):
        return None
    managed = {section_of(live, one) for one in _certified(exists, live)}
    parts = (one for one in live if section_of(live, one) in managed)
    if any((one.kind, str(one.id)) not in exists for one in parts):
        return None
    return _of_sections(live, {(one.kind, str(one)) for one in managed})


def adopted(stamped: Iterable[MigrationFile], live: Catalog) -> Hashes | None:
    """The state of a stamped database: what the certificates leave, as the database has it.

    What is not there keeps the certificate's hash, and so shows as removed. None if a migration
    has no certificate.
    """
    exists = certificates.left_by(stamped)
    if exists is None:
        return None
    managed = {section_of(live, one) for one in _certified(exists, live)}
    found = _of_sections(live, {(one.kind, str(one)) for one in managed})
    objects = certificates.by_name(live)
    missing = {
        (kind, stored_name(name)): value.removeprefix("sha256:")
        for (kind, name), value in exists.items()
        if (kind, name) not in objects and kind not in _KINDS_OF_PARTS
    }
    return missing | found


def stored(hashes: Hashes) -> dict[Name, str]:
    """Hashes by the names that the table has for them."""
    return {(kind, stored_name(name)): value for (kind, name), value in hashes.items()}


def bystanders(live: Catalog, touched: Collection[Name] | None) -> frozenset[Name]:
    """What a run changes only along with something else (a view that says a new name).

    That is all that certificates do not name; where not all of the run has them (`touched` is
    None) only of partitions is it known.
    """
    if touched is None:
        return _names(one.owners[0] for one in live if one.joins and one.owners)
    objects = certificates.by_name(live)
    mine = _names(section_of(live, objects[name]) for name in touched if name in objects)
    return _names(section_of(live, one) for one in live) - mine


def _names(ids: Iterable[ObjectId]) -> frozenset[Name]:
    return frozenset((one.kind, stored_name(str(one))) for one in ids)


def live_hashes(live: Catalog) -> dict[Name, str]:
    """The hashes of a live schema as the table has them."""
    return stored(state_hashes(live))


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
    rows = [*((*key, value) for key, value in stored(hashes).items()), (*_MARK, _digest(applied))]
    kinds, names, values = ([row[i] for row in rows] for i in range(3))
    column = ident(found.hash_column)
    tables.run(connection, _FORGET, (kinds, names))
    tables.run(connection, _WRITE, (kinds, names, values), hash=column)


def unmark(connection: Connection, tables: Tables) -> None:
    """Leaves the state not current, whatever will be applied."""
    tables.run(connection, UNMARK)


def stored_name(name: str) -> str:
    """The name as it fits into the column: too long a one is cut and ends in its digest."""
    if len(name) <= _NAME_LENGTH:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()
    return f"{name[: _NAME_LENGTH - len(digest) - 1]}:{digest}"


def _certified(exists: Iterable[Name], live: Catalog) -> list[DbObject]:
    objects = certificates.by_name(live)
    return [objects[name] for name in exists if name in objects]


def _of_sections(live: Catalog, wanted: Collection[Name]) -> dict[Name, str]:
    keys = {(kind, stored_name(name)) for kind, name in wanted}
    return {key: value for key, value in live_hashes(live).items() if key in keys}


def _digest(applied: Collection[str]) -> str:
    return hashlib.sha256(json.dumps(sorted(applied)).encode()).hexdigest()
