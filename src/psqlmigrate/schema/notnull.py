"""The not-null constraint of a column (manual, CREATE TABLE); it has a name from 18 on."""

from dataclasses import dataclass, replace
from typing import LiteralString

from psqlmigrate.schema.dbobject import Statements
from psqlmigrate.schema.identity import ObjectId
from psqlmigrate.schema.sqltext import NOTHING, Sql, ident, sql
from psqlmigrate.schema.statement import CHECKED, Hazard, Statement

NAMED_SINCE = 18

_CONSTRAINTS: LiteralString = """
SELECT k.conrelid, k.conkey[1] AS attnum, k.convalidated AS valid, k.connoinherit AS no_inherit,
       k.conislocal AS local,
       pg_catalog.count(*) OVER (PARTITION BY k.connamespace, k.conname) > 1 AS crowded,
       k.conname::text AS actual,
       CASE WHEN CASE WHEN rel.relispartition THEN k.coninhcount = 0 ELSE k.conislocal END
                 AND k.conname <> rel.name || '_' || c.attname || '_not_null'
            THEN k.conname::text END AS name
  FROM pg_catalog.pg_constraint k
  JOIN rel ON rel.oid = k.conrelid
  JOIN pg_catalog.pg_attribute c ON c.attrelid = k.conrelid AND c.attnum = k.conkey[1]
 WHERE k.contype = 'n'"""

_FLAGS: LiteralString = """
SELECT NULL::oid AS conrelid, NULL::int2 AS attnum, NULL::bool AS valid, NULL::bool AS no_inherit,
       NULL::bool AS local, NULL::bool AS crowded, NULL::text AS actual,
       NULL::text AS name"""


def not_null_constraints(version: int) -> LiteralString:
    """The query of them, over a relation `rel`, for a major; no rows where they have no names."""
    return _CONSTRAINTS if version >= NAMED_SINCE else _FLAGS


@dataclass(frozen=True, slots=True)
class NotNull:
    """The constraint of a column, or that there is none."""

    column: ObjectId
    stated: bool
    name: str
    """Where it is not the one that PostgreSQL chooses."""
    actual: str
    """The name, also where it is a parent's doing."""
    valid: bool
    no_inherit: bool
    own: bool
    """Whether no parent's column is NOT NULL."""
    crowded: bool
    """Whether another table's constraint has the same name, so that it must be written out."""
    partition: bool
    certain: bool
    """Whether the name is known: what a parent has left behind may have that of any parent."""
    stored: bool
    """Whether its table has rows here, or may have children that do."""

    @property
    def full_name(self) -> str:
        """Its name in the catalog."""
        _, table, column = self.column.path
        usual = f"{table}_{column}_not_null"
        return self.name or (self.actual if self._is_parents else "") or usual

    @property
    def _is_parents(self) -> bool:
        """Whether its name, which nobody could change, says only how the partition was made."""
        return self.partition and not self.own

    def clause(self, column: Sql = NOTHING) -> Sql:
        """`NOT NULL`, with a name where it has to be written, in a column's line or a table's."""
        named = sql("CONSTRAINT {} ", ident(self.full_name)) if self._is_named else NOTHING
        only = sql(" NO INHERIT") if self.no_inherit else NOTHING
        return sql("{}NOT NULL{}{}", named, column, only)

    def joins_parent(self, new: "NotNull") -> bool:
        """Whether a parent gets NOT NULL that only this column had."""
        return self.stated and self.own and not new.own

    def change(self, new: "NotNull", *, inherits: bool) -> Statements:
        """What turns it into `new`; what comes from a parent is changed there."""
        if not new.stated:
            if not self.stated or (inherits and not self.own):
                return ()
            return (self._alter(sql("DROP NOT NULL")),)
        if inherits and not new.own:
            return self._rename(new) if self.joins_parent(new) else ()
        lost = inherits and not self.own
        if not self.stated or (lost and self.valid):
            return (new._set(),)
        if (self.valid and not new.valid) or not (self.own or inherits or self.certain):
            calm = frozenset({Hazard.MAY_FAIL}) if self.valid else frozenset[Hazard]()
            there = new._set()
            there = replace(there, hazards=there.hazards - calm)
            return (self._alter(sql("DROP NOT NULL")), there)
        return self._modify(new, inherits=inherits)

    def _set(self) -> Statement:
        checked = CHECKED if self.valid and self.stored else frozenset[Hazard]()
        if self.valid and not self._is_named and not self.no_inherit:
            return self._alter(sql("SET NOT NULL"), checked)
        clause = self.clause(sql(" {}", ident(self.column.path[-1])))
        late = NOTHING if self.valid else sql(" NOT VALID")
        return self._table(sql("ADD {}{}", clause, late), checked)

    def _rename(self, new: "NotNull") -> Statements:
        old, name = self.actual or self.full_name, new.full_name
        if old == name or new._is_parents:
            return ()
        return (self._table(sql("RENAME CONSTRAINT {} TO {}", ident(old), ident(name))),)

    def _modify(self, new: "NotNull", *, inherits: bool) -> Statements:
        name = ident(self.full_name if new._is_parents else new.full_name)
        statements = [] if inherits else list(self._rename(new))
        if self.no_inherit != new.no_inherit:
            word = sql("NO INHERIT") if new.no_inherit else sql("INHERIT")
            statements.append(self._table(sql("ALTER CONSTRAINT {} {}", name, word)))
        if not self.valid and new.valid:
            change = sql("VALIDATE CONSTRAINT {}", name)
            hazards = frozenset({Hazard.FULL_SCAN, Hazard.MAY_FAIL})
            statements.append(self._table(change, hazards))
        return tuple(statements)

    @property
    def _is_named(self) -> bool:
        _, table, column = self.column.path
        return self.crowded or self.full_name != f"{table}_{column}_not_null"

    def _alter(self, change: Sql, hazards: frozenset[Hazard] = frozenset()) -> Statement:
        column = ident(self.column.path[-1])
        return self._table(sql("ALTER COLUMN {} {}", column, change), hazards)

    def _table(self, change: Sql, hazards: frozenset[Hazard] = frozenset()) -> Statement:
        table = ident(*self.column.path[:-1])
        return Statement(sql("ALTER TABLE {} {}", table, change), self.column, hazards)
