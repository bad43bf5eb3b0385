"""Indexes that no constraint owns (manual, CREATE INDEX)."""

import re
from dataclasses import dataclass, field, replace
from typing import ClassVar, LiteralString, Self

from psqlmigrate.schema.clauses import cluster, replica_identity, set_options
from psqlmigrate.schema.dbobject import Alteration, DbObject, Naming, Resolve, Row, Statements
from psqlmigrate.schema.identity import ObjectId
from psqlmigrate.schema.indexes import adapted, computes
from psqlmigrate.schema.sqltext import Sql, ident, number, printed, sql
from psqlmigrate.schema.statement import LOCKED_SCAN, REBUILT, Hazard, Statement

# No row can stand in the way of an index that is not unique and computes nothing.
_PLAIN = re.compile(r"CREATE INDEX [^(]*\([^()]*\)( INCLUDE \([^()]*\))?( TABLESPACE \S+)?\Z")


@dataclass(frozen=True, slots=True)
class Index(DbObject):
    """An index with its definition as pg_get_indexdef prints it, storage parameters apart."""

    kind: ClassVar[str] = "index"
    catalog: ClassVar[LiteralString] = "pg_class"
    rank: ClassVar[int] = 130
    rare: ClassVar[LiteralString] = "pg_catalog.pg_index WHERE indrelid >= 16384"
    naming: ClassVar[Naming] = Naming.HIDDEN

    schema: str
    name: str
    table: str
    definition: str
    options: tuple[str, ...]
    statistics: tuple[tuple[int, int], ...]
    clustered: bool
    replica_identity: bool
    tablespace: str
    valid: bool
    """False: left behind by CREATE INDEX CONCURRENTLY that failed; it is not used."""
    relation: str = field(compare=False, default="table")
    attached_to: tuple[str, str] | None = field(compare=False, default=None)

    @classmethod
    def query(cls, version: int) -> LiteralString:
        return """
SELECT x.oid, n.nspname::text, x.relname::text, c.relname::text,
       pg_catalog.pg_get_indexdef(x.oid), x.reloptions,
       (SELECT pg_catalog.array_agg(ARRAY[a.attnum::int, a.attstattarget::int] ORDER BY a.attnum)
          FROM pg_catalog.pg_attribute a
         WHERE a.attrelid = x.oid AND coalesce(a.attstattarget, -1) >= 0),
       i.indisclustered, i.indisreplident, coalesce(s.spcname::text, ''),
       i.indisvalid OR x.relkind = 'I',
       CASE c.relkind WHEN 'm' THEN 'materialized view' ELSE 'table' END,
       (SELECT ARRAY[pn.nspname, p.relname]::text[]
          FROM pg_catalog.pg_inherits h
          JOIN pg_catalog.pg_class p ON p.oid = h.inhparent
          JOIN pg_catalog.pg_namespace pn ON pn.oid = p.relnamespace WHERE h.inhrelid = x.oid)
  FROM pg_catalog.pg_index i
  JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
  JOIN pg_catalog.pg_class c ON c.oid = i.indrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = x.relnamespace
  LEFT JOIN pg_catalog.pg_tablespace s ON s.oid = x.reltablespace
 WHERE c.relkind IN ('r', 'p', 'm') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k
                    WHERE k.conindid = x.oid AND k.contype IN ('p', 'u', 'x'))"""

    @classmethod
    def from_row(cls, row: Row, resolve: Resolve) -> "Index":
        schema, name, table, definition, options, statistics, *marks, relation, attached = row
        values: Row = (
            schema,
            name,
            table,
            _without_options(definition, options),
            tuple(options or ()),
            tuple((number, target) for number, target in statistics or ()),
            *marks,
            relation,
            tuple(attached) if attached else None,
        )
        return cls(*values)

    @property
    def id(self) -> ObjectId:
        return ObjectId(self.kind, (self.schema, self.name))

    @property
    def owners(self) -> tuple[ObjectId, ...]:
        return (ObjectId(self.relation, (self.schema, self.table)),)

    @property
    def requires(self) -> tuple[ObjectId, ...]:
        return (ObjectId(self.kind, self.attached_to),) if self.attached_to else ()

    @property
    def goes_with(self) -> tuple[tuple[ObjectId, ObjectId], ...]:
        link = ObjectId("partition", (self.schema, self.table))
        return tuple((link, parent) for parent in self.requires)

    @property
    def slots(self) -> tuple[tuple[str, ...], ...]:
        return (("relation", self.schema, self.name),)

    @property
    def survives_alter(self) -> bool:
        return True

    @property
    def sql_name(self) -> Sql:
        return sql("INDEX {}", ident(self.schema, self.name))

    def renamed(self, name: str) -> Self:
        old, new = sql("INDEX {} ON", ident(self.name)), sql("INDEX {} ON", ident(name))
        return replace(self, name=name, definition=self.definition.replace(old, new, 1))

    def create(self, parts: tuple[DbObject, ...]) -> Statements:
        fits = frozenset[Hazard]() if _PLAIN.match(self.definition) else {Hazard.MAY_FAIL}
        # That of a partitioned table has its rows in those of the partitions.
        only = " ON ONLY " in self.definition
        hazards = frozenset[Hazard]() if only else LOCKED_SCAN | fits
        bare = replace(
            self, options=(), statistics=(), clustered=False, replica_identity=False, tablespace=""
        )
        calm = self._concurrently()
        made = Statement(printed(self.definition), self.id, hazards, concurrent=calm)
        return (made, *bare._altered(self))

    def drop(self) -> Statements:
        name = ident(self.schema, self.name)
        calm = sql("DROP INDEX CONCURRENTLY {}", name) if self._concurrently() else None
        # Queries become slow, and ON CONFLICT fails that named what a unique one has.
        hazards = frozenset({Hazard.BREAKS_CODE})
        return (Statement(sql("DROP INDEX {}", name), self.id, hazards, concurrent=calm),)

    def _concurrently(self) -> Sql | None:
        """How it is made without blocking writes; PostgreSQL cannot on a partitioned table."""
        if " ON ONLY " in self.definition or self.attached_to:
            return None
        return printed(self.definition.replace(" INDEX ", " INDEX CONCURRENTLY ", 1))

    def alter(self, new: Self) -> Alteration | None:
        if (self.definition, self.table) != (new.definition, new.table):
            return None
        if new.valid and not self.valid:
            return None
        return Alteration(self._altered(new))

    def spread(self) -> Self:
        """PostgreSQL prints ONLY for every index of a partitioned table."""
        return replace(self, definition=self.definition.replace(" ON ONLY ", " ON ", 1))

    def adapting(self, *, rewritten: bool, reordered: bool) -> frozenset[Hazard]:
        if " ON ONLY " in self.definition:
            return frozenset()
        return adapted(
            rewritten=rewritten,
            reordered=reordered,
            computed=computes(self.definition.partition(" USING ")[2]),
            unique=self.definition.startswith("CREATE UNIQUE"),
        )

    def restored(self, original: Self) -> Self:
        return replace(self, valid=original.valid)

    def _altered(self, new: "Index") -> Statements:
        changes = list(set_options(self.options, new.options))
        if self.tablespace != new.tablespace:
            changes.append(sql("SET TABLESPACE {}", ident(new.tablespace or "pg_default")))
        targets = dict.fromkeys((column for column, _ in self.statistics), -1)
        targets |= dict(new.statistics)
        for column, target in targets.items():
            if (column, target) not in self.statistics:
                change = sql("ALTER COLUMN {} SET STATISTICS {}", number(column), number(target))
                changes.append(change)
        name, table = ident(self.schema, self.name), ident(self.schema, self.table)
        texts = [sql("ALTER INDEX {} {}", name, change) for change in changes]
        if self.clustered != new.clustered:
            texts.append(cluster(table, ident(self.name), on=new.clustered))
        if new.replica_identity and not self.replica_identity:
            texts.append(replica_identity(table, ident(self.name)))
        return tuple(
            Statement(text, self.id, REBUILT if " SET TABLESPACE " in text else frozenset())
            for text in texts
        )

    def summary(self) -> str:
        unique = "unique index" if self.definition.startswith("CREATE UNIQUE") else "index"
        _, _, columns = self.definition.partition(" USING ")
        return f"{unique} {columns}" if columns else unique


def _without_options(definition: str, options: list[str] | None) -> str:
    """PostgreSQL prints ` WITH (…)` before ` WHERE …`; the options are a field of their own."""
    if not options:
        return definition
    pairs = (option.partition("=") for option in options)
    clause = " WITH (" + ", ".join(f"{name}='{value}'" for name, _, value in pairs) + ")"
    return definition.replace(clause, "", 1)
