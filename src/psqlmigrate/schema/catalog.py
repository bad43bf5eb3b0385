"""A picture of a PostgreSQL schema: objects by id, and the edges "depends on" between them."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Self, TypeAlias

from psqlmigrate.schema.dbobject import DbObject
from psqlmigrate.schema.identity import ObjectId

Edges: TypeAlias = Mapping[ObjectId, frozenset[ObjectId]]

NO_EDGES: Edges = MappingProxyType({})
_NOTHING_HELD: Mapping[ObjectId, tuple[str, ...]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Catalog:
    """Objects by id; `edges[x]` is what x depends on. Edges and `unmodelled` do not compare.

    `unmodelled` names what was found and is of no kind that is known here.
    """

    objects: Mapping[ObjectId, DbObject]
    edges: Edges = field(default_factory=lambda: NO_EDGES, compare=False)
    unmodelled: tuple[str, ...] = field(default=(), compare=False)
    held: Mapping[ObjectId, tuple[str, ...]] = field(
        default_factory=lambda: _NOTHING_HELD, compare=False
    )
    """Objects that something of `unmodelled` stands on, and its names."""
    server_major: int = field(default=0, compare=False)
    """The PostgreSQL that printed it; 0: none."""

    @classmethod
    def of(cls, objects: Iterable[DbObject]) -> Self:
        """A catalog without edges, for tests and snapshots."""
        return cls({one.id: one for one in objects})

    def __iter__(self) -> Iterator[DbObject]:
        return iter(self.objects.values())

    def __len__(self) -> int:
        return len(self.objects)

    def get(self, oid: ObjectId) -> DbObject | None:
        """The object of that id, if there is one."""
        return self.objects.get(oid)

    @property
    def plain(self) -> "Catalog":
        """The catalog without what has a concern (grants, owners)."""
        return self.where(lambda one: not one.concern)

    def with_concerns(self, other: "Catalog") -> "Catalog":
        """The same with what has a concern in the other catalog, as far as it has its place here."""
        more = {
            oid: one
            for oid, one in other.objects.items()
            if one.concern and all(owner in self.objects for owner in one.owners[:1])
        }
        objects = {**self.objects, **more}
        edges = {oid: other.edges.get(oid, frozenset()) & objects.keys() for oid in more}
        return replace(self, objects=objects, edges={**self.edges, **edges}) if more else self

    def where(self, keep: Callable[[DbObject], bool]) -> "Catalog":
        """The catalog without the objects that `keep` rejects, nor what belongs to them."""
        return self.without({oid for oid, one in self.objects.items() if not keep(one)})

    def without(self, ids: Collection[ObjectId]) -> "Catalog":
        """The catalog without these objects, nor what belongs to them."""
        gone = {oid for oid in ids if oid in self.objects}
        if not gone:
            return self
        owned = [(oid, of[0]) for oid, one in self.objects.items() if (of := one.owners)]
        while more := {oid for oid, owner in owned if owner in gone} - gone:
            gone |= more
        kept = {oid: one for oid, one in self.objects.items() if oid not in gone}
        edges = {
            oid: frozenset(target for target in targets if target in kept)
            for oid, targets in self.edges.items()
            if oid in kept
        }
        return replace(self, objects=kept, edges=edges)


def diff(old: Catalog, new: Catalog) -> tuple["Change", ...]:
    """The changes from `old` to `new`, ordered by id."""
    ids = sorted({*old.objects, *new.objects})
    pairs = ((old.get(oid), new.get(oid)) for oid in ids)
    return tuple(Change(before, after) for before, after in pairs if before != after)


@dataclass(frozen=True, slots=True)
class Change:
    """One object as it was and as it shall be; one side may be missing."""

    before: DbObject | None
    after: DbObject | None

    @property
    def subject(self) -> DbObject:
        """The object as it shall be, or as it was when it goes."""
        one = self.after or self.before
        if one is None:
            raise ValueError("a change has at least one side")
        return one

    @property
    def symbol(self) -> str:
        """`+` new, `-` removed, `~` modified."""
        if self.before is None:
            return "+"
        return "-" if self.after is None else "~"
