"""Which step of a plan has to come before which."""

from psqlmigrate.schema.identity import ObjectId
from psqlmigrate.service.ordering import Node
from psqlmigrate.service.work import Work, sources


def link(
    work: Work,
    nodes: dict[tuple[str, ObjectId], Node],
    drop_roots: dict[ObjectId, ObjectId],
    create_roots: dict[ObjectId, ObjectId],
) -> None:
    """Orders the steps; objects dropped and created are in the steps of their roots."""
    dropping = {oid: nodes["drop", root] for oid, root in drop_roots.items()}
    creating = {oid: nodes["create", root] for oid, root in create_roots.items()}
    altering = {oid: nodes["alter", oid] for oid in work.alters}
    making = creating | altering
    for oid in {*work.drops, *work.alters}:
        before = altering.get(oid) or dropping[oid]
        follows = {*sources(work, work.old.objects[oid].goes_with)}
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
    for oid, node in altering.items():
        _follow(creating, work.alters[oid].after, node)


def _follow(creating: dict[ObjectId, Node], named: tuple[ObjectId, ...], node: Node) -> None:
    for target in named:
        if target in creating:
            creating[target].precede(node)


def _link_sources(
    work: Work,
    dropping: dict[ObjectId, Node],
    making: dict[ObjectId, Node],
) -> None:
    for oid, node in making.items():
        for source in sources(work, work.new.objects[oid].comes_with):
            if source in making and oid in work.alters and work.alters[oid].first:
                node.precede(making[source])
            elif source in making:
                making[source].precede(node)
    for oid, node in dropping.items():
        one = work.old.objects[oid]
        for source in sources(work, (*one.comes_with, *one.goes_with)):
            if source in dropping:
                dropping[source].precede(node)


def _link_surroundings(
    work: Work,
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
    work: Work,
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
