"""Renames in an order in which no name is taken twice; circles go through a temporary name."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from psqlmigrate.errors import UsageError
from psqlmigrate.schema.catalog import Catalog
from psqlmigrate.schema.dbobject import DbObject, Naming, Statements
from psqlmigrate.schema.identity import ObjectId
from psqlmigrate.sources.longnames import LONGEST_NAME

Slot = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rename:
    """An object, or a member of it, gets the name `name`."""

    one: DbObject
    name: str
    member: str | None = None
    also: tuple[DbObject, ...] = ()
    """What PostgreSQL renames with it: the column in tables that inherit it."""

    @property
    def frees(self) -> frozenset[Slot]:
        """The slots that it no longer takes up."""
        if self.member is not None:
            return frozenset({self.one.member_slot(self.member)})
        return frozenset(slot for one in (self.one, *self.also) for slot in one.slots)

    @property
    def takes(self) -> frozenset[Slot]:
        """The slots that it takes up then."""
        if self.member is not None:
            return frozenset({self.one.member_slot(self.name)})
        after = (one.renamed(self.name) for one in (self.one, *self.also))
        return frozenset(slot for one in after for slot in one.slots)

    @property
    def statements(self) -> Statements:
        """What PostgreSQL is told."""
        if self.member is not None:
            return self.one.rename_member(self.member, self.name)
        return self.one.rename(self.name)

    @property
    def depths(self) -> range:
        """When it may run, by how long the name of what its statement touches is.

        The longest goes first: then all that stands around it still has the old name. The
        constraint of an index has two names, and its statement says the shorter.
        """
        lengths = sorted(map(len, self.takes))
        return range(lengths[0], lengths[-1] + 1)

    def through(self, name: str) -> tuple["Rename", "Rename"]:
        """The same by way of another name."""
        first = replace(self, name=name)
        if self.member is not None:
            return first, replace(self, member=name)
        also = tuple(one.renamed(name) for one in self.also)
        return first, replace(self, one=self.one.renamed(name), also=also)


class _Names:
    """Which names are taken, and by what."""

    def __init__(self, catalog: Catalog, renames: Iterable[Rename]) -> None:
        self.holders = {slot: Rename(one, "") for one in catalog for slot in one.slots}
        concerned = {rename.one.id for rename in renames}
        for one in catalog:
            if one.hidden_members or one.id in concerned:
                for name, *_ in one.members:
                    self.holders[one.member_slot(name)] = Rename(one, "", name)
        self.reserved = {slot for rename in renames for slot in rename.takes}

    def spare(self, rename: Rename) -> str:
        """A name that nothing has and nothing will have."""
        old = rename.one.own_name if rename.member is None else rename.member
        suffix = "__former"
        while True:
            name = shortened(old, LONGEST_NAME - len(suffix)) + suffix
            takes = replace(rename, name=name).takes
            if not any(slot in self.holders or slot in self.reserved for slot in takes):
                return name
            suffix += "_"

    def is_free(self, rename: Rename) -> bool:
        return not any(slot in self.holders for slot in rename.takes - rename.frees)

    def move(self, rename: Rename) -> None:
        for slot in rename.frees:
            self.holders.pop(slot, None)
        self.holders.update(dict.fromkeys(rename.takes, rename))


def shortened(name: str, size: int) -> str:
    """The name, cut at the end of a character so that it has at most `size` bytes."""
    return name.encode()[:size].decode(errors="ignore")


def ordered(
    catalog: Catalog, renames: list[Rename], staying: Catalog | None = None
) -> Iterator[Rename]:
    """The renames as they can be run one after the other on `catalog`.

    What holds a name that is needed and is not renamed itself gets a temporary name; whoever
    plans afterwards drops it. Raises UsageError when it is in `staying`, when two renames
    want one name, and when there is no such order.
    """
    _require_different(renames)
    heirs = _heirs(catalog)
    renames = list(_with_heirs(renames, heirs))
    names = _Names(catalog, renames)
    away = list(_with_heirs(list(_in_the_way(names, renames, staying)), heirs))
    waiting = [*away, *renames]
    waiting.sort(key=lambda one: (one.depths[0], one.one.id, one.member or ""))
    detours: set[Rename] = set()
    for depth in sorted({one.depths[0] for one in waiting}, reverse=True):
        while due := [one for one in waiting if one.depths[0] == depth]:
            able = [*due, *(one for one in waiting if one not in due and depth in one.depths)]
            chosen = next((one for one in able if names.is_free(one)), None)
            if chosen is None:
                blocking = _blocking(names, due[0], able)
                if blocking in detours:
                    raise UsageError(f"no order of these renames frees the name {due[0].name}")
                chosen, rest = blocking.through(names.spare(blocking))
                detours.add(rest)
                waiting[waiting.index(blocking)] = rest
            else:
                waiting.remove(chosen)
            names.move(chosen)
            yield chosen


def _heirs(catalog: Catalog) -> dict[ObjectId, list[DbObject]]:
    found: defaultdict[ObjectId, list[DbObject]] = defaultdict(list)
    for one in catalog:
        for oid in one.inherited_from:
            found[oid].append(one)
    return found


def _with_heirs(
    renames: list[Rename], heirs: Mapping[ObjectId, list[DbObject]]
) -> Iterator[Rename]:
    """The renames with what follows them, without those that follow another of them."""
    wider = [
        replace(one, also=tuple(_all_heirs(one.one.id, heirs))) if one.member is None else one
        for one in renames
    ]
    following = {heir.id for one in wider for heir in one.also}
    return (one for one in wider if one.one.id not in following)


def _all_heirs(oid: ObjectId, heirs: Mapping[ObjectId, list[DbObject]]) -> Iterator[DbObject]:
    for one in heirs.get(oid, ()):
        yield one
        yield from _all_heirs(one.id, heirs)


def _blocking(names: _Names, stuck: Rename, able: list[Rename]) -> Rename:
    """What has to make way first: one of a circle, or the last that can run by now."""
    by_slot = {slot: one for one in able for slot in one.frees}
    chain = [stuck]
    while True:
        needed = (slot for slot in chain[-1].takes - chain[-1].frees if slot in names.holders)
        holder = next((by_slot[slot] for slot in sorted(needed) if slot in by_slot), None)
        if holder is None or holder in chain:
            return holder or chain[-1]
        chain.append(holder)


def _require_different(renames: list[Rename]) -> None:
    taken: dict[Slot, Rename] = {}
    for rename in renames:
        for slot in rename.takes:
            if slot in taken:
                raise UsageError(f"two renames want one name: {rename.name}")
            taken[slot] = rename


def _in_the_way(names: _Names, renames: list[Rename], staying: Catalog | None) -> Iterator[Rename]:
    freed = {slot for rename in renames for slot in rename.frees}
    seen: set[tuple[ObjectId, str | None]] = set()
    for rename in renames:
        for slot in sorted(rename.takes - freed):
            holder = names.holders.get(slot)
            if holder is None or (holder.one.id, holder.member) in seen:
                continue
            seen.add((holder.one.id, holder.member))
            if _stays(holder, staying):
                what = f"{holder.one.kind} {holder.one.id.shown}"
                raise UsageError(
                    f"{what} is in the way of the new name {rename.name}"
                    if holder.member is None
                    else f"{what} has {rename.name} already",
                    hint="rename that, too, or remove it in a migration before",
                )
            name = names.spare(holder)
            names.reserved |= replace(holder, name=name).takes
            yield replace(holder, name=name)


def _stays(holder: Rename, staying: Catalog | None) -> bool:
    if holder.member is not None:
        return staying is not None and not holder.one.hidden_members
    if holder.one.naming is Naming.FIXED:
        return True
    return staying is not None and holder.one.id in staying.objects
