"""Base types, whose values are made by functions, and shells of types (manual, CREATE TYPE)."""

from dataclasses import dataclass
from typing import ClassVar, LiteralString, Self

from psqlmigrate.schema.dbobject import Alteration, DbObject, Naming, Resolve, Row, Statements
from psqlmigrate.schema.identity import ObjectId
from psqlmigrate.schema.privileges import Acl
from psqlmigrate.schema.sqltext import Sql, ident, join, printed, sql
from psqlmigrate.schema.statement import Hazard, Statement

# Another STORAGE could be set, too, but would leave the columns of the type as they are.
_SETTABLE = {"RECEIVE", "SEND", "TYPMOD_IN", "TYPMOD_OUT", "ANALYZE", "SUBSCRIPT"}
_PRIVILEGED = frozenset({Hazard.NEEDS_PRIVILEGE})


@dataclass(frozen=True, slots=True)
class BaseType(DbObject):
    """A base type; `options` are pairs of an option and its value, none for a shell."""

    kind: ClassVar[str] = "base type"
    catalog: ClassVar[LiteralString] = "pg_type"
    rank: ClassVar[int] = 28
    rare: ClassVar[LiteralString] = (
        "(SELECT oid FROM pg_catalog.pg_type WHERE typtype IN ('b', 'p') AND oid >= 16384"
        " EXCEPT SELECT typarray FROM pg_catalog.pg_type) own"
    )
    acl: ClassVar[Acl | None] = Acl.TYPE
    naming: ClassVar[Naming] = Naming.PUBLIC

    schema: str
    name: str
    options: tuple[tuple[str, str], ...]

    @classmethod
    def query(cls, version: int) -> LiteralString:
        return """
SELECT t.oid, n.nspname::text, t.typname::text,
       CASE WHEN t.typisdefined THEN (
           SELECT pg_catalog.array_agg(ARRAY[o.key, o.value] ORDER BY o.place)
             FROM (VALUES
               (1, 'INPUT', t.typinput::pg_catalog.regproc::text),
               (2, 'OUTPUT', t.typoutput::pg_catalog.regproc::text),
               (3, 'RECEIVE', nullif(t.typreceive::pg_catalog.regproc::text, '-')),
               (4, 'SEND', nullif(t.typsend::pg_catalog.regproc::text, '-')),
               (5, 'TYPMOD_IN', nullif(t.typmodin::pg_catalog.regproc::text, '-')),
               (6, 'TYPMOD_OUT', nullif(t.typmodout::pg_catalog.regproc::text, '-')),
               (7, 'ANALYZE', nullif(t.typanalyze::pg_catalog.regproc::text, '-')),
               (8, 'SUBSCRIPT', nullif(t.typsubscript::pg_catalog.regproc::text, '-')),
               (9, 'INTERNALLENGTH',
                   CASE WHEN t.typlen < 0 THEN 'VARIABLE' ELSE t.typlen::text END),
               (10, 'PASSEDBYVALUE', nullif(t.typbyval, false)::text),
               (11, 'ALIGNMENT', CASE t.typalign WHEN 'c' THEN 'char' WHEN 's' THEN 'int2'
                                     WHEN 'i' THEN 'int4' ELSE 'double' END),
               (12, 'STORAGE', CASE t.typstorage WHEN 'p' THEN 'plain' WHEN 'e' THEN 'external'
                                   WHEN 'x' THEN 'extended' ELSE 'main' END),
               (13, 'CATEGORY', pg_catalog.quote_literal(nullif(t.typcategory, 'U')::text)),
               (14, 'PREFERRED', nullif(t.typispreferred, false)::text),
               (15, 'DEFAULT', pg_catalog.quote_literal(t.typdefault)),
               (16, 'ELEMENT', pg_catalog.format_type(nullif(t.typelem, 0), NULL)),
               (17, 'DELIMITER', pg_catalog.quote_literal(nullif(t.typdelim, ',')::text)),
               (18, 'COLLATABLE', CASE WHEN t.typcollation <> 0 THEN 'true' END)
             ) o(place, key, value)
            WHERE o.value IS NOT NULL) END
  FROM pg_catalog.pg_type t
  JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
 WHERE (t.typtype = 'b' OR NOT t.typisdefined)
   AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_type e WHERE e.typarray = t.oid)"""

    @classmethod
    def from_row(cls, row: Row, resolve: Resolve) -> "BaseType":
        schema, name, options = row
        return cls(schema, name, tuple((key, value) for key, value in options or ()))

    @property
    def id(self) -> ObjectId:
        return ObjectId(self.kind, (self.schema, self.name))

    @property
    def slots(self) -> tuple[tuple[str, ...], ...]:
        return (("type", self.schema, self.name),)

    @property
    def sql_name(self) -> Sql:
        return sql("TYPE {}", ident(self.schema, self.name))

    def create(self, parts: tuple[DbObject, ...]) -> Statements:
        return self.fill() if self.options else self.stub

    @property
    def stub(self) -> Statements:
        return (Statement(sql("CREATE {}", self.sql_name), self.id),)

    def fill(self) -> Statements:
        lines = join(",", (sql("\n    {}", _option(*option)) for option in self.options))
        text = sql("CREATE {} ({}\n)", self.sql_name, lines)
        return (Statement(text, self.id, _PRIVILEGED),)

    def drop(self) -> Statements:
        if self.options:
            # PostgreSQL drops a type and its functions only so. What else uses it is gone by now.
            text = sql("DROP {} CASCADE", self.sql_name)
            return (Statement(text, self.id, frozenset({Hazard.DATA_LOSS})),)
        return (Statement(sql("DROP {}", self.sql_name), self.id),)

    def alter(self, new: Self) -> Alteration | None:
        if not self.options:
            return Alteration(new.fill())
        before, after = dict(self.options), dict(new.options)
        changed = [key for key in before | after if before.get(key) != after.get(key)]
        if not _SETTABLE.issuperset(changed) or "plain" in {
            before["STORAGE"],
            after.get("STORAGE"),
        }:
            return None
        settings = join(", ", (_option(key, after.get(key, "NONE")) for key in changed))
        text = sql("ALTER {} SET ({})", self.sql_name, settings)
        return Alteration((Statement(text, self.id, _PRIVILEGED),))


def _option(key: str, value: str) -> Sql:
    return sql("{} = {}", printed(key), printed(value))
