"""Ways out where steps wait for each other."""

from collections.abc import Iterator

from psqlmigrate.schema.dbobject import DbObject
from psqlmigrate.schema.identity import ObjectId
from psqlmigrate.service.ordering import Node
from psqlmigrate.service.work import Work


def separable(work: Work, circle: list[Node], tried: set[ObjectId]) -> set[ObjectId]:
    """Parts that get statements of their own, as few as do; those that were `tried` may not.

    First those that hold on to other steps of the circle, then those that stand on them (keys and
    the like before what has values, or holds tables together), else all of them.
    """
    found: set[ObjectId] = set()
    standing: set[ObjectId] = set()
    holding: set[ObjectId] = set()
    light: set[ObjectId] = set()
    for side, phases in ((work.old, {"drop"}), (work.new, {"create", "alter"})):
        at = {
            oid: node for node in circle if node.phase in phases for oid in (node.oid, *node.parts)
        }
        free = {
            oid
            for oid, node in at.items()
            if oid in node.parts and oid not in tried and side.objects[oid].separable
        }
        found |= free
        causes = {
            oid
            for oid in free
            if any(at.get(target, at[oid]) is not at[oid] for target in side.edges.get(oid, ()))
        }
        standing |= causes
        light |= {oid for oid in causes if _is_light(side.objects[oid])}
        holding |= {
            holder
            for oid, node in at.items()
            for holder in _holders(side.objects[oid])
            if holder in free and at[holder] is not node
        }
    return holding or light or standing or found


def _holders(one: DbObject) -> Iterator[ObjectId]:
    """What has to go before it."""
    yield from one.held_by
    for source, _ in one.leaves:
        yield source


def _is_light(one: DbObject) -> bool:
    return not (one.carries_data or one.feeds)


def with_stub(work: Work, nodes: list[Node], circle: list[Node]) -> bool:
    """Whether something in the circle is made in two steps now (views and functions)."""
    for node in circle:
        side = work.new if node.phase == "create" else work.old
        one = side.objects[node.oid]
        if node.phase not in {"create", "drop"} or not one.stub or node.statements == one.stub:
            continue
        if node.phase == "create":
            later = Node("create", node.oid, node.rank, one.fill())
            # What is not in the circle waits for the whole.
            for other in node.followers - {*circle}:
                later.precede(other)
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


def without_soft(circle: list[Node]) -> bool:
    """Whether the circle had an edge that is only there to be careful."""
    found = False
    for node in circle:
        soft = {other for other in node.soft if other in circle}
        node.followers -= soft
        node.soft -= soft
        found = found or bool(soft)
    return found
