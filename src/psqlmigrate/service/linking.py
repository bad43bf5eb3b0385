"""Which step of a plan has to come before which."""

import re
from collections.abc import Iterator

from psqlmigrate.schema.dbobject import DbObject
from psqlmigrate.schema.identity import ObjectId
from psqlmigrate.schema.sqltext import ident
from psqlmigrate.service.ordering import Node
from psqlmigrate.service.work import Work, goes_along, moved, moving, rivals, sources, swapped


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
    _link_old(work, dropping, altering)
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
    _link_links(work, dropping, making)
    _link_surroundings(work, dropping, creating, making)
    _link_refills(work, dropping, making, nodes)


def _link_old(work: Work, dropping: dict[ObjectId, Node], altering: dict[ObjectId, Node]) -> None:
    parted = moved(work)
    for oid in {*work.drops, *work.alters}:
        before = altering.get(oid) or dropping[oid]
        one = work.old.objects[oid]
        follows = {*sources(work, (*one.comes_with, *one.goes_with))}
        for target in work.old.edges.get(oid, frozenset()) - follows:
            if before.oid in parted and goes_along(work, target):
                continue  # it takes its like in the partitions along
            if target in dropping:
                before.precede(dropping[target])
                for source in _taking_along(work, target):
                    before.precede(dropping[source])
            elif target in altering and oid in dropping:
                disturbs = work.alters[target].disturbs
                # What is swapped goes last, after what is made with the altered.
                if disturbs or before.oid not in work.swaps | parted:
                    before.precede(altering[target], soft=not disturbs)


def _taking_along(work: Work, oid: ObjectId) -> Iterator[ObjectId]:
    """What takes it along when it goes, at whatever distance."""
    for source in sources(work, work.old.objects[oid].goes_with):
        if source in work.drops:
            yield source
            yield from _taking_along(work, source)


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


def _link_links(work: Work, dropping: dict[ObjectId, Node], making: dict[ObjectId, Node]) -> None:
    """While a link is away, its ends are changed one by one; it is back when they fit again."""
    away = {oid: node for oid, node in dropping.items() if node.oid == oid}
    for oid in making:
        before = work.old.get(oid)
        came = before.comes_with if before else ()
        for link, source in (*came, *work.new.objects[oid].comes_with):
            for changed in (oid, source):
                if link in away and changed in making:
                    away[link].precede(making[changed])
    for oid, node in dropping.items():
        for link, source in work.old.objects[oid].goes_with:
            if link not in away or source not in dropping:
                continue
            away[link].precede(dropping[source])
            if link in making:
                node.precede(making[link])
                dropping[source].precede(making[link])
    _link_new_links(work, dropping, making)


def _link_new_links(
    work: Work, dropping: dict[ObjectId, Node], making: dict[ObjectId, Node]
) -> None:
    """What a table loses is gone before another, which does not have it, is joined to it."""
    parents = {oid: work.new.objects[oid].feeds for oid in work.creates}
    joined: dict[ObjectId, list[ObjectId]] = {}
    for link, parent in parents.items():
        if parent is not None and parent not in work.creates:
            joined.setdefault(parent, []).append(link)
    for oid, node in dropping.items():
        one = work.old.objects[oid]
        if one.is_part and one.owners[0] in joined:
            for link in joined[one.owners[0]]:
                node.precede(making[link])


def _link_surroundings(
    work: Work,
    dropping: dict[ObjectId, Node],
    creating: dict[ObjectId, Node],
    making: dict[ObjectId, Node],
) -> None:
    later = {oid: {*rivals(work, work.new.objects[oid])} for oid in creating}
    outrun = {oid for oids in later.values() for oid in oids}
    for oid, node in creating.items():
        one = work.new.objects[oid]
        waiting = {it for _, it in one.takes if later[oid] & work.new.edges.get(it, frozenset())}
        _link_taken(node, one, {} if oid in outrun else creating, making, waiting)
        for target in later[oid]:
            if target in dropping:
                dropping[target].precede(node)
            if target in making:
                node.precede(making[target])
    for oid, alteration in work.alters.items():
        _after(making[oid], alteration.after, creating)
    for oid, node in dropping.items():
        _after(node, work.old.objects[oid].held_by, dropping)
        if node.oid == oid:  # of what goes with all of its owner nothing is left
            _after(node, tuple(source for source, _ in work.old.objects[oid].leaves), dropping)
        for target in work.old.objects[oid].follows:
            after = dropping.get(target) or making.get(target)
            if after is not None and not _is_below(work, target, node.oid):
                node.precede(after)


def _is_below(work: Work, oid: ObjectId, whole: ObjectId) -> bool:
    """Whether it is a link below something that goes itself."""
    one = work.old.get(oid)
    return one is not None and one.feeds is not None and oid in moving(work.old, {whole})


def _link_taken(
    node: Node,
    one: DbObject,
    creating: dict[ObjectId, Node],
    making: dict[ObjectId, Node],
    waiting: set[ObjectId],
) -> None:
    """PostgreSQL joins an index to any that is like it: what is new is joined by name, later.

    What is `waiting` stands on what is made after this.
    """
    late = {*waiting}
    for source, target in one.takes:
        if target in waiting:
            continue
        if source in creating and creating[source].oid == source:
            node.precede(creating[source])
            late.add(target)
        else:
            _after(node, (target,), making)
    _after(node, tuple(target for target in one.follows if target not in late), making)


def _after(node: Node, targets: tuple[ObjectId, ...], nodes: dict[ObjectId, Node]) -> None:
    for target in targets:
        if target in nodes:
            nodes[target].precede(node)


def _link_slots(
    work: Work,
    dropping: dict[ObjectId, Node],
    creating: dict[ObjectId, Node],
    nodes: dict[tuple[str, ObjectId], Node],
) -> None:
    taken = {
        slot: nodes.get(("away", node.oid), node)
        for oid, node in dropping.items()
        for slot in work.old.objects[oid].slots
    }
    for oid, node in creating.items():
        for slot in work.new.objects[oid].slots:
            if slot in taken:
                taken[slot].precede(node)
    for oid in work.swaps:
        creating[oid].precede(nodes["drop", oid])
    parted = moved(work)
    for oid, node in dropping.items():
        # The name of a swapped type is part of the statement that drops a function.
        if node.oid not in work.swaps and node.oid not in parted:
            for target in work.old.edges.get(oid, frozenset()):
                whole = swapped(work, target)
                if whole and _says(node, whole):
                    node.precede(nodes["away", whole])


def _says(node: Node, oid: ObjectId) -> bool:
    name = re.compile(re.escape(ident(*oid.path)) + r"(?![\w$])")
    return any(name.search(one.sql) for one in node.statements)


def _link_refills(
    work: Work,
    dropping: dict[ObjectId, Node],
    making: dict[ObjectId, Node],
    nodes: dict[tuple[str, ObjectId], Node],
) -> None:
    """Rows move when all of the new table is there, and before anything of the old one goes."""
    for whole in work.swaps:
        node = nodes.get(("refill", whole))
        if node is None:
            continue
        making[whole].precede(node)
        node.precede(nodes["drop", whole])
        for link in moving(work.old, {whole}):
            node.precede(dropping[work.old.objects[link].owners[0]])
        links = moving(work.new, {whole})
        family = {whole, *(work.new.objects[link].owners[0] for link in links)}
        for link in links & making.keys():
            making[link].precede(node)
        for oid, other in making.items():
            one = work.new.objects[oid]
            if one.carries_data and whole in one.owners[:1]:
                other.precede(node)
            if one.acts_on_rows and family & {*one.owners[:1]}:
                node.precede(other)
