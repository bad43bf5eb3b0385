"""Aggregate functions (manual, CREATE AGGREGATE)."""

from dataclasses import dataclass
from typing import ClassVar, LiteralString, Self

from psqlmigrate.schema.dbobject import Alteration, DbObject, Naming, Resolve, Row, Statements
from psqlmigrate.schema.identity import ObjectId
from psqlmigrate.schema.privileges import Acl
from psqlmigrate.schema.sqltext import NOTHING, Sql, ident, printed, sql
from psqlmigrate.schema.statement import Statement


@dataclass(frozen=True, slots=True)
class Aggregate(DbObject):
    """An aggregate, named by its input types; `definition` is what stands in its parentheses."""

    kind: ClassVar[str] = "aggregate"
    catalog: ClassVar[LiteralString] = "pg_proc"
    rare: ClassVar[LiteralString] = (
        "pg_catalog.pg_aggregate WHERE aggfnoid::pg_catalog.oid >= 16384"
    )
    rank: ClassVar[int] = 74
    acl: ClassVar[Acl | None] = Acl.FUNCTION
    naming: ClassVar[Naming] = Naming.PUBLIC
    name_at: ClassVar[int] = -2

    schema: str
    name: str
    arguments: str
    stated: str
    """The arguments with their names, modes and ORDER BY, as its statements take them."""
    signature: str
    """What OR REPLACE cannot change: its kind, names of arguments, direct ones, the result."""
    definition: str

    @classmethod
    def query(cls, version: int) -> LiteralString:
        # Only ordered-set aggregates may by default change their state in the final function.
        return """
SELECT p.oid, n.nspname::text, p.proname::text,
       ARRAY(SELECT pg_catalog.format_type(u.t, NULL)
               FROM pg_catalog.unnest(p.proargtypes) WITH ORDINALITY u(t, i) ORDER BY u.i),
       coalesce(nullif(pg_catalog.pg_get_function_identity_arguments(p.oid), ''), '*'),
       pg_catalog.concat_ws(' ', a.aggkind::text, a.aggnumdirectargs::text, p.proargnames::text,
           p.proargmodes::text, pg_catalog.pg_get_function_result(p.oid)),
       pg_catalog.concat_ws(E',\n    ', 'SFUNC = ' || a.aggtransfn::pg_catalog.regproc::text,
           'STYPE = ' || pg_catalog.format_type(a.aggtranstype, NULL),
           'SSPACE = ' || nullif(a.aggtransspace, 0),
           'FINALFUNC = ' || nullif(a.aggfinalfn::pg_catalog.regproc::text, '-'),
           CASE WHEN a.aggfinalextra THEN 'FINALFUNC_EXTRA' END,
           'FINALFUNC_MODIFY = ' || CASE nullif(a.aggfinalmodify, x.modify)
               WHEN 'r' THEN 'READ_ONLY' WHEN 's' THEN 'SHAREABLE' WHEN 'w' THEN 'READ_WRITE' END,
           'COMBINEFUNC = ' || nullif(a.aggcombinefn::pg_catalog.regproc::text, '-'),
           'SERIALFUNC = ' || nullif(a.aggserialfn::pg_catalog.regproc::text, '-'),
           'DESERIALFUNC = ' || nullif(a.aggdeserialfn::pg_catalog.regproc::text, '-'),
           'INITCOND = ' || pg_catalog.quote_literal(a.agginitval),
           'MSFUNC = ' || nullif(a.aggmtransfn::pg_catalog.regproc::text, '-'),
           'MINVFUNC = ' || nullif(a.aggminvtransfn::pg_catalog.regproc::text, '-'),
           'MSTYPE = ' || pg_catalog.format_type(nullif(a.aggmtranstype, 0), NULL),
           'MSSPACE = ' || nullif(a.aggmtransspace, 0),
           'MFINALFUNC = ' || nullif(a.aggmfinalfn::pg_catalog.regproc::text, '-'),
           CASE WHEN a.aggmfinalextra THEN 'MFINALFUNC_EXTRA' END,
           'MFINALFUNC_MODIFY = ' || CASE nullif(a.aggmfinalmodify, x.modify)
               WHEN 'r' THEN 'READ_ONLY' WHEN 's' THEN 'SHAREABLE' WHEN 'w' THEN 'READ_WRITE' END,
           'MINITCOND = ' || pg_catalog.quote_literal(a.aggminitval),
           'SORTOP = OPERATOR(' || pg_catalog.quote_ident(son.nspname) || '.' || so.oprname || ')',
           'PARALLEL = ' || CASE p.proparallel WHEN 's' THEN 'SAFE' WHEN 'r' THEN 'RESTRICTED' END,
           CASE WHEN a.aggkind = 'h' THEN 'HYPOTHETICAL' END)
  FROM pg_catalog.pg_aggregate a
  JOIN pg_catalog.pg_proc p ON p.oid = a.aggfnoid
  JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
 CROSS JOIN LATERAL (SELECT CASE a.aggkind WHEN 'n' THEN 'r' ELSE 'w' END::"char") x(modify)
  LEFT JOIN pg_catalog.pg_operator so ON so.oid = a.aggsortop
  LEFT JOIN pg_catalog.pg_namespace son ON son.oid = so.oprnamespace
 WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"""

    @classmethod
    def from_row(cls, row: Row, resolve: Resolve) -> "Aggregate":
        schema, name, types, *others = row
        values: Row = (schema, name, ", ".join(types), *others)
        return cls(*values)

    @property
    def id(self) -> ObjectId:
        return ObjectId(self.kind, (self.schema, self.name, f"({self.arguments})"))

    @property
    def slots(self) -> tuple[tuple[str, ...], ...]:
        return (("function", self.schema, self.name, self.arguments),)

    @property
    def sql_name(self) -> Sql:
        return sql("AGGREGATE {}({})", ident(self.schema, self.name), printed(self.stated))

    @property
    def granted_name(self) -> Sql:
        # To GRANT it is a function, whose arguments are in one list; a variadic one is there once.
        direct, _, ordered = self.arguments.rpartition("ORDER BY ")
        both = [one for one in (direct.strip(), ordered.strip()) if one not in {"", "*"}]
        named = ", ".join(dict.fromkeys(both) if ordered.startswith("VARIADIC") else both)
        return sql("FUNCTION {}({})", ident(self.schema, self.name), printed(named))

    def create(self, parts: tuple[DbObject, ...]) -> Statements:
        return (self._create(NOTHING),)

    def _create(self, or_replace: Sql) -> Statement:
        body = printed(self.definition)
        text = sql("CREATE {}{} (\n    {}\n)", or_replace, self.sql_name, body)
        return Statement(text, self.id)

    def drop(self) -> Statements:
        return (Statement(sql("DROP {}", self.sql_name), self.id),)

    def alter(self, new: Self) -> Alteration | None:
        if (self.stated, self.signature) != (new.stated, new.signature):
            return None
        return Alteration((new._create(sql("OR REPLACE ")),))

    def summary(self) -> str:
        _, _, state = self.definition.partition("STYPE = ")
        return f"aggregate of {state.partition(',')[0]}"
