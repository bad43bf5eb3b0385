"""Composite types (manual, 8.16)."""

from dataclasses import dataclass
from typing import ClassVar, LiteralString, Self

from psqlmigrate.schema.casts import keeps_values, rewrites
from psqlmigrate.schema.dbobject import Alteration, DbObject, Naming, Resolve, Row, Statements
from psqlmigrate.schema.identity import ObjectId
from psqlmigrate.schema.privileges import Acl
from psqlmigrate.schema.sqltext import NOTHING, Sql, away, ident, join, printed, sql
from psqlmigrate.schema.statement import Hazard, Statement


@dataclass(frozen=True, slots=True)
class Composite(DbObject):
    """A composite type; `attributes` are (name, type, collation)."""

    kind: ClassVar[str] = "composite type"
    catalog: ClassVar[LiteralString] = "pg_type"
    rank: ClassVar[int] = 40
    acl: ClassVar[Acl | None] = Acl.TYPE
    naming: ClassVar[Naming] = Naming.PUBLIC

    schema: str
    name: str
    attributes: tuple[tuple[str, str, str], ...]

    @classmethod
    def query(cls, version: int) -> LiteralString:
        return """
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
         WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped)
  FROM pg_catalog.pg_type t
  JOIN pg_catalog.pg_class c ON c.oid = t.typrelid AND c.relkind = 'c'
  JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
 WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"""

    @classmethod
    def from_row(cls, row: Row, resolve: Resolve) -> "Composite":
        schema, name, attributes = row
        return cls(schema, name, tuple((one[0], one[1], one[2]) for one in attributes or ()))

    @property
    def id(self) -> ObjectId:
        return ObjectId(self.kind, (self.schema, self.name))

    @property
    def slots(self) -> tuple[tuple[str, ...], ...]:
        return (("type", self.schema, self.name), ("relation", self.schema, self.name))

    def swaps_with(self, new: Self) -> bool:
        # Values are carried over as text, which has the attributes by position.
        return [one[0] for one in self.attributes] == [one[0] for one in new.attributes]

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

    def _retype(self, old: tuple[str, str, str], new: tuple[str, str, str]) -> Statement:
        text = sql("ALTER ATTRIBUTE {} TYPE {}", ident(new[0]), printed(new[1]))
        rewritten = [Hazard.TABLE_REWRITE] if rewrites(old[1], new[1]) else []
        lossy = [] if keeps_values(old[1], new[1]) else [Hazard.LOSSY_CAST]
        return self._change(text, *rewritten, *lossy)

    def _change(self, change: Sql, *hazards: Hazard) -> Statement:
        text = sql("ALTER {} {} CASCADE", self.sql_name, change)
        return Statement(text, self.id, frozenset(hazards))


def _line(attribute: tuple[str, str, str]) -> Sql:
    name, type_name, collation = attribute
    collate = sql(" COLLATE {}", printed(collation)) if collation else NOTHING
    return sql("{} {}{}", ident(name), printed(type_name), collate)
