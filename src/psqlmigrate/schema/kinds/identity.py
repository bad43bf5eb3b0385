"""Identity columns (manual, 5.3), with the sequence that belongs to each."""

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import ClassVar, LiteralString, Self

from psqlmigrate.schema.clauses import into_range, restart, sequence_options
from psqlmigrate.schema.dbobject import (
    Alteration,
    Codes,
    DbObject,
    Labels,
    Parts,
    Recast,
    Resolve,
    Row,
    Statements,
)
from psqlmigrate.schema.identity import ObjectId
from psqlmigrate.schema.sqltext import Sql, away, ident, literal, number, sql
from psqlmigrate.schema.statement import Hazard, Statement

_WHEN = {"a": sql("ALWAYS"), "d": sql("BY DEFAULT")}


@dataclass(frozen=True, slots=True)
class Identity(DbObject):
    """GENERATED … AS IDENTITY of a column; its address is the sequence's."""

    kind: ClassVar[str] = "identity"
    catalog: ClassVar[LiteralString] = "pg_class"
    rank: ClassVar[int] = 105
    rare: ClassVar[LiteralString] = "pg_catalog.pg_sequence"
    codes: ClassVar[Codes] = MappingProxyType(
        {
            "when": {"a": "always", "d": "by default"},
            "persistence": {"": "as its table", "p": "logged", "u": "unlogged"},
        }
    )
    spoken: ClassVar[Labels] = MappingProxyType({"when": "generated"})
    hidden_members: ClassVar[bool] = True

    schema: str
    table: str
    column: str
    when: str
    sequence_schema: str
    sequence_name: str
    start: int
    increment: int
    minimum: int
    maximum: int
    cache: int
    cycle: bool
    persistence: str
    """`p` or `u` where it is not that of the table."""
    below: tuple[ObjectId, ...] = field(compare=False, default=())
    """The links of all partitions, where some of them have partitions: ATTACH gives none to those."""

    @classmethod
    def query(cls, version: int) -> LiteralString:
        return """
SELECT s.oid, n.nspname::text, c.relname::text, a.attname::text, a.attidentity::text,
       sn.nspname::text, s.relname::text, q.seqstart, q.seqincrement, q.seqmin, q.seqmax,
       q.seqcache, q.seqcycle,
       CASE WHEN s.relpersistence <> c.relpersistence THEN s.relpersistence::text ELSE '' END,
       ARRAY(SELECT ARRAY[tn.nspname, t.relname]::text[]
               FROM pg_catalog.pg_partition_tree(c.oid) tree
               JOIN pg_catalog.pg_class t ON t.oid = tree.relid
               JOIN pg_catalog.pg_namespace tn ON tn.oid = t.relnamespace
              WHERE tree.level > 0
                AND EXISTS (SELECT FROM pg_catalog.pg_partition_tree(c.oid) WHERE level > 1))
  FROM pg_catalog.pg_depend d
  JOIN pg_catalog.pg_class s ON s.oid = d.objid AND s.relkind = 'S'
  JOIN pg_catalog.pg_namespace sn ON sn.oid = s.relnamespace
  JOIN pg_catalog.pg_sequence q ON q.seqrelid = s.oid
  JOIN pg_catalog.pg_class c ON c.oid = d.refobjid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_catalog.pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
 WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
   AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.deptype = 'i'
   AND a.attidentity <> '' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"""

    @classmethod
    def from_row(cls, row: Row, resolve: Resolve) -> "Identity":
        *plain, below = row
        values: Row = (*plain, tuple(ObjectId("partition", tuple(path)) for path in below))
        return cls(*values)

    @property
    def id(self) -> ObjectId:
        return ObjectId(self.kind, (self.schema, self.table, self.column))

    @property
    def is_part(self) -> bool:
        return True

    @property
    def owners(self) -> tuple[ObjectId, ...]:
        return (ObjectId("column", (self.schema, self.table, self.column)),)

    @property
    def slots(self) -> tuple[tuple[str, ...], ...]:
        return (self.member_slot(self.sequence_name),)

    @property
    def members(self) -> tuple[tuple[str, ...], ...]:
        return ((self.sequence_name,),)

    def member_slot(self, name: str) -> tuple[str, ...]:
        return ("relation", self.sequence_schema, name)

    def rename_member(self, member: str, name: str) -> Statements:
        old = ident(self.sequence_schema, member)
        return (Statement(sql("ALTER SEQUENCE {} RENAME TO {}", old, ident(name)), self.id),)

    @property
    def carries_data(self) -> bool:
        return True

    @property
    def survives_alter(self) -> bool:
        return True

    @property
    def rewrites(self) -> bool:
        return True

    @property
    def inline(self) -> bool:
        return not self.below

    @property
    def follows(self) -> tuple[ObjectId, ...]:
        return self.below

    @property
    def clause(self) -> Sql:
        name = ident(self.sequence_schema, self.sequence_name)
        when = _WHEN[self.when]
        return sql("GENERATED {} AS IDENTITY (SEQUENCE NAME {} {})", when, name, self._options())

    def _options(self) -> Sql:
        return sequence_options(
            self.start, self.increment, self.minimum, self.maximum, self.cache, cycle=self.cycle
        )

    @property
    def sql_name(self) -> Sql:
        return sql("SEQUENCE {}", self._sequence)

    @property
    def _sequence(self) -> Sql:
        return ident(self.sequence_schema, self.sequence_name)

    def swaps_with(self, new: Self) -> bool:
        return True

    def swap_out(self) -> tuple[Statements, Statements]:
        return self.rename_member(self.sequence_name, away(self.sequence_name)), ()

    def refill(self, old: Self, before: Parts, after: Parts, recast: Recast) -> Statements:
        text = sql(
            "SELECT pg_catalog.setval({}, last_value, is_called) FROM {}"
            " WHERE last_value BETWEEN {} AND {}",
            literal(self._sequence),
            ident(old.sequence_schema, away(old.sequence_name)),
            number(self.minimum),
            number(self.maximum),
        )
        return (Statement(text, self.id),)

    def create(self, parts: tuple[DbObject, ...]) -> Statements:
        return (self._statement(sql("ADD {}", self.clause)), *self.adjust())

    def adjust(self) -> Statements:
        return (self._persist(self.persistence),) if self.persistence else ()

    def settle(self) -> Statements:
        # Rows that are there keep their values: the sequence goes on after them.
        rising = self.increment > 0
        last = sql("pg_catalog.max({})" if rising else "pg_catalog.min({})", ident(self.column))
        ends = (self.start, self.maximum) if rising else (self.minimum, self.start)
        text = sql(
            "SELECT pg_catalog.setval({}, {}) FROM {} HAVING {} BETWEEN {} AND {}",
            literal(self._sequence),
            last,
            ident(self.schema, self.table),
            last,
            *map(number, ends),
        )
        return (Statement(text, self.id),)

    def _persist(self, persistence: str) -> Statement:
        word = sql("UNLOGGED") if persistence == "u" else sql("LOGGED")
        return Statement(sql("ALTER SEQUENCE {} SET {}", self._sequence, word), self.id)

    def drop(self) -> Statements:
        return (self._statement(sql("DROP IDENTITY"), frozenset({Hazard.DATA_LOSS})),)

    def alter(self, new: Self) -> Alteration:
        statements: list[Statement] = []
        if self.when != new.when:
            statements.append(self._statement(sql("SET GENERATED {}", _WHEN[new.when])))
        if self.sequence_name != new.sequence_name:
            name = ident(new.sequence_name)
            text = sql("ALTER SEQUENCE {} RENAME TO {}", self._sequence, name)
            statements.append(Statement(text, self.id))
        if self._options() != new._options():
            texts = into_range(new._sequence, self._range, new._range)
            statements.extend(Statement(text, self.id) for text in texts)
            again = restart(self._range, new._range)
            text = sql("ALTER SEQUENCE {} {}{}", new._sequence, new._options(), again)
            statements.append(Statement(text, self.id))
        if self.persistence != new.persistence:
            was = "u" if self.persistence == "p" else "p"
            statements.append(new._persist(new.persistence or was))
        narrower = self.minimum <= new.minimum and new.maximum <= self.maximum
        return Alteration(tuple(statements), first=narrower and self._range != new._range)

    @property
    def _range(self) -> tuple[int, int]:
        return (self.minimum, self.maximum)

    def _statement(self, change: Sql, hazards: frozenset[Hazard] = frozenset()) -> Statement:
        table = ident(self.schema, self.table)
        text = sql("ALTER TABLE {} ALTER COLUMN {} {}", table, ident(self.column), change)
        return Statement(text, self.id, hazards)

    def summary(self) -> str:
        return "identity"
