"""Tables: ordinary, partitioned and partitions (manual, CREATE TABLE)."""

from dataclasses import dataclass
from typing import ClassVar, LiteralString, Self

from psqlmigrate.schema.clauses import options_sql, set_options
from psqlmigrate.schema.dbobject import Alteration, DbObject, Naming, Resolve, Row, Statements
from psqlmigrate.schema.identity import ObjectId
from psqlmigrate.schema.sqltext import NOTHING, Sql, ident, join, printed, sql
from psqlmigrate.schema.statement import Hazard, Statement


@dataclass(frozen=True, slots=True)
class Table(DbObject):
    """A table without its columns, which are objects of their own."""

    kind: ClassVar[str] = "table"
    catalog: ClassVar[LiteralString] = "pg_class"
    rank: ClassVar[int] = 80
    naming: ClassVar[Naming] = Naming.PUBLIC

    schema: str
    name: str
    persistence: str
    access_method: str
    partition_key: str | None
    options: tuple[str, ...]
    row_security: bool
    force_row_security: bool
    inherits: tuple[str, ...]
    """Parents by inheritance, as PostgreSQL prints their names; not those of a partition."""

    @classmethod
    def query(cls, version: int) -> LiteralString:
        return """
SELECT c.oid, n.nspname::text, c.relname::text, c.relpersistence::text,
       coalesce(CASE WHEN a.amname <> 'heap' THEN a.amname::text END, ''),
       CASE WHEN c.relkind = 'p' THEN pg_catalog.pg_get_partkeydef(c.oid) END,
       c.reloptions, c.relrowsecurity, c.relforcerowsecurity,
       CASE WHEN c.relispartition OR h.inhrelid IS NULL THEN NULL ELSE h.parents END
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_catalog.pg_am a ON a.oid = c.relam
  LEFT JOIN (SELECT i.inhrelid,
                    pg_catalog.array_agg(i.inhparent::pg_catalog.regclass::text
                                         ORDER BY i.inhseqno) AS parents
               FROM pg_catalog.pg_inherits i GROUP BY 1) h ON h.inhrelid = c.oid
 WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"""

    @classmethod
    def from_row(cls, row: Row, resolve: Resolve) -> "Table":
        *plain, options, security, force, inherits = row
        values: Row = (*plain, tuple(options or ()), security, force, tuple(inherits or ()))
        return cls(*values)

    @property
    def id(self) -> ObjectId:
        return ObjectId(self.kind, (self.schema, self.name))

    @property
    def slots(self) -> tuple[tuple[str, ...], ...]:
        return (("relation", self.schema, self.name), ("type", self.schema, self.name))

    @property
    def carries_data(self) -> bool:
        return True

    @property
    def sql_name(self) -> Sql:
        return sql("TABLE {}", self.name_sql)

    @property
    def name_sql(self) -> Sql:
        """The qualified name."""
        return ident(self.schema, self.name)

    def create(self, parts: tuple[DbObject, ...]) -> Statements:
        lines = [part.as_part(parts) for part in parts]
        body = join(",\n", (sql("    {}", line) for line in lines if line))
        inherits = join(", ", map(printed, self.inherits))
        text = sql(
            "CREATE {}TABLE {} ({}){}{}{}{}",
            sql("UNLOGGED ") if self.persistence == "u" else NOTHING,
            self.name_sql,
            sql("\n{}\n", body) if body else NOTHING,
            sql(" INHERITS ({})", inherits) if inherits else NOTHING,
            sql(" PARTITION BY {}", printed(self.partition_key)) if self.partition_key else NOTHING,
            sql(" USING {}", ident(self.access_method)) if self.access_method else NOTHING,
            sql(" WITH ({})", options_sql(self.options)) if self.options else NOTHING,
        )
        security = (sql("ENABLE"),) if self.row_security else ()
        force = (sql("FORCE"),) if self.force_row_security else ()
        adjusted = (statement for part in parts for statement in part.adjust())
        return (
            Statement(text, self.id),
            *adjusted,
            *(self._security(word) for word in security + force),
        )

    def _security(self, word: Sql) -> Statement:
        text = sql("ALTER TABLE {} {} ROW LEVEL SECURITY", self.name_sql, word)
        return Statement(text, self.id)

    def drop(self) -> Statements:
        text = sql("DROP TABLE {}", self.name_sql)
        return (Statement(text, self.id, frozenset({Hazard.DATA_LOSS})),)

    def alter(self, new: Self) -> Alteration | None:
        if self.partition_key != new.partition_key:
            return None
        return Alteration(tuple(Statement(text, self.id) for text in self._changes(new)))

    def _changes(self, new: "Table") -> tuple[Sql, ...]:
        table = sql("ALTER TABLE {}", self.name_sql)
        gone = (one for one in self.inherits if one not in new.inherits)
        come = (one for one in new.inherits if one not in self.inherits)
        changes = [
            *(sql("{} NO INHERIT {}", table, printed(one)) for one in gone),
            *(sql("{} INHERIT {}", table, printed(one)) for one in come),
        ]
        if self.persistence != new.persistence:
            word = sql("UNLOGGED") if new.persistence == "u" else sql("LOGGED")
            changes.append(sql("{} SET {}", table, word))
        if self.access_method != new.access_method:
            method = ident(new.access_method or "heap")
            changes.append(sql("{} SET ACCESS METHOD {}", table, method))
        changes.extend(
            sql("{} {}", table, change) for change in set_options(self.options, new.options)
        )
        if self.row_security != new.row_security:
            word = sql("ENABLE") if new.row_security else sql("DISABLE")
            changes.append(sql("{} {} ROW LEVEL SECURITY", table, word))
        if self.force_row_security != new.force_row_security:
            word = sql("FORCE") if new.force_row_security else sql("NO FORCE")
            changes.append(sql("{} {} ROW LEVEL SECURITY", table, word))
        return tuple(changes)
