"""Temporary tables that hold a file's rows, with the types of the tables that they go to.

From here on PostgreSQL compares, resolves and converts: set by set, with the meaning that it gives
to the values itself.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import psycopg

from psqlmigrate.postgres.connect import Connection
from psqlmigrate.schema.sqltext import Sql, ident, join, number, sql
from psqlmigrate.service.seeds.facts import Column
from psqlmigrate.service.seeds.references import Cell, Pointer
from psqlmigrate.service.seeds.troubles import is_of_rows

_WORTH_ANALYZING = 500

_CONTROL = sql(
    "n int4, g int4, ready bool NOT NULL DEFAULT false, done bool NOT NULL DEFAULT false, "
    "found bool NOT NULL DEFAULT false, changed bool NOT NULL DEFAULT false, "
    "late bool NOT NULL DEFAULT false, hits int8, value text"
)


@dataclass(frozen=True, slots=True)
class Sheet:
    """Rows of cells for columns; `groups` has a number for each row: which columns it gives.

    A row's number is its place, from 1. `pointing` are the columns that have pointers, each with
    their shapes. In SQL a column is `c0`, `c1` …, a pointer in it `s0` (the shape) and `p0` (the
    number).
    """

    name: Sql
    columns: tuple[Column, ...]
    rows: Sequence[tuple[Cell, ...]]
    groups: Sequence[int]
    pointing: Mapping[str, set[int]]

    def place(self, column: str) -> int:
        """The place of a column by its name."""
        return next(at for at, one in enumerate(self.columns) if one.name == column)

    def cell(self, column: str, alias: str = "s") -> Sql:
        """The column in SQL, of the sheet as `s`."""
        return ident(alias, f"c{self.place(column)}")


def sheet(
    name: Sql,
    columns: tuple[Column, ...],
    rows: Sequence[tuple[Cell, ...]],
    groups: Sequence[int],
) -> Sheet:
    """A sheet of these rows."""
    found: dict[str, set[int]] = {}
    for row in rows:
        for column, cell in zip(columns, row, strict=True):
            if isinstance(cell, Pointer):
                found.setdefault(column.name, set()).add(cell.shape)
    return Sheet(name, columns, rows, groups, found)


def create(connection: Connection, sheet: Sheet) -> None:
    """Makes the temporary table; it ends with the transaction."""
    columns: list[Sql] = []
    for at, one in enumerate(sheet.columns):
        columns.append(sql("c{} {}", number(at), one.staged))
        if one.name in sheet.pointing:  # a table has room for 1600 columns only
            columns.append(sql("s{0} int4, p{0} int4", number(at)))
    text = sql(
        "CREATE TEMPORARY TABLE {} ({}) ON COMMIT DROP",
        sheet.name, join(", ", [_CONTROL, *columns]),
    )  # fmt: skip
    connection.execute(text.encode())


def fill(connection: Connection, sheet: Sheet) -> None:
    """Copies the rows in. Raises what PostgreSQL raises."""
    names = [sql("n"), sql("g")]
    pointing = [one.name in sheet.pointing for one in sheet.columns]
    for at, points in enumerate(pointing):
        names += [ident(f"{letter}{at}") for letter in ("csp" if points else "c")]
    with (
        connection.cursor() as cursor,
        cursor.copy(sql("COPY {} ({}) FROM STDIN", sheet.name, join(", ", names)).encode()) as copy,
    ):
        for at, (row, group) in enumerate(zip(sheet.rows, sheet.groups, strict=True), 1):
            values: list[object] = [at, group]
            for cell, points in zip(row, pointing, strict=True):
                if isinstance(cell, Pointer):
                    values += (None, cell.shape, cell.number)
                else:
                    values += (cell, None, None) if points else (cell,)
            copy.write_row(values)
    if len(sheet.rows) >= _WORTH_ANALYZING:
        connection.execute(sql("ANALYZE {}", sheet.name).encode())


def bad_cells(
    connection: Connection,
    sheet: Sheet,
    report: Callable[[int, Column, psycopg.Error], bool],
) -> None:
    """Finds the values that the types refuse: halves that fail are halved again.

    `report` is told the row's number, the column and the error, and says whether to go on.
    """
    for at, column in enumerate(sheet.columns):
        rows = [n for n, row in enumerate(sheet.rows, 1) if isinstance(row[at], str)]
        pending = [rows] if rows else []
        while pending:
            part = pending.pop()
            error = _refused(connection, sheet, at, part)
            if error is None:
                continue
            if len(part) == 1:
                if not report(part[0], column, error):
                    return
                continue
            half = len(part) // 2
            pending += [part[half:], part[:half]]


def _refused(
    connection: Connection, sheet: Sheet, at: int, rows: Iterable[int]
) -> psycopg.Error | None:
    text = sql("COPY {} (c{}) FROM STDIN", sheet.name, number(at))
    connection.execute(b"SAVEPOINT cells")
    try:
        with connection.cursor() as cursor, cursor.copy(text.encode()) as copy:
            for n in rows:
                copy.write_row((sheet.rows[n - 1][at],))
    except psycopg.Error as error:
        if connection.closed or not is_of_rows(error):
            raise
        return error
    finally:
        if not connection.closed:
            connection.execute(b"ROLLBACK TO SAVEPOINT cells")
    return None
