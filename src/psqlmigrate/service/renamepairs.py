"""Dropped and added objects that may be the same by another name, judged by structure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher

from psqlmigrate.schema.catalog import Catalog
from psqlmigrate.schema.dbobject import Alteration, DbObject, Naming
from psqlmigrate.schema.identity import ObjectId
from psqlmigrate.service.renameorder import Rename
from psqlmigrate.service.renametext import request_text, shown

_ENOUGH = 0.7
_MARGIN = 0.05
"""By how much the best match must be better than the next."""

_SAME_TRAITS, _SAME_PLACE, _SAME_NAME = 0.65, 0.2, 0.15


@dataclass(frozen=True, slots=True)
class Candidate:
    """What may be a rename: `text` asks for it on the command line, `score` is 0.7 to 1."""

    old: ObjectId
    new: ObjectId
    text: str
    question: str
    score: float
    member: str | None = None
    new_member: str | None = None


def implied(catalog: Catalog, desired: Catalog, asked_for: frozenset[ObjectId]) -> list[Rename]:
    """What is renamed without asking.

    Neither data nor code hangs on its name, or it goes with something whose rename was asked
    for (the sequence of a serial).
    """
    gone, come = _missing(catalog, desired), _missing(desired, catalog)
    pairs = [*_same_but_for_the_name(gone, come), *_followers(catalog, gone, come, asked_for)]
    renames = [Rename(old, new.own_name) for old, new in pairs]
    return _without_obstacles(catalog, [*renames, *_hidden_members(catalog, desired)])


def _missing(one: Catalog, other: Catalog) -> list[DbObject]:
    """What the other has not, or has by that name in another place (an index on a new table)."""
    return [
        one.objects[oid]
        for oid in sorted(one.objects)
        if one.objects[oid].naming is not Naming.FIXED
        and (oid not in other.objects or _anchor(one.objects[oid]) != _anchor(other.objects[oid]))
    ]


def _anchor(one: DbObject) -> tuple[ObjectId, ...]:
    return (one.owners or one.dropped_with)[:1]


def _hidden_members(catalog: Catalog, desired: Catalog) -> Iterator[Rename]:
    for one in catalog:
        other = desired.get(one.id) if one.hidden_members else None
        if other is not None and len(one.members) == len(other.members):
            for (old, *_), (new, *_) in zip(one.members, other.members, strict=True):
                if old != new:
                    yield Rename(one, new, old)


def _same_but_for_the_name(
    gone: list[DbObject], come: list[DbObject]
) -> Iterator[tuple[DbObject, DbObject]]:
    waiting: defaultdict[DbObject, list[DbObject]] = defaultdict(list)
    for new in reversed(come):
        if new.naming is Naming.HIDDEN:
            waiting[new.renamed("")].append(new)
    for old in gone:
        if old.naming is Naming.HIDDEN and waiting.get(old.renamed("")):
            yield old, waiting[old.renamed("")].pop()


def _followers(
    catalog: Catalog, gone: list[DbObject], come: list[DbObject], asked_for: frozenset[ObjectId]
) -> Iterator[tuple[DbObject, DbObject]]:
    for old in gone:
        if not (_goes_along(old) and asked_for & set(_around(catalog, old.dropped_with[0]))):
            continue
        alike = [one for one in come if _is_successor(old, one)]
        rivals = [one for one in gone if _is_successor(old, one)]
        if len(alike) == 1 and rivals == [old]:
            yield old, alike[0]


def _goes_along(one: DbObject) -> bool:
    """Whether it is dropped with another object without being a part of it."""
    return bool(one.dropped_with) and not one.owners


def _is_successor(old: DbObject, new: DbObject) -> bool:
    return old.kind == new.kind and old.dropped_with == new.dropped_with and _can_become(old, new)


def _can_become(old: DbObject, new: DbObject) -> bool:
    twin = old.renamed(new.own_name)
    return twin == new or (twin.id == new.id and isinstance(twin.alter(new), Alteration))


def _around(catalog: Catalog, oid: ObjectId) -> Iterator[ObjectId]:
    yield oid
    one = catalog.get(oid)
    if one and one.owners:
        yield from _around(catalog, one.owners[0])


def _without_obstacles(catalog: Catalog, renames: list[Rename]) -> list[Rename]:
    taken = {slot for one in catalog for slot in one.slots}
    while True:
        free = {slot for one in renames for slot in one.frees}
        kept = [one for one in renames if not (one.takes - free) & taken]
        if len(kept) == len(renames):
            return kept
        renames = kept


def candidates(old: Catalog, new: Catalog) -> tuple[Candidate, ...]:
    """Renames that would explain what else is dropped and added, the containers first.

    Only what matches well and better than all others; ask again after each round, since the
    columns of a renamed table can be compared only then. What `apply` does unasked is not here.
    """
    old_side, new_side = _Side.of(old, new), _Side.of(new, old)
    found = [*_object_candidates(old_side, new_side), *_member_candidates(old, new)]
    return tuple(sorted(found, key=lambda one: (len(one.old.path), one.old, one.text)))


@dataclass(frozen=True, slots=True)
class _Side:
    """One catalog with what its candidates are judged by."""

    catalog: Catalog
    lone: list[DbObject]
    """What only this side has."""
    contents: Mapping[ObjectId, dict[tuple[str, ...], tuple[object, ...]]]
    """What stands in a schema, and the parts of a table with their traits."""
    tops: frozenset[ObjectId]
    """Schemas."""
    before: Mapping[ObjectId, str]
    """Before a part, the nearest one that both sides have."""

    @classmethod
    def of(cls, catalog: Catalog, other: Catalog) -> "_Side":
        contents: defaultdict[ObjectId, dict[tuple[str, ...], tuple[object, ...]]]
        contents = defaultdict(dict)
        parts: defaultdict[ObjectId, list[DbObject]] = defaultdict(list)
        tops = {one.id.path[0]: one.id for one in catalog if one.id.path == (one.schema_name,)}
        for one in catalog:
            if one.traits:
                contents[one.owners[0]][one.id.path[-1:]] = one.traits
                parts[one.owners[0]].append(one)
            elif not one.owners and len(one.id.path) > 1 and one.id.path[0] in tops:
                contents[tops[one.id.path[0]]][one.kind, *one.id.path[1:]] = ()
        before = {
            oid: name
            for group in parts.values()
            for oid, name in _neighbours(sorted(group, key=lambda one: one.place), other)
        }
        lone = [one for one in catalog if one.id not in other.objects and _is_asked(one)]
        lone.sort(key=lambda one: one.id)
        return cls(catalog, lone, contents, frozenset(tops.values()), before)


def _is_asked(one: DbObject) -> bool:
    """Whether people are asked for its name, and it is not the parent's that counts."""
    return one.naming is Naming.PUBLIC and not one.inherited_from


