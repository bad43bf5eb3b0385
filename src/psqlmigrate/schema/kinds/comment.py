"""Comments on objects (manual, COMMENT)."""

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import ClassVar, LiteralString, Self

from psqlmigrate.schema.dbobject import Alteration, DbObject, Labels, Resolve, Row, Statements
from psqlmigrate.schema.identity import Address, ObjectId
from psqlmigrate.schema.sqltext import NOTHING, Sql, ident, literal, sql
from psqlmigrate.schema.statement import Statement

_AT_BIRTH = {ObjectId("schema", ("public",)): "standard public schema"}


@dataclass(frozen=True, slots=True)
class Comment(DbObject):
    """The comment on an object of any kind that comes earlier in the registry.

    `part` is what has a comment of its own inside the object: a column of a view, an attribute of
    a type, a constraint of a domain, the multirange type of a range type, the index of a
    constraint, a not-null constraint.
    """

    kind: ClassVar[str] = "comment"
    catalog: ClassVar[LiteralString] = "pg_description"
    rank: ClassVar[int] = 200
    spoken: ClassVar[Labels] = MappingProxyType({"text": "comment"})
    has_subid: ClassVar[bool] = True

    target: ObjectId
    part: tuple[str, ...]
    text: str
    target_name: Sql = field(compare=False, default=NOTHING)

    @classmethod
    def query(cls, version: int) -> LiteralString:
        # Of PostgreSQL's own objects only the schema public can have another comment than at
        # birth. It has none where somebody made it anew, which says nothing either.
        return """
SELECT d.objoid, d.objsubid,
       CASE WHEN r.relkind = 'c' OR k.contypid <> 0 THEN 'pg_type'
            WHEN i.oid IS NOT NULL THEN 'pg_constraint' WHEN k.contype = 'n' THEN 'pg_class'
            ELSE d.classoid::pg_catalog.regclass::text END,
       CASE WHEN r.relkind = 'c' THEN r.reltype WHEN k.contypid <> 0 THEN k.contypid
            WHEN i.oid IS NOT NULL THEN i.oid WHEN k.contype = 'n' THEN k.conrelid
            WHEN g.rngtypid IS NOT NULL THEN g.rngtypid
            ELSE d.objoid END,
       CASE WHEN k.contype = 'n' AND k.contypid = 0 THEN k.conkey[1]::int ELSE d.objsubid END,
       CASE WHEN a.attname IS NOT NULL THEN ARRAY['column', a.attname::text]
            WHEN i.oid IS NOT NULL THEN ARRAY['index', r.relname::text]
            WHEN k.contypid <> 0 THEN ARRAY['domain constraint', k.conname::text]
            WHEN k.contype = 'n' THEN ARRAY['not null', k.conname::text]
            WHEN g.rngtypid IS NOT NULL THEN ARRAY['multirange', mn.nspname::text, m.typname::text]
            END,
       d.description
  FROM pg_catalog.pg_description d
  LEFT JOIN pg_catalog.pg_class r
    ON d.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass AND r.oid = d.objoid
  LEFT JOIN pg_catalog.pg_attribute a
    ON a.attrelid = r.oid AND a.attnum = d.objsubid AND d.objsubid > 0
  LEFT JOIN pg_catalog.pg_constraint i
    ON r.relkind IN ('i', 'I') AND i.conindid = r.oid AND i.contype IN ('p', 'u', 'x')
  LEFT JOIN pg_catalog.pg_constraint k
    ON d.classoid = 'pg_catalog.pg_constraint'::pg_catalog.regclass AND k.oid = d.objoid
  LEFT JOIN pg_catalog.pg_range g
    ON d.classoid = 'pg_catalog.pg_type'::pg_catalog.regclass AND g.rngmultitypid = d.objoid
  LEFT JOIN pg_catalog.pg_type m ON m.oid = g.rngmultitypid
  LEFT JOIN pg_catalog.pg_namespace mn ON mn.oid = m.typnamespace
 WHERE d.objoid >= 16384
   AND NOT (d.classoid = 'pg_catalog.pg_namespace'::pg_catalog.regclass AND d.objoid IN
            (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = 'public'))
UNION ALL
SELECT n.oid, 0, 'pg_namespace', n.oid, 0, NULL, d.description
  FROM pg_catalog.pg_namespace n
  JOIN pg_catalog.pg_description d
    ON d.classoid = 'pg_catalog.pg_namespace'::pg_catalog.regclass AND d.objoid = n.oid
 WHERE n.nspname = 'public' AND d.description <> 'standard public schema'"""

    @classmethod
    def from_row(cls, row: Row, resolve: Resolve) -> "Comment | None":
        catalog, oid, subid, part, text = row
        one = resolve(Address(catalog, oid, subid))
        if part and (one is None or part[0] != "column"):
            one = one or resolve(Address(catalog, oid))
            return cls(one.id, tuple(part), text, _part_name(one, *part)) if one else None
        return cls(one.id, (), text, one.sql_name) if one else None

    @property
    def id(self) -> ObjectId:
        return ObjectId(self.kind, (self.target.kind, *self.target.path, *self.part))

    @property
    def is_part(self) -> bool:
        return True

    @property
    def owners(self) -> tuple[ObjectId, ...]:
        return (self.target,)

    @property
    def survives_alter(self) -> bool:
        return True

    def create(self, parts: tuple[DbObject, ...]) -> Statements:
        return (self._statement(literal(self.text)),)

    def drop(self) -> Statements:
        born = _AT_BIRTH.get(self.target)
        return (self._statement(literal(born) if born else sql("NULL")),)

    def alter(self, new: Self) -> Alteration:
        return Alteration(new.create(()))

    def _statement(self, text: Sql) -> Statement:
        return Statement(sql("COMMENT ON {} IS {}", self.target_name, text), self.id)


def _part_name(one: DbObject, kind: str, *names: str) -> Sql:
    path, name = one.id.path, names[-1]
    if kind == "multirange":
        return sql("TYPE {}", ident(*names))
    if kind == "column":
        return sql("COLUMN {}", ident(*path, name))
    if kind == "index":
        return sql("INDEX {}", ident(path[0], name))
    if kind == "not null":
        return sql("CONSTRAINT {} ON {}", ident(name), ident(*path[:2]))
    return sql("CONSTRAINT {} ON DOMAIN {}", ident(name), ident(*path))
