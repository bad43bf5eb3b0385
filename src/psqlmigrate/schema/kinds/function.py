"""Functions and procedures (manual, CREATE FUNCTION)."""

from dataclasses import dataclass, field, replace
from typing import ClassVar, LiteralString, Self

from psqlmigrate.schema.dbobject import Alteration, DbObject, Naming, Resolve, Row, Statements
from psqlmigrate.schema.identity import Address, ObjectId
from psqlmigrate.schema.privileges import Acl
from psqlmigrate.schema.sqltext import Sql, away, ident, printed, sql
from psqlmigrate.schema.statement import Statement


@dataclass(frozen=True, slots=True)
class Function(DbObject):
    """A function or procedure, named by its input types as PostgreSQL tells overloads apart."""

    kind: ClassVar[str] = "function"
    catalog: ClassVar[LiteralString] = "pg_proc"
    rank: ClassVar[int] = 70
    acl: ClassVar[Acl | None] = Acl.FUNCTION
    naming: ClassVar[Naming] = Naming.PUBLIC
    name_at: ClassVar[int] = -2

    schema: str
    name: str
    arguments: str
    routine: str
    signature: str
    """What OR REPLACE cannot change: names, modes and number of defaults, and the result."""
    definition: str
    supports: tuple[ObjectId, ...] = field(compare=False, default=())
    """Types that depend on it as it does on them: it makes their values."""

    @classmethod
    def query(cls, version: int) -> LiteralString:
        return """
SELECT p.oid, n.nspname::text, p.proname::text, pg_catalog.pg_get_function_identity_arguments(p.oid),
       CASE p.prokind WHEN 'p' THEN 'PROCEDURE' ELSE 'FUNCTION' END,
       p.prokind::text || coalesce(p.proargnames::text, '') || coalesce(p.proargmodes::text, '')
         || coalesce(pg_catalog.pg_get_function_result(p.oid), ''),
       pg_catalog.pg_get_functiondef(p.oid), p.pronargdefaults::int,
       ARRAY(SELECT pg_catalog.format_type(u.t, NULL)
               FROM pg_catalog.unnest(p.proargtypes) WITH ORDINALITY u(t, i) ORDER BY u.i),
       ARRAY(SELECT t.oid
               FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_type t ON t.oid = d.objid
               JOIN pg_catalog.pg_depend b
                 ON b.refclassid = d.classid AND b.refobjid = d.objid
                AND b.classid = d.refclassid AND b.objid = d.refobjid
              WHERE d.classid = 'pg_catalog.pg_type'::pg_catalog.regclass AND d.refobjid = p.oid
                AND d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass
                AND t.typtype IN ('b', 'r') ORDER BY t.oid)
  FROM pg_catalog.pg_proc p
  JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
 WHERE p.prokind IN ('f', 'p', 'w') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                    WHERE d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass
                      AND d.objid = p.oid AND d.deptype IN ('e', 'i'))"""

    @classmethod
    def from_row(cls, row: Row, resolve: Resolve) -> "Function":
        schema, name, _, routine, signature, definition, defaults, types, made = row
        text = definition.rstrip("\n")
        supported = tuple(one.id for oid in made if (one := resolve(Address("pg_type", oid))))
        arguments = ", ".join(types)
        return cls(schema, name, arguments, routine, f"{signature} {defaults}", text, supported)

    @property
    def id(self) -> ObjectId:
        return ObjectId(self.kind, (self.schema, self.name, f"({self.arguments})"))

    @property
    def slots(self) -> tuple[tuple[str, ...], ...]:
        return (("function", self.schema, self.name, self.arguments),)

    @property
    def dropped_with(self) -> tuple[ObjectId, ...]:
        return self.supports

    @property
    def sql_name(self) -> Sql:
        name = ident(self.schema, self.name)
        return sql("{} {}({})", printed(self.routine), name, printed(self.arguments))

    @property
    def unfollowed(self) -> str:
        return self.definition.partition("\nAS ")[2]

    def renamed(self, name: str) -> Self:
        old, new = (sql("{}(", ident(self.schema, one)) for one in (self.name, name))
        return replace(self, name=name, definition=self.definition.replace(old, new, 1))

    def create(self, parts: tuple[DbObject, ...]) -> Statements:
        text = self.definition.replace("CREATE OR REPLACE ", "CREATE ", 1)
        return (Statement(printed(text), self.id),)

    def drop(self) -> Statements:
        return (Statement(sql("DROP {}", self.sql_name), self.id),)

    def swaps_with(self, new: Self) -> bool:
        return True

    def swap_out(self) -> tuple[Statements, Statements]:
        gone = away(self.name)
        rename = sql("ALTER {} RENAME TO {}", self.sql_name, ident(gone))
        name = sql("{}({})", ident(self.schema, gone), printed(self.arguments))
        drop = sql("DROP {} {}", printed(self.routine), name)
        return (Statement(rename, self.id),), (Statement(drop, self.id),)

    def alter(self, new: Self) -> Alteration | None:
        if self.signature != new.signature:
            return None
        return Alteration((Statement(printed(new.definition), self.id),))