def _neighbours(group: Iterable[DbObject], other: Catalog) -> Iterator[tuple[ObjectId, str]]:
    last = ""
    for one in group:
        yield one.id, last
        if one.id in other.objects:
            last = one.own_name


def _object_candidates(old: _Side, new: _Side) -> Iterator[Candidate]:
    by_place: defaultdict[tuple[str, ...], list[DbObject]] = defaultdict(list)
    for one in new.lone:
        by_place[_place(one)].append(one)
    scores: dict[tuple[ObjectId, ObjectId], float] = {}
    for one in old.lone:
        for other in by_place[_place(one)]:
            score = _score(old, new, one, other)
            if score >= _ENOUGH:
                scores[one.id, other.id] = score
    for (before, after), score in _best(scores):
        one, other = old.catalog.objects[before], new.catalog.objects[after]
        rename = Rename(one, other.own_name)
        yield Candidate(
            before,
            after,
            request_text(old.catalog, rename),
            f"{one.kind} {shown(one)} becomes {other.own_name}",
            round(score, 2),
        )


def _place(one: DbObject) -> tuple[str, ...]:
    """The kind and all of the path but the own name."""
    at = len(one.id.path) + one.name_at
    return (one.kind, *one.id.path[:at], "", *one.id.path[at + 1 :])


