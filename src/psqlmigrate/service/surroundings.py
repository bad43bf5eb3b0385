"""The part of two schemas that has to be read again to see how they differ.

What both print alike is the same, whatever it prints when it is read again. So of two live
databases only what differs is loaded into scratch, with all that stands on it and all that it needs.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace

from psqlmigrate.schema.catalog import Catalog, diff
from psqlmigrate.schema.identity import ObjectId

_Links = Mapping[ObjectId, Collection[ObjectId]]


def reread(
    before: Catalog, after: Catalog, read: Callable[[Catalog], Catalog]
) -> tuple[Catalog, Catalog]:
    """Both catalogs with what differs, and what stands on that, as `read` gives it back."""
    seeds = _standing_on({one.subject.id for one in diff(before, after)}, before, after)
    return _with_part(before, seeds, read), _with_part(after, seeds, read)


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


def _with_part(
    catalog: Catalog, seeds: Collection[ObjectId], read: Callable[[Catalog], Catalog]
) -> Catalog:
    needed = _needs(catalog, (oid for oid in seeds if oid in catalog.objects))
    again = read(_part(catalog, needed))
    kept = {oid: one for oid, one in catalog.objects.items() if oid not in needed}
    # What is only needed is alike on both sides: it stays as it prints there.
    changed = {
        oid: one if oid in seeds else catalog.objects.get(oid, one)
        for oid, one in again.objects.items()
    }
    edges = {oid: targets for oid, targets in catalog.edges.items() if oid in kept}
    return replace(catalog, objects=kept | changed, edges=edges | dict(again.edges))


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
