"""Finds the rows that references describe, and puts their values into sheets."""

from collections.abc import Iterable, Mapping

from psqlmigrate.postgres.connect import Connection
from psqlmigrate.schema.sqltext import Sql, ident, join, number, sql
from psqlmigrate.service.seeds import sheets
from psqlmigrate.service.seeds.facts import Column
from psqlmigrate.service.seeds.references import References, Shape
from psqlmigrate.service.seeds.sheets import Sheet


class Resolver:
    """The references of a file. Methods raise what PostgreSQL raises."""

    def __init__(self, connection: Connection, references: References) -> None:
        self._connection = connection
        self._references = references
        self.sheets = [_sheet(one) for one in references.shapes]

    def shape(self, number_: int) -> Shape:
        """The shape of that number."""
        return self._references.shapes[number_]

    def touches(self, shapes: Iterable[int], table: int) -> bool:
        """Whether references of these shapes lead to the table."""
        return any(table in self._references.targets(one) for one in shapes)

    def fill(self, sheet: Sheet, pointing: Mapping[str, set[int]]) -> None:
        """Puts values into the columns of the sheet that wait for references."""
        for shapes in pointing.values():
            for one in shapes:
                self._resolve(one)
        for name, shapes in pointing.items():
            at = number(sheet.place(name))
            column = sheet.columns[sheet.place(name)]
            for one in shapes:
                self._execute(
                    sql(
                        "UPDATE {sheet} AS s SET c{at} = r.value::{base} FROM {shape} AS r"
                        " WHERE s.s{at} = {number} AND s.p{at} = r.n AND s.c{at} IS NULL AND r.hits = 1",
                        sheet=sheet.name, at=at, base=column.base, shape=self.sheets[one].name,
                        number=number(one),
                    )
                )  # fmt: skip

    def unresolved(self, sheet: Sheet, name: str, shape: int, most: int) -> list[tuple[int, str]]:
        """Rows of the sheet whose reference leads nowhere, with the reason."""
        at = number(sheet.place(name))
        rows = self._connection.execute(
            sql(
                "SELECT s.n, r.n, r.hits FROM {sheet} AS s JOIN {shape} AS r ON s.p{at} = r.n"
                " WHERE s.s{at} = {number} AND s.c{at} IS NULL ORDER BY s.n LIMIT {most}",
                sheet=sheet.name, shape=self.sheets[shape].name, at=at, number=number(shape),
                most=number(most),
            ).encode()
        )  # fmt: skip
        return [(n, self._reason(shape, reference, hits)) for n, reference, hits in rows]

    def _reason(self, shape: int, reference: int, hits: int | None) -> str:
        one = self._references.shapes[shape]
        described = one.described(reference)
        if not hits:
            return f"$ref: there is no {described}"
        if hits > 1:
            return f"$ref: {hits} rows are {described}"
        return f"$ref: {one.value} of {described} is null"

    def _resolve(self, shape: int) -> None:
        """Looks for the rows that were not found before."""
        one, sheet = self._references.shapes[shape], self.sheets[shape]
        if sheet.pointing:
            self.fill(sheet, sheet.pointing)
        same = [_same(column, at) for at, column in enumerate(sheet.columns)]
        self._execute(
            sql(
                "UPDATE {sheet} AS s SET hits = q.hits, value = q.value FROM ("
                "SELECT s.n, pg_catalog.count(*) AS hits, pg_catalog.min(t.{value}::text) AS value"
                " FROM {sheet} AS s JOIN {table} AS t ON {same} WHERE s.hits IS NULL GROUP BY s.n) AS q"
                " WHERE q.n = s.n",
                sheet=sheet.name, value=ident(one.value), table=one.target.only,
                same=join(" AND ", same),
            )
        )  # fmt: skip

    def _execute(self, text: Sql) -> None:
        self._connection.execute(text.encode())

    def create(self) -> None:
        """Makes the sheets of the references."""
        for one in self.sheets:
            sheets.create(self._connection, one)


def _same(column: Column, at: int) -> Sql:
    return sql("t.{} {} s.c{}", ident(column.name), column.equal, number(at))


def _sheet(shape: Shape) -> Sheet:
    columns = tuple(shape.target.columns[name] for name in shape.columns)
    name = sql("pg_temp.{}", ident(f"psqlmigrate_seed_ref_{shape.number}"))
    return sheets.sheet(name, columns, list(shape.rows), [0] * len(shape.rows))
