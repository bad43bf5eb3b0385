"""The place of a partition in its parent (manual, ALTER TABLE … ATTACH PARTITION)."""

from dataclasses import dataclass, field
from typing import ClassVar, LiteralString

from psqlmigrate.schema.dbobject import DbObject, Resolve, Row, Statements
from psqlmigrate.schema.identity import ObjectId
from psqlmigrate.schema.sqltext import Sql, ident, printed, sql
from psqlmigrate.schema.statement import CHECKED, Hazard, Statement


@dataclass(frozen=True, slots=True)
class Partition(DbObject):
    """A table is a partition of another, for these values."""

    kind: ClassVar[str] = "partition"
    catalog: ClassVar[LiteralString] = "pg_inherits"
    rank: ClassVar[int] = 115
    rare: ClassVar[LiteralString] = "pg_catalog.pg_inherits"

    schema: str
    table: str
    parent_schema: str
    parent: str
    bound: str
    referrers: tuple[tuple[str, str, str], ...] = field(compare=False, default=())
    """Foreign keys that refer to what it is a part of: their rows hold on to its own."""
    keys_elsewhere: tuple[tuple[ObjectId, ObjectId], ...] = field(compare=False, default=())
    """Foreign keys of what it is a part of, and what it has of each."""
    shared: tuple[tuple[str, str], ...] = field(compare=False, default=())
    """Columns and checks that the parent has, too."""
    taken: tuple[tuple[ObjectId, ObjectId], ...] = field(compare=False, default=())
    """Of the parent's indexes and constraints, and what is part of each here and further below."""
    like_attached: tuple[str, ...] = field(compare=False, default=())
    """Other indexes that could be taken for one of them."""
    numbered: tuple[tuple[ObjectId, ObjectId], ...] = field(compare=False, default=())
    """Of identities that it gets, and the links below it: ATTACH gives none to what is there."""
    relation: str = field(compare=False, default="table")

    @classmethod
    def query(cls, version: int) -> LiteralString:
        return """
WITH RECURSIVE foreign_key AS (
    SELECT oid, oid AS first FROM pg_catalog.pg_constraint
     WHERE contype = 'f' AND conparentid = 0
     UNION ALL
    SELECT k.oid, foreign_key.first FROM foreign_key
      JOIN pg_catalog.pg_constraint k ON k.conparentid = foreign_key.oid
), referrer AS MATERIALIZED (
    SELECT h.parent, pg_catalog.array_agg(ARRAY[kn.nspname, kc.relname, k.conname]::text[]) AS names
      FROM (SELECT DISTINCT i.inhparent AS parent FROM pg_catalog.pg_inherits i
              JOIN pg_catalog.pg_class ic ON ic.oid = i.inhparent AND ic.relkind = 'p') h
     CROSS JOIN LATERAL pg_catalog.pg_partition_ancestors(h.parent) whole (relid)
      JOIN pg_catalog.pg_constraint k ON k.confrelid = whole.relid
       AND k.contype = 'f' AND k.conparentid = 0
      JOIN pg_catalog.pg_class kc ON kc.oid = k.conrelid
      JOIN pg_catalog.pg_namespace kn ON kn.oid = kc.relnamespace
     GROUP BY h.parent
), taken AS MATERIALIZED (
    SELECT i.indrelid AS relid,
           pg_catalog.array_agg(ARRAY[pk.conname, w.relname, tree.level::text, own.conname,
                                      xn.nspname, x.relname]::text[]
                                ORDER BY i.indexrelid, tree.level, x.oid) AS parts
      FROM pg_catalog.pg_inherits ih
      JOIN pg_catalog.pg_index i ON i.indexrelid = ih.inhrelid
      JOIN pg_catalog.pg_index wi ON wi.indexrelid = ih.inhparent
      JOIN pg_catalog.pg_class w ON w.oid = ih.inhparent
      LEFT JOIN pg_catalog.pg_constraint pk ON pk.conrelid = wi.indrelid
       AND pk.conindid = wi.indexrelid AND pk.contype IN ('p', 'u', 'x')
     CROSS JOIN LATERAL pg_catalog.pg_partition_tree(i.indexrelid) tree
      JOIN pg_catalog.pg_class x ON x.oid = tree.relid
      JOIN pg_catalog.pg_namespace xn ON xn.oid = x.relnamespace
      LEFT JOIN pg_catalog.pg_constraint own ON tree.level = 0 AND own.conrelid = i.indrelid
       AND own.conindid = x.oid AND own.contype IN ('p', 'u', 'x')
     GROUP BY i.indrelid
)
SELECT c.oid, n.nspname::text, c.relname::text, pn.nspname::text, p.relname::text,
       pg_catalog.pg_get_expr(c.relpartbound, c.oid),
       referrer.names,
       ARRAY(SELECT ARRAY[kn.nspname, kc.relname, k.conname, own.conname]::text[]
               FROM pg_catalog.pg_constraint own
               JOIN pg_catalog.pg_constraint above ON above.oid = own.conparentid
                AND above.conrelid = p.oid
               JOIN foreign_key ON foreign_key.oid = own.oid
               JOIN pg_catalog.pg_constraint k ON k.oid = foreign_key.first
               JOIN pg_catalog.pg_class kc ON kc.oid = k.conrelid
               JOIN pg_catalog.pg_namespace kn ON kn.oid = kc.relnamespace
              WHERE own.conrelid = c.oid AND own.contype = 'f'),
       ARRAY(SELECT ARRAY['column', a.attname::text] FROM pg_catalog.pg_attribute a
              WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
             UNION ALL
             SELECT ARRAY['constraint', k.conname::text] FROM pg_catalog.pg_constraint k
              WHERE k.conrelid = c.oid AND k.contype = 'c' AND k.coninhcount > 0),
       taken.parts,
       ARRAY(SELECT x.relname::text FROM pg_catalog.pg_index i
               JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
               JOIN pg_catalog.pg_index a ON a.indrelid = i.indrelid
               JOIN pg_catalog.pg_class ax ON ax.oid = a.indexrelid
              WHERE i.indrelid = c.oid AND NOT x.relispartition AND ax.relispartition
                AND x.relam = ax.relam AND i.indkey::text = a.indkey::text
                AND i.indclass::text = a.indclass::text AND i.indisunique = a.indisunique),
       CASE WHEN c.relkind = 'p' THEN
           ARRAY(SELECT ARRAY[rn.nspname, root.relname, a.attname, bn.nspname, b.relname]::text[]
                   FROM pg_catalog.pg_attribute a
                  CROSS JOIN LATERAL pg_catalog.pg_partition_tree(c.oid) tree
                   JOIN pg_catalog.pg_class b ON b.oid = tree.relid
                   JOIN pg_catalog.pg_namespace bn ON bn.oid = b.relnamespace
                   JOIN pg_catalog.pg_class root ON root.oid = pg_catalog.pg_partition_root(c.oid)
                   JOIN pg_catalog.pg_namespace rn ON rn.oid = root.relnamespace
                  WHERE a.attrelid = c.oid AND a.attidentity <> '' AND tree.level > 0) END,
       CASE c.relkind WHEN 'f' THEN 'foreign table' ELSE 'table' END
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_catalog.pg_inherits h ON h.inhrelid = c.oid
  JOIN pg_catalog.pg_class p ON p.oid = h.inhparent
  JOIN pg_catalog.pg_namespace pn ON pn.oid = p.relnamespace
  LEFT JOIN referrer ON referrer.parent = p.oid
  LEFT JOIN taken ON taken.relid = c.oid
 WHERE c.relispartition AND c.relkind IN ('r', 'p', 'f')
   AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"""

    @classmethod
    def from_row(cls, row: Row, resolve: Resolve) -> "Partition":
        *plain, referrers, foreign, shared, joined, rivals, below, relation = row
        schema, table, parent_schema, parent, _ = plain
        # ATTACH passes over an index without those below: it is not valid, and another is made.
        taken = tuple(
            (
                _index(parent_schema, parent, whole, key),
                _index(schema, table, name, own)
                if level == "0"
                else ObjectId("index partition", (place, name)),
            )
            for key, whole, level, own, place, name in joined or ()
        )
        elsewhere = tuple(
            (ObjectId("constraint", tuple(path)), ObjectId("constraint", (schema, table, own)))
            for *path, own in foreign
        )
        pairs = tuple((kind, name) for kind, name in shared)
        held = tuple(tuple(path) for path in referrers or ())
        links = tuple(
            (ObjectId("identity", tuple(path[:3])), ObjectId(cls.kind, tuple(path[3:])))
            for path in below or ()
        )
        values: Row = (*plain, held, elsewhere, pairs, taken, tuple(rivals), links, relation)
        return cls(*values)

    @property
    def id(self) -> ObjectId:
        return ObjectId(self.kind, (self.schema, self.table))

    @property
    def is_part(self) -> bool:
        return True

    @property
    def owners(self) -> tuple[ObjectId, ...]:
        return (ObjectId(self.relation, (self.schema, self.table)),)

    @property
    def joins(self) -> ObjectId:
        return ObjectId("table", (self.parent_schema, self.parent))

    @property
    def dropped_with(self) -> tuple[ObjectId, ...]:
        return () if self.referrers else self.owners

    @property
    def held_by(self) -> tuple[ObjectId, ...]:
        return tuple(ObjectId("constraint", path) for path in self.referrers)

    @property
    def requires(self) -> tuple[ObjectId, ...]:
        return (self.joins,)

    @property
    def feeds(self) -> ObjectId:
        return self.requires[0]

    @property
    def leaves(self) -> tuple[tuple[ObjectId, ObjectId], ...]:
        return self.keys_elsewhere

    def clear(self, left: ObjectId) -> Statements:
        # It goes with that of the partition's parent, which may have been detached before.
        name = ident(left.path[-1])
        text = sql("ALTER TABLE {} DROP CONSTRAINT IF EXISTS {}", self._child, name)
        return (Statement(text, self.id),)

    @property
    def slots(self) -> tuple[tuple[str, ...], ...]:
        left = ((left.kind, *left.path) for _, left in self.leaves)
        return ((self.kind, *self.id.path), *left)

    @property
    def follows(self) -> tuple[ObjectId, ...]:
        # ATTACH takes an index that is there into its parent's, or else makes one.
        ends = ((self.schema, self.table), (self.parent_schema, self.parent))
        shared = (ObjectId(kind, (*end, name)) for kind, name in self.shared for end in ends)
        return (*shared, *(part for _, part in self.taken if part.kind != "index partition"))

    @property
    def takes(self) -> tuple[tuple[ObjectId, ObjectId], ...]:
        return self.taken

    @property
    def rivals(self) -> tuple[ObjectId, ...]:
        return tuple(ObjectId("index", (self.schema, name)) for name in self.like_attached)

    @property
    def outruns(self) -> tuple[tuple[ObjectId, ObjectId], ...]:
        return self.numbered

    @property
    def survives_alter(self) -> bool:
        return True

    @property
    def looks_further(self) -> bool:
        return True

    def create(self, parts: tuple[DbObject, ...]) -> Statements:
        change = sql("ATTACH PARTITION {} {}", self._child, printed(self.bound))
        return (self._statement(change, CHECKED),)

    def drop(self) -> Statements:
        hazards = frozenset({Hazard.MAY_FAIL} if self.referrers else ())
        return (self._statement(sql("DETACH PARTITION {}", self._child), hazards),)

    @property
    def _child(self) -> Sql:
        return ident(self.schema, self.table)

    def _statement(self, change: Sql, hazards: frozenset[Hazard] = frozenset()) -> Statement:
        parent = ident(self.parent_schema, self.parent)
        return Statement(sql("ALTER TABLE ONLY {} {}", parent, change), self.id, hazards)

    def summary(self) -> str:
        return f"partition of {self.parent_schema}.{self.parent} {self.bound}"


def _index(schema: str, table: str, name: str, constraint: str | None) -> ObjectId:
    if constraint is not None:
        return ObjectId("constraint", (schema, table, constraint))
    return ObjectId("index", (schema, name))
