"""OWNED BY of sequences (manual, ALTER SEQUENCE)."""

from dataclasses import dataclass
from typing import ClassVar, LiteralString, Self

from psqlmigrate.schema.dbobject import Alteration, DbObject, Statements
from psqlmigrate.schema.identity import ObjectId
from psqlmigrate.schema.sqltext import Sql, ident, sql
from psqlmigrate.schema.statement import Statement


@dataclass(frozen=True, slots=True)
class SequenceOwner(DbObject):
    """The column that a sequence is dropped with."""

    kind: ClassVar[str] = "sequence owner"
    catalog: ClassVar[LiteralString] = "pg_sequence"
    rank: ClassVar[int] = 110
    rare: ClassVar[LiteralString] = "pg_catalog.pg_sequence"

    schema: str
    sequence: str
    table_schema: str
    table: str
    column: str

    @classmethod
    def query(cls, version: int) -> LiteralString:
        return """
SELECT s.oid, sn.nspname::text, s.relname::text, n.nspname::text, c.relname::text, a.attname::text
  FROM pg_catalog.pg_depend d
  JOIN pg_catalog.pg_class s ON s.oid = d.objid AND s.relkind = 'S'
  JOIN pg_catalog.pg_namespace sn ON sn.oid = s.relnamespace
  JOIN pg_catalog.pg_class c ON c.oid = d.refobjid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_catalog.pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
 WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
   AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.deptype = 'a'
   AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"""

    @property
    def id(self) -> ObjectId:
        return ObjectId(self.kind, (self.schema, self.sequence))

    @property
    def is_part(self) -> bool:
        return True

    @property
    def owners(self) -> tuple[ObjectId, ...]:
        return (ObjectId("sequence", (self.schema, self.sequence)),)

    @property
    def requires(self) -> tuple[ObjectId, ...]:
        return (ObjectId("column", (self.table_schema, self.table, self.column)),)

    @property
    def follows(self) -> tuple[ObjectId, ...]:
        # Both must have one owner by then (manual, ALTER SEQUENCE).
        sequence, table = (self.schema, self.sequence), (self.table_schema, self.table)
        ids = (("sequence", *sequence), ("table", *table))
        return tuple(ObjectId("owner", path) for path in ids)

    @property
    def survives_alter(self) -> bool:
        return True

    def create(self, parts: tuple[DbObject, ...]) -> Statements:
        return (self._statement(ident(self.table_schema, self.table, self.column)),)

    def drop(self) -> Statements:
        return (self._statement(sql("NONE")),)

    def alter(self, new: Self) -> Alteration:
        return Alteration(new.create(()))

    def _statement(self, owner: Sql) -> Statement:
        name = ident(self.schema, self.sequence)
        return Statement(sql("ALTER SEQUENCE {} OWNED BY {}", name, owner), self.id)
