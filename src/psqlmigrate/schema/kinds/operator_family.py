"""Operator families and their members that belong to no class (manual, CREATE OPERATOR FAMILY)."""

from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar, LiteralString, Self

from psqlmigrate.schema.dbobject import (
    Alteration,
    DbObject,
    Labels,
    Naming,
    Resolve,
    Row,
    Statements,
)
from psqlmigrate.schema.identity import ObjectId
from psqlmigrate.schema.opmembers import MEMBERS, Member, lines, members
from psqlmigrate.schema.sqltext import Sql, ident, sql
from psqlmigrate.schema.statement import Hazard, Statement

_PRIVILEGED = frozenset({Hazard.NEEDS_PRIVILEGE})

_QUERY: LiteralString = """
SELECT o.oid, n.nspname::text, o.opfname::text, a.amname::text, @members
  FROM pg_catalog.pg_opfamily o
  JOIN pg_catalog.pg_am a ON a.oid = o.opfmethod
  JOIN pg_catalog.pg_namespace n ON n.oid = o.opfnamespace
 WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"""


@dataclass(frozen=True, slots=True)
class OperatorFamily(DbObject):
    """An operator family of one access method."""

    kind: ClassVar[str] = "operator family"
    catalog: ClassVar[LiteralString] = "pg_opfamily"
    rare: ClassVar[LiteralString] = "pg_catalog.pg_opfamily WHERE oid >= 16384"
    rank: ClassVar[int] = 72
    spoken: ClassVar[Labels] = MappingProxyType({"loose": "members"})
    naming: ClassVar[Naming] = Naming.PUBLIC
    name_at: ClassVar[int] = -2

    schema: str
    name: str
    method: str
    loose: tuple[Member, ...]

    @classmethod
    def query(cls, version: int) -> LiteralString:
        return _QUERY.replace("@members", MEMBERS)

    @classmethod
    def from_row(cls, row: Row, resolve: Resolve) -> "OperatorFamily":
        values: Row = (*row[:-1], members(row[-1]))
        return cls(*values)

    @property
    def id(self) -> ObjectId:
        return ObjectId(self.kind, (self.schema, self.name, f"({self.method})"))

    @property
    def sql_name(self) -> Sql:
        name = ident(self.schema, self.name)
        return sql("OPERATOR FAMILY {} USING {}", name, ident(self.method))

    def create(self, parts: tuple[DbObject, ...]) -> Statements:
        made = Statement(sql("CREATE {}", self.sql_name), self.id, _PRIVILEGED)
        return (made, *self._add(self.loose))

    def _add(self, added: tuple[Member, ...]) -> Statements:
        if not added:
            return ()
        text = sql("ALTER {} ADD{}", self.sql_name, lines(one.line for one in added))
        return (Statement(text, self.id, _PRIVILEGED),)

    def drop(self) -> Statements:
        return (Statement(sql("DROP {}", self.sql_name), self.id),)

    def alter(self, new: Self) -> Alteration:
        gone = tuple(one for one in self.loose if one not in new.loose)
        added = tuple(one for one in new.loose if one not in self.loose)
        statements = self._add(added)
        if gone:
            text = sql("ALTER {} DROP{}", self.sql_name, lines(one.place for one in gone))
            statements = (Statement(text, self.id, _PRIVILEGED), *statements)
        return Alteration(statements)
