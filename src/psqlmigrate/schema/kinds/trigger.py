"""Triggers (manual, CREATE TRIGGER); those that PostgreSQL makes itself are left out."""

from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import ClassVar, LiteralString, Self

from psqlmigrate.schema.dbobject import (
    Alteration,
    Codes,
    DbObject,
    Naming,
    Resolve,
    Row,
    Statements,
)
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
    rare: ClassVar[LiteralString] = "pg_catalog.pg_trigger WHERE oid >= 16384"
    codes: ClassVar[Codes] = MappingProxyType(
        {
            "enabled": {
                "O": "enabled",
                "D": "disabled",
                "R": "enabled for replicas only",
                "A": "enabled always",
            },
        }
    )
    naming: ClassVar[Naming] = Naming.QUIET

    schema: str
    table: str
    name: str
    relation: str
    definition: str
    enabled: str
    cloned_from: tuple[str, str, str] | None = field(compare=False, default=None)
    """The parent's trigger that PostgreSQL copied to this partition."""
    parent_enabled: str = field(compare=False, default="O")

    @classmethod
    def query(cls, version: int) -> LiteralString:
        return """
SELECT t.oid, n.nspname::text, c.relname::text, t.tgname::text,
       CASE c.relkind WHEN 'v' THEN 'view' WHEN 'f' THEN 'foreign table' ELSE 'table' END,
       pg_catalog.pg_get_triggerdef(t.oid), t.tgenabled::text,
       CASE WHEN p.oid IS NOT NULL THEN
           (SELECT ARRAY[pn.nspname, pc.relname, p.tgname]::text[]
              FROM pg_catalog.pg_class pc
              JOIN pg_catalog.pg_namespace pn ON pn.oid = pc.relnamespace
             WHERE pc.oid = p.tgrelid) END,
       coalesce(p.tgenabled::text, 'O')
  FROM pg_catalog.pg_trigger t
  JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_catalog.pg_trigger p ON p.oid = t.tgparentid
 WHERE NOT t.tgisinternal AND (p.oid IS NULL OR p.tgenabled <> t.tgenabled) AND c.relkind IN ('r', 'p', 'v', 'f')
   AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"""

    @classmethod
    def from_row(cls, row: Row, resolve: Resolve) -> "Trigger":
        *plain, parent, enabled = row
        values: Row = (*plain, tuple(parent) if parent else None, enabled)
        return cls(*values)

    @property
    def id(self) -> ObjectId:
        return ObjectId(self.kind, (self.schema, self.table, self.name))

    @property
    def acts_on_rows(self) -> bool:
        return True

    @property
    def owners(self) -> tuple[ObjectId, ...]:
        return (ObjectId(self.relation, (self.schema, self.table)),)

    @property
    def requires(self) -> tuple[ObjectId, ...]:
        return (ObjectId(self.kind, self.cloned_from),) if self.cloned_from else ()

    @property
    def dropped_with(self) -> tuple[ObjectId, ...]:
        return (*self.owners, *self.requires)

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
        if self.cloned_from:
            return (self._enable(self.enabled),)
        return (made,) if self.enabled == "O" else (made, self._enable(self.enabled))

    def _enable(self, state: str) -> Statement:
        table, name, word = ident(self.schema, self.table), ident(self.name), _ENABLED[state]
        return Statement(sql("ALTER TABLE {} {} TRIGGER {}", table, word, name), self.id)

    def drop(self) -> Statements:
        if self.cloned_from:
            return (self._enable(self.parent_enabled),)
        return (Statement(sql("DROP TRIGGER {}", self._on), self.id),)

    def alter(self, new: Self) -> Alteration | None:
        if self.definition != new.definition:
            return None
        # It recurses to partitions, whose copies may have a state of their own.
        return Alteration((self._enable(new.enabled),), disturbs=True)
