"""A whole seed file in one transaction: looked up, checked, staged, loaded."""

from collections.abc import Iterable, Sequence

import psycopg

from psqlmigrate.errors import SeedError, SeedRefusedError
from psqlmigrate.migrations.sent import shown
from psqlmigrate.postgres.connect import Connection
from psqlmigrate.schema.sqltext import ident, join, sql
from psqlmigrate.service.seeds import facts, sheets, staging
from psqlmigrate.service.seeds.content import SeedFile, TableRows
from psqlmigrate.service.seeds.facts import Column, Relation, Table
from psqlmigrate.service.seeds.loading import Loader
from psqlmigrate.service.seeds.naming import Names, UnknownNameError
from psqlmigrate.service.seeds.order import CircleError, Edge, Order, order
from psqlmigrate.service.seeds.references import References, mentioned
from psqlmigrate.service.seeds.resolving import Resolver
from psqlmigrate.service.seeds.sheets import Sheet
from psqlmigrate.service.seeds.staging import Staged
from psqlmigrate.service.seeds.troubles import Troubles, is_of_rows, joined, reason_of
from psqlmigrate.service.seeds.types import types
from psqlmigrate.service.seeds.values import Converter


class Transfer:
    """One file, on a connection that is in a transaction; `own` tables are psqlmigrate's."""

    def __init__(
        self,
        connection: Connection,
        file: SeedFile,
        schemas: Sequence[str],
        own: Iterable[tuple[str, str]],
    ) -> None:
        self._connection = connection
        self._file = file
        self._troubles = Troubles(file.path)
        self._relations = facts.relations(connection)
        self._names = Names(self._relations, schemas, own)
        self._tables: dict[int, Table] = {}
        self.loaders: list[Loader] = []
        self.moved: list[str] = []

    def run(self, *, truncate: bool, dry: bool) -> None:
        """Does all of it, but for the COMMIT. Raises SeedError; psycopg.Error for what is not the rows'."""
        sources = self._sources()
        self._look_up(self._needed(sources))
        references, staged = self._staged(sources)
        resolver = Resolver(self._connection, references)
        self._copy(staged, references, resolver)
        found = self._ordered(staged, references)
        if truncate:
            self._truncate([one.table for one in staged])
        self._defer(found)
        by_oid = {one.table.oid: one for one in staged}
        self.loaders = [
            Loader(
                self._connection, by_oid[oid], resolver, self._tables, self._troubles,
                found.postponed.get(oid, ()), dry=dry,
            )
            for oid in found.tables
        ]  # fmt: skip
        for one in self.loaders:
            one.load()
        for one in self.loaders:
            one.finish()
        self._check_deferred()
        if not dry:
            for one in self.loaders:
                self.moved += one.advance()

    def _sources(self) -> dict[Relation, TableRows]:
        """What the file has for each table."""
        found: dict[Relation, TableRows] = {}
        for rows in self._file.tables:
            try:
                relation = self._names.table(rows.name)
            except UnknownNameError as error:
                self._troubles.table(rows, str(error), error.hint)
                continue
            if relation in found:
                self._troubles.table(rows, f"it is {found[relation].name} again, by another name")
            found[relation] = rows
        return found

    def _needed(self, sources: Iterable[Relation]) -> list[Relation]:
        """The file's tables, those that references name, and those that foreign keys lead to."""
        needed = dict.fromkeys(sources)
        for name in set(mentioned(self._file)):
            try:
                needed[self._names.table(name)] = None
            except UnknownNameError:
                continue  # where it is a reference indeed, its row is told of it
        return list(needed)

    def _look_up(self, needed: Iterable[Relation]) -> None:
        """Reads what the catalogs say of these tables and of those that they refer to."""
        self._tables = facts.tables(self._connection, needed)
        targets = {key.target for one in self._tables.values() for key in one.foreign_keys}
        further = [one for one in self._relations if one.oid in targets.difference(self._tables)]
        if further:
            self._tables |= facts.tables(self._connection, further)

    def _staged(self, sources: dict[Relation, TableRows]) -> tuple[References, list[Staged]]:
        columns = [one for table in self._tables.values() for one in table.columns.values()]
        converter = Converter(types(self._connection, (one.type for one in columns)))
        references = References(self._names, self._tables, converter)
        staged: list[Staged] = []
        for at, (relation, rows) in enumerate(sources.items()):
            table = self._tables[relation.oid]
            one = staging.stage(at, table, rows, references, self._troubles)
            staged += [one] if one else []
        return references, staged

    def _ordered(self, staged: Sequence[Staged], references: References) -> Order:
        edges = staging.edges(staged, references)
        try:
            return order([one.table.oid for one in staged], edges)
        except CircleError as error:
            raise self._circle(error.edges) from None

    def _circle(self, edges: Sequence[Edge]) -> SeedError:
        words = [
            f"{self._tables[one.source].label} {joined(one.columns)} refers to "
            f"{self._tables[one.target].label}"
            for one in edges
        ]
        return SeedError(
            f"{shown(self._file.path)}: these tables need each other's rows first",
            details="\n".join(words),
            hint="make one of these foreign keys DEFERRABLE, or one of the columns nullable; "
            "nothing was changed",
        )

    def _copy(self, staged: Sequence[Staged], references: References, resolver: Resolver) -> None:
        """Copies all rows in, and finds every value that its type refuses."""
        resolver.create()
        for one in staged:
            sheets.create(self._connection, one.sheet)

            def refused(
                number: int, column: Column, error: psycopg.Error, one: Staged = one
            ) -> bool:
                self._troubles.row(one.source, number, column.name, reason_of(error))
                return not self._troubles.full

            room = self._troubles.room
            if room and (error := self._filled(one.sheet)) is not None:
                sheets.bad_cells(self._connection, one.sheet, refused)
                if self._troubles.room == room:
                    self._troubles.table(one.source, reason_of(error))
        self._troubles.refuse()
        for shape, sheet in zip(references.shapes, resolver.sheets, strict=True):
            if (error := self._filled(sheet)) is not None:
                raise SeedError(
                    f"{shown(self._file.path)}: $ref to {shape.target.label} by "
                    f"{joined(shape.columns)}: {reason_of(error)}",
                    hint="nothing was changed",
                )

    def _filled(self, sheet: Sheet) -> psycopg.Error | None:
        self._connection.execute(b"SAVEPOINT sheet")
        try:
            sheets.fill(self._connection, sheet)
        except psycopg.Error as error:
            if self._connection.closed or not is_of_rows(error):
                raise
            self._connection.execute(b"ROLLBACK TO SAVEPOINT sheet")
            return error
        return None

    def _truncate(self, tables: Sequence[Table]) -> None:
        if not tables:
            return
        others = facts.referring(self._connection, [one.oid for one in tables])
        if others:
            raise SeedRefusedError(
                f"{shown(self._file.path)}: --truncate cannot empty tables that others refer to",
                details="\n".join(f"{one.label} refers to them ({key})" for one, key in others),
                hint="name these tables in the file, too, if only with an empty list; "
                "nothing was changed",
            )
        names = join(", ", (one.only for one in tables))
        self._connection.execute(sql("TRUNCATE {} RESTART IDENTITY", names).encode())

    def _defer(self, found: Order) -> None:
        if found.deferred:
            names = join(", ", (ident(*one) for one in dict.fromkeys(found.deferred)))
            self._connection.execute(sql("SET CONSTRAINTS {} DEFERRED", names).encode())

    def _check_deferred(self) -> None:
        """What constraints and triggers have put off: better now than in the COMMIT."""
        self._connection.execute(b"SAVEPOINT deferred")
        try:
            self._connection.execute(b"SET CONSTRAINTS ALL IMMEDIATE")
        except psycopg.Error as error:
            if self._connection.closed or not is_of_rows(error):
                raise
            self._connection.execute(b"ROLLBACK TO SAVEPOINT deferred")
            for one in self.loaders:
                one.blame.explain(error)
            raise
