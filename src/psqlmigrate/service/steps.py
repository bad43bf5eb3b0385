"""The steps of a plan: what is made, dropped or altered by one run of statements."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain

from psqlmigrate.schema.catalog import Catalog
from psqlmigrate.schema.dbobject import Alteration, DbObject, Statements
from psqlmigrate.schema.identity import ObjectId
from psqlmigrate.schema.statement import CHANGED_ACCESS, OF_ROWS, Hazard
from psqlmigrate.service.linking import link
from psqlmigrate.service.ordering import Node
from psqlmigrate.service.work import Work, moved, moving, sources, swapped

_REFILL = 116
"""After all that a table consists of, before constraints, indexes and triggers of their own."""


def steps(work: Work, apart: set[ObjectId]) -> list[Node]:
    """The linked steps; objects in `apart` get one of their own."""
    links = moving(work.old, work.swaps)
    drop_roots = {oid: _drop_root(work, oid, apart, links) for oid in work.drops}
    create_roots = {oid: _create_root(work, oid, apart) for oid in work.creates}
    nodes = [
        *_drop_nodes(work, drop_roots),
        *_create_nodes(work, create_roots),
        *_alter_nodes(work),
    ]
    by_key = {(node.phase, node.oid): node for node in nodes}
    link(work, by_key, drop_roots, create_roots)
    return [*nodes, *_taken_back(work, by_key)]


def _taken_back(work: Work, nodes: dict[tuple[str, ObjectId], Node]) -> Iterator[Node]:
    """Steps that take away what an object is given by default and shall not have."""
    for oid, one in work.given.items():
        if one.id not in work.new.objects:
            node = Node("create", one.id, one.rank, _harmless(one.drop()))
            nodes["create", oid].precede(node)
            yield node


def _harmless(statements: Statements) -> Statements:
    """Nobody has used yet what is new."""
    return tuple(replace(it, hazards=frozenset()) for it in statements)


def _drop_root(work: Work, oid: ObjectId, apart: set[ObjectId], links: set[ObjectId]) -> ObjectId:
    first = work.old.objects[oid]
    while oid not in work.swaps:
        one = work.old.objects[oid]
        if oid in links:  # its rows are a part of a table that is still to be read
            oid = one.owners[0]
            continue
        if oid in apart and one.separable and not _bound(work, one, links):
            break
        takers = [
            taker
            for taker in one.dropped_with
            if taker in work.drops and _leaves(work, first, swapped(work, taker))
        ]
        if not takers:
            break
        oid = takers[0]
    return oid


def _bound(work: Work, one: DbObject, links: set[ObjectId]) -> bool:
    """Whether it cannot go by itself: values still to be read, what goes with the whole's like."""
    holds = one.carries_data and not one.feeds
    is_read = holds and bool(work.swaps.intersection(one.owners[:1]))
    return is_read or any(link in links for link, _ in one.goes_with)


def _leaves(work: Work, one: DbObject, whole: ObjectId | None) -> bool:
    """Whether it can go away with what is swapped: a name of the schema's own would stay taken."""
    if whole is None:
        return True
    path = whole.path
    return work.old.objects[whole].carries_data and all(
        path in {slot[at : at + len(path)] for at in range(len(slot))} for slot in one.slots
    )


def _create_root(work: Work, oid: ObjectId, apart: set[ObjectId]) -> ObjectId:
    while True:
        one = work.new.objects[oid]
        if oid in apart and one.separable:
            break
        if not (one.inline and one.owners and one.owners[0] in work.creates):
            break
        oid = one.owners[0]
    return oid


def _grouped(roots: dict[ObjectId, ObjectId]) -> dict[ObjectId, list[ObjectId]]:
    groups: defaultdict[ObjectId, list[ObjectId]] = defaultdict(list)
    for oid, root in roots.items():
        groups[root].extend([oid] if oid != root else [])
    return groups


def _drop_nodes(work: Work, roots: dict[ObjectId, ObjectId]) -> list[Node]:
    nodes: list[Node] = []
    lonely = _lonely(work)
    partitions = moved(work)
    for root, parts in _grouped(roots).items():
        one = work.old.objects[root]
        along = any(
            source in work.drops and source not in lonely for source in sources(work, one.goes_with)
        )
        drop = one.drop_only if root in lonely else one.drop
        if root in work.swaps:
            away, gone = one.swap_out()
            gone = _losing(work, one, gone)
            nodes.append(Node("away", root, one.rank, away))
            nodes.append(Node("drop", root, one.rank, gone, tuple(sorted(parts))))
            if one.carries_data:
                nodes.append(Node("refill", root, _REFILL, _refilled(work, root)))
        else:
            statements = () if along else drop()
            for left in work.left.get(root, ()):
                statements = (*statements, *one.clear(left))
            if work.new.objects.get(root) == one:
                statements = _without(statements, *CHANGED_ACCESS)
            elif root not in work.new.objects:
                statements = _with(statements, *one.rename_hazards)
            if root in partitions:  # its rows are in the table that takes them by then
                statements = _without(statements, Hazard.DATA_LOSS)
            if one.held_by and work.drops.issuperset(one.held_by):
                statements = _without(statements, Hazard.MAY_FAIL)
            if _stops_computing(work, one):
                statements = _with(statements, Hazard.DATA_LOSS)
            statements = _losing(work, one, statements)
            nodes.append(Node("drop", root, one.rank, statements, tuple(sorted(parts))))
    return nodes


