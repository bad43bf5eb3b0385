"""Foreign tables (manual, CREATE FOREIGN TABLE): the rows are elsewhere."""

from dataclasses import dataclass
from typing import ClassVar, LiteralString, Self

from psqlmigrate.schema.dbobject import Alteration, DbObject, Naming, Resolve, Row, Statements
from psqlmigrate.schema.foreign import Options, options_change, options_clause, options_of
from psqlmigrate.schema.identity import ObjectId
from psqlmigrate.schema.privileges import Acl
from psqlmigrate.schema.sqltext import NOTHING, Sql, ident, join, sql
from psqlmigrate.schema.statement import Statement


@dataclass(frozen=True, slots=True)
class ForeignTable(DbObject):
    """A foreign table without its columns, which are objects of their own."""

    kind: ClassVar[str] = "foreign table"
    catalog: ClassVar[LiteralString] = "pg_class"
    rare: ClassVar[LiteralString] = "pg_catalog.pg_foreign_server WHERE oid >= 16384"
    rank: ClassVar[int] = 82
    acl: ClassVar[Acl | None] = Acl.TABLE
    naming: ClassVar[Naming] = Naming.PUBLIC

    schema: str
    name: str
    server: str
    options: Options

    @classmethod
    def query(cls, version: int) -> LiteralString:
        return """
SELECT c.oid, n.nspname::text, c.relname::text, s.srvname::text, f.ftoptions
  FROM pg_catalog.pg_foreign_table f
  JOIN pg_catalog.pg_class c ON c.oid = f.ftrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_catalog.pg_foreign_server s ON s.oid = f.ftserver
 WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"""

    @classmethod
    def from_row(cls, row: Row, resolve: Resolve) -> "ForeignTable":
        *plain, options = row
        values: Row = (*plain, options_of(options))
        return cls(*values)

    @property
    def id(self) -> ObjectId:
        return ObjectId(self.kind, (self.schema, self.name))

    @property
    def slots(self) -> tuple[tuple[str, ...], ...]:
        return (("relation", self.schema, self.name), ("type", self.schema, self.name))

    @property
    def sql_name(self) -> Sql:
        return sql("FOREIGN TABLE {}", ident(self.schema, self.name))

    def create(self, parts: tuple[DbObject, ...]) -> Statements:
        lines = (part.as_part(parts) for part in parts)
        body = join(",\n", (sql("    {}", line) for line in lines if line))
        own = (part.clause for part in parts if part.owners == (self.id,))
        inherits = join(", ", (clause for clause in own if clause))
        text = sql(
            "CREATE {} ({}){}\nSERVER {}{}",
            self.sql_name,
            sql("\n{}\n", body) if body else NOTHING,
            sql(" INHERITS ({})", inherits) if inherits else NOTHING,
            ident(self.server),
            options_clause(self.options),
        )
        adjusted = (statement for part in parts for statement in part.adjust())
        return (Statement(text, self.id), *adjusted)

    def drop(self) -> Statements:
        return (Statement(sql("DROP {}", self.sql_name), self.id),)

    def alter(self, new: Self) -> Alteration | None:
        if self.server != new.server:
            return None
        change = options_change(self.options, new.options)
        return Alteration((Statement(sql("ALTER {} {}", self.sql_name, change), self.id),))
