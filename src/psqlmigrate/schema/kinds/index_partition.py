"""The place of a partition's index in the parent's (manual, ALTER INDEX … ATTACH PARTITION)."""

from dataclasses import dataclass, field
from typing import ClassVar, LiteralString, Self

from psqlmigrate.schema.dbobject import Alteration, DbObject, Resolve, Row, Statements
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
    alike: tuple[str, ...] = field(compare=False, default=())
    """Where the parent table has several that ATTACH takes for each other: all of them."""
    joined: str = field(compare=False, default="")
    """Which of them it is: PostgreSQL pairs them as they were made, so that `parent` is the first."""

    @classmethod
    def query(cls, version: int) -> LiteralString:
        return """
SELECT x.oid, n.nspname::text, x.relname::text, pn.nspname::text,
       coalesce(alike.names[1], p.relname::text),
       t.relname::text, pt.relname::text,
       EXISTS (SELECT FROM pg_catalog.pg_constraint k
                WHERE k.conindid = x.oid AND k.contype IN ('p', 'u', 'x')),
       EXISTS (SELECT FROM pg_catalog.pg_constraint k
                WHERE k.conindid = p.oid AND k.contype IN ('p', 'u', 'x')),
       alike.names, p.relname::text
  FROM pg_catalog.pg_class x
  JOIN pg_catalog.pg_namespace n ON n.oid = x.relnamespace
  JOIN pg_catalog.pg_index i ON i.indexrelid = x.oid
  JOIN pg_catalog.pg_class t ON t.oid = i.indrelid
  JOIN pg_catalog.pg_inherits h ON h.inhrelid = x.oid
  JOIN pg_catalog.pg_class p ON p.oid = h.inhparent
  JOIN pg_catalog.pg_namespace pn ON pn.oid = p.relnamespace
  JOIN pg_catalog.pg_index pi ON pi.indexrelid = p.oid
  JOIN pg_catalog.pg_class pt ON pt.oid = pi.indrelid
  LEFT JOIN (
      SELECT pg_catalog.array_agg(o.indexrelid) AS ids,
             pg_catalog.array_agg(oc.relname::text ORDER BY oc.relname) AS names
        FROM pg_catalog.pg_index o
        JOIN pg_catalog.pg_class oc ON oc.oid = o.indexrelid AND oc.relkind = 'I'
       WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k
                          WHERE k.conindid = o.indexrelid AND k.contype IN ('p', 'u', 'x'))
       GROUP BY o.indrelid, oc.relam, o.indisunique, o.indkey::text, o.indclass::text,
             o.indcollation::text, pg_catalog.pg_get_expr(o.indexprs, o.indrelid),
             pg_catalog.pg_get_expr(o.indpred, o.indrelid)
      HAVING pg_catalog.count(*) > 1
  ) alike ON p.oid = ANY (alike.ids)
 WHERE x.relkind IN ('i', 'I') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"""

    @classmethod
    def from_row(cls, row: Row, resolve: Resolve) -> "IndexPartition":
        *plain, alike, joined = row
        values: Row = (*plain, tuple(alike or ()), joined)
        return cls(*values)

    @property
    def id(self) -> ObjectId:
        return ObjectId(self.kind, (self.schema, self.index))

    @property
    def owners(self) -> tuple[ObjectId, ...]:
        own = _index(self.schema, self.table, self.index, constraint=self.constraint)
        return (own, self.requires[0])

    @property
    def requires(self) -> tuple[ObjectId, ObjectId]:
        return (
            _index(
                self.parent_schema,
                self.parent_table,
                self.joined or self.parent,
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

    @property
    def comes_with(self) -> tuple[tuple[ObjectId, ObjectId], ...]:
        return (self.requires,) if self.alike else ()

    def alter(self, new: Self) -> Alteration | None:
        return Alteration(()) if self.joined in {new.joined, *new.alike} else None

    def create(self, parts: tuple[DbObject, ...]) -> Statements:
        parent = ident(self.parent_schema, self.joined or self.parent)
        child = ident(self.schema, self.index)
        return (Statement(sql("ALTER INDEX {} ATTACH PARTITION {}", parent, child), self.id),)

    def drop(self) -> Statements:
        # PostgreSQL has no DETACH for indexes: the index itself must go, or its parent.
        return ()


def _index(schema: str, table: str, name: str, *, constraint: bool) -> ObjectId:
    if constraint:
        return ObjectId("constraint", (schema, table, name))
    return ObjectId("index", (schema, name))
