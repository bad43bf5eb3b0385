"""Range types with their multirange types (manual, 8.17)."""

from dataclasses import dataclass, field, replace
from typing import ClassVar, LiteralString, Self

from psqlmigrate.schema.dbobject import Alteration, DbObject, Naming, Resolve, Row, Statements
from psqlmigrate.schema.identity import ObjectId
from psqlmigrate.schema.privileges import Acl
from psqlmigrate.schema.sqltext import Sql, away, ident, join, printed, sql
from psqlmigrate.schema.statement import Hazard, Statement

_LONGEST_NAME = 63


@dataclass(frozen=True, slots=True)
class RangeType(DbObject):
    """A range type; what is empty is the subtype's own."""

    kind: ClassVar[str] = "range type"
    catalog: ClassVar[LiteralString] = "pg_type"
    rare: ClassVar[LiteralString] = "pg_catalog.pg_range WHERE rngtypid >= 16384"
    rank: ClassVar[int] = 45
    acl: ClassVar[Acl | None] = Acl.TYPE
    naming: ClassVar[Naming] = Naming.PUBLIC

    schema: str
    name: str
    subtype: str
    opclass: str
    collation: str
    canonical: str
    difference: str
    multirange_schema: str
    multirange: str
    functions: tuple[str, ...] = field(compare=False, default=())
    """The constructors as `name(types)`: PostgreSQL does not rename them with the type."""

    @classmethod
    def query(cls, version: int) -> LiteralString:
        return """
SELECT t.oid, n.nspname::text, t.typname::text, pg_catalog.format_type(r.rngsubtype, NULL),
       coalesce((SELECT pg_catalog.quote_ident(pn.nspname) || '.'
                        || pg_catalog.quote_ident(p.opcname)
                   FROM pg_catalog.pg_opclass p
                   JOIN pg_catalog.pg_namespace pn ON pn.oid = p.opcnamespace
                  WHERE p.oid = r.rngsubopc AND NOT p.opcdefault), ''),
       coalesce((SELECT pg_catalog.quote_ident(cn.nspname) || '.'
                        || pg_catalog.quote_ident(co.collname)
                   FROM pg_catalog.pg_collation co
                   JOIN pg_catalog.pg_namespace cn ON cn.oid = co.collnamespace
                  WHERE co.oid = r.rngcollation AND co.oid <> s.typcollation), ''),
       CASE WHEN r.rngcanonical <> 0 THEN r.rngcanonical::pg_catalog.regproc::text ELSE '' END,
       CASE WHEN r.rngsubdiff <> 0 THEN r.rngsubdiff::pg_catalog.regproc::text ELSE '' END,
       mn.nspname::text, m.typname::text,
       ARRAY(SELECT d.objid::pg_catalog.regprocedure::text
               FROM pg_catalog.pg_depend d
              WHERE d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.deptype = 'i'
                AND d.refclassid = 'pg_catalog.pg_type'::pg_catalog.regclass
                AND d.refobjid IN (t.oid, m.oid) ORDER BY d.objid)
  FROM pg_catalog.pg_range r
  JOIN pg_catalog.pg_type t ON t.oid = r.rngtypid
  JOIN pg_catalog.pg_type s ON s.oid = r.rngsubtype
  JOIN pg_catalog.pg_type m ON m.oid = r.rngmultitypid
  JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
  JOIN pg_catalog.pg_namespace mn ON mn.oid = m.typnamespace
 WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"""

    @classmethod
    def from_row(cls, row: Row, resolve: Resolve) -> "RangeType":
        values: Row = (*row[:-1], tuple(row[-1]))
        return cls(*values)

    @property
    def id(self) -> ObjectId:
        return ObjectId(self.kind, (self.schema, self.name))

    @property
    def requires(self) -> tuple[ObjectId, ...]:
        return (ObjectId("schema", (self.multirange_schema,)),)

    @property
    def slots(self) -> tuple[tuple[str, ...], ...]:
        multirange = ("type", self.multirange_schema, self.multirange)
        return (("type", self.schema, self.name), multirange)

    def swaps_with(self, new: Self) -> bool:
        # A canonical function and its type cannot be had twice, nor one without the other.
        return not (self.canonical or new.canonical)

    @property
    def sql_name(self) -> Sql:
        return sql("TYPE {}", ident(self.schema, self.name))

    def create(self, parts: tuple[DbObject, ...]) -> Statements:
        options = [sql("SUBTYPE = {}", printed(self.subtype))]
        if self.opclass:
            options.append(sql("SUBTYPE_OPCLASS = {}", printed(self.opclass)))
        if self.collation:
            options.append(sql("COLLATION = {}", printed(self.collation)))
        if self.canonical:
            options.append(sql("CANONICAL = {}", printed(self.canonical)))
        if self.difference:
            options.append(sql("SUBTYPE_DIFF = {}", printed(self.difference)))
        if (self.multirange_schema, self.multirange) != (self.schema, self._usual):
            name = ident(self.multirange_schema, self.multirange)
            options.append(sql("MULTIRANGE_TYPE_NAME = {}", name))
        lines = join(",", (sql("\n    {}", option) for option in options))
        return (Statement(sql("CREATE {} AS RANGE ({}\n)", self.sql_name, lines), self.id),)

    @property
    def _usual(self) -> str:
        """The name that PostgreSQL chooses; none where it would have to cut it."""
        name = self.name.replace("range", "multirange", 1)
        name = name if name != self.name else f"{name}_multirange"
        return name if len(name.encode()) <= _LONGEST_NAME else ""

    @property
    def stub(self) -> Statements:
        # A canonical function takes the type before the type can name the function.
        return (Statement(sql("CREATE {}", self.sql_name), self.id),) if self.canonical else ()

    def fill(self) -> Statements:
        return self.create(())

    def drop(self) -> Statements:
        if self.canonical:
            # PostgreSQL drops the two of a circle only so. What else uses the type is gone by now.
            text = sql("DROP {} CASCADE", self.sql_name)
            return (Statement(text, self.id, frozenset({Hazard.DATA_LOSS})),)
        return (Statement(sql("DROP {}", self.sql_name), self.id),)

    def rename(self, name: str) -> Statements:
        text = sql("ALTER {} RENAME TO {}", self.sql_name, ident(name))
        calls = self._renamed_functions(self.schema, self.name, name)
        return (Statement(text, self.id, self.rename_hazards), *calls)

    def swap_out(self) -> tuple[Statements, Statements]:
        gone = replace(self, name=away(self.name), multirange=away(self.multirange))
        renames = (*self._rename_multirange(gone.multirange), *self.rename(gone.name))
        return renames, gone.drop()

    def alter(self, new: Self) -> Alteration | None:
        if replace(self, multirange=new.multirange) != new:
            return None
        return Alteration(self._rename_multirange(new.multirange))

    def _rename_multirange(self, name: str) -> Statements:
        old = ident(self.multirange_schema, self.multirange)
        text = sql("ALTER TYPE {} RENAME TO {}", old, ident(name))
        calls = self._renamed_functions(self.multirange_schema, self.multirange, name)
        return (Statement(text, self.id, self.rename_hazards), *calls)

    def _renamed_functions(self, schema: str, old: str, new: str) -> Statements:
        texts = (
            sql("ALTER FUNCTION {} RENAME TO {}", printed(function), ident(new))
            for function in self.functions
            if function.startswith(ident(schema, old) + "(")
        )
        return tuple(Statement(text, self.id) for text in texts)

    def summary(self) -> str:
        return f"range of {self.subtype}"
