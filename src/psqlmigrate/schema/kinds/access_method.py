"""Access methods of indexes and tables (manual, CREATE ACCESS METHOD)."""

from dataclasses import dataclass, field
from typing import ClassVar, LiteralString

from psqlmigrate.schema.dbobject import DbObject, Statements
from psqlmigrate.schema.identity import ObjectId
from psqlmigrate.schema.sqltext import Sql, ident, printed, sql
from psqlmigrate.schema.statement import Hazard, Statement

_TYPES = {"i": sql("INDEX"), "t": sql("TABLE")}


@dataclass(frozen=True, slots=True)
class AccessMethod(DbObject):
    """An access method; PostgreSQL can change nothing of it."""

    kind: ClassVar[str] = "access method"
    catalog: ClassVar[LiteralString] = "pg_am"
    rare: ClassVar[LiteralString] = "pg_catalog.pg_am WHERE oid >= 16384"
    rank: ClassVar[int] = 66

    name: str
    type: str
    handler: str
    home: str | None = field(compare=False, default=None)
    """The schema of its handler; None for PostgreSQL's own."""

    @classmethod
    def query(cls, version: int) -> LiteralString:
        return """
SELECT a.oid, a.amname::text, a.amtype::text, a.amhandler::text,
       (SELECT n.nspname::text
          FROM pg_catalog.pg_proc h JOIN pg_catalog.pg_namespace n ON n.oid = h.pronamespace
         WHERE h.oid = a.amhandler AND n.nspname !~ '^pg_'
           AND n.nspname <> 'information_schema')
  FROM pg_catalog.pg_am a
 WHERE a.oid >= 16384"""

    @property
    def id(self) -> ObjectId:
        return ObjectId(self.kind, (self.name,))

    @property
    def schema_name(self) -> str | None:
        return self.home

    @property
    def sql_name(self) -> Sql:
        return sql("ACCESS METHOD {}", ident(self.name))

    def create(self, parts: tuple[DbObject, ...]) -> Statements:
        text = sql(
            "CREATE {} TYPE {} HANDLER {}", self.sql_name, _TYPES[self.type], printed(self.handler)
        )
        return (Statement(text, self.id, frozenset({Hazard.NEEDS_PRIVILEGE})),)

    def drop(self) -> Statements:
        return (Statement(sql("DROP {}", self.sql_name), self.id),)