def _losing(work: Work, one: DbObject, statements: Statements) -> Statements:
    """Of what is made anew, the plan brings back only those privileges that it knows of."""
    if one.acl is None or one.id not in work.new.objects:
        return statements
    return _with(statements, Hazard.LOSES_GRANTS)


def _refilled(work: Work, oid: ObjectId) -> Statements:
    before, after = _parts(work.old, oid), _parts(work.new, oid)
    types = {one for one in work.swaps if not work.old.objects[one].carries_data}
    recast = {
        one.id: tuple(
            (work.old.objects[kind], work.new.objects[kind])
            for kind in sorted(work.old.edges.get(one.id, frozenset()) & types)
        )
        for one in before
    }
    return work.new.objects[oid].refill(work.old.objects[oid], before, after, recast)


def _parts(catalog: Catalog, oid: ObjectId) -> tuple[DbObject, ...]:
    """What belongs to an object, and what belongs to that."""
    found: dict[ObjectId, DbObject] = {}
    inside = {oid}
    while more := [one for one in catalog if inside.intersection(one.owners[:1])]:
        inside = {one.id for one in more}
        found |= {one.id: one for one in more}
    return tuple(sorted(found.values(), key=_place))


def _without(statements: Statements, *hazards: Hazard) -> Statements:
    return tuple(replace(it, hazards=it.hazards - {*hazards}) for it in statements)


def _with(statements: Statements, *hazards: Hazard) -> Statements:
    return tuple(replace(it, hazards=it.hazards | {*hazards}) for it in statements)


def _stops_computing(work: Work, one: DbObject) -> bool:
    """Whether what takes its place holds values, while these were computed."""
    after = work.new.objects.get(one.id)
    return after is not None and after.carries_data and not one.carries_data


def _create_nodes(work: Work, roots: dict[ObjectId, ObjectId]) -> list[Node]:
    nodes: list[Node] = []
    given = {one.id: one for one in work.given.values()}
    standing = work.old.objects.keys() - work.drops
    links = moving(work.new, work.swaps)
    filled = work.swaps | {work.new.objects[link].owners[0] for link in links}
    for root, ids in _grouped(roots).items():
        one = work.new.objects[root]
        parts = tuple(sorted((work.new.objects[oid] for oid in ids), key=_place))
        along = any(source in work.creates for source in sources(work, one.comes_with))
        if root in work.swaps and one.carries_data:
            one, parts = one.to_refill(), tuple(part.to_refill() for part in parts)
        statements = one.adjust() if along else one.create(parts)
        if root in given and isinstance(way := given[root].alter(one), Alteration):
            statements = _harmless(way.statements)
        if root not in work.old.objects and any(owner in standing for owner in one.owners[:1]):
            statements = (*statements, *one.settle())
        if _is_fresh(work, one, filled):
            statements = _without(statements, *OF_ROWS)
        if _is_unknown(work, one):
            statements = _without(statements, *CHANGED_ACCESS)
        names = tuple(part.id for part in parts)
        nodes.append(Node("create", root, one.turn, statements, names))
    return nodes


def _is_fresh(work: Work, one: DbObject, filled: set[ObjectId]) -> bool:
    """Whether it is made on something that is new itself, so that there are no rows yet."""
    if one.looks_further:
        return False
    while one.owners and one.owners[0] in work.new.objects:
        one = work.new.objects[one.owners[0]]
    return one.carries_data and one.id in work.creates and one.id not in filled


def _is_unknown(work: Work, one: DbObject) -> bool:
    """Whether nobody can have used it, or all find it again as it was."""
    if work.old.objects.get(one.id) == one:
        return True
    while one.owners and one.owners[0] in work.new.objects:
        one = work.new.objects[one.owners[0]]
    return one.id not in work.old.objects


def _lonely(work: Work) -> set[ObjectId]:
    """What goes without all that would go with it, because something of that stays."""
    gone = work.drops - work.creates
    return {
        source
        for oid, one in work.old.objects.items()
        if one.goes_with and oid in work.new.objects and oid not in work.drops
        for source in sources(work, one.goes_with)
        if source in gone
    }


def _place(one: DbObject) -> tuple[int, int, ObjectId]:
    return (one.rank, one.place, one.id)


def _alter_nodes(work: Work) -> list[Node]:
    disturbed = {oid for oid, one in work.alters.items() if one.disturbs}
    above: defaultdict[ObjectId, list[DbObject]] = defaultdict(list)
    for oid, one in work.old.objects.items():
        for target in disturbed & (work.old.edges.get(oid, frozenset()) | {*one.inherited_from}):
            if oid not in work.drops:
                above[target].append(one)
    return [
        Node("alter", oid, work.old.objects[oid].rank, _costing(one, above, oid))
        for oid, one in work.alters.items()
    ]


def _costing(
    way: Alteration, above: Mapping[ObjectId, Sequence[DbObject]], oid: ObjectId
) -> Statements:
    """Its statements, the first with what it costs to adapt what stands on a disturbed object."""
    if not way.disturbs or not way.statements:
        return way.statements
    first, *others = way.statements
    rewritten = Hazard.TABLE_REWRITE in first.hazards
    costs = (
        one.adapting(rewritten=rewritten, reordered=way.reorders) for one in _reached(above, oid)
    )
    return (*_with((first,), *chain.from_iterable(costs)), *others)


def _reached(above: Mapping[ObjectId, Sequence[DbObject]], oid: ObjectId) -> Iterator[DbObject]:
    """What stands on an object, and on those of the same kind that change with it."""
    for one in above.get(oid, ()):
        if oid in one.inherited_from:
            yield from _reached(above, one.id)
        else:
            yield one
