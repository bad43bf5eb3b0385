"""Operator classes (manual, CREATE OPERATOR CLASS)."""

from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar, LiteralString

from psqlmigrate.schema.dbobject import DbObject, Labels, Naming, Resolve, Row, Statements
from psqlmigrate.schema.identity import ObjectId
from psqlmigrate.schema.opmembers import MEMBERS, Member, lines, members
from psqlmigrate.schema.sqltext import NOTHING, Sql, ident, printed, sql
from psqlmigrate.schema.statement import Hazard, Statement

_QUERY: LiteralString = """
SELECT o.oid, n.nspname::text, o.opcname::text, a.amname::text,
       pg_catalog.format_type(o.opcintype, NULL), o.opcdefault, fn.nspname::text, f.opfname::text,
       coalesce(pg_catalog.format_type(nullif(o.opckeytype, 0), NULL), ''), @members
  FROM pg_catalog.pg_opclass o
  JOIN pg_catalog.pg_am a ON a.oid = o.opcmethod
  JOIN pg_catalog.pg_namespace n ON n.oid = o.opcnamespace
  JOIN pg_catalog.pg_opfamily f ON f.oid = o.opcfamily
  JOIN pg_catalog.pg_namespace fn ON fn.oid = f.opfnamespace
 WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"""


@dataclass(frozen=True, slots=True)
class OperatorClass(DbObject):
    """An operator class; PostgreSQL can change nothing of it but its name."""

    kind: ClassVar[str] = "operator class"
    catalog: ClassVar[LiteralString] = "pg_opclass"
    rare: ClassVar[LiteralString] = "pg_catalog.pg_opclass WHERE oid >= 16384"
    rank: ClassVar[int] = 73
    spoken: ClassVar[Labels] = MappingProxyType({"own": "members"})
    naming: ClassVar[Naming] = Naming.PUBLIC
    name_at: ClassVar[int] = -2

    schema: str
    name: str
    method: str
    type: str
    default: bool
    family_schema: str
    family: str
    storage: str
    own: tuple[Member, ...]

    @classmethod
    def query(cls, version: int) -> LiteralString:
        return _QUERY.replace("@members", MEMBERS)

    @classmethod
    def from_row(cls, row: Row, resolve: Resolve) -> "OperatorClass":
        values: Row = (*row[:-1], members(row[-1]))
        return cls(*values)

    @property
    def id(self) -> ObjectId:
        return ObjectId(self.kind, (self.schema, self.name, f"({self.method})"))

    @property
    def slots(self) -> tuple[tuple[str, ...], ...]:
        own = (self.kind, *self.id.path)
        return (own, ("default class", self.method, self.type)) if self.default else (own,)

    @property
    def sql_name(self) -> Sql:
        name = ident(self.schema, self.name)
        return sql("OPERATOR CLASS {} USING {}", name, ident(self.method))

    def create(self, parts: tuple[DbObject, ...]) -> Statements:
        named = [one.line for one in self.own]
        if self.storage or not named:
            named.insert(0, sql("STORAGE {}", printed(self.storage or self.type)))
        text = sql(
            "CREATE OPERATOR CLASS {}{} FOR TYPE {} USING {} FAMILY {} AS{}",
            ident(self.schema, self.name),
            sql(" DEFAULT") if self.default else NOTHING,
            printed(self.type),
            ident(self.method),
            ident(self.family_schema, self.family),
            lines(named),
        )
        return (Statement(text, self.id, frozenset({Hazard.NEEDS_PRIVILEGE})),)

    def drop(self) -> Statements:
        return (Statement(sql("DROP {}", self.sql_name), self.id),)

    def summary(self) -> str:
        return f"operator class for {self.type}"
