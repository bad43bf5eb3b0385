"""What a foreign-data wrapper is told of a column (manual, CREATE FOREIGN TABLE)."""

from dataclasses import dataclass
from typing import ClassVar, LiteralString, Self

from psqlmigrate.schema.dbobject import Alteration, DbObject, Resolve, Row, Statements
from psqlmigrate.schema.foreign import Options, options_change, options_of
from psqlmigrate.schema.identity import ObjectId
from psqlmigrate.schema.sqltext import ident, sql
from psqlmigrate.schema.statement import Statement


@dataclass(frozen=True, slots=True)
class ColumnOptions(DbObject):
    """The options of a column of a foreign table."""

    kind: ClassVar[str] = "column options"
    catalog: ClassVar[LiteralString] = "pg_attribute"
    rare: ClassVar[LiteralString] = "pg_catalog.pg_foreign_server WHERE oid >= 16384"
    rank: ClassVar[int] = 112
    has_subid: ClassVar[bool] = True

    schema: str
    table: str
    column: str
    options: Options

    @classmethod
    def query(cls, version: int) -> LiteralString:
        return """
SELECT a.attrelid, a.attnum::int, n.nspname::text, c.relname::text, a.attname::text, a.attfdwoptions
  FROM pg_catalog.pg_attribute a
  JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind = 'f' AND a.attfdwoptions <> '{}' AND NOT a.attisdropped
   AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"""

    @classmethod
    def from_row(cls, row: Row, resolve: Resolve) -> "ColumnOptions":
        *plain, options = row
        values: Row = (*plain, options_of(options))
        return cls(*values)

    @property
    def id(self) -> ObjectId:
        return ObjectId(self.kind, (self.schema, self.table, self.column))

    @property
    def is_part(self) -> bool:
        return True

    @property
    def owners(self) -> tuple[ObjectId, ...]:
        return (ObjectId("column", (self.schema, self.table, self.column)),)

    @property
    def survives_alter(self) -> bool:
        return True

    def create(self, parts: tuple[DbObject, ...]) -> Statements:
        return self._changed((), self.options)

    def drop(self) -> Statements:
        return self._changed(self.options, ())

    def alter(self, new: Self) -> Alteration:
        return Alteration(self._changed(self.options, new.options))

    def _changed(self, old: Options, new: Options) -> Statements:
        table, column = ident(self.schema, self.table), ident(self.column)
        change = options_change(old, new)
        text = sql("ALTER FOREIGN TABLE {} ALTER COLUMN {} {}", table, column, change)
        return (Statement(text, self.id),)

    def summary(self) -> str:
        return f"options of {self.column}"
