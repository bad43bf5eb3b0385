"""What a seed file says, before any table is looked at."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from psqlmigrate.errors import SeedError
from psqlmigrate.migrations.sent import shown


@dataclass(frozen=True, slots=True)
class Scalar:
    """A value that is no quoted text, as it is written: a column's type decides what it means.

    `tag` is int, float, bool, time or binary. A float would not keep 0.1, nor an int of Python's
    the zeros of 01234.
    """

    text: str
    tag: str


Value: TypeAlias = "str | Scalar | list[Value] | dict[str, Value] | None"


@dataclass(frozen=True, slots=True)
class Row:
    """The values that a row gives, and the line at which it begins."""

    line: int
    cells: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class TableRows:
    """What the file has for one table; `key` is None where the file names none."""

    name: str
    line: int
    key: tuple[str, ...] | None
    rows: Sequence[Row]


@dataclass(frozen=True, slots=True)
class SeedFile:
    """A seed file that was read."""

    path: Path
    tables: tuple[TableRows, ...]


def refusal(path: Path, line: int | None, reason: str, hint: str = "") -> SeedError:
    """The error for what cannot be a seed file."""
    at = f":{line}" if line else ""
    return SeedError(f"{shown(path)}{at}: {reason}", hint=hint).at(path, line or 0)
