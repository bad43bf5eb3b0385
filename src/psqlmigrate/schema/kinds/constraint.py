"""Constraints of tables: keys, unique, check, foreign key, exclusion (manual, 5.5)."""

from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import ClassVar, LiteralString, Self

from psqlmigrate.schema.clauses import cluster, linked, replica_identity, set_options
from psqlmigrate.schema.dbobject import (
    Alteration,
    Codes,
    DbObject,
    Naming,
    Resolve,
    Row,
    Statements,
)
from psqlmigrate.schema.identity import ObjectId
from psqlmigrate.schema.indexes import adapted, computes
from psqlmigrate.schema.sqltext import NOTHING, Sql, ident, join, printed, sql
from psqlmigrate.schema.statement import CHECKED, REBUILT, Hazard, Statement

_NOT_VALID, _NOT_ENFORCED = " NOT VALID", " NOT ENFORCED"
_FOREIGN_KEY_TURN = 138
_DEFERRABLE, _DEFERRED = " DEFERRABLE", " INITIALLY DEFERRED"


@dataclass(frozen=True, slots=True)
class Constraint(DbObject):
    """A constraint with its definition as pg_get_constraintdef prints it."""

    kind: ClassVar[str] = "constraint"
    catalog: ClassVar[LiteralString] = "pg_constraint"
    rank: ClassVar[int] = 120
    codes: ClassVar[Codes] = MappingProxyType(
        {
            "type": {
                "c": "check",
                "f": "foreign key",
                "p": "primary key",
                "u": "unique",
                "x": "exclude",
            },
        }
    )
    naming: ClassVar[Naming] = Naming.HIDDEN

    schema: str
    table: str
    name: str
    type: str
    definition: str
    options: tuple[str, ...]
    local: bool = field(compare=False)
    clustered: bool
    replica_identity: bool
    tablespace: str
    partitioned: bool = field(compare=False, default=False)
    partition: bool = field(compare=False, default=False)
    attached_to: tuple[str, str, str] | None = field(compare=False, default=None)
    parents: tuple[ObjectId, ...] = field(compare=False, default=())
    """The same check of parents."""
    relation: str = field(compare=False, default="table")
    stored: bool = field(compare=False, default=True)
    """Whether its table has rows here, or has children that may."""
    mistakable: bool = field(compare=False, default=False)
    """Whether ATTACH would join to it another key of a partition than it has."""

    @classmethod
    def query(cls, version: int) -> LiteralString:
        # A foreign key of a partition that its parent has is made by PostgreSQL itself.
        return """
SELECT k.oid, n.nspname::text, c.relname::text, k.conname::text, k.contype::text,
       pg_catalog.pg_get_constraintdef(k.oid), x.reloptions, k.conislocal,
       coalesce(i.indisclustered, false), coalesce(i.indisreplident, false),
       coalesce(s.spcname::text, ''),
       c.relkind = 'p', c.relispartition,
       CASE WHEN k.conparentid <> 0 THEN
           (SELECT ARRAY[pn.nspname, pc.relname, pk.conname]::text[]
              FROM pg_catalog.pg_constraint pk
              JOIN pg_catalog.pg_class pc ON pc.oid = pk.conrelid
              JOIN pg_catalog.pg_namespace pn ON pn.oid = pc.relnamespace
             WHERE pk.oid = k.conparentid) END,
       CASE WHEN k.contype = 'c' AND k.coninhcount > 0 THEN
           (SELECT pg_catalog.array_agg(ARRAY[pn.nspname, pc.relname, pk.conname]::text[])
              FROM pg_catalog.pg_inherits h
              JOIN pg_catalog.pg_constraint pk ON pk.conrelid = h.inhparent
               AND pk.conname = k.conname AND pk.contype = 'c' AND NOT pk.connoinherit
              JOIN pg_catalog.pg_class pc ON pc.oid = pk.conrelid
              JOIN pg_catalog.pg_namespace pn ON pn.oid = pc.relnamespace
             WHERE h.inhrelid = k.conrelid) END,
       CASE c.relkind WHEN 'f' THEN 'foreign table' ELSE 'table' END,
       c.relkind <> 'f' OR EXISTS (
           SELECT FROM pg_catalog.pg_inherits h WHERE h.inhparent = c.oid),
       c.relkind = 'p' AND (
           EXISTS (SELECT FROM pg_catalog.pg_inherits h
                     JOIN pg_catalog.pg_constraint part ON part.conindid = h.inhrelid
                      AND part.contype IN ('p', 'u') AND part.contype <> k.contype
                    WHERE h.inhparent = x.oid)
           OR EXISTS (SELECT FROM pg_catalog.pg_index o
                       WHERE o.indrelid = c.oid AND o.indexrelid <> x.oid
                         AND o.indkey::text = i.indkey::text AND o.indisunique))
  FROM pg_catalog.pg_constraint k
  JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_catalog.pg_class x ON x.oid = k.conindid AND k.contype IN ('p', 'u', 'x')
  LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = x.oid
  LEFT JOIN pg_catalog.pg_tablespace s ON s.oid = x.reltablespace
 WHERE k.contype IN ('p', 'u', 'c', 'f', 'x') AND c.relkind IN ('r', 'p', 'f')
   AND NOT (k.contype = 'f' AND k.conparentid <> 0)
   AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"""

    @classmethod
    def from_row(cls, row: Row, resolve: Resolve) -> "Constraint":
        *plain, attached, parents, relation, stored, mistakable = row
        plain[5] = tuple(plain[5] or ())
        ids = tuple(ObjectId(cls.kind, tuple(parent)) for parent in parents or ())
        values: Row = (
            *plain,
            tuple(attached) if attached else None,
            ids,
            relation,
            stored,
            mistakable,
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
        return (ObjectId(self.relation, (self.schema, self.table)),)

    @property
    def requires(self) -> tuple[ObjectId, ...]:
        return (ObjectId(self.kind, self.attached_to),) if self.attached_to else ()

    @property
    def slots(self) -> tuple[tuple[str, ...], ...]:
        own = (self.kind, self.schema, self.table, self.name)
        index = ("relation", self.schema, self.name)
        return (own, index) if self.type in "pux" else (own,)

    @property
    def turn(self) -> int:
        # The key that a foreign key refers to is whole only when all partitions have their part.
        return _FOREIGN_KEY_TURN if self.type == "f" else self.rank

    @property
    def survives_alter(self) -> bool:
        return self.type != "f"

    @property
    def comes_with(self) -> tuple[tuple[ObjectId, ObjectId], ...]:
        return linked(self.owners[0], self.parents, partition=self.partition)

    @property
    def goes_with(self) -> tuple[tuple[ObjectId, ObjectId], ...]:
        link = ObjectId("partition", (self.schema, self.table))
        own = self.comes_with if not self.local else ()
        return (*own, *((link, parent) for parent in self.requires))

    @property
    def _inherited(self) -> bool:
        """Whether a parent's check makes this one."""
        return bool(self.parents) and not self.local

    @property
    def inline(self) -> bool:
        late = self.mistakable or self.definition.endswith(_NOT_VALID)
        return self.type != "f" and not late

    @property
    def sql_name(self) -> Sql:
        return sql("CONSTRAINT {} ON {}", ident(self.name), self._table)

    @property
    def inherited_from(self) -> tuple[ObjectId, ...]:
        return self.parents

    def stands_for(self, other: DbObject) -> bool:
        return isinstance(other, Constraint) and self.definition == other.definition

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
        return NOTHING if self._inherited and not self.partition else self._line()

    def _line(self) -> Sql:
        return sql("CONSTRAINT {} {}", ident(self.name), printed(self.definition))

    def create(self, parts: tuple[DbObject, ...]) -> Statements:
        only = sql("ONLY ") if self.partitioned and self.type in "pux" else NOTHING
        text = sql("ALTER TABLE {}{} ADD {}", only, self._table, self._line())
        # A key of a partitioned table has its rows in those of the partitions.
        calm = bool(only) or not self._is_checked
        hazards = frozenset[Hazard]() if calm else CHECKED
        return (Statement(text, self.id, hazards), *self.adjust())

    @property
    def _is_checked(self) -> bool:
        """Whether PostgreSQL looks whether the rows that are there fit."""
        return self.stored and not self.definition.endswith((_NOT_VALID, _NOT_ENFORCED))

    def adapting(self, *, rewritten: bool, reordered: bool) -> frozenset[Hazard]:
        if self.type in "pux":
            computed = self.type == "x" and computes(self.definition)
            return adapted(rewritten=rewritten, reordered=reordered, computed=computed, unique=True)
        if not self._is_checked:
            return frozenset()
        return frozenset({Hazard.MAY_FAIL}) if rewritten else CHECKED

    def adjust(self) -> Statements:
        bare = replace(self, options=(), clustered=False, replica_identity=False, tablespace="")
        return bare._altered(self)

    def _altered(self, new: "Constraint") -> Statements:
        """What can change of the index that belongs to a key."""
        changes = list(set_options(self.options, new.options))
        if self.tablespace != new.tablespace:
            changes.append(sql("SET TABLESPACE {}", ident(new.tablespace or "pg_default")))
        index = ident(self.schema, self.name)
        texts = [sql("ALTER INDEX {} {}", index, change) for change in changes]
        if self.clustered != new.clustered:
            texts.append(cluster(self._table, ident(self.name), on=new.clustered))
        if new.replica_identity and not self.replica_identity:
            texts.append(replica_identity(self._table, ident(self.name)))
        return tuple(
            Statement(text, self.id, REBUILT if " SET TABLESPACE " in text else frozenset())
            for text in texts
        )

    def drop(self) -> Statements:
        return self._drop(NOTHING)

    def drop_only(self) -> Statements:
        return self._drop(sql("ONLY "))

    def _drop(self, only: Sql) -> Statements:
        text = sql("ALTER TABLE {}{} DROP CONSTRAINT {}", only, self._table, ident(self.name))
        # As with an index: queries become slow, and ON CONFLICT fails.
        hazards = frozenset({Hazard.BREAKS_CODE} if self.type in "pux" else ())
        return (Statement(text, self.id, hazards),)

    def alter(self, new: Self) -> Alteration | None:
        if self.definition == new.definition:
            return Alteration(self._altered(new))
        if self.definition == new.definition + _NOT_VALID:
            text = sql("ALTER TABLE {} VALIDATE CONSTRAINT {}", self._table, ident(self.name))
            validated = Statement(text, self.id, frozenset({Hazard.FULL_SCAN, Hazard.MAY_FAIL}))
            return Alteration((validated, *self._altered(new)))
        return self._reenforce(new)

    def _reenforce(self, new: "Constraint") -> Alteration | None:
        """When and whether a foreign key is checked."""
        (base, old), (new_base, marks) = _split(self.definition), _split(new.definition)
        if self.type != "f" or base != new_base or _NOT_VALID in {*old, *marks}:
            return None
        words = [sql("DEFERRABLE") if _DEFERRABLE in marks else sql("NOT DEFERRABLE")]
        if _DEFERRABLE in marks:
            late = _DEFERRED in marks
            words.append(sql("INITIALLY DEFERRED") if late else sql("INITIALLY IMMEDIATE"))
        if (_NOT_ENFORCED in old) != (_NOT_ENFORCED in marks):
            words.append(sql("NOT ENFORCED") if _NOT_ENFORCED in marks else sql("ENFORCED"))
        name = ident(self.name)
        text = sql("ALTER TABLE {} ALTER CONSTRAINT {} {}", self._table, name, join(" ", words))
        # What came while it was not enforced is looked at.
        checked = _NOT_ENFORCED in old and _NOT_ENFORCED not in marks
        hazards = CHECKED if checked else frozenset[Hazard]()
        return Alteration((Statement(text, self.id, hazards),))

    @property
    def _table(self) -> Sql:
        return ident(self.schema, self.table)

    def summary(self) -> str:
        return self.definition


def _split(definition: str) -> tuple[str, tuple[str, ...]]:
    """A foreign key's definition and the marks at its end."""
    marks: list[str] = []
    for mark in (_NOT_VALID, _NOT_ENFORCED, _DEFERRED, _DEFERRABLE):
        if definition.endswith(mark):
            definition = definition.removesuffix(mark)
            marks.append(mark)
    return definition, tuple(marks)
