"""Two catalogs become a plan: statements in an order that works, and no data is dropped."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from psqlmigrate.errors import PlanRefusedError
from psqlmigrate.schema.catalog import Catalog, Change, Edges, diff
from psqlmigrate.schema.dbobject import Alteration, DbObject, Impossible
from psqlmigrate.schema.identity import ObjectId
from psqlmigrate.schema.statement import Hazard, Statement
from psqlmigrate.service.ordering import CircleError, Node, order


@dataclass(frozen=True, slots=True)
class Plan:
    """What has to be done, and the changes that ask for it."""

    statements: tuple[Statement, ...]
    changes: tuple[Change, ...]

    @property
    def hazards(self) -> frozenset[Hazard]:
        """All hazards of all statements."""
        return frozenset(hazard for one in self.statements for hazard in one.hazards)


@dataclass(slots=True)
class _Work:
    """What happens to each object. A replaced one is in `drops` and in `creates`."""

    old: Catalog
    new: Catalog
    drops: set[ObjectId] = field(default_factory=set)
    creates: set[ObjectId] = field(default_factory=set)
    alters: dict[ObjectId, Alteration] = field(default_factory=dict)
    swaps: set[ObjectId] = field(default_factory=set)


def plan(old: Catalog, new: Catalog) -> Plan:
    """The plan from `old` to `new`, both with edges and printed by one server.

    Raises PlanRefusedError where no plan keeps the data, and for catalogs of two majors.
    """
    if old.server_major and new.server_major and old.server_major != new.server_major:
        raise PlanRefusedError(
            f"one schema was read on PostgreSQL {old.server_major}, the other on PostgreSQL"
            f" {new.server_major}: what the two print does not compare",
            hint="load both into one server, for example with scratch_url",
        )
    changes = diff(old, new)
    if not changes:
        return Plan((), ())
    work = _Work(old, new)
    for change in changes:
        _enlist(work, change)
    for oid in tuple(work.creates):
        for rival in new.objects[oid].rivals:
            if rival in old.objects and rival in new.objects and rival not in work.drops:
                _replace(work, rival, "")
    _close(work, _reversed(old.edges))
    _swap_below(work)
    _refuse_held(work)
    return Plan(_statements(work), changes)


def _enlist(work: _Work, change: Change) -> None:
    oid = change.subject.id
    if change.before is None:
        work.creates.add(oid)
    elif change.after is None:
        work.drops.add(oid)
    else:
        alteration = change.before.alter(change.after) or Impossible()
        if isinstance(alteration, Impossible):
            _replace(work, oid, alteration.reason)
        else:
            work.alters[oid] = alteration


def _replace(work: _Work, oid: ObjectId, reason: str) -> None:
    before, after = work.old.objects[oid], work.new.objects[oid]
    if before.carries_data and after.carries_data:
        raise _refusal(before, reason)
    work.alters.pop(oid, None)
    work.drops.add(oid)
    work.creates.add(oid)


def _refusal(one: DbObject, reason: str) -> PlanRefusedError:
    return PlanRefusedError(
        f"no plan keeps the data of {one.kind} {one.id}: {reason}",
        hint="write this step by hand: psqlmigrate autogenerate --empty",
    )


def _reversed(edges: Edges) -> dict[ObjectId, list[ObjectId]]:
    found: defaultdict[ObjectId, list[ObjectId]] = defaultdict(list)
    for oid, targets in edges.items():
        for target in targets:
            found[target].append(oid)
    return found


def _close(work: _Work, dependents: dict[ObjectId, list[ObjectId]]) -> None:
    """Takes down, and brings back, all that stands on what is replaced or disturbed."""
    queue = sorted({*work.drops, *(oid for oid, one in work.alters.items() if one.disturbs)})
    while queue:
        cause = queue.pop()
        queue.extend(
            oid
            for oid in sorted(dependents.get(cause, ()))
            if _affected(work, cause, oid) and _take_down(work, cause, oid)
        )


def _refuse_held(work: _Work) -> None:
    """PostgreSQL would not let go of what something stands on that no kind knows."""
    disturbed = {oid for oid, one in work.alters.items() if one.disturbs}
    for oid in sorted({*work.drops, *disturbed} & work.old.held.keys()):
        names = ", ".join(work.old.held[oid])
        verb = "dropped" if oid in work.drops else "changed"
        raise PlanRefusedError(
            f"{work.old.objects[oid].kind} {oid} has to be {verb}, but it is used by what"
            f" psqlmigrate does not know: {names}",
            hint="drop that by hand first, and make it again afterwards",
        )


def _swap_below(work: _Work) -> None:
    """What a swapped type stands on has to be there twice for a while, too."""
    queue = [*work.swaps]
    while queue:
        for target in work.old.edges.get(queue.pop(), frozenset()) & work.drops:
            if target not in work.swaps and _swaps(work, target):
                work.swaps.add(target)
                queue.append(target)


def _affected(work: _Work, cause: ObjectId, oid: ObjectId) -> bool:
    after = work.new.get(oid)
    if after is None or oid in work.drops:
        return False
    if cause not in work.drops:
        return not work.old.objects[oid].survives_alter
    still_needed = cause in work.new.edges.get(oid, frozenset())
    return still_needed or oid not in work.alters


def _take_down(work: _Work, cause: ObjectId, oid: ObjectId) -> bool:
    """Whether what depends on `oid` is affected in its turn."""
    before, after = work.old.objects[oid], work.new.objects[oid]
    if not (before.carries_data and after.carries_data):
        _replace(work, oid, "")
        return True
    if not _swaps(work, cause):
        _replace(work, oid, f"{cause} has to be made anew")
    if cause in work.swaps and oid in work.alters and work.alters[oid].disturbs:
        return False
    work.swaps.add(cause)
    carried = before.carry_over(after)
    if isinstance(carried, Impossible):
        raise _refusal(before, carried.reason)
    work.alters[oid] = Alteration(carried, disturbs=True)
    return True


def _swaps(work: _Work, oid: ObjectId) -> bool:
    before, after = work.old.objects[oid], work.new.get(oid)
    return after is not None and oid in work.creates and before.swaps_with(after)


def _statements(work: _Work) -> tuple[Statement, ...]:
    apart: set[ObjectId] = set()
    nodes = _nodes(work, apart)
    while True:
        try:
            ordered = order(nodes)
        except CircleError as circle:
            freed = _separable(work, circle.nodes) - apart
            if freed:
                apart |= freed
                nodes = _nodes(work, apart)
            elif not (_with_stub(work, nodes, circle.nodes) or _without_soft(circle.nodes)):
                names = ", ".join(sorted({str(node.oid) for node in circle.nodes}))
                raise PlanRefusedError(f"these objects depend on each other: {names}") from None
        else:
            return tuple(one for node in ordered for one in node.statements)


def _separable(work: _Work, circle: list[Node]) -> set[ObjectId]:
    """Parts that can be made, or dropped, by statements of their own."""
    found: set[ObjectId] = set()
    for node in circle:
        side = work.old if node.phase == "drop" else work.new
        found |= {part for part in node.parts if side.objects[part].separable}
    return found


def _with_stub(work: _Work, nodes: list[Node], circle: list[Node]) -> bool:
    """Whether something in the circle is made in two steps now (views and functions)."""
    for node in circle:
        side = work.new if node.phase == "create" else work.old
        one = side.objects[node.oid]
        if node.phase not in {"create", "drop"} or not one.stub or node.statements == one.stub:
            continue
        if node.phase == "create":
            later = Node("create", node.oid, node.rank, one.fill())
            for other in circle:
                if node in other.followers:
                    other.followers.discard(node)
                    other.precede(later)
            node.statements = one.stub
            node.precede(later)
        else:
            later = Node("drop", node.oid, node.rank, node.statements)
            inside = node.followers & {*circle}
            for other in node.followers - inside:
                later.precede(other)
            for other in circle:
                if node in other.followers:
                    other.followers.discard(node)
                    other.precede(later)
            node.followers, node.statements = inside, one.stub
            node.precede(later)
        nodes.append(later)
        return True
    return False


def _without_soft(circle: list[Node]) -> bool:
    """Whether the circle had an edge that is only there to be careful."""
    found = False
    for node in circle:
        soft = {other for other in node.soft if other in circle}
        node.followers -= soft
        node.soft -= soft
        found = found or bool(soft)
    return found


def _nodes(work: _Work, apart: set[ObjectId]) -> list[Node]:
    drop_roots = {oid: _drop_root(work, oid, apart) for oid in work.drops}
    create_roots = {oid: _create_root(work, oid, apart) for oid in work.creates}
    nodes = [
        *_drop_nodes(work, drop_roots),
        *_create_nodes(work, create_roots),
        *_alter_nodes(work),
    ]
    by_key = {(node.phase, node.oid): node for node in nodes}
    _link(work, by_key, drop_roots, create_roots)
    return nodes


def _drop_root(work: _Work, oid: ObjectId, apart: set[ObjectId]) -> ObjectId:
    while oid not in apart:
        one = work.old.objects[oid]
        takers = [
            taker for taker in one.dropped_with if taker in work.drops and taker not in work.swaps
        ]
        if not takers:
            break
        oid = takers[0]
    return oid


def _create_root(work: _Work, oid: ObjectId, apart: set[ObjectId]) -> ObjectId:
    while oid not in apart:
        one = work.new.objects[oid]
        if not (one.inline and one.owners and one.owners[0] in work.creates):
            break
        oid = one.owners[0]
    return oid


def _grouped(roots: dict[ObjectId, ObjectId]) -> dict[ObjectId, list[ObjectId]]:
    groups: defaultdict[ObjectId, list[ObjectId]] = defaultdict(list)
    for oid, root in roots.items():
        groups[root].extend([oid] if oid != root else [])
    return groups


def _drop_nodes(work: _Work, roots: dict[ObjectId, ObjectId]) -> list[Node]:
    nodes: list[Node] = []
    lonely = _lonely(work)
    for root, parts in _grouped(roots).items():
        one = work.old.objects[root]
        along = any(
            source in work.drops and source not in lonely
            for source in _sources(work, one.goes_with)
        )
        drop = one.drop_only if root in lonely else one.drop
        if root in work.swaps:
            away, gone = one.swap_out()
            nodes.append(Node("away", root, one.rank, away))
            nodes.append(Node("drop", root, one.rank, gone))
        else:
            nodes.append(
                Node("drop", root, one.rank, () if along else drop(), tuple(sorted(parts)))
            )
    return nodes


def _create_nodes(work: _Work, roots: dict[ObjectId, ObjectId]) -> list[Node]:
    nodes: list[Node] = []
    for root, ids in _grouped(roots).items():
        one = work.new.objects[root]
        parts = tuple(sorted((work.new.objects[oid] for oid in ids), key=_place))
        along = any(source in work.creates for source in _sources(work, one.comes_with))
        statements = one.adjust() if along else one.create(parts)
        names = tuple(part.id for part in parts)
        nodes.append(Node("create", root, one.turn, statements, names))
    return nodes


def _sources(work: _Work, pairs: tuple[tuple[ObjectId, ObjectId], ...]) -> Iterator[ObjectId]:
    """The objects with which another comes or goes, over links that stay as they are."""
    for link, source in pairs:
        if link in work.old.objects and link in work.new.objects and link not in work.drops:
            yield source


def _lonely(work: _Work) -> set[ObjectId]:
    """What goes without all that would go with it, because something of that stays."""
    gone = work.drops - work.creates
    return {
        source
        for oid, one in work.old.objects.items()
        if one.goes_with and oid in work.new.objects and oid not in work.drops
        for source in _sources(work, one.goes_with)
        if source in gone
    }


def _place(one: DbObject) -> tuple[int, int, ObjectId]:
    return (one.rank, one.place, one.id)


def _alter_nodes(work: _Work) -> list[Node]:
    return [
        Node("alter", oid, work.old.objects[oid].rank, one.statements)
        for oid, one in work.alters.items()
    ]


def _link(
    work: _Work,
    nodes: dict[tuple[str, ObjectId], Node],
    drop_roots: dict[ObjectId, ObjectId],
    create_roots: dict[ObjectId, ObjectId],
) -> None:
    dropping = {oid: nodes["drop", root] for oid, root in drop_roots.items()}
    creating = {oid: nodes["create", root] for oid, root in create_roots.items()}
    altering = {oid: nodes["alter", oid] for oid in work.alters}
    making = creating | altering
    for oid in {*work.drops, *work.alters}:
        before = altering.get(oid) or dropping[oid]
        follows = {*_sources(work, work.old.objects[oid].goes_with)}
        for target in work.old.edges.get(oid, frozenset()) - follows:
            if target in dropping:
                before.precede(dropping[target])
            elif target in altering and oid in dropping:
                before.precede(altering[target], soft=not work.alters[target].disturbs)
    for oid, node in making.items():
        first = oid in work.alters and work.alters[oid].first
        for target in work.new.edges.get(oid, ()):
            if first and target in altering:
                node.precede(altering[target])
            elif target in making:
                soft = target in altering and not work.alters[target].disturbs
                making[target].precede(node, soft=soft)
    _link_slots(work, dropping, creating, nodes)
    _link_sources(work, dropping, making)
    _link_surroundings(work, dropping, creating, making)


def _link_sources(
    work: _Work,
    dropping: dict[ObjectId, Node],
    making: dict[ObjectId, Node],
) -> None:
    for oid, node in making.items():
        for source in _sources(work, work.new.objects[oid].comes_with):
            if source in making and oid in work.alters and work.alters[oid].first:
                node.precede(making[source])
            elif source in making:
                making[source].precede(node)
    for oid, node in dropping.items():
        one = work.old.objects[oid]
        for source in _sources(work, (*one.comes_with, *one.goes_with)):
            if source in dropping:
                dropping[source].precede(node)


def _link_surroundings(
    work: _Work,
    dropping: dict[ObjectId, Node],
    creating: dict[ObjectId, Node],
    making: dict[ObjectId, Node],
) -> None:
    for oid, node in creating.items():
        one = work.new.objects[oid]
        for target in one.follows:
            if target in making:
                making[target].precede(node)
        for target in one.rivals:
            if target in making:
                node.precede(making[target])
    for oid, node in dropping.items():
        for target in work.old.objects[oid].follows:
            if (after := dropping.get(target) or making.get(target)) is not None:
                node.precede(after)


def _link_slots(
    work: _Work,
    dropping: dict[ObjectId, Node],
    creating: dict[ObjectId, Node],
    nodes: dict[tuple[str, ObjectId], Node],
) -> None:
    taken = {
        slot: nodes.get(("away", oid), node)
        for oid, node in dropping.items()
        for slot in work.old.objects[oid].slots
    }
    for oid, node in creating.items():
        for slot in work.new.objects[oid].slots:
            if slot in taken:
                taken[slot].precede(node)
    for oid in work.swaps:
        nodes["create", oid].precede(nodes["drop", oid])
    for oid, node in dropping.items():
        # The name of a swapped type is part of the statement that drops a function.
        if oid not in work.swaps:
            for target in work.old.edges.get(oid, frozenset()) & work.swaps:
                node.precede(nodes["away", target])
