"""Schemas all whose tables a publication publishes (manual, ALTER PUBLICATION); since 15."""

from dataclasses import dataclass
from typing import ClassVar, LiteralString

from psqlmigrate.schema.dbobject import DbObject, Statements
from psqlmigrate.schema.identity import ObjectId
from psqlmigrate.schema.sqltext import Sql, ident, sql
from psqlmigrate.schema.statement import Hazard, Statement

_SINCE = 15


@dataclass(frozen=True, slots=True)
class PublicationSchema(DbObject):
    """A schema of a publication."""

    kind: ClassVar[str] = "publication schema"
    catalog: ClassVar[LiteralString] = "pg_publication_namespace"
    rare: ClassVar[LiteralString] = "pg_catalog.pg_publication WHERE oid >= 16384"
    rank: ClassVar[int] = 184

    publication: str
    schema: str

    @classmethod
    def query(cls, version: int) -> LiteralString:
        if version < _SINCE:
            return "SELECT 0::pg_catalog.oid, '', '' WHERE false"
        return """
SELECT s.oid, p.pubname::text, n.nspname::text
  FROM pg_catalog.pg_publication_namespace s
  JOIN pg_catalog.pg_publication p ON p.oid = s.pnpubid
  JOIN pg_catalog.pg_namespace n ON n.oid = s.pnnspid"""

    @property
    def id(self) -> ObjectId:
        return ObjectId(self.kind, (self.publication, self.schema))

    @property
    def schema_name(self) -> None:
        return None

    @property
    def is_part(self) -> bool:
        return True

    @property
    def owners(self) -> tuple[ObjectId, ...]:
        return (ObjectId("publication", (self.publication,)), ObjectId("schema", (self.schema,)))

    @property
    def inline(self) -> bool:
        return True

    def as_part(self, parts: tuple[DbObject, ...]) -> Sql:
        return sql("TABLES IN SCHEMA {}", ident(self.schema))

    def create(self, parts: tuple[DbObject, ...]) -> Statements:
        return (self._statement(sql("ADD {}", self.as_part(())), Hazard.NEEDS_PRIVILEGE),)

    def drop(self) -> Statements:
        return (self._statement(sql("DROP {}", self.as_part(()))),)

    def _statement(self, change: Sql, *hazards: Hazard) -> Statement:
        text = sql("ALTER PUBLICATION {} {}", ident(self.publication), change)
        return Statement(text, self.id, frozenset(hazards))

    def summary(self) -> str:
        return f"tables in schema {self.schema} of publication {self.publication}"
