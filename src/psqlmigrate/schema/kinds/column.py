"""Columns of tables (manual, CREATE TABLE and ALTER TABLE)."""

from dataclasses import dataclass, field
from typing import ClassVar, LiteralString, Self

from psqlmigrate.schema.clauses import set_options
from psqlmigrate.schema.dbobject import Alteration, DbObject, Naming, Resolve, Row, Statements
from psqlmigrate.schema.identity import ObjectId
from psqlmigrate.schema.sqltext import NOTHING, Sql, ident, join, number, printed, sql
from psqlmigrate.schema.statement import Hazard, Statement

_STORAGE = {"p": sql("PLAIN"), "e": sql("EXTERNAL"), "m": sql("MAIN"), "x": sql("EXTENDED")}
_COMPRESSION = {"": sql("default"), "p": sql("pglz"), "l": sql("lz4")}


@dataclass(frozen=True, slots=True)
class Column(DbObject):
    """A column; its default and its identity are objects of their own."""

    kind: ClassVar[str] = "column"
    catalog: ClassVar[LiteralString] = "pg_class"
    rank: ClassVar[int] = 90
    has_subid: ClassVar[bool] = True
    naming: ClassVar[Naming] = Naming.PUBLIC

    schema: str
    table: str
    name: str
    type: str
    collation: str
    not_null: bool
    generated: str
    expression: str | None
    storage: str
    compression: str
    statistics: int
    options: tuple[str, ...]
    local: bool
    position: int = field(compare=False, default=0)
    partition: bool = field(compare=False, default=False)
    type_storage: str = field(compare=False, default="x")
    parents: tuple[ObjectId, ...] = field(compare=False, default=())

    @classmethod
    def query(cls, version: int) -> LiteralString:
        return """
WITH rel AS MATERIALIZED (
    SELECT c.oid, n.nspname::text AS schema, c.relname::text AS name, c.relispartition
      FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
), att AS MATERIALIZED (
    SELECT a.*, rel.schema, rel.name, rel.relispartition
      FROM pg_catalog.pg_attribute a JOIN rel ON rel.oid = a.attrelid
     WHERE a.attnum > 0 AND NOT a.attisdropped
), typ AS MATERIALIZED (
    SELECT atttypid, atttypmod, pg_catalog.format_type(atttypid, atttypmod) AS type
      FROM (SELECT DISTINCT atttypid, atttypmod FROM att) d
)
SELECT a.attrelid, a.attnum::int, a.schema, a.name, a.attname::text, typ.type,
       CASE WHEN a.attcollation <> t.typcollation THEN
           (SELECT pg_catalog.quote_ident(cn.nspname) || '.' || pg_catalog.quote_ident(co.collname)
              FROM pg_catalog.pg_collation co
              JOIN pg_catalog.pg_namespace cn ON cn.oid = co.collnamespace
             WHERE co.oid = a.attcollation)
       ELSE '' END,
       a.attnotnull, a.attgenerated::text,
       CASE WHEN a.attgenerated <> '' THEN
           (SELECT pg_catalog.pg_get_expr(d.adbin, d.adrelid) FROM pg_catalog.pg_attrdef d
             WHERE d.adrelid = a.attrelid AND d.adnum = a.attnum) END,
       CASE WHEN a.attstorage = t.typstorage THEN '' ELSE a.attstorage::text END,
       a.attcompression::text, coalesce(a.attstattarget, -1)::int, a.attoptions, a.attislocal,
       a.attnum::int, a.relispartition, t.typstorage::text,
       CASE WHEN a.attinhcount > 0 THEN
           (SELECT pg_catalog.array_agg(ARRAY[rel.schema, rel.name] ORDER BY i.inhseqno)
              FROM pg_catalog.pg_inherits i JOIN rel ON rel.oid = i.inhparent
             WHERE i.inhrelid = a.attrelid) END
  FROM att a
  JOIN typ USING (atttypid, atttypmod)
  JOIN pg_catalog.pg_type t ON t.oid = a.atttypid"""

    @classmethod
    def from_row(cls, row: Row, resolve: Resolve) -> "Column":
        *plain, options, local, position, partition, type_storage, parents = row
        name = plain[2]
        ids = tuple(ObjectId(cls.kind, (*parent, name)) for parent in parents or ())
        values: Row = (*plain, tuple(options or ()), local, position, partition, type_storage, ids)
        return cls(*values)

    @property
    def id(self) -> ObjectId:
        return ObjectId(self.kind, (self.schema, self.table, self.name))

    @property
    def is_part(self) -> bool:
        return True

    @property
    def owners(self) -> tuple[ObjectId, ...]:
        return (ObjectId("table", (self.schema, self.table)),)

    @property
    def requires(self) -> tuple[ObjectId, ...]:
        return self.parents

    @property
    def carries_data(self) -> bool:
        return not self.generated

    @property
    def survives_alter(self) -> bool:
        return not self.generated

    @property
    def inherited_from(self) -> tuple[ObjectId, ...]:
        return self.parents

    @property
    def traits(self) -> tuple[object, ...]:
        return (self.type, self.collation, self.generated, self.not_null)

    def rename(self, name: str) -> Statements:
        old, new = ident(self.name), ident(name)
        text = sql("ALTER TABLE {} RENAME COLUMN {} TO {}", self._table, old, new)
        return (Statement(text, self.id, self.rename_hazards),)

    def carry_over(self, new: Self) -> Statements:
        if self.inherited_only:
            return ()
        through = sql("{}::text::{}", ident(self.name), printed(new.type))
        change = sql("TYPE {} USING {}", printed(new.type), through)
        return (self._statement(change, frozenset({Hazard.TABLE_REWRITE, Hazard.LOSSY_CAST})),)

    @property
    def place(self) -> int:
        return self.position

    @property
    def inline(self) -> bool:
        return True

    @property
    def sql_name(self) -> Sql:
        return sql("COLUMN {}", ident(self.schema, self.table, self.name))

    @property
    def inherited_only(self) -> bool:
        """Whether the column exists only because a parent has it."""
        return bool(self.parents) and not self.local

    def as_part(self, parts: tuple[DbObject, ...]) -> Sql:
        if self.inherited_only and not self.partition:
            return NOTHING
        return self._line(parts)

    def _line(self, parts: tuple[DbObject, ...]) -> Sql:
        clauses = [sql("{} {}", ident(self.name), printed(self.type))]
        if self.collation:
            clauses.append(sql("COLLATE {}", printed(self.collation)))
        if self.compression:
            clauses.append(sql("COMPRESSION {}", _COMPRESSION[self.compression]))
        if self.expression is not None:
            kind = sql("STORED") if self.generated == "s" else sql("VIRTUAL")
            text = printed(self.expression)
            clauses.append(sql("GENERATED ALWAYS AS ({}) {}", text, kind))
        clauses.extend(part.clause for part in parts if part.owners[:1] == (self.id,))
        if self.not_null:
            clauses.append(sql("NOT NULL"))
        return join(" ", clauses)

    def create(self, parts: tuple[DbObject, ...]) -> Statements:
        if self.inherited_only:
            return ()
        fails = (self.not_null and not parts) or self.generated
        hazards = frozenset({Hazard.MAY_FAIL}) if fails else frozenset[Hazard]()
        text = sql("ALTER TABLE {} ADD COLUMN {}", self._table, self._line(parts))
        return (Statement(text, self.id, hazards), *self.adjust())

    def adjust(self) -> Statements:
        """What the column's line cannot say: storage, statistics target, options."""
        bare = Column(
            self.schema, self.table, self.name, self.type, self.collation, self.not_null,
            self.generated, self.expression, "", self.compression, -1, (), self.local,
        )  # fmt: skip
        return tuple(self._statement(change) for change in bare._settings(self))

    def drop(self) -> Statements:
        if self.inherited_only:
            return ()
        text = sql("ALTER TABLE {} DROP COLUMN {}", self._table, ident(self.name))
        lost = frozenset({Hazard.DATA_LOSS}) if self.carries_data else frozenset[Hazard]()
        return (Statement(text, self.id, lost),)

    def alter(self, new: Self) -> Alteration | None:
        if new.generated and not self.generated:
            return None
        if self.expression != new.expression and new.generated:
            return None
        statements: list[Statement] = []
        if self.generated and not new.generated:
            statements.append(self._statement(sql("DROP EXPRESSION")))
        retyped = (self.type, self.collation) != (new.type, new.collation)
        if retyped and not self.inherited_only:
            statements.append(self._retype(new))
        if self.not_null != new.not_null:
            word = sql("SET NOT NULL") if new.not_null else sql("DROP NOT NULL")
            hazard = (
                frozenset({Hazard.MAY_FAIL, Hazard.FULL_SCAN})
                if new.not_null
                else frozenset[Hazard]()
            )
            statements.append(self._statement(word, hazard))
        statements.extend(self._statement(change) for change in self._settings(new))
        return Alteration(tuple(statements), disturbs=retyped)

    def _retype(self, new: "Column") -> Statement:
        """Without USING where an assignment cast exists: it fails where USING would cut values."""
        name, type_name = ident(self.name), printed(new.type)
        collate = sql(" COLLATE {}", printed(new.collation)) if new.collation else NOTHING
        change = sql("TYPE {}{}", type_name, collate)
        if not _assignable(self.type, new.type):
            direct = _base(self.type) in _STRINGS or {self.type, new.type} == {"boolean", "integer"}
            through = (
                sql("{}::{}", name, type_name) if direct else sql("{}::text::{}", name, type_name)
            )
            change = sql("{} USING {}", change, through)
        if _base(self.type) in _STRINGS and new.type in {"text", "character varying"}:
            return self._statement(change)
        return self._statement(change, frozenset({Hazard.TABLE_REWRITE, Hazard.LOSSY_CAST}))

    def _settings(self, new: "Column") -> tuple[Sql, ...]:
        changes: list[Sql] = []
        if self.storage != new.storage:
            changes.append(sql("SET STORAGE {}", _STORAGE[new.storage or new.type_storage]))
        if self.compression != new.compression:
            changes.append(sql("SET COMPRESSION {}", _COMPRESSION[new.compression]))
        if self.statistics != new.statistics:
            changes.append(sql("SET STATISTICS {}", number(new.statistics)))
        changes.extend(set_options(self.options, new.options))
        return tuple(changes)

    def _statement(self, change: Sql, hazards: frozenset[Hazard] = frozenset()) -> Statement:
        text = sql("ALTER TABLE {} ALTER COLUMN {} {}", self._table, ident(self.name), change)
        return Statement(text, self.id, hazards)

    @property
    def _table(self) -> Sql:
        return ident(self.schema, self.table)

    def summary(self) -> str:
        words = [self.type]
        if self.not_null:
            words.append("not null")
        return " ".join(words)


_FAMILIES = (
    {"smallint", "integer", "bigint", "numeric", "real", "double precision"},
    {"date", "timestamp without time zone", "timestamp with time zone"},
    {"time without time zone", "time with time zone"},
    {"json", "jsonb"},
    {"inet", "cidr"},
    {"bit", "bit varying"},
)
_STRINGS = {"text", "character varying", "character", "name"}


def _base(type_name: str) -> str:
    name, paren, rest = type_name.partition("(")
    return (name + rest.partition(")")[2]).strip() if paren else type_name


def _assignable(old: str, new: str) -> bool:
    """Whether PostgreSQL casts between the types on assignment (manual, CREATE CAST)."""
    before, after = _base(old), _base(new)
    if before == after or after in _STRINGS:
        return True
    return any({before, after} <= family for family in _FAMILIES)
