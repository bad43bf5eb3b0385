"""Transforms of types for languages (manual, CREATE TRANSFORM)."""

from dataclasses import dataclass, field
from typing import ClassVar, LiteralString, Self

from psqlmigrate.schema.dbobject import Alteration, DbObject, Statements
from psqlmigrate.schema.identity import ObjectId
from psqlmigrate.schema.sqltext import NOTHING, Sql, ident, join, printed, sql
from psqlmigrate.schema.statement import Statement


@dataclass(frozen=True, slots=True)
class Transform(DbObject):
    """What a type becomes in a language, and how it comes back; one of them may be missing."""

    kind: ClassVar[str] = "transform"
    catalog: ClassVar[LiteralString] = "pg_transform"
    rare: ClassVar[LiteralString] = "pg_catalog.pg_transform WHERE oid >= 16384"
    rank: ClassVar[int] = 76

    type: str
    language: str
    from_sql: str
    to_sql: str
    home: str | None = field(compare=False, default=None)
    """The schema of its type or functions; None for PostgreSQL's own."""

    @classmethod
    def query(cls, version: int) -> LiteralString:
        return """
SELECT t.oid, pg_catalog.format_type(t.trftype, NULL), l.lanname::text,
       CASE WHEN t.trffromsql <> 0 THEN t.trffromsql::pg_catalog.regprocedure::text ELSE '' END,
       CASE WHEN t.trftosql <> 0 THEN t.trftosql::pg_catalog.regprocedure::text ELSE '' END,
       (SELECT n.nspname::text
          FROM (SELECT 1, typnamespace FROM pg_catalog.pg_type WHERE oid = t.trftype
                UNION ALL SELECT 2, pronamespace FROM pg_catalog.pg_proc
                           WHERE oid IN (t.trffromsql, t.trftosql)) x(place, namespace)
          JOIN pg_catalog.pg_namespace n ON n.oid = x.namespace
         WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
         ORDER BY x.place LIMIT 1)
  FROM pg_catalog.pg_transform t
  JOIN pg_catalog.pg_language l ON l.oid = t.trflang"""

    @property
    def id(self) -> ObjectId:
        return ObjectId(self.kind, (f"({self.type} LANGUAGE {self.language})",))

    @property
    def schema_name(self) -> str | None:
        return self.home

    @property
    def sql_name(self) -> Sql:
        return sql("TRANSFORM FOR {} LANGUAGE {}", printed(self.type), ident(self.language))

    def create(self, parts: tuple[DbObject, ...]) -> Statements:
        return (self._create(NOTHING),)

    def _create(self, or_replace: Sql) -> Statement:
        ways = ((sql("FROM"), self.from_sql), (sql("TO"), self.to_sql))
        given = (sql("{} SQL WITH FUNCTION {}", way, printed(it)) for way, it in ways if it)
        text = sql("CREATE {}{} ({})", or_replace, self.sql_name, join(", ", given))
        return Statement(text, self.id)

    def drop(self) -> Statements:
        return (Statement(sql("DROP {}", self.sql_name), self.id),)

    def alter(self, new: Self) -> Alteration:
        return Alteration((new._create(sql("OR REPLACE ")),))
