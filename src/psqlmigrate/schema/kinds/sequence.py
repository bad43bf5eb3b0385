"""Sequences (manual, CREATE SEQUENCE); those of identity columns belong to the identity."""

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import ClassVar, LiteralString, Self

from psqlmigrate.schema.clauses import into_range, restart, sequence_options
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
from psqlmigrate.schema.privileges import Acl
from psqlmigrate.schema.sqltext import NOTHING, Sql, ident, printed, sql
from psqlmigrate.schema.statement import Hazard, Statement


@dataclass(frozen=True, slots=True)
class Sequence(DbObject):
    """A sequence; its position is data."""

    kind: ClassVar[str] = "sequence"
    catalog: ClassVar[LiteralString] = "pg_class"
    rank: ClassVar[int] = 60
    rare: ClassVar[LiteralString] = "pg_catalog.pg_sequence"
    codes: ClassVar[Codes] = MappingProxyType(
        {
            "persistence": {"p": "logged", "u": "unlogged"},
        }
    )
    acl: ClassVar[Acl | None] = Acl.SEQUENCE
    naming: ClassVar[Naming] = Naming.PUBLIC

    schema: str
    name: str
    persistence: str
    type: str
    start: int
    increment: int
    minimum: int
    maximum: int
    cache: int
    cycle: bool
    owned_by: ObjectId | None = field(compare=False, default=None)

    @classmethod
    def query(cls, version: int) -> LiteralString:
        return """
SELECT c.oid, n.nspname::text, c.relname::text, c.relpersistence::text,
       pg_catalog.format_type(s.seqtypid, NULL), s.seqstart, s.seqincrement, s.seqmin, s.seqmax,
       s.seqcache, s.seqcycle,
       (SELECT ARRAY[tn.nspname, t.relname, a.attname]::text[]
          FROM pg_catalog.pg_depend d
          JOIN pg_catalog.pg_class t ON t.oid = d.refobjid
          JOIN pg_catalog.pg_namespace tn ON tn.oid = t.relnamespace
          JOIN pg_catalog.pg_attribute a ON a.attrelid = t.oid AND a.attnum = d.refobjsubid
         WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid
           AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.deptype = 'a')
  FROM pg_catalog.pg_sequence s
  JOIN pg_catalog.pg_class c ON c.oid = s.seqrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                    WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
                      AND d.objid = c.oid AND d.deptype = 'i')"""

    @classmethod
    def from_row(cls, row: Row, resolve: Resolve) -> "Sequence":
        *plain, owned_by = row
        values: Row = (*plain, ObjectId("column", tuple(owned_by)) if owned_by else None)
        return cls(*values)

    @property
    def dropped_with(self) -> tuple[ObjectId, ...]:
        return (self.owned_by,) if self.owned_by else ()

    @property
    def id(self) -> ObjectId:
        return ObjectId(self.kind, (self.schema, self.name))

    @property
    def slots(self) -> tuple[tuple[str, ...], ...]:
        return (("relation", self.schema, self.name),)

    @property
    def carries_data(self) -> bool:
        return True

    @property
    def sql_name(self) -> Sql:
        return sql("SEQUENCE {}", ident(self.schema, self.name))

    def options(self) -> Sql:
        """The options, each stated, as CREATE and ALTER SEQUENCE take them."""
        return sequence_options(
            self.start, self.increment, self.minimum, self.maximum, self.cache, cycle=self.cycle
        )

    @property
    def _range(self) -> tuple[int, int]:
        return (self.minimum, self.maximum)

    def create(self, parts: tuple[DbObject, ...]) -> Statements:
        unlogged = sql("UNLOGGED ") if self.persistence == "u" else NOTHING
        text = sql(
            "CREATE {}SEQUENCE {} AS {} {}",
            unlogged,
            ident(self.schema, self.name),
            printed(self.type),
            self.options(),
        )
        return (Statement(text, self.id),)

    def drop(self) -> Statements:
        text = sql("DROP SEQUENCE {}", ident(self.schema, self.name))
        return (Statement(text, self.id, frozenset({Hazard.DATA_LOSS})),)

    def alter(self, new: Self) -> Alteration | None:
        name = ident(self.schema, self.name)
        statements: list[Statement] = []
        if self.persistence != new.persistence:
            state = sql("UNLOGGED") if new.persistence == "u" else sql("LOGGED")
            statements.append(Statement(sql("ALTER SEQUENCE {} SET {}", name, state), self.id))
        if (self.type, self.options()) != (new.type, new.options()):
            texts = into_range(name, self._range, new._range)
            statements.extend(Statement(text, self.id) for text in texts)
            options = sql("{}{}", new.options(), restart(self._range, new._range))
            text = sql("ALTER SEQUENCE {} AS {} {}", name, printed(new.type), options)
            statements.append(Statement(text, self.id))
        return Alteration(tuple(statements))
