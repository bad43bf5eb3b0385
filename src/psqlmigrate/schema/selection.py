"""Which objects a comparison is about, and what the others do meanwhile: they stay as they are."""

import dataclasses
from collections import ChainMap
from collections.abc import Callable, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from fnmatch import fnmatchcase
from glob import escape
from typing import TypeAlias

from psqlmigrate.errors import PlanRefusedError
from psqlmigrate.schema.catalog import Catalog, Change
from psqlmigrate.schema.concerns import Governed, concerned
from psqlmigrate.schema.coverage import covered
from psqlmigrate.schema.dbobject import DbObject
from psqlmigrate.schema.identity import ObjectId

Objects: TypeAlias = Mapping[ObjectId, DbObject]


@dataclass(frozen=True, slots=True)
class Coverage:
    """What a source can state.

    `entries` say of which objects it states all there are (see `coverage.covered`), None is all of
    them; `unstated` are fields (`column.storage`) that it has no words for, so that they stay as
    they are. `completed`: .sql files beside it state the rest, except what carries data and is of
    a kind of which they have none. `own` are then the objects that it states itself: a field that
    has another value in the end is one that a file has words for.
    """

    entries: frozenset[str] | None = None
    unstated: frozenset[str] = frozenset()
    completed: bool = False
    own: Objects | None = None
    exact: bool = False
    """Whether also what has a concern (grants, owners) shall go where it is not stated."""
    apart: frozenset[str] = frozenset()
    """Concerns that are not compared: they stay as they are."""

    @property
    def governs(self) -> "Coverage":
        """The same without a word on concerns."""
        return dataclasses.replace(self, exact=False, apart=frozenset())


GRANTS, OWNERS, LABELS = "grants", "owners", "labels"
ALL_CONCERNS = frozenset({GRANTS, OWNERS, LABELS})

EVERYTHING = Coverage()
EXACTLY = Coverage(exact=True)
"""A database says all there is of its grants and owners, too."""


@dataclass(frozen=True, slots=True)
class Selection:
    """The schemas that are looked at (none named: all) and the patterns of what is ignored.

    A pattern is a kind (`trigger`), a name with wildcards (`audit.*`), or both (`index:*_tmp`).
    """

    schemas: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()

    @property
    def everything(self) -> bool:
        """Whether nothing is left out."""
        return not self.schemas and not self.ignore

    def without(self, objects: Iterable[ObjectId]) -> "Selection":
        """The same, not looking at these objects."""
        named = (f"{one.kind}:{escape(str(one))}" for one in sorted(objects))
        return dataclasses.replace(self, ignore=(*self.ignore, *named))

    def of(self, objects: Objects) -> Callable[[DbObject], bool]:
        """Whether an object is looked at: it and all that it belongs to must be."""
        known: dict[ObjectId, bool] = {}

        def chosen(one: DbObject) -> bool:
            if one.id not in known:
                owners = (objects[oid] for oid in one.owners if oid in objects)
                known[one.id] = self._names(one) and all(map(chosen, owners))
            return known[one.id]

        return chosen

    def _names(self, one: DbObject) -> bool:
        if self.schemas and not one.owners and one.schema_name not in {*self.schemas, None}:
            return False
        return not any(_fits(pattern, one) for pattern in self.ignore)


ALL = Selection()


def _fits(pattern: str, one: DbObject) -> bool:
    kind, colon, name = pattern.partition(":")
    if colon:
        return kind == one.kind and _named(one, name)
    return pattern == one.kind or _named(one, pattern)


def _named(one: DbObject, pattern: str) -> bool:
    """As names are in files, and as people see them."""
    return fnmatchcase(str(one.id), pattern) or fnmatchcase(one.id.shown, pattern)


def chosen(
    changes: Iterable[Change], old: Catalog, new: Catalog, selection: Selection
) -> tuple[Change, ...]:
    """The changes of what is looked at."""
    if selection.everything:
        return tuple(changes)
    before, after = selection.of(old.objects), selection.of(new.objects)
    return tuple(
        one
        for one in changes
        if (one.before is None or before(one.before)) and (one.after is None or after(one.after))
    )


def only(catalog: Catalog, selection: Selection) -> Catalog:
    """The catalog without what is left out."""
    return catalog if selection.everything else catalog.where(selection.of(catalog.objects))


