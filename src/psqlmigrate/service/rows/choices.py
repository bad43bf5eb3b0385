"""Which candidates a column takes, and which combinations its table's checks let through."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import psycopg

from psqlmigrate.postgres.connect import Connection
from psqlmigrate.schema.sqltext import Sql, ident, join, literal, number, printed, sql
from psqlmigrate.service.rows.candidates import Values, hints
from psqlmigrate.service.rows.shapes import Check, ColumnShape, TableShape

_WIDTHS = (2_000, 40_000)
"""How many combinations are looked at: first few, and more when none of them passes."""

_KEPT = 200

Value = str | None
Lists = dict[str, list[Value]]
Combination = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Choices:
    """For each column the values to try; for checked columns whole combinations instead."""

    lists: Lists
    groups: tuple[tuple[Combination, ...], ...]


class Chooser:
    """Asks PostgreSQL once for each type which candidates are valid."""

    def __init__(self, connection: Connection, values: Values) -> None:
        self._connection = connection
        self._values = values
        self._sifted: dict[tuple[str, tuple[str, ...]], list[str]] = {}

    def choose(self, table: TableShape, fixed: Mapping[str, list[Value]]) -> Choices:
        """The choices of a table; `fixed` holds those of columns that refer to other tables."""
        said: defaultdict[str, list[str]] = defaultdict(list)
        for check in table.checks:
            for name in check.columns:
                said[name].append(check.text)
        lists: Lists = {
            name: fixed[name] if name in fixed else [*self._valid(column, said[name])]
            for name, column in table.columns.items()
        }
        return Choices(lists, self._groups(table, lists))

    def _valid(self, column: ColumnShape, checks: Iterable[str]) -> list[str]:
        found = self._values.of(column.type_oid, column.typmod, hints(checks))
        key = (column.type, tuple(found))
        if key not in self._sifted:
            self._sifted[key] = self._sift(column.type, found)
        return self._sifted[key]

    def _sift(self, type_name: str, texts: list[str]) -> list[str]:
        if not texts or self._reads(type_name, texts):
            return texts
        return [text for text in texts if self._reads(type_name, [text])]

    def _reads(self, type_name: str, texts: Sequence[str]) -> bool:
        casts = (sql("{}::{}", literal(text), printed(type_name)) for text in texts)
        return self._ask(sql("SELECT {}", join(", ", casts))) is not None

    def _ask(self, query: Sql) -> list[tuple[int, ...]] | None:
        """The rows of a query; None when PostgreSQL refuses to answer it."""
        try:
            with self._connection.transaction():
                return self._connection.execute(query.encode()).fetchall()
        except psycopg.Error:
            if self._connection.broken:
                raise
            return None

    def _groups(self, table: TableShape, lists: Lists) -> tuple[tuple[Combination, ...], ...]:
        found = [
            self._combinations(table, names, checks, lists)
            for names, checks in _connected(table, lists)
        ]
        return tuple(one for one in found if one)

    def _combinations(
        self, table: TableShape, names: Sequence[str], checks: Sequence[Check], lists: Lists
    ) -> tuple[Combination, ...]:
        """Combinations that pass all the checks at once; none when PostgreSQL cannot tell.

        They are ordered so that a column's first candidates come first.
        """
        for width in _WIDTHS:
            chosen = _narrowed(table, names, lists, width)
            rows = self._ask(_search(table, chosen, checks))
            if rows is None:
                return ()
            if rows:
                picked = (zip(chosen.items(), row, strict=True) for row in rows)
                return tuple(
                    {name: values[place] for (name, values), place in row} for row in picked
                )
        return ()


def _connected(table: TableShape, lists: Lists) -> list[tuple[tuple[str, ...], tuple[Check, ...]]]:
    """Checks that share columns are looked at together. What a sequence fills is unknown here."""
    parts: list[tuple[set[str], list[Check]]] = []
    for check in table.checks:
        names = set(check.columns)
        if not names or any(name not in lists or table.columns[name].counted for name in names):
            continue
        together = [part for part in parts if part[0] & names]
        parts = [part for part in parts if not part[0] & names]
        merged = names.union(*(part[0] for part in together))
        parts.append((merged, [check, *(one for part in together for one in part[1])]))
    return [
        (tuple(name for name in table.columns if name in names), tuple(checks))
        for names, checks in parts
    ]


def _narrowed(table: TableShape, names: Sequence[str], lists: Lists, width: int) -> Lists:
    """The lists, cut evenly until their product is at most `width`; NULL is among the first."""
    chosen: Lists = {}
    for name in names:
        values = lists[name]
        null: list[Value] = [] if table.columns[name].not_null or None in values else [None]
        chosen[name] = [*values[:1], *null, *values[1:]] or [None]
    while True:
        size = 1
        for values in chosen.values():
            size *= len(values)
        longest = max(chosen, key=lambda name: len(chosen[name]))
        if size <= width or len(chosen[longest]) <= 1:
            return chosen
        chosen[longest].pop()


def _search(table: TableShape, chosen: Lists, checks: Sequence[Check]) -> Sql:
    """Places of the combinations that pass. A check passes unless it is false (manual, 5.5.1)."""
    sources: list[Sql] = []
    places: list[Sql] = []
    for position, (name, values) in enumerate(chosen.items()):
        alias, place = ident(f"source {position}"), ident(f"place {position}")
        type_name = printed(table.columns[name].type)
        rows = (
            sql("({}, {}::{})", number(i), _literal(value), type_name)
            for i, value in enumerate(values)
        )
        sources.append(
            sql("(VALUES {}) AS {}({}, {})", join(", ", rows), alias, place, ident(name))
        )
        places.append(place)
    conditions = (sql("({}) IS NOT FALSE", printed(check.text)) for check in checks)
    return sql(
        "SELECT {} FROM {} WHERE {} ORDER BY {}, {} LIMIT {}",
        join(", ", places),
        join(" CROSS JOIN ", sources),
        join(" AND ", conditions),
        join(" + ", places),
        join(", ", places),
        number(_KEPT),
    )


def _literal(value: Value) -> Sql:
    return sql("NULL") if value is None else literal(value)


def spread(combinations: Sequence[Combination], place: int) -> Combination:
    """The combination for the row of that place: the first, the last, and some between."""
    last = len(combinations) - 1
    order = (0, last, last // 2, min(1, last), last // 3, 2 * last // 3)
    return combinations[order[place] if place < len(order) else place % len(combinations)]
