"""Names that PostgreSQL cuts: it keeps 63 bytes of each (manual, 4.1.1), and says so to nobody."""

import re
from collections.abc import Iterator

from psqlmigrate.errors import SourceError
from psqlmigrate.schema.script import lexemes, split

LONGEST_NAME = 63
"""Bytes of a name."""

# 16 characters can be 64 bytes; most scripts have nothing that is to be looked at closer.
_LONG = re.compile(r"[\w$]{16,}|\"(?:[^\"]|\"\"){16,}\"")


def cut(name: str) -> str:
    """The name as PostgreSQL has it."""
    return name.encode()[:LONGEST_NAME].decode("utf-8", "ignore")


def long_names(text: str, origin: str) -> tuple[str, ...]:
    """A warning for each name of a script that is cut, with its place.

    Raises SourceError for two that become one: CREATE … IF NOT EXISTS would skip the second.
    """
    if not any(len(one[0].encode()) > LONGEST_NAME for one in _LONG.finditer(text)):
        return ()
    known: dict[str, str] = {}
    warnings: list[str] = []
    for name, line in _names(text):
        short = cut(name)
        other = known.setdefault(short, name)
        if other != name:
            raise SourceError(
                f'{origin}:{line}: "{name}" and "{other}" are one name to PostgreSQL, "{short}"',
                hint=f"it keeps {LONGEST_NAME} bytes of a name: give one of them a shorter one",
            )
        size = len(name.encode())
        warnings.append(
            f'{origin}:{line}: "{name}" has {size} bytes, and PostgreSQL cuts it to "{short}"'
        )
    first = {one.partition(": ")[2]: one for one in reversed(warnings)}
    return tuple(reversed(first.values()))


def _names(text: str) -> Iterator[tuple[str, int]]:
    """Names that are too long, as they are without quotes or folded, and their lines."""
    for statement in split(text):
        for one in lexemes(statement.text):
            if one.sort == "name":
                name = one.text[1:-1].replace('""', '"')
            elif one.sort == "word":
                name = one.text.lower()
            else:
                continue
            if len(name.encode()) > LONGEST_NAME:
                yield name, statement.line + statement.text.count("\n", 0, one.begin)
