"""The place of a partition in its parent (manual, ALTER TABLE … ATTACH PARTITION)."""

from dataclasses import dataclass
from typing import ClassVar, LiteralString

from psqlmigrate.schema.dbobject import DbObject, Statements
from psqlmigrate.schema.identity import ObjectId
from psqlmigrate.schema.sqltext import Sql, ident, printed, sql
from psqlmigrate.schema.statement import Hazard, Statement


@dataclass(frozen=True, slots=True)
class Partition(DbObject):
    """A table is a partition of another, for these values."""

    kind: ClassVar[str] = "partition"
    catalog: ClassVar[LiteralString] = "pg_inherits"
    rank: ClassVar[int] = 115

    schema: str
    table: str
    parent_schema: str
    parent: str
    bound: str

    @classmethod
    def query(cls, version: int) -> LiteralString:
        return """
SELECT c.oid, n.nspname::text, c.relname::text, pn.nspname::text, p.relname::text,
       pg_catalog.pg_get_expr(c.relpartbound, c.oid)
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_catalog.pg_inherits h ON h.inhrelid = c.oid
  JOIN pg_catalog.pg_class p ON p.oid = h.inhparent
  JOIN pg_catalog.pg_namespace pn ON pn.oid = p.relnamespace
 WHERE c.relispartition AND c.relkind IN ('r', 'p')
   AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"""

    @property
    def id(self) -> ObjectId:
        return ObjectId(self.kind, (self.schema, self.table))

    @property
    def is_part(self) -> bool:
        return True

    @property
    def owners(self) -> tuple[ObjectId, ...]:
        return (ObjectId("table", (self.schema, self.table)),)

    @property
    def requires(self) -> tuple[ObjectId, ...]:
        return (ObjectId("table", (self.parent_schema, self.parent)),)

    @property
    def survives_alter(self) -> bool:
        return True

    def create(self, parts: tuple[DbObject, ...]) -> Statements:
        change = sql("ATTACH PARTITION {} {}", self._child, printed(self.bound))
        return (self._statement(change, frozenset({Hazard.FULL_SCAN, Hazard.MAY_FAIL})),)

    def drop(self) -> Statements:
        return (self._statement(sql("DETACH PARTITION {}", self._child)),)

    @property
    def _child(self) -> Sql:
        return ident(self.schema, self.table)

    def _statement(self, change: Sql, hazards: frozenset[Hazard] = frozenset()) -> Statement:
        parent = ident(self.parent_schema, self.parent)
        return Statement(sql("ALTER TABLE ONLY {} {}", parent, change), self.id, hazards)

    def summary(self) -> str:
        return f"partition of {self.parent_schema}.{self.parent} {self.bound}"
