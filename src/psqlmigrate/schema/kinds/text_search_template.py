"""Text search templates (manual, CREATE TEXT SEARCH TEMPLATE)."""

from dataclasses import dataclass
from typing import ClassVar, LiteralString

from psqlmigrate.schema.dbobject import DbObject, Naming, Statements
from psqlmigrate.schema.identity import ObjectId
from psqlmigrate.schema.sqltext import NOTHING, Sql, ident, printed, sql
from psqlmigrate.schema.statement import Hazard, Statement


@dataclass(frozen=True, slots=True)
class TextSearchTemplate(DbObject):
    """A template: the functions of dictionaries; `init` may be missing (empty)."""

    kind: ClassVar[str] = "text search template"
    catalog: ClassVar[LiteralString] = "pg_ts_template"
    rare: ClassVar[LiteralString] = "pg_catalog.pg_ts_template WHERE oid >= 16384"
    rank: ClassVar[int] = 72
    naming: ClassVar[Naming] = Naming.QUIET

    schema: str
    name: str
    init: str
    lexize: str

    @classmethod
    def query(cls, version: int) -> LiteralString:
        return """
SELECT t.oid, n.nspname::text, t.tmplname::text,
       CASE WHEN t.tmplinit = 0 THEN '' ELSE t.tmplinit::text END, t.tmpllexize::text
  FROM pg_catalog.pg_ts_template t
  JOIN pg_catalog.pg_namespace n ON n.oid = t.tmplnamespace
 WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"""

    @property
    def id(self) -> ObjectId:
        return ObjectId(self.kind, (self.schema, self.name))

    @property
    def sql_name(self) -> Sql:
        return sql("TEXT SEARCH TEMPLATE {}", ident(self.schema, self.name))

    def create(self, parts: tuple[DbObject, ...]) -> Statements:
        init = sql("INIT = {}, ", printed(self.init)) if self.init else NOTHING
        text = sql("CREATE {} ({}LEXIZE = {})", self.sql_name, init, printed(self.lexize))
        return (Statement(text, self.id, frozenset({Hazard.NEEDS_PRIVILEGE})),)

    def drop(self) -> Statements:
        text = sql("DROP {}", self.sql_name)
        return (Statement(text, self.id, frozenset({Hazard.NEEDS_PRIVILEGE})),)
