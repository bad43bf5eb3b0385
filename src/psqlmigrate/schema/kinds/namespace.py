"""Schemas (manual, CREATE SCHEMA)."""

from dataclasses import dataclass, field
from typing import ClassVar, LiteralString

from psqlmigrate.schema.dbobject import DbObject, Naming, Statements
from psqlmigrate.schema.identity import ObjectId
from psqlmigrate.schema.privileges import Acl
from psqlmigrate.schema.sqltext import Sql, ident, literal, printed, sql
from psqlmigrate.schema.statement import Statement

_CLOSED = 15
"""Since then the schema public is the database owner's, and not everybody may make things in it."""

_QUERY: LiteralString = """
SELECT n.oid, n.nspname::text, @allowed, @owner
  FROM pg_catalog.pg_namespace n
 WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"""


@dataclass(frozen=True, slots=True)
class Schema(DbObject):
    """A schema. `public` is made by PostgreSQL itself, yet it can be dropped."""

    kind: ClassVar[str] = "schema"
    catalog: ClassVar[LiteralString] = "pg_namespace"
    rank: ClassVar[int] = 10
    acl: ClassVar[Acl | None] = Acl.SCHEMA
    naming: ClassVar[Naming] = Naming.PUBLIC

    name: str
    for_public: str = field(compare=False, default="USAGE")
    """What initdb lets everybody do in the schema public."""
    born_to: str = field(compare=False, default="pg_database_owner")
    """To whom initdb gives the schema public; '' is who makes it."""

    @classmethod
    def query(cls, version: int) -> LiteralString:
        if version >= _CLOSED:
            return _QUERY.replace("@allowed", "'USAGE'").replace("@owner", "'pg_database_owner'")
        return _QUERY.replace("@allowed", "'USAGE, CREATE'").replace("@owner", "''")

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
        grant = sql("GRANT {} ON {} TO PUBLIC", printed(self.for_public), self.sql_name)
        found = [made, Statement(text, self.id), Statement(grant, self.id)]
        if self.born_to:
            give = sql("ALTER {} OWNER TO {}", self.sql_name, ident(self.born_to))
            found.append(Statement(give, self.id))
        return tuple(found)

    def drop(self) -> Statements:
        return (Statement(sql("DROP SCHEMA {}", ident(self.name)), self.id),)
