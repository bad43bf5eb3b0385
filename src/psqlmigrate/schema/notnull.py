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
       CASE WHEN rel.relispartition AND k.coninhcount > 0 THEN
                CASE WHEN EXISTS (
                    SELECT FROM pg_catalog.pg_description d
                     WHERE d.classoid = 'pg_catalog.pg_constraint'::pg_catalog.regclass
                       AND d.objoid = k.oid) THEN k.conname::text END
            WHEN (rel.relispartition OR k.conislocal)
                 AND k.conname <> rel.name || '_' || c.attname || '_not_null'
            THEN k.conname::text END AS name,
       @kin
  FROM pg_catalog.pg_constraint k
  JOIN rel ON rel.oid = k.conrelid
  JOIN pg_catalog.pg_attribute c ON c.attrelid = k.conrelid AND c.attnum = k.conkey[1]
 WHERE k.contype = 'n'"""

_KIN: LiteralString = """CASE WHEN k.coninhcount > 0 THEN
           (SELECT pg_catalog.array_agg(pk.conname::text)
              FROM pg_catalog.pg_inherits i
              JOIN pg_catalog.pg_constraint pk ON pk.conrelid = i.inhparent AND pk.contype = 'n'
               AND NOT pk.connoinherit
              JOIN pg_catalog.pg_attribute pa ON pa.attrelid = pk.conrelid
               AND pa.attnum = pk.conkey[1] AND pa.attname = c.attname
             WHERE i.inhrelid = k.conrelid) END AS above,
       CASE WHEN rel.has_children THEN
           (WITH RECURSIVE below AS (
                SELECT k.conrelid AS relid, true AS same, NULL::oid AS parent
                UNION
                SELECT i.inhrelid, ck.conname = k.conname AND ck.coninhcount <= 1, i.inhparent
                  FROM below
                  JOIN pg_catalog.pg_inherits i ON i.inhparent = below.relid
                  JOIN pg_catalog.pg_constraint ck
                    ON ck.conrelid = i.inhrelid AND ck.contype = 'n'
                  JOIN pg_catalog.pg_attribute ca ON ca.attrelid = ck.conrelid
                   AND ca.attnum = ck.conkey[1] AND ca.attname = c.attname
                 WHERE below.same)
            SELECT pg_catalog.array_agg(@link)
              FROM below JOIN rel child ON child.oid = below.relid
              JOIN rel parent ON parent.oid = below.parent
             WHERE NOT below.same) END AS astray"""

_FLAGS: LiteralString = """
SELECT NULL::oid AS conrelid, NULL::int2 AS attnum, NULL::bool AS valid, NULL::bool AS no_inherit,
       NULL::bool AS local, NULL::bool AS crowded, NULL::text AS actual,
       NULL::text AS name, NULL::text[] AS above, NULL::text[] AS astray"""

_LINK: LiteralString = """pg_catalog.jsonb_build_array(
    CASE WHEN child.relispartition THEN 'partition' ELSE 'inheritance' END, child.schema, child.name,
    parent.schema, parent.name)"""

_HELD: LiteralString = """CASE WHEN a.has_children AND a.attnotnull THEN
           (WITH RECURSIVE below AS (
                SELECT a.attrelid AS relid, false AS held, NULL::oid AS parent
                UNION
                SELECT i.inhrelid, EXISTS (
                           SELECT FROM pg_catalog.pg_index x
                             JOIN pg_catalog.pg_class xc ON xc.oid = x.indexrelid
                             JOIN pg_catalog.pg_attribute ca ON ca.attrelid = x.indrelid
                              AND ca.attnum = ANY (x.indkey)
                            WHERE x.indrelid = i.inhrelid AND x.indisprimary
                              AND NOT xc.relispartition AND ca.attname = a.attname)@others, i.inhparent
                  FROM below JOIN pg_catalog.pg_inherits i ON i.inhparent = below.relid
                 WHERE NOT below.held)
            SELECT pg_catalog.array_agg(@link)
              FROM below JOIN rel child ON child.oid = below.relid
              JOIN rel parent ON parent.oid = below.parent
             WHERE below.held) END"""


# Before 18 it goes with that of any parent.
_OTHERS: LiteralString = """ OR EXISTS (
                           SELECT FROM pg_catalog.pg_inherits oi
                             JOIN pg_catalog.pg_attribute oa ON oa.attrelid = oi.inhparent
                            WHERE oi.inhrelid = i.inhrelid AND oi.inhparent <> below.relid
                              AND oa.attname = a.attname AND oa.attnotnull)"""


def not_null_constraints(version: int, *, trees: bool) -> LiteralString:
    """The query of them, over a relation `rel`, for a major; no rows where they have no names.

    Without `trees` no table has children.
    """
    if version < NAMED_SINCE:
        return _FLAGS
    kin = _KIN if trees else "NULL::text[] AS above, NULL::text[] AS astray"
    return _CONSTRAINTS.replace("@kin", kin).replace("@link", _LINK)


def held_below(version: int) -> LiteralString:
    """Links to children of `a` that keep NOT NULL for their own or another parent's sake."""
    others = "" if version >= NAMED_SINCE else _OTHERS
    return _HELD.replace("@link", _LINK).replace("@others", others)


