"""SQL scripts into statements, by psql's lexical rules (manual, 4.1 and psql's reference page)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from psqlmigrate.errors import SourceError

_LEXEMES = r"""
      (?P<line>--[^\r\n]*)
    | (?P<block>/\*)
    | (?P<escape>[eE]'(?:[^'\\]|\\.|'')*')
    | (?P<string>'(?:[^']|'')*')
    | (?P<name>"(?:[^"]|"")*")
    | (?P<dollar>\$(?:[A-Za-z_\x80-\uffff][A-Za-z_0-9\x80-\uffff]*)?\$)
    | (?P<word>[A-Za-z_\x80-\uffff][A-Za-z_0-9$\x80-\uffff]*)
    | (?P<meta>\\[A-Za-z!?;.]+[^\n]*)
    | (?P<sign>[();])
    | (?P<open>['"])
    | (?P<space>\s+)
    | (?P<other>[^\s\w'"$/\\();-]+|\d[\w.]*|.)
    """
_COMMENT_EDGE = re.compile(r"/\*|\*/")
_COPY = re.compile(r"\s*COPY\b.*\bFROM\s+STDIN\b", re.IGNORECASE | re.DOTALL)
_ROUTINE = re.compile(r"CREATE\s+(OR\s+REPLACE\s+)?(FUNCTION|PROCEDURE)\b", re.IGNORECASE)
_SKIPPED_META = frozenset({"\\restrict", "\\unrestrict", "\\set", "\\echo", "\\pset", "\\timing"})


@cache
def _token() -> re.Pattern[str]:
    """Compiled when a script is read: most commands read none."""
    return re.compile(_LEXEMES, re.VERBOSE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class ScriptStatement:
    """A statement without its semicolon, where it begins (from 1), and the rows of a COPY."""

    text: str
    line: int
    column: int
    copy_data: str | None = None


def split(text: str) -> tuple[ScriptStatement, ...]:
    """The statements of a script.

    Raises SourceError, with the line, for an unclosed quote or comment and for a command of
    psql's own that changes what the script means.
    """
    return tuple(_Splitter(text).statements())


@dataclass(frozen=True, slots=True)
class Lexeme:
    """One word of a script: its sort (`line` and `block` are comments), text, and offset."""

    sort: str
    text: str
    begin: int


def lexemes(text: str) -> Iterator[Lexeme]:
    """What a script consists of, without spaces. Raises SourceError as `split` does."""
    splitter = _Splitter(text)
    splitter.refuse_zero()
    text, token = text.removeprefix("\ufeff"), _token()
    position = 0
    while position < len(text) and (match := token.match(text, position)):
        sort, begin, position = str(match.lastgroup), match.start(), match.end()
        if sort == "block":
            position = splitter.after_comment(begin)
        elif sort == "dollar":
            position = splitter.after_dollar(match.group(), begin)
        if sort != "space":
            yield Lexeme(sort, text[begin:position], begin)


class _Splitter:
    def __init__(self, text: str) -> None:
        self._text = text.removeprefix("\ufeff")
        self._position = 0
        self._line = 1
        self._counted = 0
        self._reset()

    def _reset(self) -> None:
        self._start: int | None = None
        self._end = 0
        self._parens = 0
        self._begins = 0
        self._routine: bool | None = None

    def statements(self) -> Iterator[ScriptStatement]:
        text, token = self._text, _token()
        self.refuse_zero()
        while self._position < len(text):
            match = token.match(text, self._position)
            if match is None:
                raise self._error("cannot read the script", self._position)
            if self._take(match):
                yield from self._finish()
        yield from self._finish()

    def refuse_zero(self) -> None:
        """Raises SourceError for a zero byte: the server would read no further, and run what is before it."""
        if (found := self._text.find("\0")) >= 0:
            raise self._error("a zero byte", found)

    def _take(self, match: re.Match[str]) -> bool:
        """Whether the token ends a statement."""
        kind, begin = str(match.lastgroup), match.start()
        self._position = match.end()
        if kind in {"space", "line"}:
            return False
        if kind == "block":
            self._position = self.after_comment(begin)
            return False
        if kind == "open":
            raise self._error("a quote is never closed", begin)
        if kind == "meta" and self._start is None:
            self._skip_meta(match.group(), begin)
            return False
        if kind == "dollar":
            self._position = self.after_dollar(match.group(), begin)
        if kind == "sign" and self._ends(match.group()):
            return True
        if kind == "word":
            self._count(match.group().upper(), begin)
        self._start = begin if self._start is None else self._start
        self._end = self._position
        return False

    def _ends(self, sign: str) -> bool:
        if sign == ";":
            return self._parens == 0 and self._begins == 0
        self._parens = max(0, self._parens + (1 if sign == "(" else -1))
        return False

    def _count(self, word: str, begin: int) -> None:
        """BEGIN ATOMIC … END of a routine holds semicolons; CASE … END nests in it."""
        if word not in {"BEGIN", "CASE", "END"} or self._start is None:
            return
        if self._routine is None:
            self._routine = bool(_ROUTINE.match(self._text, self._start))
        if not self._routine:
            return
        if word == "END":
            self._begins = max(0, self._begins - 1)
        elif self._begins or (word == "BEGIN" and self._atomic(begin)):
            self._begins += 1

    def _atomic(self, begin: int) -> bool:
        return bool(re.compile(r"BEGIN\s+ATOMIC\b", re.IGNORECASE).match(self._text, begin))

    def after_comment(self, begin: int) -> int:
        """The offset behind a comment, in which others may nest."""
        depth = 0
        for edge in _COMMENT_EDGE.finditer(self._text, begin):
            depth += 1 if edge.group() == "/*" else -1
            if depth == 0:
                return edge.end()
        raise self._error("a comment is never closed", begin)

    def after_dollar(self, tag: str, begin: int) -> int:
        """The offset behind a text in dollar quotes."""
        end = self._text.find(tag, begin + len(tag))
        if end < 0:
            raise self._error(f"the quote {tag} is never closed", begin)
        return end + len(tag)

    def _skip_meta(self, command: str, begin: int) -> None:
        if command.split(maxsplit=1)[0] not in _SKIPPED_META:
            raise self._error(
                f"{command.split(maxsplit=1)[0]} is a command of psql's, not SQL", begin
            )

    def _finish(self) -> Iterator[ScriptStatement]:
        start, end = self._start, self._end
        self._reset()
        if start is None:
            return
        text = self._text[start:end]
        line, column = self._place(start)
        yield ScriptStatement(text, line, column, self._copy_data(text))

    def _copy_data(self, text: str) -> str | None:
        if not _COPY.match(text):
            return None
        begin = self._text.find("\n", self._position) + 1
        found = re.compile(r"^\\\.\r?$", re.MULTILINE).search(self._text, begin)
        end = found.start() if found else len(self._text)
        self._position = found.end() if found else end
        return self._text[begin:end]

    def _place(self, offset: int) -> tuple[int, int]:
        self._line += self._text.count("\n", self._counted, offset)
        self._counted = offset
        return self._line, offset - self._text.rfind("\n", 0, offset)

    def _error(self, message: str, offset: int) -> SourceError:
        line = self._text.count("\n", 0, offset) + 1
        return SourceError(f"line {line}: {message}").at("", line)
