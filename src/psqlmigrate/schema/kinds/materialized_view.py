"""Materialized views (manual, CREATE MATERIALIZED VIEW)."""

from dataclasses import dataclass, field
from typing import ClassVar, LiteralString, Self

from psqlmigrate.schema.clauses import options_sql, set_options
from psqlmigrate.schema.dbobject import Alteration, DbObject, Naming, Resolve, Row, Statements
from psqlmigrate.schema.identity import ObjectId
from psqlmigrate.schema.sqltext import NOTHING, Sql, ident, printed, sql
from psqlmigrate.schema.statement import Hazard, Statement


@dataclass(frozen=True, slots=True)
class MaterializedView(DbObject):
    """A materialized view; its rows can be computed again, so it may be made anew."""

    kind: ClassVar[str] = "materialized view"
    catalog: ClassVar[LiteralString] = "pg_class"
    rank: ClassVar[int] = 145
    naming: ClassVar[Naming] = Naming.PUBLIC

    schema: str
    name: str
    access_method: str
    options: tuple[str, ...]
    definition: str
    populated: bool = field(compare=False, default=True)

    @classmethod
    def query(cls, version: int) -> LiteralString:
        return """
SELECT c.oid, n.nspname::text, c.relname::text,
       coalesce(CASE WHEN a.amname <> 'heap' THEN a.amname::text END, ''), c.reloptions,
       pg_catalog.pg_get_viewdef(c.oid), c.relispopulated
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_catalog.pg_am a ON a.oid = c.relam
 WHERE c.relkind = 'm' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"""

    @classmethod
    def from_row(cls, row: Row, resolve: Resolve) -> "MaterializedView":
        schema, name, method, options, definition, populated = row
        text = definition.removesuffix(";")
        return cls(schema, name, method, tuple(options or ()), text, populated)

    @property
    def id(self) -> ObjectId:
        return ObjectId(self.kind, (self.schema, self.name))

    @property
    def slots(self) -> tuple[tuple[str, ...], ...]:
        return (("relation", self.schema, self.name), ("type", self.schema, self.name))

    @property
    def sql_name(self) -> Sql:
        return sql("MATERIALIZED VIEW {}", ident(self.schema, self.name))

    def create(self, parts: tuple[DbObject, ...]) -> Statements:
        using = sql(" USING {}", ident(self.access_method)) if self.access_method else NOTHING
        options = sql(" WITH ({})", options_sql(self.options)) if self.options else NOTHING
        data = NOTHING if self.populated else sql("\nWITH NO DATA")
        body = printed(self.definition)
        text = sql("CREATE {}{}{} AS\n{}{}", self.sql_name, using, options, body, data)
        return (Statement(text, self.id, frozenset({Hazard.FULL_SCAN, Hazard.MAY_FAIL})),)

    def drop(self) -> Statements:
        return (Statement(sql("DROP {}", self.sql_name), self.id),)

    def alter(self, new: Self) -> Alteration | None:
        if (self.definition, self.access_method) != (new.definition, new.access_method):
            return None
        statements = [
            Statement(sql("ALTER {} {}", self.sql_name, change), self.id)
            for change in set_options(self.options, new.options)
        ]
        if self.populated != new.populated:
            no = NOTHING if new.populated else sql(" WITH NO DATA")
            statements.append(Statement(sql("REFRESH {}{}", self.sql_name, no), self.id))
        return Alteration(tuple(statements))
