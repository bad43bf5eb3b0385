"""The part of two schemas that has to be read again to see whether they can be compared.

What both print alike is the same, whatever it prints when it is read again. So of two live
databases only what differs is loaded into scratch, with all that stands on it and all that it
needs; all of both is loaded only where that prints anew.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace

from psqlmigrate.errors import SourceError
from psqlmigrate.schema.catalog import Catalog, diff
from psqlmigrate.schema.identity import ObjectId

_Links = Mapping[ObjectId, Collection[ObjectId]]


def is_settled(before: Catalog, after: Catalog, read: Callable[[Catalog], Catalog]) -> bool:
    """Whether what differs, and what stands on that, prints the same when `read` gives it back.

    Then both catalogs can be compared as they are.
    """
    seeds = _standing_on({one.subject.id for one in diff(before, after)}, before, after)
    try:
        return all(_prints_the_same(one, seeds, read) for one in (before, after))
    except SourceError:  # a part that cannot stand alone tells nothing; all of it will
        return False


def _standing_on(ids: Collection[ObjectId], *catalogs: Catalog) -> set[ObjectId]:
    """These and all that depends on them in one of the catalogs, as whole tables and the like."""
    dependents: defaultdict[ObjectId, set[ObjectId]] = defaultdict(set)
    owners: dict[ObjectId, ObjectId] = {}
    for catalog in catalogs:
        for oid, targets in catalog.edges.items():
            for target in targets:
                dependents[target].add(oid)
        owners |= {oid: of[0] for oid, one in catalog.objects.items() if (of := one.owners)}
    found = _reached(ids, dependents)
    tops = {_top(oid, owners) for oid in found}
    return found | {oid for oid in owners if _top(oid, owners) in tops} | tops


def _top(oid: ObjectId, owners: Mapping[ObjectId, ObjectId]) -> ObjectId:
    while oid in owners:
        oid = owners[oid]
    return oid


def _prints_the_same(
    catalog: Catalog, seeds: Collection[ObjectId], read: Callable[[Catalog], Catalog]
) -> bool:
    again = read(_part(catalog, _needs(catalog, (oid for oid in seeds if oid in catalog.objects))))
    return all(again.get(oid) == catalog.get(oid) for oid in seeds)


def _needs(catalog: Catalog, ids: Iterable[ObjectId]) -> set[ObjectId]:
    """These and all that they depend on: of a table that is only needed its columns and keys."""
    links: defaultdict[ObjectId, set[ObjectId]] = defaultdict(set)
    for oid, targets in catalog.edges.items():
        links[oid].update(targets)
    for oid, one in catalog.objects.items():
        links[oid].update(one.owners)
        if one.inline and one.owners:
            links[one.owners[0]].add(oid)
        for link, source in (*one.comes_with, *one.goes_with):
            links[oid].update({link, source})
    always = (oid for oid, one in catalog.objects.items() if one.native or one.has_members)
    return {oid for oid in _reached({*ids, *always}, links) if oid in catalog.objects}


def _reached(ids: Iterable[ObjectId], links: _Links) -> set[ObjectId]:
    found = {*ids}
    queue = [*found]
    while queue:
        more = {*links.get(queue.pop(), ())} - found
        found |= more
        queue += more
    return found


def _part(catalog: Catalog, ids: Collection[ObjectId]) -> Catalog:
    edges = {
        oid: frozenset(target for target in targets if target in ids)
        for oid, targets in catalog.edges.items()
        if oid in ids
    }
    objects = {oid: one for oid, one in catalog.objects.items() if oid in ids}
    held = {oid: names for oid, names in catalog.held.items() if oid in ids}
    return replace(catalog, objects=objects, edges=edges, held=held)
