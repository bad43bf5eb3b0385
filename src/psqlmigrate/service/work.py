"""What a plan does to each object."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from psqlmigrate.schema.catalog import Catalog
from psqlmigrate.schema.dbobject import Alteration, DbObject
from psqlmigrate.schema.identity import ObjectId


@dataclass(slots=True)
class Work:
    """What happens to each object. A replaced one is in `drops` and in `creates`."""

    old: Catalog
    new: Catalog
    drops: set[ObjectId] = field(default_factory=set)
    creates: set[ObjectId] = field(default_factory=set)
    alters: dict[ObjectId, Alteration] = field(default_factory=dict)
    swaps: set[ObjectId] = field(default_factory=set)
    left: dict[ObjectId, list[ObjectId]] = field(default_factory=dict[ObjectId, "list[ObjectId]"])
    """What PostgreSQL leaves when these are dropped, and what must not stay."""
    given: dict[ObjectId, DbObject] = field(default_factory=dict[ObjectId, DbObject])
    """Privileges that what is made gets by default, by what it is."""


def sources(work: Work, pairs: tuple[tuple[ObjectId, ObjectId], ...]) -> Iterator[ObjectId]:
    """The objects with which another comes or goes, over links that stay as they are."""
    for link, source in pairs:
        if link in work.old.objects and link in work.new.objects and link not in work.drops:
            yield source


def rivals(work: Work, one: DbObject) -> Iterator[ObjectId]:
    """What must not be there while this is made."""
    yield from one.rivals
    for source, rival in one.outruns:
        if source in work.old.objects and source in work.new.objects and source not in work.drops:
            yield rival


def goes_along(work: Work, oid: ObjectId) -> bool:
    """Whether it belongs to something that is swapped (a column, or the like, of a table)."""
    return any(owner in work.swaps for owner in work.old.objects[oid].owners[:1])


def swapped(work: Work, oid: ObjectId) -> ObjectId | None:
    """What is swapped: the object, or what it belongs to."""
    wholes = (oid, *work.old.objects[oid].owners[:1])
    return next((one for one in wholes if one in work.swaps), None)


def moved(work: Work) -> set[ObjectId]:
    """The partitions whose rows move with a swapped table."""
    return {work.old.objects[oid].owners[0] for oid in moving(work.old, work.swaps)}


def moving(catalog: Catalog, wholes: Collection[ObjectId]) -> set[ObjectId]:
    """The links by which the data of others are, at whatever distance, a part of one of `wholes`."""
    links = {oid: one.feeds for oid, one in catalog.objects.items() if one.feeds}
    found: set[ObjectId] = set()
    inside = {*wholes}
    while more := {oid for oid, whole in links.items() if whole in inside} - found:
        found |= more
        inside |= {catalog.objects[oid].owners[0] for oid in more}
    return found
