"""Reads the JSON of a seed file: numbers as they are written, rows with their lines."""

import json
import re
from collections.abc import Iterator
from json.decoder import JSONDecodeError
from pathlib import Path
from typing import Any, NoReturn

from psqlmigrate.service.seeds.content import Scalar, Value, refusal
from psqlmigrate.service.seeds.shape import Entry, Located

_SPACE = re.compile(r"[ \t\n\r]*")
_NO_STRING = "a name in double quotes"


class _RepeatedError(Exception):
    """An object has a name twice."""


class JsonReader:
    """Walks the outer objects itself, since the standard decoder does not tell lines."""

    def __init__(self, path: Path, text: str) -> None:
        self._path = path
        self._text = text
        self._counted = (0, 1)
        self._after = 0
        self._decoder = json.JSONDecoder(
            parse_float=lambda text: Scalar(text, "float"),
            parse_int=lambda text: Scalar(text, "int"),
            parse_constant=_no_constant,
            object_pairs_hook=_object,
        )

    def read(self) -> list[Entry]:
        """The tables of the file. Raises SeedError with the line."""
        at = self._skip(0)
        try:
            return self._top(at)
        except JSONDecodeError as error:
            raise refusal(self._path, error.lineno, f"not JSON: {error.msg}") from None
        except RecursionError:
            raise refusal(self._path, None, "nested too deeply") from None

    def _top(self, at: int) -> list[Entry]:
        if self._text[at : at + 1] != "{":
            value, end = self._value(at)
            self._at_end(end)
            return [Entry(None, 1, Located(1, value))]
        entries: list[Entry] = []
        for name, line, start in self._members(at):
            content, self._after = self._content(start)
            entries.append(Entry(name, line, content))
        self._at_end(self._after)
        return entries

    def _content(self, at: int) -> tuple[Located, int]:
        """The rows, or the long form, whose rows are looked at one by one as well."""
        line = self._line(at)
        if self._text[at : at + 1] == "[":
            rows, end = self._rows(at)
            return Located(line, rows), end
        if self._text[at : at + 1] != "{":
            value, end = self._value(at)
            return Located(line, value), end
        members: dict[str, Located] = {}
        for name, at_line, start in self._members(at):
            if self._text[start : start + 1] == "[":
                rows, self._after = self._rows(start)
                members[name] = Located(at_line, rows)
            else:
                value, self._after = self._value(start)
                members[name] = Located(at_line, value)
        return Located(line, members), self._after

    def _members(self, at: int) -> Iterator[tuple[str, int, int]]:
        """Name, line and place of each member; `_after` is set by the caller where it ends."""
        seen: set[str] = set()
        at = self._skip(at + 1)
        if self._text[at : at + 1] == "}":
            self._after = at + 1
            return
        while True:
            if self._text[at : at + 1] != '"':
                self._fail(_NO_STRING, at)
            line = self._line(at)
            name, at = self._decoder.raw_decode(self._text, at)
            if name in seen:
                raise refusal(self._path, line, f'"{name}" is there twice')
            seen.add(name)
            at = self._expect(":", at)
            yield name, line, at
            at = self._skip(self._after)
            if self._text[at : at + 1] == "}":
                self._after = at + 1
                return
            at = self._expect(",", at)

    def _rows(self, at: int) -> tuple[list[Located], int]:
        rows: list[Located] = []
        at = self._skip(at + 1)
        if self._text[at : at + 1] == "]":
            return rows, at + 1
        while True:
            line = self._line(at)
            value, at = self._value(at)
            rows.append(Located(line, value))
            at = self._skip(at)
            if self._text[at : at + 1] == "]":
                return rows, at + 1
            at = self._expect(",", at)

    def _value(self, at: int) -> tuple[Value, int]:
        try:
            value, end = self._decoder.raw_decode(self._text, at)
        except _RepeatedError as error:
            raise refusal(self._path, self._line(at), f'"{error}" is there twice') from None
        except ValueError as error:
            if isinstance(error, JSONDecodeError):
                raise
            raise refusal(self._path, self._line(at), str(error)) from None
        return _truths(value), end

    def _skip(self, at: int) -> int:
        found = _SPACE.match(self._text, at)
        return found.end() if found else at

    def _expect(self, sign: str, at: int) -> int:
        at = self._skip(at)
        if self._text[at : at + 1] != sign:
            self._fail(f'"{sign}"', at)
        return self._skip(at + 1)

    def _at_end(self, at: int) -> None:
        at = self._skip(at)
        if at != len(self._text):
            self._fail("nothing more", at)

    def _fail(self, wanted: str, at: int) -> NoReturn:
        raise JSONDecodeError(f"expected {wanted}", self._text, at)

    def _line(self, at: int) -> int:
        """The line of a place that is not before the last one that was asked for."""
        last, line = self._counted
        if at < last:
            return self._text.count("\n", 0, at) + 1
        line += self._text.count("\n", last, at)
        self._counted = (at, line)
        return line


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = {name: _truths(value) for name, value in pairs}
    if len(made) != len(pairs):
        names = [name for name, _ in pairs]
        raise _RepeatedError(next(name for at, name in enumerate(names) if name in names[:at]))
    return made


def _truths(value: Any) -> Any:
    """The decoder has no hook for true and false, nor for lists."""
    if value is True or value is False:
        return Scalar("true" if value else "false", "bool")
    return [_truths(one) for one in value] if isinstance(value, list) else value  # pyright: ignore[reportUnknownVariableType]


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f'{name} is not JSON: write it as a text, "{name}"')
