"""Comments in SQL that tell of former names: `-- psqlmigrate: renamed from old_name`.

One stands before a statement or the line of a column (constraint, label), or at the end of it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from psqlmigrate.errors import SourceError
from psqlmigrate.schema.script import Lexeme, lexemes
from psqlmigrate.sources.renamehint import RenameHint

_NAME = r"""(?:"(?:[^"]|"")+"|'(?:[^']|'')*'|[^\s,"'.]+)"""
_PATH = rf"{_NAME}(?:\.{_NAME})*"
_HINT = re.compile(
    rf"psqlmigrate:\s*renamed\s+from\s+(?P<paths>{_PATH}(?:\s*,\s*{_PATH})*)", re.IGNORECASE
)
_MEANT = re.compile(r"psqlmigrate:\s*renamed\b", re.IGNORECASE)
_FORM = "write -- psqlmigrate: renamed from old_name"
_MODIFIERS = {
    "OR", "REPLACE", "UNIQUE", "UNLOGGED", "GLOBAL", "LOCAL", "TEMP", "TEMPORARY", "RECURSIVE",
    "CONSTRAINT",
}  # fmt: skip
_FIRST_OF_TWO = {"MATERIALIZED", "FOREIGN", "EVENT"}
_BEFORE_NAMES = {"IF", "NOT", "EXISTS", "ONLY", "CONCURRENTLY", "COLUMN"}
_NAMELESS = {"LIKE", "UNIQUE", "PRIMARY", "CHECK", "FOREIGN", "EXCLUDE"}
_OF_TABLES = {"TRIGGER", "POLICY", "RULE"}
_NAMING = {"word", "name"}


def hints_of(text: str, origin: str) -> tuple[RenameHint, ...]:
    """The hints of a script. Raises SourceError, with the line, for one that nothing follows."""
    if not _MEANT.search(text):
        return ()
    text = text.removeprefix("\ufeff")
    return tuple(_Hints(text, origin).found())


@dataclass(slots=True)
class _Statement:
    """The words of a statement, and the comments of hints with how many words are before each."""

    words: list[Lexeme] = field(default_factory=list[Lexeme])
    comments: list[tuple[Lexeme, int]] = field(default_factory=list[tuple[Lexeme, int]])


class _Hints:
    def __init__(self, text: str, origin: str) -> None:
        self._text = text
        self._origin = origin

    def found(self) -> Iterator[RenameHint]:
        for statement in self._statements():
            for comment, place in statement.comments:
                names = self._former(comment)
                element = self._element(statement, comment, place)
                words = statement.words
                target = _head(words) if element is None else _part(words, element)
                if target is None:
                    raise self._error(comment, "belongs to nothing that has a name")
                kind, path, label = target
                line = self._line(comment.begin)
                yield RenameHint(kind, path, names, f"{self._origin}:{line}", label)

    def _statements(self) -> Iterator[_Statement]:
        """Each with its comments; one on the line on which a statement ended is that one's."""
        now, last = _Statement(), _Statement()
        depth = 0
        for one in lexemes(self._text):
            if one.sort in {"line", "block"}:
                if _MEANT.search(one.text):
                    ended = not now.words and self._shares_line(last.words, one)
                    whose = last if ended else now
                    whose.comments.append((one, len(whose.words)))
                continue
            depth += {"(": 1, ")": -1}.get(one.text, 0)
            if one.text == ";" and depth <= 0:
                yield from [last] if last.comments else []
                now, last, depth = _Statement(), now, 0
            else:
                now.words.append(one)
        for statement in (last, now):
            yield from [statement] if statement.comments else []

    def _former(self, comment: Lexeme) -> tuple[str, ...]:
        body = comment.text.removesuffix("*/").strip("-/* \t\n")
        match = _HINT.fullmatch(body.strip())
        if match is None:
            raise self._error(comment, "cannot be read", _FORM)
        paths = re.finditer(_PATH, match["paths"])
        return tuple(_folded(re.findall(_NAME, one[0])[-1]) for one in paths)

    def _element(self, statement: _Statement, comment: Lexeme, place: int) -> int | None:
        """Where the part begins that is meant; None: the statement as a whole."""
        words = statement.words
        starts, depths = list(_elements(words)), list(_depths(words))
        if place and self._shares_line(words[:place], comment):
            # At the end of a line: what that line says.
            before = place - 2 if words[place - 1].text == "," else place - 1
            inside = [one for one in starts if one <= before] if depths[before] else []
            return max(inside, default=None)
        if place in starts:
            return place
        if place == 0 or (place < len(words) and not depths[place - 1]):
            return None
        if place < len(words) and depths[place]:
            return max((one for one in starts if one < place), default=None)
        raise self._error(comment, "belongs to nothing that has a name")

    def _shares_line(self, words: list[Lexeme], comment: Lexeme) -> bool:
        return bool(words) and "\n" not in self._text[words[-1].begin : comment.begin]

    def _line(self, offset: int) -> int:
        return self._text.count("\n", 0, offset) + 1

    def _error(self, comment: Lexeme, what: str, hint: str = "") -> SourceError:
        place = f"{self._origin}:{self._line(comment.begin)}"
        words = " ".join(comment.text.split())
        return SourceError(f"{place}: {words} {what}", hint=hint or _FORM)


