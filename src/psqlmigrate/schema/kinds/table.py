"""Tables: ordinary, partitioned and partitions (manual, CREATE TABLE)."""

from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import ClassVar, LiteralString, Self

from psqlmigrate.schema.clauses import options_sql, set_options
from psqlmigrate.schema.dbobject import (
    Alteration,
    Codes,
    DbObject,
    Impossible,
    Naming,
    Parts,
    Recast,
    Resolve,
    Row,
    Statements,
)
from psqlmigrate.schema.identity import ObjectId
from psqlmigrate.schema.privileges import Acl
from psqlmigrate.schema.sqltext import NOTHING, Sql, away, ident, join, printed, sql
from psqlmigrate.schema.statement import CHANGED_ACCESS, REWRITE, Hazard, Statement

_IDENTITIES = {"d": sql("DEFAULT"), "f": sql("FULL"), "n": sql("NOTHING")}
_MOVED = REWRITE | {Hazard.MAY_FAIL}
_SECURITY = "ROW LEVEL SECURITY"
_REWRITES = ("SET UNLOGGED", "SET LOGGED", "SET ACCESS METHOD", "SET TABLESPACE")


@dataclass(frozen=True, slots=True)
class Table(DbObject):
    """A table without its columns, which are objects of their own."""

    kind: ClassVar[str] = "table"
    catalog: ClassVar[LiteralString] = "pg_class"
    rank: ClassVar[int] = 80
    codes: ClassVar[Codes] = MappingProxyType(
        {
            "persistence": {"p": "logged", "u": "unlogged"},
            "access_method": {"": "heap"},
            "replica_identity": {"d": "default", "f": "full", "n": "nothing", "i": "index"},
        }
    )
    acl: ClassVar[Acl | None] = Acl.TABLE
    naming: ClassVar[Naming] = Naming.PUBLIC

    schema: str
    name: str
    persistence: str
    access_method: str
    partition_key: str | None
    options: tuple[str, ...]
    row_security: bool
    force_row_security: bool
    of_type: str
    replica_identity: str
    """`d`efault, `f`ull, `n`othing, or `i`: the index says which."""
    tablespace: str

    @classmethod
    def query(cls, version: int) -> LiteralString:
        return """
SELECT c.oid, n.nspname::text, c.relname::text, c.relpersistence::text,
       coalesce(CASE WHEN a.amname <> 'heap' THEN a.amname::text END, ''),
       CASE WHEN c.relkind = 'p' THEN pg_catalog.pg_get_partkeydef(c.oid) END,
       coalesce(c.reloptions, '{}') || ARRAY(
           SELECT 'toast.' || o FROM pg_catalog.unnest(x.reloptions) o),
       c.relrowsecurity, c.relforcerowsecurity,
       CASE WHEN c.reloftype = 0 THEN '' ELSE pg_catalog.format_type(c.reloftype, NULL) END,
       c.relreplident::text, coalesce(s.spcname::text, '')
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_catalog.pg_am a ON a.oid = c.relam
  LEFT JOIN pg_catalog.pg_class x ON x.oid = c.reltoastrelid
  LEFT JOIN pg_catalog.pg_tablespace s ON s.oid = c.reltablespace
 WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"""

    @classmethod
    def from_row(cls, row: Row, resolve: Resolve) -> "Table":
        values: Row = (*row[:5], tuple(row[5]), *row[6:])
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

    def swaps_with(self, new: Self) -> bool:
        return self.partition_key != new.partition_key

    def swap_out(self) -> tuple[Statements, Statements]:
        gone = away(self.name)
        shown = sql("ALTER {} NO FORCE ROW LEVEL SECURITY", self.sql_name)
        hidden = (Statement(shown, self.id),) if self.force_row_security else ()
        rename = Statement(sql("ALTER {} RENAME TO {}", self.sql_name, ident(gone)), self.id)
        drop = Statement(sql("DROP TABLE {}", ident(self.schema, gone)), self.id)
        return (*hidden, rename), (drop,)

    def refill(self, old: Self, before: Parts, after: Parts, recast: Recast) -> Statements:
        known = {one.id: one for one in before if one.carries_data and one.owners[:1] == (old.id,)}
        kept = [one for one in after if one.carries_data and one.id in known]
        lost = frozenset({Hazard.DATA_LOSS} if len(kept) < len(known) else ())
        values = [one.value_of(known[one.id], recast[one.id]) for one in kept]
        lost = lost.union(*(hazards for _, hazards in values))
        copy = sql(
            "INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE SELECT {} FROM {}",
            self.name_sql,
            join(", ", (ident(one.own_name) for one in kept)),
            join(", ", (value for value, _ in values)),
            ident(old.schema, away(old.name)),
        )
        had = {one.id for one in before}
        moved = (Statement(copy, self.id, _MOVED | lost),) if kept else ()
        settled = (it for one in after if one.inline and one.id not in had for it in one.settle())
        return (*moved, *settled, *self.to_refill()._altered(self).statements)

    def to_refill(self) -> Self:
        return replace(self, force_row_security=False)

    def create(self, parts: tuple[DbObject, ...]) -> Statements:
        lines = [part.as_part(parts) for part in parts]
        body = join(",\n", (sql("    {}", line) for line in lines if line))
        own = (part.clause for part in parts if part.owners == (self.id,))
        inherits = join(", ", (clause for clause in own if clause))
        columns = sql("({})", sql("\n{}\n", body) if body else NOTHING)
        if self.of_type:
            columns = sql(
                "OF {}{}", printed(self.of_type), sql(" {}", columns) if body else NOTHING
            )
        text = sql(
            "CREATE {}TABLE {} {}{}{}{}{}{}",
            sql("UNLOGGED ") if self.persistence == "u" else NOTHING,
            self.name_sql,
            columns,
            sql(" INHERITS ({})", inherits) if inherits else NOTHING,
            sql(" PARTITION BY {}", printed(self.partition_key)) if self.partition_key else NOTHING,
            sql(" USING {}", ident(self.access_method)) if self.access_method else NOTHING,
            sql(" WITH ({})", options_sql(self.options)) if self.options else NOTHING,
            sql(" TABLESPACE {}", ident(self.tablespace)) if self.tablespace else NOTHING,
        )
        adjusted = (statement for part in parts for statement in part.adjust())
        plain = replace(self, row_security=False, force_row_security=False, replica_identity="d")
        return (Statement(text, self.id), *adjusted, *plain._altered(self).statements)

    def drop(self) -> Statements:
        text = sql("DROP TABLE {}", self.name_sql)
        return (Statement(text, self.id, frozenset({Hazard.DATA_LOSS})),)

    def alter(self, new: Self) -> Alteration | Impossible:
        if self.partition_key is None and new.partition_key is not None:
            return Impossible("an ordinary table cannot become a partitioned one")
        if self.partition_key is not None and new.partition_key is None:
            return Impossible("a partitioned table cannot become an ordinary one")
        if self.partition_key != new.partition_key:
            return Impossible("its partition key cannot be changed")
        return self._altered(new)

    def _altered(self, new: "Table") -> Alteration:
        return Alteration(tuple(self._statement(change) for change in self._changes(new)))

    def _statement(self, change: Sql) -> Statement:
        # A partitioned table only hands it on to partitions to come.
        moves = change.startswith(_REWRITES) and self.partition_key is None
        hazards = REWRITE if moves else frozenset[Hazard]()
        if change.endswith(_SECURITY):
            hazards = CHANGED_ACCESS
        return Statement(sql("ALTER TABLE {} {}", self.name_sql, change), self.id, hazards)

    def _changes(self, new: "Table") -> tuple[Sql, ...]:
        changes: list[Sql] = []
        if self.of_type != new.of_type:
            changes.append(sql("OF {}", printed(new.of_type)) if new.of_type else sql("NOT OF"))
        if self.persistence != new.persistence:
            changes.append(sql("SET {}", sql("UNLOGGED" if new.persistence == "u" else "LOGGED")))
        if self.access_method != new.access_method:
            changes.append(sql("SET ACCESS METHOD {}", ident(new.access_method or "heap")))
        if self.tablespace != new.tablespace:
            changes.append(sql("SET TABLESPACE {}", ident(new.tablespace or "pg_default")))
        changes.extend(set_options(self.options, new.options))
        if self.row_security != new.row_security:
            word = sql("ENABLE") if new.row_security else sql("DISABLE")
            changes.append(sql("{} ROW LEVEL SECURITY", word))
        if self.force_row_security != new.force_row_security:
            word = sql("FORCE") if new.force_row_security else sql("NO FORCE")
            changes.append(sql("{} ROW LEVEL SECURITY", word))
        if self.replica_identity != new.replica_identity and new.replica_identity in _IDENTITIES:
            changes.append(sql("REPLICA IDENTITY {}", _IDENTITIES[new.replica_identity]))
        return tuple(changes)
