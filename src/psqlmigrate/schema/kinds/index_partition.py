"""The place of a partition's index in the parent's (manual, ALTER INDEX … ATTACH PARTITION)."""

from dataclasses import dataclass, field
from typing import ClassVar, LiteralString

from psqlmigrate.schema.dbobject import DbObject, Statements
from psqlmigrate.schema.identity import ObjectId
from psqlmigrate.schema.sqltext import ident, sql
from psqlmigrate.schema.statement import Statement


@dataclass(frozen=True, slots=True)
class IndexPartition(DbObject):
    """An index, or that of a constraint, is part of a partitioned one."""

    kind: ClassVar[str] = "index partition"
    catalog: ClassVar[LiteralString] = "pg_inherits"
    rank: ClassVar[int] = 135
    rare: ClassVar[LiteralString] = "pg_catalog.pg_inherits"

    schema: str
    index: str
    parent_schema: str
    parent: str
    table: str
    parent_table: str
    constraint: bool
    parent_constraint: bool = field(compare=False)
    """A plain unique index can have the index of a constraint as its part."""

    @classmethod
    def query(cls, version: int) -> LiteralString:
        return """
SELECT x.oid, n.nspname::text, x.relname::text, pn.nspname::text, p.relname::text,
       t.relname::text, pt.relname::text,
       EXISTS (SELECT FROM pg_catalog.pg_constraint k
                WHERE k.conindid = x.oid AND k.contype IN ('p', 'u', 'x')),
       EXISTS (SELECT FROM pg_catalog.pg_constraint k
                WHERE k.conindid = p.oid AND k.contype IN ('p', 'u', 'x'))
  FROM pg_catalog.pg_class x
  JOIN pg_catalog.pg_namespace n ON n.oid = x.relnamespace
  JOIN pg_catalog.pg_index i ON i.indexrelid = x.oid
  JOIN pg_catalog.pg_class t ON t.oid = i.indrelid
  JOIN pg_catalog.pg_inherits h ON h.inhrelid = x.oid
  JOIN pg_catalog.pg_class p ON p.oid = h.inhparent
  JOIN pg_catalog.pg_namespace pn ON pn.oid = p.relnamespace
  JOIN pg_catalog.pg_index pi ON pi.indexrelid = p.oid
  JOIN pg_catalog.pg_class pt ON pt.oid = pi.indrelid
 WHERE x.relkind IN ('i', 'I') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"""

    @property
    def id(self) -> ObjectId:
        return ObjectId(self.kind, (self.schema, self.index))

    @property
    def owners(self) -> tuple[ObjectId, ...]:
        own = _index(self.schema, self.table, self.index, constraint=self.constraint)
        return (own, self.requires[0])

    @property
    def requires(self) -> tuple[ObjectId, ...]:
        return (
            _index(
                self.parent_schema,
                self.parent_table,
                self.parent,
                constraint=self.parent_constraint,
            ),
            ObjectId("partition", (self.schema, self.table)),
        )

    @property
    def fixed_by(self) -> tuple[ObjectId, ...]:
        return (self.requires[1],)

    @property
    def survives_alter(self) -> bool:
        return True

    def create(self, parts: tuple[DbObject, ...]) -> Statements:
        parent = ident(self.parent_schema, self.parent)
        child = ident(self.schema, self.index)
        return (Statement(sql("ALTER INDEX {} ATTACH PARTITION {}", parent, child), self.id),)

    def drop(self) -> Statements:
        # PostgreSQL has no DETACH for indexes: the index itself must go, or its parent.
        return ()


def _index(schema: str, table: str, name: str, *, constraint: bool) -> ObjectId:
    if constraint:
        return ObjectId("constraint", (schema, table, name))
    return ObjectId("index", (schema, name))
