"""Texts that a regular expression matches, as far as it is simple."""

import re
from dataclasses import dataclass

_CLASSES = {"d": "0", "w": "a", "s": " ", "D": "a", "W": "-", "S": "a"}
_BRACKETS = {"alpha": "a", "digit": "0", "alnum": "a", "upper": "A", "lower": "a", "space": " ",
             "punct": "-", "xdigit": "0", "word": "a"}  # fmt: skip
_BOUND = re.compile(r"\{(\d+)(,?)(\d*)\}")
_MOST = 300


class _TooHardError(Exception):
    """The expression has something that is not understood here."""


def examples(pattern: str) -> tuple[str, ...]:
    """The shortest and some longer texts of the pattern; none for one that is not understood.

    They are only candidates: whoever uses them asks PostgreSQL whether they match.
    """
    found: dict[str, None] = {}
    for extra in (0, 1, 4):
        try:
            text = _Reader(pattern, extra).read()
        except (_TooHardError, IndexError, ValueError):
            return tuple(found)
        found[text[:_MOST]] = None
    return tuple(found)


@dataclass(slots=True)
class _Reader:
    """Reads a pattern from the left and writes what it matches, `extra` repeats more."""

    pattern: str
    extra: int
    at: int = 0

    def read(self) -> str:
        text = self._branches()
        if self.at < len(self.pattern):
            raise _TooHardError
        return text

    def _branches(self) -> str:
        branches = [self._branch()]
        while self._peek() == "|":
            self.at += 1
            branches.append(self._branch())
        return branches[min(self.extra, len(branches) - 1)]

    def _branch(self) -> str:
        parts: list[str] = []
        while (mark := self._peek()) and mark not in "|)":
            parts.append(self._repeated(self._atom()))
        return "".join(parts)

    def _atom(self) -> str:
        mark = self._take()
        if mark in "^$":
            return ""
        if mark == ".":
            return "a"
        if mark == "[":
            return self._set()
        if mark == "\\":
            return self._escape()
        if mark == "(":
            return self._group()
        if mark in "*+?":
            raise _TooHardError
        return mark

    def _group(self) -> str:
        if self._peek() == "?":
            self.at += 1
            if self._take() != ":":
                raise _TooHardError
        text = self._branches()
        if self._take() != ")":
            raise _TooHardError
        return text

    def _escape(self) -> str:
        mark = self._take()
        if mark in "mMyYAZ":
            return ""
        if mark.isalnum() and mark not in _CLASSES:
            raise _TooHardError
        return _CLASSES.get(mark, mark)

    def _set(self) -> str:
        negated = self._peek() == "^"
        self.at += negated
        members: list[str] = []
        while not members or self._peek() != "]":
            members.append(self._member())
            if self._peek() == "-" and self.pattern[self.at + 1] != "]":
                self.at += 1
                first, last = members[-1], self._member()
                members.extend(map(chr, range(ord(first), min(ord(last), ord(first) + 99) + 1)))
        self.at += 1
        if not negated:
            return members[0]
        return next(one for one in "aA0-_ .~" if one not in members)

    def _member(self) -> str:
        found = re.compile(r"\[:(\w+):\]").match(self.pattern, self.at)
        if found:
            self.at = found.end()
            return _BRACKETS[found[1]] if found[1] in _BRACKETS else self._refuse()
        mark = self._take()
        return self._escape() if mark == "\\" else mark

    def _refuse(self) -> str:
        raise _TooHardError

    def _repeated(self, text: str) -> str:
        mark = self._peek()
        least, most = 1, 1
        if mark in {"*", "+", "?"}:
            self.at += 1
            least, most = (1 if mark == "+" else 0), (1 if mark == "?" else _MOST)
        elif found := _BOUND.match(self.pattern, self.at):
            self.at = found.end()
            least = int(found[1])
            most = int(found[3]) if found[3] else _MOST if found[2] else least
        if self._peek() == "?":
            self.at += 1
        return text * min(least + self.extra, most, _MOST)

    def _peek(self) -> str:
        return self.pattern[self.at : self.at + 1]

    def _take(self) -> str:
        self.at += 1
        return self.pattern[self.at - 1]
