"""Two catalogs become a plan: statements in an order that works, and no data is dropped."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from psqlmigrate.errors import PlanRefusedError
from psqlmigrate.schema.catalog import Catalog, Change, Edges, diff
from psqlmigrate.schema.dbobject import Alteration, DbObject, Impossible
from psqlmigrate.schema.identity import ObjectId
from psqlmigrate.schema.kinds import given
from psqlmigrate.schema.statement import Hazard, Statement
from psqlmigrate.service.circles import separable, with_stub, without_soft
from psqlmigrate.service.ordering import CircleError, Node, order
from psqlmigrate.service.steps import steps
from psqlmigrate.service.work import Work, goes_along, moving, rivals


@dataclass(frozen=True, slots=True)
class Plan:
    """What has to be done, and the changes that ask for it."""

    statements: tuple[Statement, ...]
    changes: tuple[Change, ...]

    @property
    def hazards(self) -> frozenset[Hazard]:
        """All hazards of all statements."""
        return frozenset(hazard for one in self.statements for hazard in one.hazards)


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
    work = Work(old, new)
    for change in sorted(changes, key=lambda one: bool(one.subject.owners)):
        _enlist(work, change)
    _enlist_relinked(work)
    for oid in tuple(work.creates):
        for rival in rivals(work, new.objects[oid]):
            if rival in old.objects and rival in new.objects and rival not in work.drops:
                _replace(work, rival, "")
    _enlist_apart(work)
    dependents = _reversed(old.edges)
    _close(work, dependents)
    while _let_go(work):
        _close(work, dependents)
    _enlist_unlinked(work)
    _enlist_left(work)
    _swap_below(work)
    _refuse_feeding(work)
    _enlist_given(work)
    _refuse_held(work)
    return Plan(_statements(work), changes)


def _enlist(work: Work, change: Change) -> None:
    oid = change.subject.id
    if change.before is None:
        work.creates.add(oid)
    elif change.after is None:
        work.drops.add(oid)
    elif goes_along(work, oid):
        _make_along(work, oid)
    else:
        alteration = change.before.alter(change.after) or Impossible()
        if isinstance(alteration, Impossible):
            _replace(work, oid, alteration.reason)
        else:
            work.alters[oid] = alteration


def _enlist_relinked(work: Work) -> None:
    """What stays the same, but came with another source, may keep a trace of that."""
    for oid, before in work.old.objects.items():
        after = work.new.get(oid)
        if after is None or before.comes_with == after.comes_with or before != after:
            continue
        alteration = before.alter(after)
        if isinstance(alteration, Alteration) and alteration.statements:
            work.alters[oid] = alteration


def _enlist_apart(work: Work) -> None:
    """What is away while something changes comes back as it was."""
    for oid in [oid for one in work.alters.values() for oid in one.apart]:
        if oid in work.old.objects and oid in work.new.objects and oid not in work.drops:
            _replace(work, oid, "")


def _enlist_unlinked(work: Work) -> None:
    """What would change with a parent does it by itself while it is taken from the parent."""
    for oid in tuple(work.alters):
        before, after = work.old.objects[oid], work.new.objects[oid]
        alone = before.unlinked(work.drops)
        if before.comes_with == alone.comes_with:
            continue
        if causes := work.old.edges.get(oid, frozenset()) & work.swaps:
            work.alters[oid] = _carried(work, alone, after, sorted(causes))
        elif isinstance(alteration := alone.alter(after), Alteration):
            work.alters[oid] = alteration


def _carried(
    work: Work, before: DbObject, after: DbObject, causes: Sequence[ObjectId]
) -> Alteration:
    """How a carrier of data moves over to what is made anew. Raises PlanRefusedError."""
    swapped = tuple((work.old.objects[one], work.new.objects[one]) for one in causes)
    carried = before.carry_over(after, swapped)
    if isinstance(carried, Impossible):
        raise _refusal(before, carried.reason)
    return Alteration(carried, disturbs=True)


def _let_go(work: Work) -> bool:
    """Whether more is taken away for a while, because PostgreSQL does not let go of a part of it."""
    found = False
    for oid in tuple(work.drops):
        one = work.old.objects[oid]
        for fixing in one.fixed_by:
            staying = fixing in work.new.objects and fixing not in work.drops
            if staying and one.owners[-1] not in work.drops:
                _replace(work, fixing, "")
                found = True
    return found


def _enlist_left(work: Work) -> None:
    """What is left of what is dropped is as it shall be, or has to go as well."""
    for oid in tuple(work.drops):
        one = work.old.objects[oid]
        if not one.leaves or one.owners[0] in work.drops:
            continue
        again = work.new.get(oid)
        still = {source for source, _ in again.leaves} if again else set[ObjectId]()
        for source, left in one.leaves:
            if source in work.drops or source in still:
                continue
            after = work.new.get(left)
            if after is not None and work.old.objects[source].stands_for(after):
                work.creates.discard(left)
            else:
                work.left.setdefault(oid, []).append(left)


def _replace(work: Work, oid: ObjectId, reason: str) -> None:
    before, after = work.old.objects[oid], work.new.objects[oid]
    if before.carries_data and after.carries_data:
        if not before.swaps_with(after):
            raise _refusal(before, reason)
        work.swaps.add(oid)
    work.alters.pop(oid, None)
    work.drops.add(oid)
    work.creates.add(oid)


def _make_along(work: Work, oid: ObjectId) -> None:
    """What belongs to something that is swapped goes and comes with it, and so does its data."""
    if work.old.objects[oid].swaps_with(work.new.objects[oid]):
        work.swaps.add(oid)
    work.alters.pop(oid, None)
    work.drops.add(oid)
    work.creates.add(oid)


def _refusal(one: DbObject, reason: str) -> PlanRefusedError:
    return PlanRefusedError(
        f"no plan keeps the data of {one.kind} {one.id.shown}: {reason}",
        hint="write this step by hand: psqlmigrate autogenerate --empty",
    )


def _reversed(edges: Edges) -> dict[ObjectId, list[ObjectId]]:
    found: defaultdict[ObjectId, list[ObjectId]] = defaultdict(list)
    for oid, targets in edges.items():
        for target in targets:
            found[target].append(oid)
    return found


def _enlist_given(work: Work) -> None:
    """What default privileges do to what is made: the plan ends at what shall be all the same."""
    standing = [
        one for oid, one in work.old.objects.items() if one.concern and oid not in work.drops
    ]
    if standing:
        born = {
            oid: given(standing, work.new.objects[oid], work.new.objects) for oid in work.creates
        }
        work.given = {oid: one for oid, one in born.items() if one}


def _close(work: Work, dependents: dict[ObjectId, list[ObjectId]]) -> None:
    """Takes down, and brings back, all that stands on what is replaced or disturbed."""
    queue = sorted({*work.drops, *(oid for oid, one in work.alters.items() if one.disturbs)})
    while queue:
        cause = queue.pop()
        queue.extend(
            oid
            for oid in sorted(dependents.get(cause, ()))
            if _affected(work, cause, oid) and _take_down(work, cause, oid)
        )


def _refuse_held(work: Work) -> None:
    """PostgreSQL would not let go of what something stands on that no kind knows."""
    disturbed = {oid for oid, one in work.alters.items() if one.disturbs}
    for oid in sorted({*work.drops, *disturbed} & work.old.held.keys()):
        names = ", ".join(work.old.held[oid])
        verb = "dropped" if oid in work.drops else "changed"
        raise PlanRefusedError(
            f"{work.old.objects[oid].kind} {oid.shown} has to be {verb}, but it is used by what"
            f" psqlmigrate does not know: {names}",
            hint="drop that by hand first, and make it again afterwards",
        )


def _refuse_feeding(work: Work) -> None:
    """Rows that are in a partition are its own, too: they cannot be in another table as well."""
    for link in moving(work.old, work.swaps):
        child = work.old.objects[link].owners[0]
        if child in work.new.objects:
            whole = work.old.objects[link].feeds
            raise PlanRefusedError(
                f"no plan keeps the data of table {whole}: its rows are in {child}, which stays",
                hint="write this step by hand: psqlmigrate autogenerate --empty",
            )


def _swap_below(work: Work) -> None:
    """What a swapped type or table stands on has to be there twice for a while, too.

    It may do so through a type that only goes.
    """
    queue = [*work.swaps, *(oid for oid in work.drops if goes_along(work, oid))]
    seen = {*queue}
    while queue:
        for target in work.old.edges.get(queue.pop(), frozenset()) & work.drops - seen:
            seen.add(target)
            if _swaps(work, target):
                work.swaps.add(target)
                queue.append(target)
            elif not work.old.objects[target].carries_data:
                queue.append(target)


def _affected(work: Work, cause: ObjectId, oid: ObjectId) -> bool:
    after = work.new.get(oid)
    if after is None or oid in work.drops:
        return False
    if cause not in work.drops:
        return not work.old.objects[oid].survives_alter
    still_needed = cause in work.new.edges.get(oid, frozenset())
    return still_needed or oid not in work.alters


def _take_down(work: Work, cause: ObjectId, oid: ObjectId) -> bool:
    """Whether what depends on `oid` is affected in its turn."""
    before, after = work.old.objects[oid], work.new.objects[oid]
    if not (before.carries_data and after.carries_data):
        _replace(work, oid, "")
        return True
    if cause in before.owners and (cause in work.swaps or goes_along(work, cause)):
        _make_along(work, oid)
        return True
    if work.old.objects[cause].carries_data:
        raise _refusal(before, f"{cause} has to be made anew")
    if not _swaps(work, cause):
        _replace(work, oid, f"{cause} has to be made anew")
    if cause in work.swaps and oid in work.alters and work.alters[oid].disturbs:
        return False
    work.swaps.add(cause)
    work.alters[oid] = _carried(work, before, after, [cause])
    return True


def _swaps(work: Work, oid: ObjectId) -> bool:
    before, after = work.old.objects[oid], work.new.get(oid)
    return after is not None and oid in work.creates and before.swaps_with(after)


def _may_be_twice(work: Work, node: Node) -> bool:
    """Whether it is a type that is made anew: the old one can be there until nothing has it."""
    oid = node.oid
    if node.phase != "drop" or oid in work.swaps or work.old.objects[oid].carries_data:
        return False
    return _swaps(work, oid)


def _statements(work: Work) -> tuple[Statement, ...]:
    apart: set[ObjectId] = set()
    nodes = steps(work, apart)
    while True:
        try:
            ordered = order(nodes)
        except CircleError as circle:
            freed = separable(work, circle.nodes, apart)
            doubled = {node.oid for node in circle.nodes if _may_be_twice(work, node)}
            if freed or doubled:
                apart |= freed
                if not freed:
                    work.swaps |= doubled
                    _swap_below(work)
                nodes = steps(work, apart)
            elif not (with_stub(work, nodes, circle.nodes) or without_soft(circle.nodes)):
                names = ", ".join(sorted({str(node.oid) for node in circle.nodes}))
                raise PlanRefusedError(f"these objects depend on each other: {names}") from None
        else:
            return tuple(one for node in ordered for one in node.statements)
