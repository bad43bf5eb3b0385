"""All that a scratch database holds: schema, rows, where sequences stand, and the rest."""

from collections.abc import Collection
from dataclasses import dataclass

from psqlmigrate.postgres.connect import Connection
from psqlmigrate.postgres.introspect import introspect
from psqlmigrate.postgres.residue import residue
from psqlmigrate.postgres.scratch import Scratch
from psqlmigrate.schema.catalog import Catalog, diff
from psqlmigrate.service.canonical import canonical
from psqlmigrate.service.rows.contents import Contents, contents, differing, positions


@dataclass(frozen=True, slots=True)
class Picture:
    """What was there at one moment."""

    catalog: Catalog
    rows: Contents
    positions: dict[str, str]
    residue: frozenset[str]


def picture(connection: Connection) -> Picture:
    """What is there now, also inside of a transaction, whose settings stay as they are."""
    with connection.transaction(force_rollback=True):
        return Picture(
            introspect(connection), contents(connection), positions(connection), residue(connection)
        )


def values_apart(one: Picture, other: Picture, ignored: Collection[str] = ()) -> tuple[str, ...]:
    """Tables, columns and sequences whose values are not the same."""
    found = differing(one.rows, other.rows, ignored)
    both = one.positions.keys() & other.positions.keys()
    moved = (name for name in sorted(both) if one.positions[name] != other.positions[name])
    return (*found, *(name for name in moved if name not in ignored))


def schemas_apart(scratch: Scratch, one: Picture, other: Picture) -> tuple[str, ...]:
    """Objects that are not the same, also where they only print alike."""
    if one.catalog != other.catalog:
        sides = (canonical(scratch, side.catalog) for side in (one, other))
        if changes := diff(*sides):
            return tuple(f"{change.subject.kind} {change.subject.id.shown}" for change in changes)
    return tuple(sorted(one.residue ^ other.residue))
