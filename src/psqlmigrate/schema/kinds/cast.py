"""Casts (manual, CREATE CAST)."""

from dataclasses import dataclass, field
from typing import ClassVar, LiteralString

from psqlmigrate.schema.dbobject import DbObject, Statements
from psqlmigrate.schema.identity import ObjectId
from psqlmigrate.schema.sqltext import NOTHING, Sql, printed, sql
from psqlmigrate.schema.statement import Hazard, Statement

_CONTEXTS = {"e": NOTHING, "a": sql(" AS ASSIGNMENT"), "i": sql(" AS IMPLICIT")}


@dataclass(frozen=True, slots=True)
class Cast(DbObject):
    """A cast, made by a function, by text (`i`nout) or by taking the same bytes (`b`inary).

    What uses a cast in an expression depends on its function or types, never on the cast itself.
    So it is made before whatever may print it: by its rank, as soon as its function is there.
    """

    kind: ClassVar[str] = "cast"
    catalog: ClassVar[LiteralString] = "pg_cast"
    rare: ClassVar[LiteralString] = "pg_catalog.pg_cast WHERE oid >= 16384"
    rank: ClassVar[int] = 15

    source: str
    target: str
    method: str
    function: str
    context: str
    home: str | None = field(compare=False, default=None)
    """The schema of what it is made for; None for PostgreSQL's own."""

    @classmethod
    def query(cls, version: int) -> LiteralString:
        return """
SELECT c.oid, pg_catalog.format_type(c.castsource, NULL), pg_catalog.format_type(c.casttarget, NULL),
       c.castmethod::text,
       CASE WHEN c.castfunc <> 0 THEN c.castfunc::pg_catalog.regprocedure::text ELSE '' END,
       c.castcontext::text,
       (SELECT n.nspname::text
          FROM (SELECT 1, typnamespace FROM pg_catalog.pg_type WHERE oid = c.casttarget
                UNION ALL SELECT 2, typnamespace FROM pg_catalog.pg_type WHERE oid = c.castsource
                UNION ALL SELECT 3, pronamespace FROM pg_catalog.pg_proc WHERE oid = c.castfunc
               ) x(place, namespace)
          JOIN pg_catalog.pg_namespace n ON n.oid = x.namespace
         WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
         ORDER BY x.place LIMIT 1)
  FROM pg_catalog.pg_cast c
 WHERE c.oid >= 16384
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                    WHERE d.classid = 'pg_catalog.pg_cast'::pg_catalog.regclass
                      AND d.objid = c.oid AND d.deptype = 'i')"""

    @property
    def id(self) -> ObjectId:
        return ObjectId(self.kind, (f"({self.source} AS {self.target})",))

    @property
    def schema_name(self) -> str | None:
        return self.home

    @property
    def sql_name(self) -> Sql:
        return sql("CAST ({} AS {})", printed(self.source), printed(self.target))

    def create(self, parts: tuple[DbObject, ...]) -> Statements:
        how = sql("WITHOUT FUNCTION") if self.method == "b" else sql("WITH INOUT")
        if self.method == "f":
            how = sql("WITH FUNCTION {}", printed(self.function))
        text = sql("CREATE {} {}{}", self.sql_name, how, _CONTEXTS[self.context])
        privilege = {Hazard.NEEDS_PRIVILEGE} if self.method == "b" else set[Hazard]()
        return (Statement(text, self.id, frozenset(privilege)),)

    def drop(self) -> Statements:
        return (Statement(sql("DROP {}", self.sql_name), self.id),)
