"""Reads the YAML of a seed file from its events: nothing is constructed, and nothing is lost."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias, cast

import yaml
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)
from yaml.nodes import ScalarNode

from psqlmigrate.service.seeds.content import Scalar, Value, refusal
from psqlmigrate.service.seeds.shape import Entry, Located

_TAG = "tag:yaml.org,2002:"
_SCALARS = {"int": "int", "float": "float", "bool": "bool", "timestamp": "time", "binary": "binary"}
_TEXTS = {"str", "value"}
# A number for JSON and YAML 1.2, a text for YAML 1.1, which wants a point and the exponent's sign.
_LATER_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)[eE][-+]?[0-9]+\Z")
_MOST_COPIES = 1_000_000

# What is read: a value, or a list or mapping whose parts know their lines.
_Read: TypeAlias = Any


@dataclass(frozen=True, slots=True)
class _Anchored:
    """What an anchor names, and how many values that is."""

    value: _Read
    size: int


class YamlReader:
    """Reads one document. Every method may raise SeedError with the line."""

    def __init__(self, path: Path, text: str) -> None:
        self._path = path
        self._loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(text)
        self._anchors: dict[str, _Anchored] = {}
        self._open: set[str] = set()
        self._size = 0
        self._copies = 0

    def read(self) -> list[Entry]:
        """The tables of the file."""
        try:
            return self._document()
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            reason = getattr(error, "problem", None) or str(error).splitlines()[0]
            line = mark.line + 1 if mark else None
            raise refusal(self._path, line, f"not YAML: {reason}") from None
        except RecursionError:
            raise refusal(self._path, None, "nested too deeply") from None
        finally:
            self._loader.dispose()

    def _document(self) -> list[Entry]:
        self._next()  # the stream's start
        if isinstance(self._next(), StreamEndEvent):
            return [Entry(None, 1, Located(1, None))]
        event = self._next()
        line = _line(event)
        if isinstance(event, MappingStartEvent):
            members = self._members(event, deep=2)
            entries = [Entry(name, at, content) for name, (at, content) in members.items()]
        else:
            entries = [Entry(None, line, Located(line, self._value(event)))]
        self._next()  # the document's end
        event = self._next()
        if isinstance(event, DocumentStartEvent):
            raise refusal(
                self._path, _line(event), "a second document begins: one file, one document"
            )
        return entries

    def _next(self) -> Event:
        event: Event = self._loader.get_event()
        return event

    def _located(self, event: Event, deep: int) -> Located:
        """A table's content: rows, or (`deep` 2) the long form, whose rows are found as well."""
        line = _line(event)
        return Located(line, self._anchored(event, deep) if deep else self._value(event))

    def _value(self, event: Event) -> Value:
        return cast("Value", _bare(self._anchored(event, 0)))

    def _anchored(self, event: Event, deep: int) -> _Read:
        if isinstance(event, AliasEvent):
            return self._aliased(event, deep)
        anchor = cast("str | None", getattr(event, "anchor", None))
        before = self._size
        if anchor:
            self._open.add(anchor)
        self._size += 1
        value = self._collected(event, deep)
        if anchor:
            self._open.discard(anchor)
            self._anchors[anchor] = _Anchored(value, self._size - before)
        return value

    def _collected(self, event: Event, deep: int) -> _Read:
        if isinstance(event, ScalarEvent):
            return self._scalar(event)
        if isinstance(event, SequenceStartEvent):
            self._tagged(event, "seq")
            items: list[_Read] = []
            while not isinstance(one := self._next(), SequenceEndEvent):
                items.append(self._located(one, 0) if deep else self._value(one))
            return items
        members = self._members(cast("MappingStartEvent", event), deep=max(0, deep - 1))
        if deep > 1:
            return {name: content for name, (_, content) in members.items()}
        return {name: content.value for name, (_, content) in members.items()}

    def _aliased(self, event: AliasEvent, deep: int) -> _Read:
        """What the anchor named: shared, but counted as often as it is used."""
        name = cast("str", event.anchor)
        if name in self._open:
            raise refusal(self._path, _line(event), "an alias stands inside what it names")
        if name not in self._anchors:
            raise refusal(self._path, _line(event), f"the alias *{name} has no anchor before it")
        found = self._anchors[name]
        self._count(found.size)
        return _with_lines(found.value, _line(event), deep)

    def _count(self, size: int) -> None:
        self._size += size
        self._copies += size
        if self._copies > _MOST_COPIES:
            raise refusal(self._path, None, "its aliases stand for more than a million values")

    def _members(self, event: MappingStartEvent, *, deep: int) -> dict[str, tuple[int, Located]]:
        """The members of a mapping with their lines; those merged (`<<`) where it has none itself."""
        self._tagged(event, "map")
        own: dict[str, tuple[int, Located]] = {}
        merged: dict[str, Value] = {}
        while not isinstance(key := self._next(), MappingEndEvent):
            if not isinstance(key, ScalarEvent):
                raise refusal(self._path, _line(key), "a name must be a text")
            name = key.value
            if self._tag(key) == "merge":
                self._merge(merged, _line(key))
                continue
            if name in own:
                raise refusal(self._path, _line(key), f'"{name}" is there twice')
            own[name] = (_line(key), self._located(self._next(), deep))
        if not merged:
            return own
        line = _line(event)
        lent = {name: Located(line, _with_lines(one, line, deep)) for name, one in merged.items()}
        return {name: (line, one) for name, one in lent.items()} | own

    def _merge(self, merged: dict[str, Value], line: int) -> None:
        value = self._value(self._next())
        for one in value if isinstance(value, list) else [value]:
            if not isinstance(one, dict):
                raise refusal(self._path, line, "<< takes a mapping or a list of them")
            self._count(len(one))
            for name, member in one.items():
                merged.setdefault(name, member)

    def _scalar(self, event: ScalarEvent) -> Value:
        text, tag = event.value, self._tag(event)
        if tag in _TEXTS:
            plain = event.implicit[0]
            return Scalar(text, "float") if plain and _LATER_FLOAT.match(text) else text
        if tag == "null":
            return None
        if tag == "merge":
            return text
        if tag not in _SCALARS:
            raise self._foreign(event, tag)
        return Scalar(text, _SCALARS[tag])

    def _tag(self, event: ScalarEvent) -> str:
        tag = event.tag
        if tag is None or tag == "!":
            tag = cast("str", self._loader.resolve(ScalarNode, event.value, event.implicit))
        return tag.removeprefix(_TAG)

    def _tagged(self, event: Event, wanted: str) -> None:
        tag = cast("str | None", getattr(event, "tag", None))
        if tag not in {None, "!", _TAG + wanted}:
            raise self._foreign(event, str(tag))

    def _foreign(self, event: Event, tag: str) -> Exception:
        shown = tag if tag.startswith("!") else "!!" + tag.removeprefix(_TAG)
        return refusal(
            self._path,
            _line(event),
            f"the tag {shown} is not known here",
            hint="a seed file is data: texts, numbers, dates, lists and mappings",
        )


def _bare(value: _Read) -> _Read:
    """A value inside of a row, where lines do not matter, though an alias names rows."""
    if isinstance(value, Located):
        return _bare(value.value)
    if isinstance(value, list):
        items = cast("list[object]", value)
        return [_bare(one) for one in items] if _has_lines(items) else items
    if isinstance(value, dict):
        members = cast("dict[str, Any]", value)
        known = _has_lines(list(members.values()))
        return {name: _bare(one) for name, one in members.items()} if known else members
    return value


def _has_lines(values: Sequence[object]) -> bool:
    return bool(values) and isinstance(values[0], Located)


def _with_lines(value: _Read, line: int, deep: int) -> _Read:
    """The other way round: a table's content that an alias takes from elsewhere."""
    bare = _bare(value)
    if deep and isinstance(bare, list):
        items = cast("list[object]", bare)
        return [Located(line, one) for one in items]
    if deep > 1 and isinstance(bare, dict):
        members = cast("dict[str, Any]", bare)
        return {name: Located(line, _with_lines(one, line, 1)) for name, one in members.items()}
    return bare


def _line(event: Event) -> int:
    return int(cast("Any", event).start_mark.line) + 1
