"""Rows to try for one table: ordinary, extreme, sparse, and one that repeats the first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from psqlmigrate.service.rows.choices import Choices, Combination, Value, spread
from psqlmigrate.service.rows.shapes import ColumnShape, ForeignKey, TableShape

ORDINARY, EXTREME, NULLS, REPEATED = PLACES = range(4)
"""The rows of a table: everyday values, the longest and largest, NULL and defaults, the first again."""


class Default(Enum):
    """What an INSERT leaves to the column's default."""

    DEFAULT = "DEFAULT"


Cell = Value | Default
Draft = dict[str, Cell]


class NoValueError(Exception):
    """A column can be given nothing; the message says why."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A foreign key with the rows that it may refer to, as columns of their table."""

    key: ForeignKey
    target: str
    rows: Sequence[Combination]

    def own(self, row: Combination) -> Combination:
        """The values of the referring columns for a referred row."""
        pairs = zip(self.key.columns, self.key.target_columns, strict=True)
        return {mine: row[theirs] for mine, theirs in pairs}


@dataclass(frozen=True, slots=True)
class Drafter:
    """Drafts rows of a table. `stated`: columns that must not be left to their default."""

    table: TableShape
    choices: Choices
    references: Sequence[Reference]
    stated: frozenset[str] = frozenset()

    def draft(self, place: int, attempt: int) -> Draft:
        """The row of a place; each attempt varies it. Raises NoValueError."""
        row: Draft = {
            column.name: self._cell(position, column, place, attempt)
            for position, column in enumerate(self.table.columns.values())
        }
        for group in self.choices.groups:
            row.update(self._combination(group, place, attempt))
        settled: set[str] = set()
        for reference in self.references:
            self._refer(row, reference, settled, place, attempt)
        return row

    def _cell(self, position: int, column: ColumnShape, place: int, attempt: int) -> Cell:
        name = column.name
        if name in self.stated and column.counted:
            return str(1000 + attempt * len(PLACES) + place)
        if column.counted:
            return Default.DEFAULT
        values = self.choices.lists[name]
        sparse = place == NULLS and name not in self.stated
        if not column.not_null and (sparse or not values):
            return None
        if column.has_default and name not in self.stated and (sparse or not values):
            return Default.DEFAULT
        if not values:
            return self._unfillable(column)
        return values[(self._choice(name, place) + attempt * (1 + position % 3)) % len(values)]

    def _choice(self, name: str, place: int) -> int:
        """Which candidate: the last one, where a key of another table would have the first.

        Otherwise every number would by chance refer to something, and a new foreign key always fit.
        """
        index = self._index(name, place)
        referring = any(name in one.key.columns for one in self.references)
        return -1 if index == ORDINARY and not referring and name not in self.table.keys else index

    def _unfillable(self, column: ColumnShape) -> Cell:
        """A column that refers to a table without rows is left to its reference."""
        if any(column.name in one.key.columns for one in self.references):
            return None
        raise NoValueError(f"no value of type {column.type} is known for {column.name}")

    def _index(self, name: str, place: int) -> int:
        return ORDINARY if place == REPEATED and name not in self.table.keys else place

    def _combination(self, group: Sequence[Combination], place: int, attempt: int) -> Combination:
        keyed = [name for name in group[0] if name in self.table.keys]
        if keyed:
            ranked = sorted(group, key=_nulls)
            distinct = list({tuple(map(one.get, keyed)): one for one in reversed(ranked)}.values())
            return distinct[-1 - (place + attempt) % len(distinct)]
        if attempt:
            return group[(place * 7 + attempt * 5) % len(group)]
        if place == NULLS:
            return max(group, key=_nulls)
        least = min(map(_nulls, group))
        full = [one for one in group if _nulls(one) == least]
        return spread(full, ORDINARY if place == REPEATED else place)

    def _refer(
        self, row: Draft, reference: Reference, settled: set[str], place: int, attempt: int
    ) -> None:
        columns = reference.key.columns
        rows = [reference.own(one) for one in reference.rows]
        if (
            all(name in self._checked for name in columns)
            and {name: row[name] for name in columns} in rows
        ):
            settled.update(columns)
            return
        fitting = [
            one
            for one in rows
            if all(row[name] == one[name] for name in columns if name in settled)
        ]
        free = [n for n in columns if n not in settled and not self.table.columns[n].not_null]
        if free and (not fitting or (place == NULLS and not attempt % 2)):
            row.update(dict.fromkeys(free, None))
        elif not fitting:
            raise NoValueError(f"{reference.target} has no row that it could refer to")
        else:
            index = max(self._index(name, place) for name in columns)
            row.update(fitting[(index + attempt) % len(fitting)])
        settled.update(columns)

    @property
    def _checked(self) -> Mapping[str, object]:
        return {name: True for group in self.choices.groups for name in group[0]}


def _nulls(combination: Combination) -> int:
    return list(combination.values()).count(None)