def _best(
    scores: dict[tuple[ObjectId, ObjectId], float],
) -> Iterator[tuple[tuple[ObjectId, ObjectId], float]]:
    """Pairs whose two sides have no other match that is nearly as good."""
    by_side: defaultdict[tuple[int, ObjectId], list[float]] = defaultdict(list)
    for pair, score in scores.items():
        for side, oid in enumerate(pair):
            by_side[side, oid].append(score)
    for pair, score in scores.items():
        rivals = [one for side, oid in enumerate(pair) for one in by_side[side, oid]]
        if sum(1 for one in rivals if one > score - _MARGIN) == len(pair):
            yield pair, score


def _score(old: _Side, new: _Side, one: DbObject, other: DbObject) -> float:
    if not _can_become(one, other):
        return 0
    mine, theirs = old.contents.get(one.id), new.contents.get(other.id)
    if mine or theirs or one.id in old.tops:
        return _overlap(mine or {}, theirs or {})
    if one.traits:
        return _part_score(old, new, one, other)
    if one.carries_data and not (_goes_along(one) and one.dropped_with == other.dropped_with):
        return _likeness(one, other)
    return float(one.carries_data or one.renamed(other.own_name) == other)


def _part_score(old: _Side, new: _Side, one: DbObject, other: DbObject) -> float:
    if _family(one) != _family(other):
        return 0
    same = sum(a == b for a, b in zip(one.traits, other.traits, strict=True))
    return (
        _SAME_TRAITS * same / len(one.traits)
        + _SAME_PLACE * (old.before[one.id] == new.before[other.id])
        + _SAME_NAME * _likeness(one, other)
    )


def _family(one: DbObject) -> str:
    """Its type without the length or precision, which may change along with the name."""
    return str(one.traits[0]).partition("(")[0]


def _likeness(one: DbObject, other: DbObject) -> float:
    return SequenceMatcher(None, one.own_name, other.own_name).ratio()


def _overlap(
    mine: dict[tuple[str, ...], tuple[object, ...]],
    theirs: dict[tuple[str, ...], tuple[object, ...]],
) -> float:
    """How much of both is the same, names and traits; one common thing alone proves nothing."""
    common = mine.keys() & theirs.keys()
    same = sum(_agreement(mine[name], theirs[name]) for name in common)
    most = max(len(mine), len(theirs))
    return same / most if len(common) > 1 else 0


def _agreement(mine: tuple[object, ...], theirs: tuple[object, ...]) -> float:
    if mine == theirs:
        return 1
    return 0.8 if mine[:1] == theirs[:1] else 0.5


def _member_candidates(old: Catalog, new: Catalog) -> Iterator[Candidate]:
    for oid in sorted(old.objects.keys() & new.objects.keys()):
        one, other = old.objects[oid], new.objects[oid]
        if one != other and one.members and not one.hidden_members:
            for before, after in _member_pairs(one.members, other.members):
                rename = Rename(one, after, before)
                text = request_text(old, rename)
                question = f"{one.kind} {shown(one)}: {before} becomes {after}"
                yield Candidate(oid, oid, text, question, 1.0, before, after)


def _member_pairs(
    old: tuple[tuple[str, ...], ...], new: tuple[tuple[str, ...], ...]
) -> Iterator[tuple[str, str]]:
    """Members that stand where others stood, as many as those, and are the same otherwise."""
    names, others = [one[0] for one in old], [one[0] for one in new]
    for what, i, i_end, j, j_end in SequenceMatcher(None, names, others, False).get_opcodes():
        if what != "replace" or i_end - i != j_end - j:
            continue
        for before, after in zip(old[i:i_end], new[j:j_end], strict=True):
            fresh = after[0] not in names and before[0] not in others
            if fresh and before[1:] == after[1:]:
                yield before[0], after[0]
