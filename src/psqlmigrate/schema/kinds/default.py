"""Defaults of columns (manual, 5.2), generated columns excepted."""

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import ClassVar, LiteralString, Self

from psqlmigrate.schema.dbobject import Alteration, DbObject, Labels, Resolve, Row, Statements
from psqlmigrate.schema.identity import ObjectId
from psqlmigrate.schema.sqltext import Sql, ident, literal, printed, sql
from psqlmigrate.schema.statement import Statement


@dataclass(frozen=True, slots=True)
class Default(DbObject):
    """The default of a column, as PostgreSQL prints it."""

    kind: ClassVar[str] = "default"
    catalog: ClassVar[LiteralString] = "pg_attrdef"
    rank: ClassVar[int] = 100
    rare: ClassVar[LiteralString] = "pg_catalog.pg_attrdef"
    spoken: ClassVar[Labels] = MappingProxyType({"expression": "default"})

    schema: str
    table: str
    column: str
    expression: str
    relation: str = field(compare=False, default="table")
    own_line: bool = field(compare=False, default=True)
    sequence: tuple[str, ...] | None = field(compare=False, default=None)
    """The sequence that gives an integer column its values."""
    volatile: bool = field(compare=False, default=False)
    """Whether it has another value for each row (a call of a volatile function)."""

    @classmethod
    def query(cls, version: int) -> LiteralString:
        # An expression without columns can be printed without opening its table: much cheaper.
        return """
SELECT d.oid, n.nspname::text, c.relname::text, a.attname::text,
       pg_catalog.pg_get_expr(d.adbin, 0), CASE c.relkind WHEN 'v' THEN 'view' ELSE 'table' END,
       c.relkind <> 'v' AND (a.attislocal OR c.relispartition),
       (SELECT ARRAY[sn.nspname, s.relname]::text[]
          FROM pg_catalog.pg_depend x
          JOIN pg_catalog.pg_sequence q ON q.seqrelid = x.refobjid AND q.seqincrement > 0
          JOIN pg_catalog.pg_class s ON s.oid = q.seqrelid
          JOIN pg_catalog.pg_namespace sn ON sn.oid = s.relnamespace
         WHERE x.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass AND x.objid = d.oid
           AND x.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
           AND a.atttypid IN (20, 21, 23) LIMIT 1),
       EXISTS (SELECT FROM pg_catalog.regexp_matches(d.adbin::text, ':funcid (\\d+)', 'g') m
                 JOIN pg_catalog.pg_proc f ON f.oid = m[1]::oid WHERE f.provolatile = 'v')
  FROM pg_catalog.pg_attrdef d
  JOIN pg_catalog.pg_class c ON c.oid = d.adrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_catalog.pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
 WHERE a.attgenerated = '' AND c.relkind IN ('r', 'p', 'v', 'f') AND NOT a.attisdropped
   AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"""

    @classmethod
    def from_row(cls, row: Row, resolve: Resolve) -> "Default":
        *plain, sequence, volatile = row
        values: Row = (*plain, tuple(sequence) if sequence else None, volatile)
        return cls(*values)

    @property
    def id(self) -> ObjectId:
        return ObjectId(self.kind, (self.schema, self.table, self.column))

    @property
    def is_part(self) -> bool:
        return True

    @property
    def owners(self) -> tuple[ObjectId, ...]:
        if self.relation == "view":
            return (ObjectId(self.relation, (self.schema, self.table)),)
        return (ObjectId("column", (self.schema, self.table, self.column)),)

    @property
    def rewrites(self) -> bool:
        return self.volatile

    @property
    def inline(self) -> bool:
        return self.own_line

    @property
    def clause(self) -> Sql:
        return sql("DEFAULT {}", printed(self.expression))

    def create(self, parts: tuple[DbObject, ...]) -> Statements:
        return (self._statement(sql("SET {}", self.clause)),)

    def settle(self) -> Statements:
        # Rows that are there keep their values: the sequence goes on after them.
        if self.sequence is None or not self.expression.startswith("nextval("):
            return ()
        last = sql("pg_catalog.max({})", ident(self.column))
        sequence = ident(*self.sequence)
        text = sql(
            "SELECT pg_catalog.setval({}, {}) FROM {}"
            " HAVING {} > (SELECT last_value FROM {})",
            literal(sequence), last, ident(self.schema, self.table), last, sequence,
        )  # fmt: skip
        return (Statement(text, self.id),)

    def drop(self) -> Statements:
        return (self._statement(sql("DROP DEFAULT")),)

    def alter(self, new: Self) -> Alteration:
        settled = new.settle() if self.sequence != new.sequence else ()
        return Alteration((*new.create(()), *settled))

    def _statement(self, change: Sql) -> Statement:
        what = sql("VIEW") if self.relation == "view" else sql("TABLE ONLY")
        table = ident(self.schema, self.table)
        text = sql("ALTER {} {} ALTER COLUMN {} {}", what, table, ident(self.column), change)
        return Statement(text, self.id)

    def summary(self) -> str:
        return f"default {self.expression}"
