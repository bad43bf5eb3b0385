"""Composite types (manual, 8.16)."""

from dataclasses import dataclass, field
from typing import ClassVar, LiteralString, Self

from psqlmigrate.schema.casts import conversion, converted, keeps_values, rewrites
from psqlmigrate.schema.dbobject import Alteration, DbObject, Naming, Resolve, Row, Statements
from psqlmigrate.schema.identity import ObjectId
from psqlmigrate.schema.privileges import Acl
from psqlmigrate.schema.sqltext import NOTHING, Sql, away, ident, join, printed, sql
from psqlmigrate.schema.statement import REWRITE, Hazard, Statement

_QUERY: LiteralString = """
WITH RECURSIVE att AS MATERIALIZED (
    SELECT a.atttypid, c.relkind, c.reltype
      FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
     WHERE a.attnum > 0 AND a.atttypid >= 16384 AND c.relkind IN ('r', 'p', 'm', 'c', 'v', 'f')
), above AS MATERIALIZED (
    SELECT atttypid AS inner_type, reltype AS outer_type FROM att WHERE relkind IN ('c', 'v', 'f')
    UNION SELECT oid, typarray FROM pg_catalog.pg_type WHERE typarray >= 16384
    UNION SELECT typbasetype, oid FROM pg_catalog.pg_type WHERE typbasetype >= 16384
    UNION SELECT rngsubtype, rngtypid FROM pg_catalog.pg_range WHERE rngsubtype >= 16384
    UNION SELECT rngtypid, rngmultitypid FROM pg_catalog.pg_range WHERE rngtypid >= 16384
), inside AS (
    SELECT reltype AS type, reltype AS outer_type FROM pg_catalog.pg_class WHERE relkind = 'c'
    UNION SELECT i.type, o.outer_type FROM inside i JOIN above o ON o.inner_type = i.outer_type
), used AS (
    SELECT i.type, CASE WHEN i.type = i.outer_type THEN 'column' ELSE 'inside' END AS how
      FROM inside i JOIN att a ON a.atttypid = i.outer_type AND a.relkind IN ('r', 'p', 'm')
    UNION SELECT reloftype, 'table' FROM pg_catalog.pg_class WHERE reloftype <> 0
), uses AS MATERIALIZED (
    SELECT type, pg_catalog.array_agg(how ORDER BY how) AS hows FROM used GROUP BY type
)
SELECT t.oid, n.nspname::text, t.typname::text,
       (SELECT pg_catalog.array_agg(ARRAY[a.attname::text,
                 pg_catalog.format_type(a.atttypid, a.atttypmod),
                 CASE WHEN a.attcollation <> at.typcollation THEN
                   (SELECT pg_catalog.quote_ident(cn.nspname) || '.'
                           || pg_catalog.quote_ident(co.collname)
                      FROM pg_catalog.pg_collation co
                      JOIN pg_catalog.pg_namespace cn ON cn.oid = co.collnamespace
                     WHERE co.oid = a.attcollation) ELSE '' END] ORDER BY a.attnum)
          FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type at ON at.oid = a.atttypid
         WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
       uses.hows
  FROM pg_catalog.pg_type t
  JOIN pg_catalog.pg_class c ON c.oid = t.typrelid AND c.relkind = 'c'
  JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
  LEFT JOIN uses ON uses.type = t.oid
 WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"""


