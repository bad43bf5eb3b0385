"""Text search parsers (manual, CREATE TEXT SEARCH PARSER)."""

from dataclasses import dataclass
from typing import ClassVar, LiteralString

from psqlmigrate.schema.dbobject import DbObject, Naming, Statements
from psqlmigrate.schema.identity import ObjectId
from psqlmigrate.schema.sqltext import Sql, ident, join, printed, sql
from psqlmigrate.schema.statement import Hazard, Statement


@dataclass(frozen=True, slots=True)
class TextSearchParser(DbObject):
    """A parser: five functions, of which `headline` may be missing (empty)."""

    kind: ClassVar[str] = "text search parser"
    catalog: ClassVar[LiteralString] = "pg_ts_parser"
    rare: ClassVar[LiteralString] = "pg_catalog.pg_ts_parser WHERE oid >= 16384"
    rank: ClassVar[int] = 71
    naming: ClassVar[Naming] = Naming.QUIET

    schema: str
    name: str
    start: str
    get_token: str
    end: str
    headline: str
    lexeme_types: str

    @classmethod
    def query(cls, version: int) -> LiteralString:
        return """
SELECT p.oid, n.nspname::text, p.prsname::text, p.prsstart::text, p.prstoken::text, p.prsend::text,
       CASE WHEN p.prsheadline = 0 THEN '' ELSE p.prsheadline::text END, p.prslextype::text
  FROM pg_catalog.pg_ts_parser p
  JOIN pg_catalog.pg_namespace n ON n.oid = p.prsnamespace
 WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"""

    @property
    def id(self) -> ObjectId:
        return ObjectId(self.kind, (self.schema, self.name))

    @property
    def sql_name(self) -> Sql:
        return sql("TEXT SEARCH PARSER {}", ident(self.schema, self.name))

    def create(self, parts: tuple[DbObject, ...]) -> Statements:
        functions = [
            sql("START = {}", printed(self.start)),
            sql("GETTOKEN = {}", printed(self.get_token)),
            sql("END = {}", printed(self.end)),
            sql("LEXTYPES = {}", printed(self.lexeme_types)),
        ]
        if self.headline:
            functions.append(sql("HEADLINE = {}", printed(self.headline)))
        text = sql("CREATE {} ({})", self.sql_name, join(", ", functions))
        return (Statement(text, self.id, frozenset({Hazard.NEEDS_PRIVILEGE})),)

    def drop(self) -> Statements:
        text = sql("DROP {}", self.sql_name)
        return (Statement(text, self.id, frozenset({Hazard.NEEDS_PRIVILEGE})),)
