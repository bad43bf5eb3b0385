"""Changes in words: one entry for each object that people see as a whole, its parts inside."""

import dataclasses
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from psqlmigrate.schema.catalog import Catalog, Change
from psqlmigrate.schema.dbobject import DbObject
from psqlmigrate.schema.identity import ObjectId, written

_LONGEST = 48


@dataclass(frozen=True, slots=True)
class Entry:
    """What is new (`+`), gone (`-`) or modified (`~`); `lines` say what changed in it."""

    symbol: str
    kind: str
    name: str
    summary: str = ""
    lines: tuple[str, ...] = ()


def entries(changes: Iterable[Change], old: Catalog, new: Catalog) -> tuple[Entry, ...]:
    """The changes, those of parts under the object that they are parts of; ordered by name."""
    return _Describer(old, new).entries(changes)


class _Describer:
    def __init__(self, old: Catalog, new: Catalog) -> None:
        self._old = old
        self._new = new
        self._carried: dict[bool, dict[ObjectId, Counter[str]]] = {}

    def entries(self, changes: Iterable[Change]) -> tuple[Entry, ...]:
        found = {change.subject.id: change for change in changes}
        inside: defaultdict[ObjectId, list[Change]] = defaultdict(list)
        for change in found.values():
            inside[self._chain(change.subject)[-1].id].append(change)
        return tuple(
            self._entry(oid, found.get(oid), inside[oid])
            for oid in sorted(inside, key=lambda oid: (oid.path, oid.kind))
        )

    def _object(self, oid: ObjectId) -> DbObject:
        return self._new.get(oid) or self._old.objects[oid]

    def _chain(self, one: DbObject) -> list[DbObject]:
        """The object, what it is a part of, and so on to the whole."""
        chain = [one]
        while one.is_part and one.owners:
            owner = self._new.get(one.owners[0]) or self._old.get(one.owners[0])
            if owner is None:
                break
            chain.append(one := owner)
        return chain

    def _entry(self, oid: ObjectId, change: Change | None, parts: Sequence[Change]) -> Entry:
        if change and change.symbol != "~":
            summary = self._made_of(change.subject, fresh=change.symbol == "+")
            return Entry(change.symbol, oid.kind, str(oid), summary)
        own = _fields(change) if change else ()
        inner = [one for one in parts if one.subject.id != oid]
        return Entry("~", oid.kind, str(oid), "", (*own, *self._lines(inner)))

    def _made_of(self, one: DbObject, *, fresh: bool) -> str:
        """`table, 4 columns`: the object, and how many parts carry its data."""
        if fresh not in self._carried:
            self._carried[fresh] = _carried(self._new if fresh else self._old)
        counts = self._carried[fresh].get(one.id, Counter[str]())
        parts = (f"{count} {kind}{'' if count == 1 else 's'}" for kind, count in counts.items())
        return ", ".join((one.summary(), *parts))

    def _lines(self, parts: Sequence[Change]) -> tuple[str, ...]:
        """A line for each direct part; what belongs to a part stands in its line."""
        lines: defaultdict[ObjectId, list[Change]] = defaultdict(list)
        for change in sorted(parts, key=lambda one: one.subject.id):
            lines[self._chain(change.subject)[-2].id].append(change)
        return tuple(
            self._line(self._object(oid), lines[oid])
            for oid in sorted(lines, key=lambda oid: (oid.path, oid.kind))
        )

    def _line(self, one: DbObject, changes: Sequence[Change]) -> str:
        inside = bool(one.owners) and one.id.path[:-1] == one.owners[0].path
        name = written(one.id.path[-1]) if inside else one.kind
        own = next((change for change in changes if change.subject.id == one.id), None)
        inner = [change.subject for change in changes if change.subject.id != one.id]
        if own and own.symbol != "~":
            words = [own.subject.summary(), *(part.summary() for part in inner)]
            return f"{own.symbol} {name}   {' '.join(words)}"
        said = "" if inside else f"{name} "
        texts = [text.removeprefix(said) for change in changes for text in _words(change)]
        return f"~ {name}   {', '.join(texts)}"


def _carried(catalog: Catalog) -> dict[ObjectId, Counter[str]]:
    """How many parts of each kind carry the data of an object."""
    found: defaultdict[ObjectId, Counter[str]] = defaultdict(Counter)
    for part in catalog:
        if part.owners and part.is_part and part.carries_data:
            found[part.owners[0]][part.kind] += 1
    return found


def _words(change: Change) -> tuple[str, ...]:
    if change.symbol == "~":
        return _fields(change)
    return (f"{change.symbol} {change.subject.summary()}",)


def _fields(change: Change) -> tuple[str, ...]:
    """`type integer → bigint` for each compared field that differs."""
    before, after = change.before, change.after
    if before is None or after is None:
        return ()
    names = [one.name for one in dataclasses.fields(before) if one.compare]
    labels = {name: after.spoken.get(name, name.replace("_", " ")) for name in names}
    differing = [name for name in names if getattr(before, name) != getattr(after, name)]
    told = [name for name in differing if labels[name]]
    if differing and not told:
        return ("definition changed",)
    return tuple(
        _field(labels[name], getattr(before, name), getattr(after, name), after.codes.get(name, {}))
        for name in told
    )


def _field(label: str, before: object, after: object, words: Mapping[object, str]) -> str:
    """Words that have the field's name in them need no other."""
    texts = words.get(before) or _value(before), words.get(after) or _value(after)
    if label in words.values():
        return f"{texts[0]} → {texts[1]}"
    if max(map(len, texts)) > _LONGEST:
        return f"{label} changed"
    return f"{label} {texts[0]} → {texts[1]}"


def _value(value: object, *, nested: bool = False) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple) and not isinstance(value, ObjectId):
        separator = " " if nested else ", "
        value = separator.join(_value(one, nested=True) for one in value)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    return " ".join(str(value).split()) if value not in {None, ""} else "none"
