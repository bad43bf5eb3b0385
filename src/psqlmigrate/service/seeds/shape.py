"""From what stands in a file to tables and rows: the short form and the long one."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from psqlmigrate.service.seeds.content import Row, Scalar, TableRows, Value, refusal

_MEMBERS = ("key", "rows")
_EXAMPLE = 'a seed file names tables: {"users": [{"id": 1, "name": "Ann"}]}'


@dataclass(frozen=True, slots=True)
class Located:
    """A value with its line. Lists that may be rows hold `Located`, long forms are dicts of it."""

    line: int
    value: Any


@dataclass(frozen=True, slots=True)
class Entry:
    """A name at the top of the file and what it stands for; None for a file that has no names."""

    name: str | None
    line: int
    content: Located


def tables(path: Path, entries: Iterable[Entry]) -> tuple[TableRows, ...]:
    """What the file has for each table. Raises SeedError naming table, row and line."""
    found: list[TableRows] = []
    for one in entries:
        if one.name is None:
            raise refusal(path, one.line, f"the file is {_kind(one.content.value)}", _EXAMPLE)
        found.append(_Table(path, one.name, one).read())
    return tuple(found)


class _Table:
    def __init__(self, path: Path, name: str, entry: Entry) -> None:
        self._path = path
        self._name = name
        self._line = entry.line
        self._content = entry.content

    def read(self) -> TableRows:
        content = self._content
        if isinstance(content.value, list):
            return TableRows(self._name, self._line, None, self._rows(content))
        if isinstance(content.value, dict):
            return self._long(content)
        raise self._wrong(content, f"is {_kind(content.value)}, not a list of rows")

    def _long(self, content: Located) -> TableRows:
        members = cast("dict[str, Located]", content.value)
        unknown = [one for one in members if one not in _MEMBERS]
        if unknown:
            near = difflib.get_close_matches(unknown[0], _MEMBERS, 1)
            says = f'has "{unknown[0]}", where only key and rows can be'
            raise self._wrong(content, says + (f'; did you mean "{near[0]}"?' if near else ""))
        if "rows" not in members:
            raise self._wrong(content, "has no rows")
        rows = members["rows"]
        if not isinstance(rows.value, list):
            raise self._wrong(rows, f"has rows that are {_kind(rows.value)}, not a list")
        key = self._key(members["key"]) if "key" in members else None
        return TableRows(self._name, self._line, key, self._rows(rows))

    def _key(self, given: Located) -> tuple[str, ...]:
        named: object = given.value
        listed = cast("list[object]", named) if isinstance(named, list) else [named]
        names = [_name(one.value if isinstance(one, Located) else one) for one in listed]
        if len(set(names)) != len(names):
            raise self._wrong(given, "names a column of its key twice")
        found = tuple(one for one in names if one)
        if found and len(found) == len(names):
            return found
        raise self._wrong(given, 'has a key that is no list of columns: "key": ["email"]')

    def _rows(self, given: Located) -> list[Row]:
        rows: list[Row] = []
        for number, one in enumerate(cast("list[Located]", given.value), 1):
            if not isinstance(one.value, dict):
                raise self._wrong(
                    one, f"row {number} is {_kind(one.value)}, not columns and values"
                )
            cells = cast("dict[str, Value]", one.value)
            if not cells:
                raise self._wrong(one, f"row {number} is empty")
            rows.append(Row(one.line, cells))
        return rows

    def _wrong(self, where: Located, says: str) -> Exception:
        return refusal(self._path, where.line, f"{self._name} {says}", _EXAMPLE)


def _name(value: object) -> str | None:
    """A name as it is written: YAML takes `on` and `1` for something else."""
    if isinstance(value, Scalar):
        return value.text
    return value if isinstance(value, str) else None


def _kind(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, list):
        return "a list"
    return "an object" if isinstance(value, dict) else "a single value"
