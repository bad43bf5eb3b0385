"""The statements between a sheet `s` and its table `t`."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from psqlmigrate.schema.sqltext import NOTHING, Sql, ident, join, literal, number, sql
from psqlmigrate.service.seeds.facts import Column, ForeignKey, Table
from psqlmigrate.service.seeds.staging import Staged


@dataclass(frozen=True, slots=True)
class Part:
    """Rows of a sheet by their numbers, both ends included; None is all."""

    first: int | None = None
    last: int = 0

    @property
    def sql(self) -> Sql:
        """The condition to add."""
        if self.first is None:
            return NOTHING
        return sql(" AND s.n BETWEEN {} AND {}", number(self.first), number(self.last))


ALL = Part()


class Statements:
    """Of one table. `postponed` columns are null at first in rows that are `late`."""

    def __init__(self, staged: Staged, postponed: set[str], *, dry: bool) -> None:
        self._staged = staged
        self._postponed = postponed
        self._dry = dry
        self._sheet = staged.sheet.name
        self._table = staged.table.only
        self._before = sql("pg_temp.{}", ident(f"psqlmigrate_seed_{staged.table.oid}_before"))

    def mark_late(self) -> Sql:
        """Says which rows give a postponed column."""
        names = [name for name in self._staged.given if name in self._postponed]
        conditions = [self._staged.gives(name) or sql("true") for name in names]
        return sql("UPDATE {} AS s SET late = true WHERE {}", self._sheet, join(" OR ", conditions))

    def all_late(self) -> Sql:
        """The same of all rows that are not done."""
        return sql("UPDATE {} SET late = true WHERE NOT done", self._sheet)

    def mark_ready(self) -> Sql:
        """Says which rows have all that they need."""
        needs = [sql("NOT s.ready")]
        for name in self._staged.pointing:
            at = number(self._staged.sheet.place(name))
            late = sql(" OR s.late") if name in self._postponed else NOTHING
            needs.append(sql("(s.p{0} IS NULL OR s.c{0} IS NOT NULL{1})", at, late))
        return sql("UPDATE {} AS s SET ready = true WHERE {}", self._sheet, join(" AND ", needs))

    def hold_back(self) -> Sql:
        """Rows that need one of the sheet that must still wait must wait, too; to be repeated.

        Empty where no foreign key of the table leads to itself.
        """
        waits = [
            self._waits(key) for key in self._staged.table.foreign_keys if self._leads_back(key)
        ]
        if not waits:
            return NOTHING
        return sql(
            "UPDATE {} AS s SET ready = false WHERE s.ready AND NOT s.done AND ({})",
            self._sheet, join(" OR ", waits),
        )  # fmt: skip

    def repeated(self, most: int) -> Sql:
        """Rows that have one key: their numbers, for each such key."""
        keys = join(", ", map(self._staged.sheet.cell, self._staged.key))
        return sql(
            "SELECT pg_catalog.array_agg(s.n ORDER BY s.n) FROM {} AS s WHERE s.ready GROUP BY {}"
            " HAVING pg_catalog.count(*) > 1 ORDER BY 1 LIMIT {}",
            self._sheet, keys, number(most),
        )  # fmt: skip

    def mark_found(self) -> Sql:
        """Says which rows the table has, and which of those differ."""
        return sql(
            "UPDATE {} AS s SET found = true, changed = {} FROM {} AS t"
            " WHERE s.ready AND NOT s.done AND {}",
            self._sheet, self._changed(self._writable()), self._table, self.match(),
        )  # fmt: skip

    def waiting(self) -> Sql:
        """How many rows are to insert, and how many to update."""
        return sql(
            "SELECT pg_catalog.count(*) FILTER (WHERE NOT s.found),"
            " pg_catalog.count(*) FILTER (WHERE s.changed), pg_catalog.count(*)"
            " FROM {} AS s WHERE s.ready AND NOT s.done",
            self._sheet,
        )

    def fixed(self) -> Sql:
        """Rows that give an identity column another value than it has, and its name."""
        fixed = [
            sql(
                "SELECT s.n, {}::text FROM {} AS s JOIN {} AS t ON {} WHERE s.found AND NOT s.done AND {}",
                literal(name), self._sheet, self._table, self.match(), self._differs(name),
            )
            for name in self._others()
            if self._staged.table.columns[name].identity == "a"
        ]  # fmt: skip
        return join(" UNION ALL ", fixed)

    def insert(self, part: Part) -> Sql:
        """New rows, in the file's order."""
        columns = self._inserted()
        return sql(
            "INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE SELECT {} FROM {} AS s"
            " WHERE s.ready AND NOT s.done AND NOT s.found{} ORDER BY s.n",
            self._staged.table.name,
            join(", ", (ident(one.name) for one in columns)),
            join(", ", map(self._new, columns)),
            self._sheet,
            part.sql,
        )

    def differing(self) -> Sql:
        """For each column that may be updated, whether some row changes it."""
        parts = [
            sql("coalesce(pg_catalog.bool_or({}), false)", self._differs(name))
            for name in self._writable()
        ]
        return sql(
            "SELECT {} FROM {} AS s JOIN {} AS t ON {} WHERE s.ready AND NOT s.done AND s.changed",
            join(", ", parts), self._sheet, self._table, self.match(),
        )  # fmt: skip

    def update(self, part: Part, differing: Sequence[bool]) -> Sql:
        """Rows that differ; only columns that some row changes, for the sake of triggers."""
        names = [name for name, one in zip(self._writable(), differing, strict=True) if one]
        return sql(
            "UPDATE {} AS t SET {} FROM {} AS s WHERE s.ready AND NOT s.done AND s.changed AND {}{}",
            self._table, join(", ", map(self._set, names)), self._sheet, self.match(), part.sql,
        )  # fmt: skip

    def remember(self) -> Sql:
        """Notes what the rows that differ are like before they are updated."""
        return sql(
            "CREATE TEMPORARY TABLE {} ON COMMIT DROP AS SELECT s.n, t::text AS row FROM {} AS s"
            " JOIN {} AS t ON {} WHERE s.ready AND NOT s.done AND s.changed",
            self._before, self._sheet, self._table, self.match(),
        )  # fmt: skip

    def same(self) -> Sql:
        """How many of them are like that after it."""
        return sql(
            "SELECT pg_catalog.count(*) FROM {} AS b JOIN {} AS s ON s.n = b.n JOIN {} AS t ON {}"
            ' WHERE b.row COLLATE "C" = t::text COLLATE "C"',
            self._before, self._sheet, self._table, self.match(),
        )  # fmt: skip

    def forget(self) -> Sql:
        """Ends what `remember` began."""
        return sql("DROP TABLE {}", self._before)

    def done(self) -> Sql:
        """What was ready is done."""
        return sql("UPDATE {} SET done = true WHERE ready AND NOT done", self._sheet)

    def left(self) -> Sql:
        """How many rows are not done."""
        return sql("SELECT pg_catalog.count(*) FROM {} WHERE NOT done", self._sheet)

    def late(self, part: Part) -> Sql:
        """Fills the postponed columns in; answers how many rows counted as unchanged before."""
        names = [name for name in self._staged.given if name in self._postponed]
        sets = [
            sql("{} = {}", ident(name), self._given(name, self._staged.sheet.cell(name)))
            for name in names
        ]
        return sql(
            "WITH filled AS (UPDATE {} AS t SET {} FROM {} AS s WHERE s.late AND {} AND ({}){}"
            " RETURNING s.found AND NOT s.changed AS quiet)"
            " SELECT pg_catalog.count(*) FROM filled WHERE quiet",
            self._table, join(", ", sets), self._sheet, self.match(),
            join(" OR ", (self._given_differs(name) for name in names)), part.sql,
        )  # fmt: skip

    def orphans(self, key: ForeignKey, target: Table, most: int) -> Sql:
        """Rows whose foreign key finds no row, neither in its table nor, for itself, in the sheet."""
        sheet = self._staged.sheet
        filled = [sql("{} IS NOT NULL", sheet.cell(name)) for name in key.columns]
        there: list[Sql] = []
        here: list[Sql] = []
        for mine, theirs in zip(key.columns, key.target_columns, strict=True):
            equal = target.columns[theirs].equal
            there.append(sql("r.{} {} {}", ident(theirs), equal, sheet.cell(mine)))
            if target.oid == self._staged.table.oid and theirs in self._staged.given:
                other = sql("q.c{}", number(sheet.place(theirs)))
                here.append(sql("{} {} {}", other, equal, sheet.cell(mine)))
        nowhere = [
            sql("NOT EXISTS (SELECT FROM {} AS r WHERE {})", target.only, join(" AND ", there))
        ]
        if len(here) == len(key.columns):
            nowhere.append(
                sql("NOT EXISTS (SELECT FROM {} AS q WHERE {})", sheet.name, join(" AND ", here))
            )
        return sql(
            "SELECT s.n FROM {} AS s WHERE {} ORDER BY s.n LIMIT {}",
            sheet.name, join(" AND ", [*filled, *nowhere]), number(most),
        )  # fmt: skip

    def match(self) -> Sql:
        """The row of the table that a row of the sheet is about."""
        columns = self._staged.table.columns
        return join(
            " AND ",
            (
                sql("t.{} {} {}", ident(name), columns[name].equal, self._staged.sheet.cell(name))
                for name in self._staged.key
            ),
        )

    def _leads_back(self, key: ForeignKey) -> bool:
        names = {*key.columns, *key.target_columns}
        return key.target == self._staged.table.oid and names <= set(self._staged.given)

    def _waits(self, key: ForeignKey) -> Sql:
        """Whether a row refers to one that the table lacks and that is not ready."""
        columns, cell = self._staged.table.columns, self._staged.sheet.cell
        pairs = list(zip(key.columns, key.target_columns, strict=True))
        in_sheet = [(columns[there].equal, cell(there, "o"), cell(here)) for here, there in pairs]
        in_table = [(columns[there].equal, ident("t", there), cell(here)) for here, there in pairs]
        at_once = sql("NOT s.late AND ") if self._postponed & set(key.columns) else NOTHING
        return sql(
            "({}EXISTS (SELECT FROM {} AS o WHERE NOT o.ready AND {})"
            " AND NOT EXISTS (SELECT FROM {} AS t WHERE {}))",
            at_once, self._sheet, _all_equal(in_sheet), self._table, _all_equal(in_table),
        )  # fmt: skip

    def _others(self) -> list[str]:
        return [name for name in self._staged.given if name not in self._staged.key]

    def _writable(self) -> list[str]:
        """PostgreSQL updates an identity column that is ALWAYS generated to DEFAULT only."""
        columns = self._staged.table.columns
        return [name for name in self._others() if columns[name].identity != "a"]

    def _changed(self, names: Iterable[str]) -> Sql:
        return join(" OR ", [sql("false"), *map(self._differs, names)])

    def _differs(self, name: str) -> Sql:
        """Whether a row gives a column another value now, not later."""
        condition = self._given_differs(name)
        return sql("(NOT s.late AND {})", condition) if name in self._postponed else condition

    def _given_differs(self, name: str) -> Sql:
        """Compared as text: not every type has an equality, and 1.0 is not 1.00."""
        differs = sql(
            't.{}::text COLLATE "C" IS DISTINCT FROM {}::text COLLATE "C"',
            ident(name), self._staged.sheet.cell(name),
        )  # fmt: skip
        gives = self._staged.gives(name)
        return sql("({} AND {})", gives, differs) if gives else sql("({})", differs)

    def _given(self, name: str, value: Sql) -> Sql:
        """The value where the row gives it, else what is there."""
        gives = self._staged.gives(name)
        return (
            sql("CASE WHEN {} THEN {} ELSE t.{} END", gives, value, ident(name)) if gives else value
        )

    def _set(self, name: str) -> Sql:
        value = self._given(name, self._staged.sheet.cell(name))
        if name in self._postponed:
            value = sql("CASE WHEN s.late THEN t.{} ELSE {} END", ident(name), value)
        return sql("{} = {}", ident(name), value)

    def _inserted(self) -> list[Column]:
        """The columns of the file; a rehearsal gives numbers itself, since sequences stay used."""
        columns = self._staged.table.columns.values()
        return [one for one in columns if one.name in self._staged.given or self._rehearsed(one)]

    def _rehearsed(self, column: Column) -> bool:
        return self._dry and column.counted

    def _new(self, column: Column) -> Sql:
        if column.name not in self._staged.given:
            return self._default(column)
        value = self._staged.sheet.cell(column.name)
        if column.name in self._postponed:
            value = sql("CASE WHEN s.late THEN NULL ELSE {} END", value)
        gives = self._staged.gives(column.name)
        if gives is None:
            return value
        return sql("CASE WHEN {} THEN {} ELSE {} END", gives, value, self._default(column))

    def _default(self, column: Column) -> Sql:
        """What a row has that does not give the column, of the type that the sheet has."""
        if self._rehearsed(column):
            return self._provisional(column)
        if column.identity and column.counters:
            return sql(
                "pg_catalog.nextval({}::pg_catalog.regclass)", literal(column.counters[0].name)
            )
        if column.default is None:
            return sql("NULL")
        return sql("({})::{}", column.default, column.base)

    def _provisional(self, column: Column) -> Sql:
        """Numbers that no row has, for rows that are rolled back."""
        name, cell = ident(column.name), NOTHING
        if column.name in self._staged.given:
            mine = self._staged.sheet.cell(column.name)
            cell = sql(", (SELECT pg_catalog.max({}) FROM {} AS s)", mine, self._sheet)
        return sql(
            "(greatest(0, (SELECT pg_catalog.max(t.{}) FROM {} AS t){}) + s.n)::{}",
            name, self._table, cell, column.base,
        )  # fmt: skip


def _all_equal(pairs: Iterable[tuple[Sql, Sql, Sql]]) -> Sql:
    return join(" AND ", (sql("{} {} {}", one, equal, other) for equal, one, other in pairs))
