"""Of which objects a source states all there are: an absent one is then to be dropped.

An entry is a kind, which may be narrowed in one way:

`index of table`            those that belong to an object of that kind
`table without partition`   those to which no object of that kind belongs
`sequence with comment`     those to which one does
`trigger named .+_[0-9]+`   those whose full name matches the pattern as a whole
"""

import re
from collections.abc import Collection

from psqlmigrate.schema.catalog import Catalog
from psqlmigrate.schema.dbobject import DbObject
from psqlmigrate.schema.identity import ObjectId

_ENTRY = re.compile(r"(.+?)(?: (of|with|without|named) (.+))?")


def covered(coverage: Collection[str], catalog: Catalog) -> frozenset[ObjectId]:
    """The objects of `catalog` that shall go if the source does not state them.

    What belongs to an object that is not among them is not among them either.
    """
    entries = [found.groups() for entry in coverage if (found := _ENTRY.fullmatch(entry))]
    belongings = {(one.owners[0], one.kind) for one in catalog if one.owners}
    fitting = {
        one.id
        for one in catalog
        if any(
            kind == one.kind and _fits(one, how, what, belongings) for kind, how, what in entries
        )
    }
    return frozenset(oid for oid in fitting if _whole(oid, fitting, catalog))


def kinds_of(coverage: Collection[str]) -> frozenset[str]:
    """The kinds of which the entries speak, however narrowly."""
    return frozenset(found[1] for entry in coverage if (found := _ENTRY.fullmatch(entry)))


def _fits(one: DbObject, how: str | None, what: str, belongings: set[tuple[ObjectId, str]]) -> bool:
    match how:
        case "of":
            return bool(one.owners) and one.owners[0].kind == what
        case "with":
            return (one.id, what) in belongings
        case "without":
            return (one.id, what) not in belongings
        case "named":
            return re.fullmatch(what, str(one.id)) is not None
        case _:
            return True


def _whole(oid: ObjectId, fitting: set[ObjectId], catalog: Catalog) -> bool:
    """Whether it fits, and all that it belongs to."""
    while oid in fitting:
        one = catalog.objects[oid]
        if not one.owners or one.owners[0] not in catalog.objects:
            return True
        oid = one.owners[0]
    return False
