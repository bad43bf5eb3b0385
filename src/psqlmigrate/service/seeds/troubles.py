"""What is wrong with the rows of a seed file, collected up to a bound."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import psycopg

from psqlmigrate.errors import SeedError
from psqlmigrate.migrations.sent import shown
from psqlmigrate.service.seeds.content import TableRows

MOST = 20
"""So many troubles are told; looking for more would take its time."""

_RIGHT = "nothing was changed; put the file right, then run seed again"
_LONGEST = 400
# Connections, resources, locks, cancelled queries, read-only transactions: whatever the rows are.
_NOT_OF_ROWS = ("08", "25", "40", "53", "54", "55", "57", "58", "XX")
_TELLING_KEYS = {"23505", "23503", "23P01"}


@dataclass(frozen=True, slots=True)
class Trouble:
    """One value, row or table that does not fit, and why."""

    path: Path
    line: int | None
    table: str
    row: int | None
    column: str | None
    reason: str
    hint: str = ""

    def __str__(self) -> str:
        at = f":{self.line}" if self.line else ""
        where = [self.table]
        where += [f"row {self.row}"] if self.row else []
        where += [f"column {self.column}"] if self.column else []
        return f"{shown(self.path)}{at}: {one_line(', '.join(where))}: {one_line(self.reason)}"


class Troubles:
    """Collects them; `full` when looking for more is in vain."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._found: list[Trouble] = []
        self._known: set[str] = set()

    @property
    def full(self) -> bool:
        """Whether no more are taken."""
        return len(self._found) >= MOST

    @property
    def room(self) -> int:
        """How many more are taken."""
        return MOST - len(self._found)

    def __bool__(self) -> bool:
        return bool(self._found)

    def table(self, rows: TableRows, reason: str, hint: str = "") -> None:
        """Of a whole table of the file."""
        self._add(Trouble(self._path, rows.line, rows.name, None, None, reason, hint))

    def row(
        self, rows: TableRows, number: int, column: str | None, reason: str, hint: str = ""
    ) -> None:
        """Of a row, by its number from 1, or of one of its values."""
        line = rows.rows[number - 1].line
        self._add(Trouble(self._path, line, rows.name, number, column, reason, hint))

    def _add(self, trouble: Trouble) -> None:
        if not self.full and str(trouble) not in self._known:
            self._known.add(str(trouble))
            self._found.append(trouble)

    def refuse(self) -> None:
        """Raises SeedError when there are any."""
        if not self._found:
            return
        found = sorted(self._found, key=lambda one: one.line or 0)
        hints = list(dict.fromkeys(one.hint for one in found if one.hint))
        hint = "; ".join([*hints[:3], _RIGHT]).replace("?;", "?")
        place = (self._path, found[0].line or 0)
        if len(found) == 1:
            raise SeedError(str(found[0]), hint=hint).at(*place)
        count = f"{len(found)} or more" if self.full else str(len(found))
        raise SeedError(
            f"{count} things in {shown(self._path)} do not fit",
            details="\n".join(map(str, found)),
            hint=hint,
        ).at(*place)


def reason_of(error: psycopg.Error) -> str:
    """PostgreSQL's words. A detail that shows a whole row is left out: it may hold secrets."""
    words = [error.diag.message_primary or str(error).strip()]
    if error.sqlstate in _TELLING_KEYS and error.diag.message_detail:
        words.append(error.diag.message_detail.rstrip("."))
    return "; ".join(words)


def is_of_rows(error: psycopg.Error) -> bool:
    """Whether other rows might have gone well: it is worth looking for the ones to blame."""
    if (error.sqlstate or "XX").startswith(_NOT_OF_ROWS):
        return False
    # A policy that keeps a row out has the code of a missing privilege, but is another place's.
    return error.diag.source_function != "aclcheck_error"


def one_line(text: str) -> str:
    """The text without what would break a line or a terminal, and not too long."""
    text = text if len(text) <= _LONGEST else text[:_LONGEST] + "…"
    if text.isprintable():
        return text
    return "".join(
        one if one.isprintable() else one.encode("unicode_escape").decode() for one in text
    )


def joined(names: Iterable[str]) -> str:
    """`(a, b)`."""
    return f"({', '.join(names)})"
