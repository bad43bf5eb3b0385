"""Identity columns (manual, 5.3), with the sequence that belongs to each."""

from dataclasses import dataclass
from typing import ClassVar, LiteralString, Self

from psqlmigrate.schema.clauses import sequence_options
from psqlmigrate.schema.dbobject import Alteration, DbObject, Statements
from psqlmigrate.schema.identity import ObjectId
from psqlmigrate.schema.sqltext import Sql, ident, sql
from psqlmigrate.schema.statement import Hazard, Statement

_WHEN = {"a": sql("ALWAYS"), "d": sql("BY DEFAULT")}


@dataclass(frozen=True, slots=True)
class Identity(DbObject):
    """GENERATED … AS IDENTITY of a column; its address is the sequence's."""

    kind: ClassVar[str] = "identity"
    catalog: ClassVar[LiteralString] = "pg_class"
    rank: ClassVar[int] = 105
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

    @classmethod
    def query(cls, version: int) -> LiteralString:
        return """
SELECT s.oid, n.nspname::text, c.relname::text, a.attname::text, a.attidentity::text,
       sn.nspname::text, s.relname::text, q.seqstart, q.seqincrement, q.seqmin, q.seqmax,
       q.seqcache, q.seqcycle
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
    def inline(self) -> bool:
        return True

    @property
    def clause(self) -> Sql:
        name = ident(self.sequence_schema, self.sequence_name)
        when = _WHEN[self.when]
        return sql("GENERATED {} AS IDENTITY (SEQUENCE NAME {} {})", when, name, self._options())

    def _options(self) -> Sql:
        return sequence_options(
            self.start, self.increment, self.minimum, self.maximum, self.cache, cycle=self.cycle
        )

    def create(self, parts: tuple[DbObject, ...]) -> Statements:
        return (self._statement(sql("ADD {}", self.clause)),)

    def drop(self) -> Statements:
        return (self._statement(sql("DROP IDENTITY"), frozenset({Hazard.DATA_LOSS})),)

    def alter(self, new: Self) -> Alteration:
        statements: list[Statement] = []
        if self.when != new.when:
            statements.append(self._statement(sql("SET GENERATED {}", _WHEN[new.when])))
        old_name = ident(self.sequence_schema, self.sequence_name)
        if self.sequence_name != new.sequence_name:
            text = sql("ALTER SEQUENCE {} RENAME TO {}", old_name, ident(new.sequence_name))
            statements.append(Statement(text, self.id))
        if self._options() != new._options():
            name = ident(self.sequence_schema, new.sequence_name)
            text = sql("ALTER SEQUENCE {} {}", name, new._options())
            statements.append(Statement(text, self.id))
        return Alteration(tuple(statements))

    def _statement(self, change: Sql, hazards: frozenset[Hazard] = frozenset()) -> Statement:
        table = ident(self.schema, self.table)
        text = sql("ALTER TABLE {} ALTER COLUMN {} {}", table, ident(self.column), change)
        return Statement(text, self.id, hazards)

    def summary(self) -> str:
        return "identity"
