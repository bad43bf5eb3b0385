"""Row security policies (manual, CREATE POLICY)."""

from dataclasses import dataclass
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
from psqlmigrate.schema.sqltext import NOTHING, Sql, ident, idents, printed, sql
from psqlmigrate.schema.statement import CHANGED_ACCESS, Statement

_COMMANDS = {
    "*": sql("ALL"), "r": sql("SELECT"), "a": sql("INSERT"), "w": sql("UPDATE"), "d": sql("DELETE"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Policy(DbObject):
    """A policy; no roles means PUBLIC."""

    kind: ClassVar[str] = "policy"
    catalog: ClassVar[LiteralString] = "pg_policy"
    rank: ClassVar[int] = 170
    rare: ClassVar[LiteralString] = "pg_catalog.pg_policy"
    codes: ClassVar[Codes] = MappingProxyType(
        {
            "command": {"*": "all", "r": "select", "a": "insert", "w": "update", "d": "delete"},
        }
    )
    naming: ClassVar[Naming] = Naming.QUIET

    schema: str
    table: str
    name: str
    permissive: bool
    command: str
    using: str | None
    check: str | None
    roles: tuple[str, ...]

    @classmethod
    def query(cls, version: int) -> LiteralString:
        return """
SELECT p.oid, n.nspname::text, c.relname::text, p.polname::text, p.polpermissive, p.polcmd::text,
       pg_catalog.pg_get_expr(p.polqual, p.polrelid),
       pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid),
       ARRAY(SELECT r.rolname::text FROM pg_catalog.pg_roles r
              WHERE r.oid = ANY (p.polroles) ORDER BY 1)
  FROM pg_catalog.pg_policy p
  JOIN pg_catalog.pg_class c ON c.oid = p.polrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"""

    @classmethod
    def from_row(cls, row: Row, resolve: Resolve) -> "Policy":
        *plain, roles = row
        values: Row = (*plain, tuple(roles))
        return cls(*values)

    @property
    def id(self) -> ObjectId:
        return ObjectId(self.kind, (self.schema, self.table, self.name))

    @property
    def owners(self) -> tuple[ObjectId, ...]:
        return (ObjectId("table", (self.schema, self.table)),)

    @property
    def _on(self) -> Sql:
        return sql("{} ON {}", ident(self.name), ident(self.schema, self.table))

    @property
    def sql_name(self) -> Sql:
        return sql("POLICY {}", self._on)

    @property
    def _roles(self) -> Sql:
        return idents(self.roles) if self.roles else sql("PUBLIC")

    def _expressions(self) -> Sql:
        using = sql(" USING ({})", printed(self.using)) if self.using is not None else NOTHING
        check = sql(" WITH CHECK ({})", printed(self.check)) if self.check is not None else NOTHING
        return sql("{}{}", using, check)

    def create(self, parts: tuple[DbObject, ...]) -> Statements:
        text = sql(
            "CREATE {}{} FOR {} TO {}{}",
            self.sql_name,
            NOTHING if self.permissive else sql(" AS RESTRICTIVE"),
            _COMMANDS[self.command],
            self._roles,
            self._expressions(),
        )
        return (Statement(text, self.id, CHANGED_ACCESS),)

    def drop(self) -> Statements:
        return (Statement(sql("DROP {}", self.sql_name), self.id, CHANGED_ACCESS),)

    def alter(self, new: Self) -> Alteration | None:
        if (self.permissive, self.command) != (new.permissive, new.command):
            return None
        if (self.using is not None and new.using is None) or (
            self.check is not None and new.check is None
        ):
            return None
        text = sql("ALTER {} TO {}{}", self.sql_name, new._roles, new._expressions())
        return Alteration((Statement(text, self.id, CHANGED_ACCESS),))