@dataclass(frozen=True, slots=True)
class Composite(DbObject):
    """A composite type; `attributes` are (name, type, collation)."""

    kind: ClassVar[str] = "composite type"
    catalog: ClassVar[LiteralString] = "pg_type"
    rank: ClassVar[int] = 40
    rare: ClassVar[LiteralString] = "pg_catalog.pg_class WHERE relkind = 'c'"
    acl: ClassVar[Acl | None] = Acl.TYPE
    naming: ClassVar[Naming] = Naming.PUBLIC

    schema: str
    name: str
    attributes: tuple[tuple[str, str, str], ...]
    used: tuple[str, ...] = field(compare=False, default=())
    """Where rows have its values: in a `column`, `inside` other types, in a `table` OF it."""

    @classmethod
    def query(cls, version: int) -> LiteralString:
        return _QUERY

    @classmethod
    def from_row(cls, row: Row, resolve: Resolve) -> "Composite":
        schema, name, attributes, used = row
        lines = tuple((one[0], one[1], one[2]) for one in attributes or ())
        return cls(schema, name, lines, tuple(used or ()))

    @property
    def id(self) -> ObjectId:
        return ObjectId(self.kind, (self.schema, self.name))

    @property
    def slots(self) -> tuple[tuple[str, ...], ...]:
        return (("type", self.schema, self.name), ("relation", self.schema, self.name))

    def swaps_with(self, new: Self) -> bool:
        return True

    def remake(self, new: Self, value: Sql) -> tuple[Sql, frozenset[Hazard]] | None:
        if self.attributes == new.attributes:
            return None
        had = {one[0]: one for one in self.attributes}
        fields = (
            converted(sql("({}).{}", value, ident(one[0])), had[one[0]][1], one[1])
            if one[0] in had
            else sql("NULL")
            for one in new.attributes
        )
        # A cast of the row itself would cut what is too long for a field.
        row = sql("ROW({})::text::{}", join(", ", fields), ident(new.schema, new.name))
        # IS NULL would say so of a row of nulls, too.
        text = sql("CASE WHEN {} IS DISTINCT FROM NULL THEN {} END", value, row)
        kept = had.keys() <= {one[0] for one in new.attributes}
        return text, frozenset(
            {Hazard.LOSSY_CAST} if kept else {Hazard.LOSSY_CAST, Hazard.DATA_LOSS}
        )

    @property
    def sql_name(self) -> Sql:
        return sql("TYPE {}", ident(self.schema, self.name))

    def create(self, parts: tuple[DbObject, ...]) -> Statements:
        lines = join(",", (sql("\n    {}", _line(one)) for one in self.attributes))
        end = sql("\n") if lines else NOTHING
        return (Statement(sql("CREATE {} AS ({}{})", self.sql_name, lines, end), self.id),)

    def drop(self) -> Statements:
        return (Statement(sql("DROP {}", self.sql_name), self.id),)

    @property
    def members(self) -> tuple[tuple[str, ...], ...]:
        return self.attributes

    def rename_member(self, member: str, name: str) -> Statements:
        names = ident(member), ident(name)
        text = sql("ALTER {} RENAME ATTRIBUTE {} TO {} CASCADE", self.sql_name, *names)
        return (Statement(text, self.id, self.rename_hazards),)

    def swap_out(self) -> tuple[Statements, Statements]:
        gone = away(self.name)
        rename = sql("ALTER {} RENAME TO {}", self.sql_name, ident(gone))
        drop = sql("DROP TYPE {}", ident(self.schema, gone))
        return (Statement(rename, self.id),), (Statement(drop, self.id),)

    def alter(self, new: Self) -> Alteration | None:
        before = {one[0]: one for one in self.attributes}
        after = {one[0]: one for one in new.attributes}
        kept = [name for name in before if name in after]
        if kept != [name for name in after if name in before] or list(after)[: len(kept)] != kept:
            return None
        if any(self._is_held(before[name], after[name]) for name in kept):
            return None
        gone = (
            self._change(sql("DROP ATTRIBUTE {}", ident(name)), Hazard.DATA_LOSS)
            for name in before
            if name not in after
        )
        changed = (
            self._retype(before[name], after[name]) for name in kept if before[name] != after[name]
        )
        come = (
            self._change(sql("ADD ATTRIBUTE {}", _line(after[name])))
            for name in after
            if name not in before
        )
        return Alteration((*gone, *changed, *come))

    def _is_held(self, old: tuple[str, str, str], new: tuple[str, str, str]) -> bool:
        """Whether PostgreSQL refuses the change: it converts no values but those of typed tables."""
        if old[1:] == new[1:]:
            return False
        if {"column", "inside"} & {*self.used}:
            return True
        return "table" in self.used and conversion(ident(old[0]), old[1], new[1]) is not None

    def _retype(self, old: tuple[str, str, str], new: tuple[str, str, str]) -> Statement:
        collate = sql(" COLLATE {}", printed(new[2])) if new[2] else NOTHING
        text = sql("ALTER ATTRIBUTE {} TYPE {}{}", ident(new[0]), printed(new[1]), collate)
        if "table" not in self.used:
            return self._change(text)
        rewritten = REWRITE if rewrites(old[1], new[1]) else frozenset[Hazard]()
        lossy = [] if keeps_values(old[1], new[1]) else [Hazard.LOSSY_CAST]
        return self._change(text, *rewritten, *lossy)

    def _change(self, change: Sql, *hazards: Hazard) -> Statement:
        text = sql("ALTER {} {} CASCADE", self.sql_name, change)
        return Statement(text, self.id, frozenset(hazards))


def _line(attribute: tuple[str, str, str]) -> Sql:
    name, type_name, collation = attribute
    collate = sql(" COLLATE {}", printed(collation)) if collation else NOTHING
    return sql("{} {}{}", ident(name), printed(type_name), collate)
