"""Extended statistics (manual, CREATE STATISTICS)."""

from dataclasses import dataclass, field, replace
from typing import ClassVar, LiteralString, Self

from psqlmigrate.schema.dbobject import Alteration, DbObject, Naming, Statements
from psqlmigrate.schema.identity import ObjectId
from psqlmigrate.schema.sqltext import Sql, ident, number, printed, sql
from psqlmigrate.schema.statement import Statement


@dataclass(frozen=True, slots=True)
class Statistics(DbObject):
    """A statistics object with its definition as pg_get_statisticsobjdef prints it."""

    kind: ClassVar[str] = "statistics"
    catalog: ClassVar[LiteralString] = "pg_statistic_ext"
    rare: ClassVar[LiteralString] = "pg_catalog.pg_statistic_ext WHERE oid >= 16384"
    rank: ClassVar[int] = 150
    naming: ClassVar[Naming] = Naming.QUIET

    schema: str
    name: str
    table_schema: str
    table: str
    definition: str
    target: int
    """How many values are sampled; -1: as the columns say."""
    relation: str = field(compare=False, default="table")

    @classmethod
    def query(cls, version: int) -> LiteralString:
        # PostgreSQL keeps columns as the table has them, which no migration can change.
        return """
SELECT s.oid, n.nspname::text, s.stxname::text, cn.nspname::text, c.relname::text,
       pg_catalog.replace(
           pg_catalog.pg_get_statisticsobjdef(s.oid), ' ON ' || named.columns || ' FROM ',
           ' ON ' || named.sorted || pg_catalog.substr(named.columns, pg_catalog.length(named.plain) + 1) || ' FROM '),
       coalesce(s.stxstattarget, -1)::int,
       CASE c.relkind WHEN 'm' THEN 'materialized view' WHEN 'f' THEN 'foreign table'
                      ELSE 'table' END
  FROM pg_catalog.pg_statistic_ext s
  JOIN pg_catalog.pg_namespace n ON n.oid = s.stxnamespace
  JOIN pg_catalog.pg_class c ON c.oid = s.stxrelid
  JOIN pg_catalog.pg_namespace cn ON cn.oid = c.relnamespace
 CROSS JOIN LATERAL (
    SELECT pg_catalog.pg_get_statisticsobjdef_columns(s.oid) AS columns,
           coalesce(pg_catalog.string_agg(
               pg_catalog.quote_ident(a.attname), ', ' ORDER BY a.attnum), '') AS plain,
           coalesce(pg_catalog.string_agg(
               pg_catalog.quote_ident(a.attname), ', ' ORDER BY a.attname), '') AS sorted
      FROM pg_catalog.pg_attribute a
     WHERE a.attrelid = s.stxrelid AND a.attnum = ANY (s.stxkeys::int2[])
 ) named
 WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"""

    @property
    def id(self) -> ObjectId:
        return ObjectId(self.kind, (self.schema, self.name))

    @property
    def owners(self) -> tuple[ObjectId, ...]:
        return (ObjectId(self.relation, (self.table_schema, self.table)),)

    @property
    def requires(self) -> tuple[ObjectId, ...]:
        return (ObjectId("schema", (self.schema,)),)

    @property
    def sql_name(self) -> Sql:
        return sql("STATISTICS {}", ident(self.schema, self.name))

    def renamed(self, name: str) -> Self:
        old, new = sql("{}", self.sql_name), sql("STATISTICS {}", ident(self.schema, name))
        return replace(self, name=name, definition=self.definition.replace(old, new, 1))

    def create(self, parts: tuple[DbObject, ...]) -> Statements:
        made = Statement(printed(self.definition), self.id)
        return (made, *replace(self, target=-1)._sample(self))

    def _sample(self, new: "Statistics") -> Statements:
        if self.target == new.target:
            return ()
        text = sql("ALTER {} SET STATISTICS {}", self.sql_name, number(new.target))
        return (Statement(text, self.id),)

    def drop(self) -> Statements:
        return (Statement(sql("DROP {}", self.sql_name), self.id),)

    def alter(self, new: Self) -> Alteration | None:
        return Alteration(self._sample(new)) if self.definition == new.definition else None

    def summary(self) -> str:
        _, _, columns = self.definition.partition(" ON ")
        return f"statistics on {columns}"
