"""Triggers (manual, CREATE TRIGGER); those that PostgreSQL makes itself are left out."""

from dataclasses import dataclass, replace
from typing import ClassVar, LiteralString, Self

from psqlmigrate.schema.dbobject import Alteration, DbObject, Naming, Statements
from psqlmigrate.schema.identity import ObjectId
from psqlmigrate.schema.sqltext import Sql, ident, printed, sql
from psqlmigrate.schema.statement import Statement

_ENABLED = {
    "O": sql("ENABLE"),
    "D": sql("DISABLE"),
    "R": sql("ENABLE REPLICA"),
    "A": sql("ENABLE ALWAYS"),
}


@dataclass(frozen=True, slots=True)
class Trigger(DbObject):
    """A trigger of a table or view with its definition as pg_get_triggerdef prints it."""

    kind: ClassVar[str] = "trigger"
    catalog: ClassVar[LiteralString] = "pg_trigger"
    rank: ClassVar[int] = 160
    naming: ClassVar[Naming] = Naming.QUIET

    schema: str
    table: str
    name: str
    relation: str
    definition: str
    enabled: str

    @classmethod
    def query(cls, version: int) -> LiteralString:
        return """
SELECT t.oid, n.nspname::text, c.relname::text, t.tgname::text,
       CASE c.relkind WHEN 'v' THEN 'view' ELSE 'table' END,
       pg_catalog.pg_get_triggerdef(t.oid), t.tgenabled::text
  FROM pg_catalog.pg_trigger t
  JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE NOT t.tgisinternal AND t.tgparentid = 0 AND c.relkind IN ('r', 'p', 'v')
   AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"""

    @property
    def id(self) -> ObjectId:
        return ObjectId(self.kind, (self.schema, self.table, self.name))

    @property
    def owners(self) -> tuple[ObjectId, ...]:
        return (ObjectId(self.relation, (self.schema, self.table)),)

    @property
    def _on(self) -> Sql:
        return sql("{} ON {}", ident(self.name), ident(self.schema, self.table))

    @property
    def sql_name(self) -> Sql:
        return sql("TRIGGER {}", self._on)

    def renamed(self, name: str) -> Self:
        old, new = sql("TRIGGER {} ", ident(self.name)), sql("TRIGGER {} ", ident(name))
        return replace(self, name=name, definition=self.definition.replace(old, new, 1))

    def create(self, parts: tuple[DbObject, ...]) -> Statements:
        made = Statement(printed(self.definition), self.id)
        return (made,) if self.enabled == "O" else (made, self._enable())

    def _enable(self) -> Statement:
        table, name, word = ident(self.schema, self.table), ident(self.name), _ENABLED[self.enabled]
        return Statement(sql("ALTER TABLE {} {} TRIGGER {}", table, word, name), self.id)

    def drop(self) -> Statements:
        return (Statement(sql("DROP TRIGGER {}", self._on), self.id),)

    def alter(self, new: Self) -> Alteration | None:
        return Alteration((new._enable(),)) if self.definition == new.definition else None
