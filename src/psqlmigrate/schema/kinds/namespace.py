"""Schemas (manual, CREATE SCHEMA)."""

from dataclasses import dataclass
from typing import ClassVar, LiteralString

from psqlmigrate.schema.dbobject import DbObject, Naming, Statements
from psqlmigrate.schema.identity import ObjectId
from psqlmigrate.schema.sqltext import Sql, ident, literal, sql
from psqlmigrate.schema.statement import Statement


@dataclass(frozen=True, slots=True)
class Schema(DbObject):
    """A schema. `public` is made by PostgreSQL itself, yet it can be dropped."""

    kind: ClassVar[str] = "schema"
    catalog: ClassVar[LiteralString] = "pg_namespace"
    rank: ClassVar[int] = 10
    naming: ClassVar[Naming] = Naming.PUBLIC

    name: str

    @classmethod
    def query(cls, version: int) -> LiteralString:
        return """
SELECT n.oid, n.nspname::text
  FROM pg_catalog.pg_namespace n
 WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"""

    @property
    def id(self) -> ObjectId:
        return ObjectId(self.kind, (self.name,))

    @property
    def native(self) -> bool:
        return self.name == "public"

    @property
    def sql_name(self) -> Sql:
        return sql("SCHEMA {}", ident(self.name))

    def create(self, parts: tuple[DbObject, ...]) -> Statements:
        made = Statement(sql("CREATE SCHEMA {}", ident(self.name)), self.id)
        if self.name != "public":
            return (made,)
        # What initdb says of it; a comment of another wording is an object of its own.
        text = sql("COMMENT ON {} IS {}", self.sql_name, literal("standard public schema"))
        return (made, Statement(text, self.id))

    def drop(self) -> Statements:
        return (Statement(sql("DROP SCHEMA {}", ident(self.name)), self.id),)
