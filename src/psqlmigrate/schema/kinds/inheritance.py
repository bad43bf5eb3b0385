"""The place of a table among the children of another (manual, 5.11)."""

from dataclasses import dataclass, field
from typing import ClassVar, LiteralString

from psqlmigrate.schema.dbobject import DbObject, Resolve, Row, Statements
from psqlmigrate.schema.identity import ObjectId
from psqlmigrate.schema.sqltext import Sql, ident, sql
from psqlmigrate.schema.statement import Statement


@dataclass(frozen=True, slots=True)
class Inheritance(DbObject):
    """A table inherits from another; `shared` are the columns and checks that both have."""

    kind: ClassVar[str] = "inheritance"
    catalog: ClassVar[LiteralString] = "pg_inherits"
    rank: ClassVar[int] = 125
    rare: ClassVar[LiteralString] = "pg_catalog.pg_inherits"
    has_subid: ClassVar[bool] = True

    schema: str
    table: str
    parent_schema: str
    parent: str
    position: int = field(compare=False, default=0)
    shared: tuple[tuple[str, str], ...] = field(compare=False, default=())
    relation: str = field(compare=False, default="table")
    parent_relation: str = field(compare=False, default="table")

    @classmethod
    def query(cls, version: int) -> LiteralString:
        return """
SELECT c.oid, h.inhseqno, n.nspname::text, c.relname::text, pn.nspname::text, p.relname::text,
       h.inhseqno,
       ARRAY(SELECT ARRAY['column', a.attname::text] FROM pg_catalog.pg_attribute a
               JOIN pg_catalog.pg_attribute pa ON pa.attname = a.attname
              WHERE a.attrelid = c.oid AND pa.attrelid = p.oid AND a.attnum > 0
                AND NOT a.attisdropped AND NOT pa.attisdropped
             UNION ALL
             SELECT ARRAY['constraint', k.conname::text] FROM pg_catalog.pg_constraint k
               JOIN pg_catalog.pg_constraint pk ON pk.conname = k.conname
              WHERE k.conrelid = c.oid AND pk.conrelid = p.oid AND k.contype = 'c'
                AND pk.contype = 'c' AND NOT pk.connoinherit),
       CASE c.relkind WHEN 'f' THEN 'foreign table' ELSE 'table' END,
       CASE p.relkind WHEN 'f' THEN 'foreign table' ELSE 'table' END
  FROM pg_catalog.pg_inherits h
  JOIN pg_catalog.pg_class c ON c.oid = h.inhrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_catalog.pg_class p ON p.oid = h.inhparent
  JOIN pg_catalog.pg_namespace pn ON pn.oid = p.relnamespace
 WHERE NOT c.relispartition AND c.relkind IN ('r', 'p', 'f')
   AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"""

    @classmethod
    def from_row(cls, row: Row, resolve: Resolve) -> "Inheritance":
        *plain, shared, relation, parent_relation = row
        values: Row = (
            *plain,
            tuple((kind, name) for kind, name in shared),
            relation,
            parent_relation,
        )
        return cls(*values)

    @property
    def id(self) -> ObjectId:
        return ObjectId(self.kind, (self.schema, self.table, self.parent_schema, self.parent))

    @property
    def is_part(self) -> bool:
        return True

    @property
    def owners(self) -> tuple[ObjectId, ...]:
        return (ObjectId(self.relation, (self.schema, self.table)),)

    @property
    def requires(self) -> tuple[ObjectId, ...]:
        return (ObjectId(self.parent_relation, (self.parent_schema, self.parent)),)

    @property
    def follows(self) -> tuple[ObjectId, ...]:
        ends = ((self.schema, self.table), (self.parent_schema, self.parent))
        return tuple(ObjectId(kind, (*end, name)) for kind, name in self.shared for end in ends)

    @property
    def survives_alter(self) -> bool:
        return True

    @property
    def inline(self) -> bool:
        return True

    @property
    def separable(self) -> bool:
        return False

    @property
    def place(self) -> int:
        return self.position

    @property
    def clause(self) -> Sql:
        return ident(self.parent_schema, self.parent)

    def create(self, parts: tuple[DbObject, ...]) -> Statements:
        return (self._statement(sql("INHERIT {}", self.clause)),)

    def drop(self) -> Statements:
        return (self._statement(sql("NO INHERIT {}", self.clause)),)

    def _statement(self, change: Sql) -> Statement:
        return Statement(sql("ALTER TABLE {} {}", ident(self.schema, self.table), change), self.id)

    def summary(self) -> str:
        return f"inherits {self.parent_schema}.{self.parent}"
