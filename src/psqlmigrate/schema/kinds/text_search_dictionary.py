"""Text search dictionaries (manual, CREATE TEXT SEARCH DICTIONARY)."""

import re
from dataclasses import dataclass
from typing import ClassVar, LiteralString, Self

from psqlmigrate.schema.dbobject import Alteration, DbObject, Naming, Resolve, Row, Statements
from psqlmigrate.schema.identity import ObjectId
from psqlmigrate.schema.sqltext import NOTHING, Sql, ident, join, printed, sql
from psqlmigrate.schema.statement import Statement

# As serialize_deflist writes it: `language = 'english', stopwords = E'a\\b'`.
_OPTION = re.compile(
    r"""("(?:[^"]|"")+"|[^\s"=,]+)\s=\s(E'(?:[^'\\]|''|\\.)*'|'(?:[^']|'')*'|[^,]*)(?:,\s|\Z)""",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class TextSearchDictionary(DbObject):
    """A dictionary; options are names and values as PostgreSQL prints them."""

    kind: ClassVar[str] = "text search dictionary"
    catalog: ClassVar[LiteralString] = "pg_ts_dict"
    rare: ClassVar[LiteralString] = "pg_catalog.pg_ts_dict WHERE oid >= 16384"
    rank: ClassVar[int] = 73
    naming: ClassVar[Naming] = Naming.QUIET

    schema: str
    name: str
    template: str
    options: tuple[tuple[str, str], ...]

    @classmethod
    def query(cls, version: int) -> LiteralString:
        return """
SELECT d.oid, n.nspname::text, d.dictname::text,
       pg_catalog.quote_ident(tn.nspname) || '.' || pg_catalog.quote_ident(t.tmplname),
       d.dictinitoption
  FROM pg_catalog.pg_ts_dict d
  JOIN pg_catalog.pg_namespace n ON n.oid = d.dictnamespace
  JOIN pg_catalog.pg_ts_template t ON t.oid = d.dicttemplate
  JOIN pg_catalog.pg_namespace tn ON tn.oid = t.tmplnamespace
 WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"""

    @classmethod
    def from_row(cls, row: Row, resolve: Resolve) -> "TextSearchDictionary":
        schema, name, template, text = row
        options = ((one[1], one[2]) for one in _OPTION.finditer(text or ""))
        return cls(schema, name, template, tuple(sorted(options)))

    @property
    def id(self) -> ObjectId:
        return ObjectId(self.kind, (self.schema, self.name))

    @property
    def sql_name(self) -> Sql:
        return sql("TEXT SEARCH DICTIONARY {}", ident(self.schema, self.name))

    def create(self, parts: tuple[DbObject, ...]) -> Statements:
        options = join("", (sql(", {}", _option(*one)) for one in self.options))
        text = sql("CREATE {} (TEMPLATE = {}{})", self.sql_name, printed(self.template), options)
        return (Statement(text, self.id),)

    def drop(self) -> Statements:
        return (Statement(sql("DROP {}", self.sql_name), self.id),)

    def alter(self, new: Self) -> Alteration | None:
        if self.template != new.template:
            return None
        names = {name for name, _ in new.options}
        changes = [printed(name) for name, _ in self.options if name not in names]
        changes.extend(_option(*one) for one in new.options if one not in self.options)
        text = sql("ALTER {} ({})", self.sql_name, join(", ", changes))
        return Alteration((Statement(text, self.id),))


def _option(name: str, value: str) -> Sql:
    return sql("{}{}{}", printed(name), sql(" = ") if value else NOTHING, printed(value))