def merged(
    base: Catalog, stated: Catalog, coverage: Coverage, selection: Selection = ALL
) -> Catalog:
    """The schema that shall be: what is stated, and of the base what the statement is not about.

    Raises PlanRefusedError when something that stays needs something that goes.
    """
    if coverage == EXACTLY and selection.everything:
        return stated
    plain = _plainly(base.plain, stated.plain, coverage, selection)
    looks = selection.of(base.objects), selection.of(stated.objects)
    return concerned(base, stated, plain, Governed(coverage.exact, coverage.apart, *looks))


def _plainly(base: Catalog, stated: Catalog, coverage: Coverage, selection: Selection) -> Catalog:
    if coverage.governs == EVERYTHING and selection.everything:
        return stated
    in_base, in_stated = selection.of(base.objects), selection.of(stated.objects)
    objects = {
        oid: _completed(base.get(oid), one, coverage)
        for oid, one in stated.objects.items()
        if in_stated(one)
    }
    changed = {oid for oid, one in objects.items() if base.get(oid) != one}
    objects |= _spread(objects, changed)
    gone = _governed(base, stated, coverage)
    kept = {
        oid: one
        for oid, one in base.objects.items()
        if oid not in objects and not (oid in gone and in_base(one))
    }
    objects |= rooted(_following(kept, objects, changed), objects)
    edges = {oid: (base if oid in kept else stated).edges.get(oid, frozenset()) for oid in objects}
    for oid in kept.keys() & objects.keys():
        missing = sorted(edges[oid] - objects.keys())
        if missing:
            raise PlanRefusedError(
                f"{kept[oid].kind} {oid.shown}, which the models do not state, needs"
                f" {missing[0].kind} {missing[0].shown}, which they no longer have",
                hint="take it away in a migration of its own first, or state it in an .sql file"
                " beside the models",
            )
    within = {oid: targets & objects.keys() for oid, targets in edges.items()}
    return dataclasses.replace(stated, objects=objects, edges=within)


def _governed(base: Catalog, stated: Catalog, coverage: Coverage) -> AbstractSet[ObjectId]:
    """The objects of `base` that shall go when they are not stated."""
    if coverage.entries is None:
        return base.objects.keys()
    listed = covered(coverage.entries, base)
    if not coverage.completed:
        return listed
    known = covered(coverage.entries, stated)
    kinds = {one.kind for one in stated if one.carries_data and one.id not in known}
    spared = {
        one.id
        for one in base
        if one.carries_data and one.id not in listed and one.kind not in kinds
    }
    return {one.id for one in base if not spared & set(_with_owners(base, one))}


def _with_owners(catalog: Catalog, one: DbObject) -> Iterator[ObjectId]:
    yield one.id
    if one.owners and (owner := catalog.get(one.owners[0])):
        yield from _with_owners(catalog, owner)


def _completed(before: DbObject | None, one: DbObject, coverage: Coverage) -> DbObject:
    """The object with the values of the base where the source has no words."""
    if before is None or not coverage.unstated:
        return one
    own = one if coverage.own is None else coverage.own.get(one.id)
    names = [
        name
        for kind, _, name in (text.partition(".") for text in coverage.unstated)
        if kind == one.kind and own is not None and getattr(own, name) == getattr(one, name)
    ]
    if not names:
        return one
    return dataclasses.replace(one, **{name: getattr(before, name) for name in names})


def _spread(objects: Objects, changed: set[ObjectId]) -> dict[ObjectId, DbObject]:
    """What is new or changed, so that it also reaches what the statement does not know."""
    needed = {oid for one in objects.values() for oid in one.requires}
    return {oid: objects[oid].spread() for oid in changed - needed}


def _following(
    kept: Mapping[ObjectId, DbObject], stated: Objects, changed: set[ObjectId]
) -> dict[ObjectId, DbObject]:
    """Those of `kept` that do not go, or come anew, with what they come from in a parent."""
    found = dict(kept)
    there = ChainMap(found, dict(stated))
    while gone := [oid for oid, one in found.items() if _goes_along(one, there, changed)]:
        for oid in gone:
            del found[oid]
    return found


def _goes_along(one: DbObject, there: Objects, changed: set[ObjectId]) -> bool:
    renewed = set[ObjectId]() if one.comes_with else changed
    return any(
        link in there and (source not in there or source in renewed)
        for link, source in one.goes_with
    )


def rooted(kept: dict[ObjectId, DbObject], stated: Objects) -> dict[ObjectId, DbObject]:
    """Those of `kept` whose owner stays, too."""
    found = dict(kept)
    while gone := [
        oid
        for oid, one in found.items()
        if one.owners and one.owners[0] not in stated and one.owners[0] not in found
    ]:
        for oid in gone:
            del found[oid]
    return found
