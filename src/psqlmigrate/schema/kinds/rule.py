"""Rules (manual, CREATE RULE); `_RETURN` is the view itself and left out."""

from dataclasses import dataclass, replace
from typing import ClassVar, LiteralString, Self

from psqlmigrate.schema.dbobject import Alteration, DbObject, Naming, Resolve, Row, Statements
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
class Rule(DbObject):
    """A rule of a table or view with its definition as pg_get_ruledef prints it."""

    kind: ClassVar[str] = "rule"
    catalog: ClassVar[LiteralString] = "pg_rewrite"
    rare: ClassVar[LiteralString] = (
        "pg_catalog.pg_rewrite WHERE oid >= 16384 AND rulename <> '_RETURN'"
    )
    rank: ClassVar[int] = 165
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
SELECT r.oid, n.nspname::text, c.relname::text, r.rulename::text,
       CASE c.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' ELSE 'table' END,
       pg_catalog.pg_get_ruledef(r.oid), r.ev_enabled::text
  FROM pg_catalog.pg_rewrite r
  JOIN pg_catalog.pg_class c ON c.oid = r.ev_class
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE r.rulename <> '_RETURN' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"""

    @classmethod
    def from_row(cls, row: Row, resolve: Resolve) -> "Rule":
        schema, table, name, relation, definition, enabled = row
        return cls(schema, table, name, relation, definition.removesuffix(";"), enabled)

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
    def sql_name(self) -> Sql:
        return sql("RULE {} ON {}", ident(self.name), ident(self.schema, self.table))

    def renamed(self, name: str) -> Self:
        old, new = sql("RULE {} AS", ident(self.name)), sql("RULE {} AS", ident(name))
        return replace(self, name=name, definition=self.definition.replace(old, new, 1))

    def create(self, parts: tuple[DbObject, ...]) -> Statements:
        made = Statement(printed(self.definition), self.id)
        return (made, *replace(self, enabled="O")._enable(self))

    def _enable(self, new: "Rule") -> Statements:
        if self.enabled == new.enabled:
            return ()
        table, word = ident(self.schema, self.table), _ENABLED[new.enabled]
        return (
            Statement(sql("ALTER TABLE {} {} RULE {}", table, word, ident(self.name)), self.id),
        )

    def drop(self) -> Statements:
        return (Statement(sql("DROP {}", self.sql_name), self.id),)

    def alter(self, new: Self) -> Alteration | None:
        if self.relation != new.relation:
            return None
        if self.definition == new.definition:
            return Alteration(self._enable(new))
        text = printed(new.definition.replace("CREATE RULE", "CREATE OR REPLACE RULE", 1))
        return Alteration((Statement(text, self.id), *self._enable(new)))