@dataclass(frozen=True, slots=True)
class Ties:
    """What the constraint of a column has to do with those of the table's parents and children."""

    above: tuple[str, ...] = ()
    """The names of the parents'."""
    astray: tuple[ObjectId, ...] = ()
    """Links below over which PostgreSQL renames it not: the child's has another name."""
    held: tuple[ObjectId, ...] = ()
    """Links to children that keep it: their own key has the column, or another parent has it."""

    @classmethod
    def of(cls, above: list[str] | None, *links: list[list[str]] | None) -> "Ties":
        """From what the queries select."""
        astray, held = (tuple(sorted(_link(one) for one in each or ())) for each in links)
        return cls(tuple(above or ()), astray, held)


def _link(parts: list[str]) -> ObjectId:
    kind, *path = parts
    return ObjectId(kind, tuple(path[:2] if kind == "partition" else path))


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
    local: bool
    """Whether it stays when no parent has one any more."""
    ties: Ties
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
        return self.partition and not self.own and not self.name

    def clause(self, column: Sql = NOTHING) -> Sql:
        """`NOT NULL`, with a name where it has to be written, in a column's line or a table's."""
        named = sql("CONSTRAINT {} ", ident(self.full_name)) if self._is_named else NOTHING
        only = sql(" NO INHERIT") if self.no_inherit else NOTHING
        return sql("{}NOT NULL{}{}", named, column, only)

    @property
    def is_brought(self) -> bool:
        """Whether a new table gets it of its parents, by a name that only they know."""
        return self.stated and not (self.own or self.local or self.partition or self.name)

    def beside_parents(self) -> Sql:
        """Its line in a table that has the column of its parents, and a name of its own for it."""
        if self.own or not (self.name and self.local and self.valid):
            return NOTHING
        return self.clause(sql(" {}", ident(self.column.path[-1])))

    def comes_first(self, new: "NotNull") -> bool:
        """Whether it has to be as it shall be before a parent gets NOT NULL."""
        return not new.own and (self.own if self.stated else new._differs)

    @property
    def _differs(self) -> bool:
        """Whether it has another name than it would get from its parents."""
        return self.stated and bool(self.ties.above) and self.actual not in self.ties.above

    def apart(self, new: "NotNull", links: tuple[ObjectId, ...]) -> tuple[ObjectId, ...]:
        """Which links to children, and which of these to parents, have to be away meanwhile."""
        if self.stated and not new.stated:
            return () if links and not self.own else self.ties.held
        if not self.stated or not new.stated:
            return ()
        if not links or self.own:
            renamed = self.full_name != new.full_name and not new._is_parents
            return self._astray(new) if renamed else ()
        if new.own or self.name == new.name or new._is_parents:
            return ()
        follows = new.ties.above and self.ties.above != new.ties.above and not self._differs
        name = new.ties.above[0] if follows else self.actual
        return () if name == new.full_name else (*links, *self._astray(new))

    def _astray(self, new: "NotNull") -> tuple[ObjectId, ...]:
        return tuple(dict.fromkeys((*self.ties.astray, *new.unretyped)))

    @property
    def unretyped(self) -> tuple[ObjectId, ...]:
        """Links over which PostgreSQL 18 changes no type: it would make their names alike."""
        return tuple(link for link in self.ties.astray if link.kind == "inheritance")

    def change(self, new: "NotNull", *, inherits: bool) -> Statements:
        """What turns it into `new`; what comes from a parent is changed there."""
        if not new.stated:
            goes = not self.stated or (inherits and not (self.own or self.local))
            return () if goes else (self._alter(sql("DROP NOT NULL")),)
        if inherits and not new.own:
            return self._prepare(new) if self.comes_first(new) else ()
        lost = inherits and not (self.own or self.local)
        if not self.stated or (lost and self.valid):
            return (new._set(),)
        if (self.valid and not new.valid) or not (self.own or inherits or self.certain):
            calm = frozenset({Hazard.MAY_FAIL}) if self.valid else frozenset[Hazard]()
            there = new._set()
            there = replace(there, hazards=there.hazards - calm)
            return (self._alter(sql("DROP NOT NULL")), there)
        return self._modify(new)

    def _prepare(self, new: "NotNull") -> Statements:
        return self._rename(new) if self.stated else (new._set(),)

    def _set(self) -> Statement:
        checked = CHECKED if self.valid and self.stored else frozenset[Hazard]()
        if self.valid and not self._is_named and not self.no_inherit:
            return self._alter(sql("SET NOT NULL"), checked)
        clause = self.clause(sql(" {}", ident(self.column.path[-1])))
        late = NOTHING if self.valid else sql(" NOT VALID")
        return self._table(sql("ADD {}{}", clause, late), checked)

    def _rename(self, new: "NotNull") -> Statements:
        old, name = self.actual or self.full_name, new.full_name
        if old == name:
            return ()
        return (self._table(sql("RENAME CONSTRAINT {} TO {}", ident(old), ident(name))),)

    def _modify(self, new: "NotNull") -> Statements:
        name = ident(new.full_name)
        statements = list(self._rename(new))
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