def _depths(words: list[Lexeme]) -> Iterator[int]:
    """How many parentheses are open behind each word."""
    depth = 0
    for one in words:
        depth += {"(": 1, ")": -1}.get(one.text, 0)
        yield depth


def _elements(words: list[Lexeme]) -> Iterator[int]:
    """Where the parts between the outer parentheses begin."""
    for place, (depth, one) in enumerate(zip(_depths(words), words, strict=True)):
        # A comma may be one word with what it follows (`[],`).
        if depth == 1 and one.text.endswith(("(", ",")) and place + 1 < len(words):
            yield place + 1


def _head(words: list[Lexeme]) -> tuple[str, tuple[str, ...], str] | None:
    """What the statement makes: its kind and its name."""
    if not words or words[0].text.upper() not in {"CREATE", "ALTER"}:
        return None
    rest = words[1:]
    while rest and rest[0].text.upper() in _MODIFIERS:
        rest = rest[1:]
    if not rest:
        return None
    size = 2 if rest[0].text.upper() in _FIRST_OF_TWO else 1
    kind = " ".join(one.text.lower() for one in rest[:size])
    rest = _after_words(rest[size:])
    path, rest = _path(rest)
    if not path:
        return None
    if words[0].text.upper() == "ALTER":
        return _added(path, rest)
    if kind.upper() in _OF_TABLES:
        on = next((place for place, one in enumerate(rest) if one.text.upper() == "ON"), None)
        table, _ = _path(rest[on + 1 :] if on is not None else [])
        path = (*table, *path)
    return kind, path, ""


def _added(table: tuple[str, ...], words: list[Lexeme]) -> tuple[str, tuple[str, ...], str] | None:
    """ALTER TABLE … ADD CONSTRAINT, or a column."""
    if not words or words[0].text.upper() != "ADD":
        return None
    words = words[1:]
    kind = "constraint" if words and words[0].text.upper() == "CONSTRAINT" else "column"
    name, _ = _path(_after_words(words[1:] if kind == "constraint" else words)[:1])
    return (kind, (*table, *name), "") if name else None


def _part(words: list[Lexeme], place: int) -> tuple[str, tuple[str, ...], str] | None:
    """The column, constraint, label or attribute that begins there."""
    owner = _head(words)
    if owner is None:
        return None
    kind, path, _ = owner
    first = words[place]
    if kind == "type":
        label = _folded(first.text)
        return (kind, path, label) if label else None
    if kind != "table" or first.text.upper() in _NAMELESS:
        return None
    if first.text.upper() == "CONSTRAINT":
        name, _ = _path(words[place + 1 : place + 2])
        return ("constraint", (*path, *name), "") if name else None
    name, _ = _path([first])
    return ("column", (*path, *name), "") if name else None


def _after_words(words: list[Lexeme]) -> list[Lexeme]:
    while words and words[0].text.upper() in _BEFORE_NAMES:
        words = words[1:]
    return words


def _path(words: list[Lexeme]) -> tuple[tuple[str, ...], list[Lexeme]]:
    """A name with what qualifies it, and what comes after it."""
    if not words or words[0].sort not in _NAMING:
        return (), words
    end = 1
    while end + 1 < len(words) and words[end].text == "." and words[end + 1].sort in _NAMING:
        end += 2
    return tuple(_folded(one.text) for one in words[:end:2]), words[end:]


def _folded(written: str) -> str:
    """A name as PostgreSQL reads it; labels stand between single quotes."""
    if written[:1] in {'"', "'"}:
        return written[1:-1].replace(written[0] * 2, written[0])
    return written.lower()
