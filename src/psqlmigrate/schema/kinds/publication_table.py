"""Tables of publications, with columns and row filters (manual, ALTER PUBLICATION)."""

from dataclasses import dataclass
from typing import ClassVar, LiteralString

from psqlmigrate.schema.dbobject import DbObject, Resolve, Row, Statements
from psqlmigrate.schema.identity import ObjectId
from psqlmigrate.schema.sqltext import NOTHING, Sql, ident, idents, printed, sql
from psqlmigrate.schema.statement import Statement

_FILTERS_SINCE = 15


@dataclass(frozen=True, slots=True)
class PublicationTable(DbObject):
    """A table that a publication publishes; no columns means all of them."""

    kind: ClassVar[str] = "publication table"
    catalog: ClassVar[LiteralString] = "pg_publication_rel"
    rare: ClassVar[LiteralString] = "pg_catalog.pg_publication WHERE oid >= 16384"
    rank: ClassVar[int] = 182

    publication: str
    schema: str
    table: str
    columns: tuple[str, ...]
    filter: str | None

    @classmethod
    def query(cls, version: int) -> LiteralString:
        limits: LiteralString = """
       ARRAY(SELECT a.attname::text FROM pg_catalog.pg_attribute a
              WHERE a.attrelid = r.prrelid AND a.attnum = ANY (r.prattrs) ORDER BY a.attnum),
       pg_catalog.pg_get_expr(r.prqual, r.prrelid)"""
        text: LiteralString = """
SELECT r.oid, p.pubname::text, n.nspname::text, c.relname::text, @limits
  FROM pg_catalog.pg_publication_rel r
  JOIN pg_catalog.pg_publication p ON p.oid = r.prpubid
  JOIN pg_catalog.pg_class c ON c.oid = r.prrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"""
        return text.replace(
            "@limits", limits if version >= _FILTERS_SINCE else "ARRAY[]::pg_catalog.text[], NULL"
        )

    @classmethod
    def from_row(cls, row: Row, resolve: Resolve) -> "PublicationTable":
        publication, schema, table, columns, condition = row
        return cls(publication, schema, table, tuple(columns), condition)

    @property
    def id(self) -> ObjectId:
        return ObjectId(self.kind, (self.publication, self.schema, self.table))

    @property
    def schema_name(self) -> None:
        return None

    @property
    def is_part(self) -> bool:
        return True

    @property
    def owners(self) -> tuple[ObjectId, ...]:
        return (
            ObjectId("publication", (self.publication,)),
            ObjectId("table", (self.schema, self.table)),
        )

    @property
    def inline(self) -> bool:
        return True

    @property
    def clause(self) -> Sql:
        columns = sql(" ({})", idents(self.columns)) if self.columns else NOTHING
        where = sql(" WHERE ({})", printed(self.filter)) if self.filter is not None else NOTHING
        return sql("{}{}{}", self._only, columns, where)

    @property
    def _only(self) -> Sql:
        return sql("ONLY {}", ident(self.schema, self.table))

    def create(self, parts: tuple[DbObject, ...]) -> Statements:
        return (self._statement(sql("ADD TABLE {}", self.clause)),)

    def drop(self) -> Statements:
        return (self._statement(sql("DROP TABLE {}", self._only)),)

    def _statement(self, change: Sql) -> Statement:
        return Statement(sql("ALTER PUBLICATION {} {}", ident(self.publication), change), self.id)

    def summary(self) -> str:
        return f"table {self.schema}.{self.table} of publication {self.publication}"
