"""Materialized views (manual, CREATE MATERIALIZED VIEW)."""

from dataclasses import dataclass, field, replace
from typing import ClassVar, LiteralString, Self

from psqlmigrate.schema.clauses import Settings, options_sql, set_options, settings
from psqlmigrate.schema.dbobject import Alteration, DbObject, Naming, Resolve, Row, Statements
from psqlmigrate.schema.identity import ObjectId
from psqlmigrate.schema.privileges import Acl
from psqlmigrate.schema.sqltext import NOTHING, Sql, ident, printed, sql
from psqlmigrate.schema.statement import Hazard, Statement


@dataclass(frozen=True, slots=True)
class MaterializedView(DbObject):
    """A materialized view; its rows can be computed again, so it may be made anew."""

    kind: ClassVar[str] = "materialized view"
    catalog: ClassVar[LiteralString] = "pg_class"
    rank: ClassVar[int] = 145
    rare: ClassVar[LiteralString] = "pg_catalog.pg_class WHERE relkind = 'm'"
    acl: ClassVar[Acl | None] = Acl.TABLE
    naming: ClassVar[Naming] = Naming.PUBLIC

    schema: str
    name: str
    access_method: str
    options: tuple[str, ...]
    definition: str
    tablespace: str
    columns: tuple[tuple[str, Settings], ...]
    """Columns that are stored or sampled in another way than usual."""
    populated: bool = field(compare=False, default=True)

    @classmethod
    def query(cls, version: int) -> LiteralString:
        return """
SELECT c.oid, n.nspname::text, c.relname::text,
       coalesce(CASE WHEN a.amname <> 'heap' THEN a.amname::text END, ''),
       coalesce(c.reloptions, '{}') || ARRAY(
           SELECT 'toast.' || o FROM pg_catalog.unnest(x.reloptions) o),
       pg_catalog.pg_get_viewdef(c.oid), coalesce(s.spcname::text, ''),
       ARRAY(SELECT pg_catalog.jsonb_build_array(a.attname,
                      CASE WHEN a.attstorage <> t.typstorage THEN a.attstorage::text ELSE '' END,
                      a.attcompression::text, coalesce(a.attstattarget, -1),
                      coalesce(a.attoptions, '{}'), t.typstorage::text)
               FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
              WHERE a.attrelid = c.oid AND a.attnum > 0
                AND (a.attstorage <> t.typstorage OR a.attcompression <> ''
                     OR coalesce(a.attstattarget, -1) >= 0 OR a.attoptions IS NOT NULL)
              ORDER BY a.attnum),
       c.relispopulated
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_catalog.pg_am a ON a.oid = c.relam
  LEFT JOIN pg_catalog.pg_class x ON x.oid = c.reltoastrelid
  LEFT JOIN pg_catalog.pg_tablespace s ON s.oid = c.reltablespace
 WHERE c.relkind = 'm' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"""

    @classmethod
    def from_row(cls, row: Row, resolve: Resolve) -> "MaterializedView":
        schema, name, method, options, definition, tablespace, columns, populated = row
        pairs = (
            (one[0], Settings(one[1], one[2], one[3], tuple(one[4]), one[5])) for one in columns
        )
        text = definition.removesuffix(";")
        return cls(schema, name, method, tuple(options), text, tablespace, tuple(pairs), populated)

    @property
    def id(self) -> ObjectId:
        return ObjectId(self.kind, (self.schema, self.name))

    @property
    def slots(self) -> tuple[tuple[str, ...], ...]:
        return (("relation", self.schema, self.name), ("type", self.schema, self.name))

    @property
    def sql_name(self) -> Sql:
        return sql("MATERIALIZED VIEW {}", ident(self.schema, self.name))

    def create(self, parts: tuple[DbObject, ...]) -> Statements:
        using = sql(" USING {}", ident(self.access_method)) if self.access_method else NOTHING
        options = sql(" WITH ({})", options_sql(self.options)) if self.options else NOTHING
        space = sql(" TABLESPACE {}", ident(self.tablespace)) if self.tablespace else NOTHING
        data = NOTHING if self.populated else sql("\nWITH NO DATA")
        body = printed(self.definition)
        text = sql("CREATE {}{}{}{} AS\n{}{}", self.sql_name, using, options, space, body, data)
        made = Statement(text, self.id, frozenset({Hazard.FULL_SCAN, Hazard.MAY_FAIL}))
        return (made, *replace(self, columns=())._altered(self))

    def drop(self) -> Statements:
        return (Statement(sql("DROP {}", self.sql_name), self.id),)

    def alter(self, new: Self) -> Alteration | None:
        if (self.definition, self.access_method) != (new.definition, new.access_method):
            return None
        return Alteration(self._altered(new))

    def _altered(self, new: "MaterializedView") -> Statements:
        changes = list(set_options(self.options, new.options))
        if self.tablespace != new.tablespace:
            changes.append(sql("SET TABLESPACE {}", ident(new.tablespace or "pg_default")))
        before, after = dict(self.columns), dict(new.columns)
        for name in {**before, **after}:
            old = before.get(name) or Settings(type_storage=after[name].type_storage)
            wanted = after.get(name) or Settings(type_storage=old.type_storage)
            column = (sql("ALTER COLUMN {} {}", ident(name), one) for one in settings(old, wanted))
            changes.extend(column)
        return tuple(
            Statement(sql("ALTER {} {}", self.sql_name, change), self.id) for change in changes
        )
