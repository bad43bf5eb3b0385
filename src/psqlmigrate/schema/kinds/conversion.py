"""Conversions between encodings (manual, CREATE CONVERSION)."""

from dataclasses import dataclass
from typing import ClassVar, LiteralString

from psqlmigrate.schema.dbobject import DbObject, Naming, Statements
from psqlmigrate.schema.identity import ObjectId
from psqlmigrate.schema.sqltext import NOTHING, Sql, ident, literal, printed, sql
from psqlmigrate.schema.statement import Statement


@dataclass(frozen=True, slots=True)
class Conversion(DbObject):
    """A conversion; PostgreSQL can change nothing of it but its name."""

    kind: ClassVar[str] = "conversion"
    catalog: ClassVar[LiteralString] = "pg_conversion"
    rare: ClassVar[LiteralString] = "pg_catalog.pg_conversion WHERE oid >= 16384"
    rank: ClassVar[int] = 77
    naming: ClassVar[Naming] = Naming.QUIET

    schema: str
    name: str
    source: str
    target: str
    function: str
    default: bool

    @classmethod
    def query(cls, version: int) -> LiteralString:
        return """
SELECT c.oid, n.nspname::text, c.conname::text,
       pg_catalog.pg_encoding_to_char(c.conforencoding)::text,
       pg_catalog.pg_encoding_to_char(c.contoencoding)::text, c.conproc::text, c.condefault
  FROM pg_catalog.pg_conversion c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.connamespace
 WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"""

    @property
    def id(self) -> ObjectId:
        return ObjectId(self.kind, (self.schema, self.name))

    @property
    def slots(self) -> tuple[tuple[str, ...], ...]:
        own = (self.kind, self.schema, self.name)
        if not self.default:
            return (own,)
        return (own, ("default conversion", self.schema, self.source, self.target))

    @property
    def sql_name(self) -> Sql:
        return sql("CONVERSION {}", ident(self.schema, self.name))

    def create(self, parts: tuple[DbObject, ...]) -> Statements:
        text = sql(
            "CREATE {}{} FOR {} TO {} FROM {}",
            sql("DEFAULT ") if self.default else NOTHING,
            self.sql_name,
            literal(self.source),
            literal(self.target),
            printed(self.function),
        )
        return (Statement(text, self.id),)

    def drop(self) -> Statements:
        return (Statement(sql("DROP {}", self.sql_name), self.id),)

    def summary(self) -> str:
        return f"conversion from {self.source} to {self.target}"
