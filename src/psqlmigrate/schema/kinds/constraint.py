"""Constraints of tables: keys, unique, check, foreign key, exclusion (manual, 5.5)."""

from dataclasses import dataclass, field, replace
from typing import ClassVar, LiteralString, Self

from psqlmigrate.schema.clauses import cluster
from psqlmigrate.schema.dbobject import Alteration, DbObject, Naming, Resolve, Row, Statements
from psqlmigrate.schema.identity import ObjectId
from psqlmigrate.schema.sqltext import NOTHING, Sql, ident, printed, sql
from psqlmigrate.schema.statement import Hazard, Statement

_NOT_VALID = " NOT VALID"


@dataclass(frozen=True, slots=True)
class Constraint(DbObject):
    """A constraint with its definition as pg_get_constraintdef prints it."""

    kind: ClassVar[str] = "constraint"
    catalog: ClassVar[LiteralString] = "pg_constraint"
    rank: ClassVar[int] = 120
    naming: ClassVar[Naming] = Naming.HIDDEN

    schema: str
    table: str
    name: str
    type: str
    definition: str
    options: tuple[str, ...]
    local: bool
    clustered: bool
    partitioned: bool = field(compare=False, default=False)
    partition: bool = field(compare=False, default=False)
    attached_to: tuple[str, str, str] | None = field(compare=False, default=None)

    @classmethod
    def query(cls, version: int) -> LiteralString:
        # A foreign key of a partition that its parent has is made by PostgreSQL itself.
        return """
SELECT k.oid, n.nspname::text, c.relname::text, k.conname::text, k.contype::text,
       pg_catalog.pg_get_constraintdef(k.oid), x.reloptions, k.conislocal OR c.relispartition,
       coalesce(i.indisclustered, false),
       c.relkind = 'p', c.relispartition,
       CASE WHEN k.conparentid <> 0 THEN
           (SELECT ARRAY[pn.nspname, pc.relname, pk.conname]::text[]
              FROM pg_catalog.pg_constraint pk
              JOIN pg_catalog.pg_class pc ON pc.oid = pk.conrelid
              JOIN pg_catalog.pg_namespace pn ON pn.oid = pc.relnamespace
             WHERE pk.oid = k.conparentid) END
  FROM pg_catalog.pg_constraint k
  JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_catalog.pg_class x ON x.oid = k.conindid AND k.contype IN ('p', 'u', 'x')
  LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = x.oid
 WHERE k.contype IN ('p', 'u', 'c', 'f', 'x') AND c.relkind IN ('r', 'p')
   AND NOT (k.contype = 'f' AND k.conparentid <> 0)
   AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"""

    @classmethod
    def from_row(cls, row: Row, resolve: Resolve) -> "Constraint":
        *plain, options, local, clustered, partitioned, partition, attached = row
        attached = tuple(attached) if attached else None
        values: Row = (
            *plain,
            tuple(options or ()),
            local,
            clustered,
            partitioned,
            partition,
            attached,
        )
        return cls(*values)

    @property
    def id(self) -> ObjectId:
        return ObjectId(self.kind, (self.schema, self.table, self.name))

    @property
    def is_part(self) -> bool:
        return True

    @property
    def owners(self) -> tuple[ObjectId, ...]:
        table = ObjectId("table", (self.schema, self.table))
        if self.attached_to:
            return (table, ObjectId(self.kind, self.attached_to))
        return (table,)

    @property
    def slots(self) -> tuple[tuple[str, ...], ...]:
        own = (self.kind, self.schema, self.table, self.name)
        index = ("relation", self.schema, self.name)
        return (own, index) if self.type in "pux" else (own,)

    @property
    def survives_alter(self) -> bool:
        return self.type != "f"

    @property
    def inherited_only(self) -> bool:
        """Whether the parent's constraint makes this one."""
        return not self.local

    @property
    def inline(self) -> bool:
        return self.type != "f" and not self.definition.endswith(_NOT_VALID)

    @property
    def sql_name(self) -> Sql:
        return sql("CONSTRAINT {} ON {}", ident(self.name), self._table)

    def rename(self, name: str) -> Statements:
        if self.type in "pux":
            # The index and its constraint are renamed together, and only the index's name does
            # without the name of the table, which may change in the same migration.
            text = sql("ALTER INDEX {} RENAME TO {}", ident(self.schema, self.name), ident(name))
        else:
            old, new = ident(self.name), ident(name)
            text = sql("ALTER TABLE {} RENAME CONSTRAINT {} TO {}", self._table, old, new)
        return (Statement(text, self.id),)

    def as_part(self, parts: tuple[DbObject, ...]) -> Sql:
        return NOTHING if self.inherited_only else self._line()

    def _line(self) -> Sql:
        return sql("CONSTRAINT {} {}", ident(self.name), printed(self.definition))

    def create(self, parts: tuple[DbObject, ...]) -> Statements:
        if self.inherited_only:
            return ()
        only = sql("ONLY ") if self.partitioned and self.type in "pux" else NOTHING
        text = sql("ALTER TABLE {}{} ADD {}", only, self._table, self._line())
        made = Statement(text, self.id, frozenset({Hazard.FULL_SCAN, Hazard.MAY_FAIL}))
        return (made, *self.adjust())

    def adjust(self) -> Statements:
        return (self._cluster(on=True),) if self.clustered else ()

    def _cluster(self, *, on: bool) -> Statement:
        return Statement(cluster(self._table, ident(self.name), on=on), self.id)

    def drop(self) -> Statements:
        if self.inherited_only:
            return ()
        text = sql("ALTER TABLE {} DROP CONSTRAINT {}", self._table, ident(self.name))
        return (Statement(text, self.id),)

    def alter(self, new: Self) -> Alteration | None:
        changed = (self._cluster(on=new.clustered),) if self.clustered != new.clustered else ()
        if replace(self, clustered=new.clustered) == new:
            return Alteration(changed)
        if self.options == new.options and self.definition == new.definition + _NOT_VALID:
            text = sql("ALTER TABLE {} VALIDATE CONSTRAINT {}", self._table, ident(self.name))
            hazards = frozenset({Hazard.FULL_SCAN, Hazard.MAY_FAIL})
            return Alteration((Statement(text, self.id, hazards), *changed))
        return None

    @property
    def _table(self) -> Sql:
        return ident(self.schema, self.table)

    def summary(self) -> str:
        return self.definition
