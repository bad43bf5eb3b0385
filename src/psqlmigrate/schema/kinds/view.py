"""Views (manual, CREATE VIEW)."""

from dataclasses import dataclass
from typing import ClassVar, LiteralString, Self

from psqlmigrate.schema.clauses import options_sql, set_options
from psqlmigrate.schema.dbobject import Alteration, DbObject, Naming, Resolve, Row, Statements
from psqlmigrate.schema.identity import ObjectId
from psqlmigrate.schema.privileges import Acl
from psqlmigrate.schema.sqltext import NOTHING, Sql, ident, join, printed, sql
from psqlmigrate.schema.statement import Statement


@dataclass(frozen=True, slots=True)
class View(DbObject):
    """A view; `columns` are (name, type, collation): OR REPLACE can only add at their end."""

    kind: ClassVar[str] = "view"
    catalog: ClassVar[LiteralString] = "pg_class"
    rank: ClassVar[int] = 140
    acl: ClassVar[Acl | None] = Acl.TABLE
    naming: ClassVar[Naming] = Naming.PUBLIC

    schema: str
    name: str
    options: tuple[str, ...]
    columns: tuple[tuple[str, str, str], ...]
    definition: str

    @classmethod
    def query(cls, version: int) -> LiteralString:
        return """
SELECT c.oid, n.nspname::text, c.relname::text, c.reloptions,
       (SELECT pg_catalog.array_agg(ARRAY[a.attname::text,
                 pg_catalog.format_type(a.atttypid, a.atttypmod),
                 CASE WHEN a.attcollation <> t.typcollation THEN
                   (SELECT pg_catalog.quote_ident(cn.nspname) || '.'
                           || pg_catalog.quote_ident(co.collname)
                      FROM pg_catalog.pg_collation co
                      JOIN pg_catalog.pg_namespace cn ON cn.oid = co.collnamespace
                     WHERE co.oid = a.attcollation) ELSE '' END] ORDER BY a.attnum)
          FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
         WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
       pg_catalog.pg_get_viewdef(c.oid)
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind = 'v' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"""

    @classmethod
    def from_row(cls, row: Row, resolve: Resolve) -> "View":
        schema, name, options, columns, definition = row
        text = definition.removesuffix(";")
        names = tuple((one[0], one[1], one[2]) for one in columns or ())
        return cls(schema, name, tuple(options or ()), names, text)

    @property
    def id(self) -> ObjectId:
        return ObjectId(self.kind, (self.schema, self.name))

    @property
    def slots(self) -> tuple[tuple[str, ...], ...]:
        return (("relation", self.schema, self.name), ("type", self.schema, self.name))

    @property
    def sql_name(self) -> Sql:
        return sql("VIEW {}", ident(self.schema, self.name))

    def create(self, parts: tuple[DbObject, ...]) -> Statements:
        return (self._create(NOTHING),)

    @property
    def stub(self) -> Statements:
        columns = join(", ", (_nothing(*column) for column in self.columns))
        text = sql("CREATE OR REPLACE {} AS\n SELECT {}", self.sql_name, columns)
        return (Statement(text, self.id),)

    def fill(self) -> Statements:
        return (self._create(sql("OR REPLACE ")),)

    def _create(self, replace: Sql) -> Statement:
        options = sql(" WITH ({})", options_sql(self.options)) if self.options else NOTHING
        body = printed(self.definition)
        return Statement(
            sql("CREATE {}{}{} AS\n{}", replace, self.sql_name, options, body), self.id
        )

    def drop(self) -> Statements:
        return (Statement(sql("DROP {}", self.sql_name), self.id),)

    def alter(self, new: Self) -> Alteration | None:
        if new.columns[: len(self.columns)] != self.columns:
            return None
        if self.definition != new.definition:
            return Alteration((new._create(sql("OR REPLACE ")),))
        changes = set_options(self.options, new.options)
        texts = (sql("ALTER {} {}", self.sql_name, change) for change in changes)
        return Alteration(tuple(Statement(text, self.id) for text in texts))


def _nothing(name: str, type_name: str, collation: str) -> Sql:
    collate = sql(" COLLATE {}", printed(collation)) if collation else NOTHING
    return sql("NULL::{}{} AS {}", printed(type_name), collate, ident(name))
