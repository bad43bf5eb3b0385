"""What the catalogs say of the tables that a seed file is about: a query for each matter."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from psqlmigrate.postgres.connect import Connection
from psqlmigrate.schema.sqltext import NOTHING, Sql, ident, printed, sql

_RELATIONS = b"""
SELECT c.oid::int8, n.nspname::text, c.relname::text, c.relkind::text
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.relpersistence <> 't'
   AND n.nspname::text !~ '^pg_' AND n.nspname <> 'information_schema'
 ORDER BY 2, 3"""

# A domain's column is staged as what the domain stands for, and becomes the domain's by the same
# assignment as in any INSERT. A type's modifier -1 is none: format_type(oid, NULL) would write
# bpchar as character, which is character(1) when it is read again.
_COLUMNS = b"""
WITH RECURSIVE basic(type, base, modifier, required, default_) AS (
    SELECT t.oid, t.oid, -1, false, NULL::text COLLATE "C" FROM pg_catalog.pg_type t WHERE t.typtype <> 'd'
    UNION ALL
    SELECT d.oid, b.base, CASE WHEN d.typtypmod >= 0 THEN d.typtypmod ELSE b.modifier END,
           b.required OR d.typnotnull, coalesce(pg_catalog.pg_get_expr(d.typdefaultbin, 0), b.default_)
      FROM pg_catalog.pg_type d JOIN basic b ON d.typbasetype = b.type
     WHERE d.typtype = 'd')
SELECT a.attrelid::int8, a.attname::text, b.base::int8,
       pg_catalog.format_type(b.base, -1),
       pg_catalog.format_type(b.base, CASE WHEN a.atttypid = b.base THEN a.atttypmod ELSE b.modifier END),
       CASE WHEN a.attcollation <> '0' AND a.attcollation <> t.typcollation THEN cn.nspname::text END,
       co.collname::text,
       coalesce((SELECT n.nspname::text
                   FROM pg_catalog.pg_operator o JOIN pg_catalog.pg_namespace n ON n.oid = o.oprnamespace
                  WHERE o.oprname = '=' AND o.oprleft = b.base AND o.oprright = b.base
                  ORDER BY o.oid LIMIT 1), 'pg_catalog'),
       a.attnotnull OR b.required,
       CASE WHEN a.attgenerated = ''
            THEN coalesce(pg_catalog.pg_get_expr(d.adbin, d.adrelid), b.default_) END,
       a.attidentity::text, a.attgenerated <> ''
  FROM pg_catalog.pg_attribute a
  JOIN basic b ON b.type = a.atttypid
  JOIN pg_catalog.pg_type t ON t.oid = b.base
  LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
  LEFT JOIN pg_catalog.pg_collation co ON co.oid = a.attcollation
  LEFT JOIN pg_catalog.pg_namespace cn ON cn.oid = co.collnamespace
 WHERE a.attrelid = ANY (%s::oid[]) AND a.attnum > 0 AND NOT a.attisdropped
 ORDER BY a.attrelid, a.attnum"""

_KEYS = b"""
SELECT i.indrelid::int8, i.indisprimary,
       (SELECT pg_catalog.array_agg(a.attname::text ORDER BY u.at)
          FROM pg_catalog.unnest(i.indkey::int2[]) WITH ORDINALITY u(num, at)
          JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = u.num
         WHERE u.at <= i.indnkeyatts)
  FROM pg_catalog.pg_index i
  JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
  JOIN pg_catalog.pg_am m ON m.oid = c.relam
 WHERE i.indrelid = ANY (%s::oid[]) AND i.indisunique AND i.indisvalid AND m.amname = 'btree'
   AND i.indpred IS NULL AND i.indexprs IS NULL
 ORDER BY i.indrelid, i.indisprimary DESC, c.relname"""

_FOREIGN_KEYS = b"""
SELECT k.conrelid::int8, k.confrelid::int8, k.conname::text, n.nspname::text, k.condeferrable,
       (SELECT pg_catalog.array_agg(a.attname::text ORDER BY u.at)
          FROM pg_catalog.unnest(k.conkey) WITH ORDINALITY u(num, at)
          JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.num),
       (SELECT pg_catalog.array_agg(a.attname::text ORDER BY u.at)
          FROM pg_catalog.unnest(k.confkey) WITH ORDINALITY u(num, at)
          JOIN pg_catalog.pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.num)
  FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_namespace n ON n.oid = k.connamespace
 WHERE k.contype = 'f' AND k.conrelid = ANY (%s::oid[])
 ORDER BY k.conrelid, pg_catalog.cardinality(k.conkey), k.conparentid, k.conname"""

# A serial's sequence is owned by its column; a default may also name a sequence of nobody's.
_SEQUENCES = b"""
SELECT DISTINCT a.attrelid::int8, a.attname::text, n.nspname::text, c.relname::text,
       s.seqincrement, s.seqmin, s.seqmax
  FROM pg_catalog.pg_attribute a
  JOIN (SELECT d.refobjid AS relation, d.refobjsubid AS number, d.objid AS sequence
          FROM pg_catalog.pg_depend d
         WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid
           AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid AND d.deptype IN ('a', 'i')
         UNION ALL
        SELECT f.adrelid, f.adnum, d.refobjid
          FROM pg_catalog.pg_attrdef f
          JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass::pg_catalog.oid
           AND d.objid = f.oid AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid) o
    ON o.relation = a.attrelid AND o.number = a.attnum
  JOIN pg_catalog.pg_sequence s ON s.seqrelid = o.sequence
  JOIN pg_catalog.pg_class c ON c.oid = s.seqrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE a.attrelid = ANY (%s::oid[]) AND NOT a.attisdropped
 ORDER BY 1, 2, 3, 4"""

# Of pg_trigger.tgtype: 1 for each row, 2 before, 16 update (pg_trigger.h).
_REWRITING = b"""
SELECT DISTINCT g.tgrelid::int8 FROM pg_catalog.pg_trigger g
 WHERE g.tgrelid = ANY (%s::oid[]) AND NOT g.tgisinternal AND g.tgenabled <> 'D' AND g.tgtype::int4 & 19 = 19"""

_REFERRING = b"""
SELECT k.conrelid::int8, n.nspname::text, c.relname::text, k.conname::text
  FROM pg_catalog.pg_constraint k
  JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE k.contype = 'f' AND k.confrelid = ANY (%s::oid[]) AND k.conrelid <> ALL (%s::oid[])
   AND k.conparentid = '0'
 ORDER BY 2, 3, 4"""


_COUNTED = {"smallint", "integer", "bigint", "numeric"}


@dataclass(frozen=True, slots=True)
class Relation:
    """A relation of the database; `kind` as pg_class.relkind has it."""

    oid: int
    schema: str
    name: str
    kind: str

    @property
    def label(self) -> str:
        """`schema.name`, as SQL writes it."""
        return ident(self.schema, self.name)


@dataclass(frozen=True, slots=True)
class Counter:
    """A sequence that gives a column its values."""

    name: Sql
    increment: int
    lowest: int
    highest: int


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table.

    `base` is its type without a modifier and without domains, `staged` the same with modifier and
    collation, `equal` the operator that unique indexes use; `identity` is "a" for ALWAYS.
    """

    name: str
    type: int
    base: Sql
    staged: Sql
    equal: Sql
    required: bool
    default: Sql | None
    identity: str
    generated: bool
    counters: tuple[Counter, ...] = ()

    @property
    def counted(self) -> bool:
        """Whether its values are numbers that sequences give."""
        return bool(self.counters) and self.base in _COUNTED


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """Columns of a table and those of the table that they refer to, by its oid."""

    name: str
    schema: str
    target: int
    columns: tuple[str, ...]
    target_columns: tuple[str, ...]
    deferrable: bool


@dataclass(slots=True)
class Table:
    """A table with all that decides how rows come into it. The first of `keys` may be `primary`."""

    relation: Relation
    columns: dict[str, Column] = field(default_factory=dict[str, Column])
    primary: tuple[str, ...] | None = None
    keys: list[tuple[str, ...]] = field(default_factory=list[tuple[str, ...]])
    foreign_keys: list[ForeignKey] = field(default_factory=list[ForeignKey])
    rewrites: bool = False
    """Whether a trigger may put other values into a row that is updated."""

    @property
    def oid(self) -> int:
        """Its oid."""
        return self.relation.oid

    @property
    def label(self) -> str:
        """`schema.table`."""
        return self.relation.label

    @property
    def name(self) -> Sql:
        """Its name in SQL."""
        return ident(self.relation.schema, self.relation.name)

    @property
    def only(self) -> Sql:
        """Itself without the tables that inherit from it: a key is one table's; partitions are it."""
        return self.name if self.relation.kind == "p" else sql("ONLY {}", self.name)


def relations(connection: Connection) -> tuple[Relation, ...]:
    """What could be meant by a table's name."""
    return tuple(Relation(*row) for row in connection.execute(_RELATIONS))


def tables(connection: Connection, wanted: Iterable[Relation]) -> dict[int, Table]:
    """The tables by oid."""
    found = {one.oid: Table(one) for one in wanted}
    oids = (list(found),)
    counters: dict[tuple[int, str], list[Counter]] = {}
    for oid, column, schema, name, *limits in connection.execute(_SEQUENCES, oids):
        counters.setdefault((oid, column), []).append(Counter(ident(schema, name), *limits))
    for oid, *row in connection.execute(_COLUMNS, oids):
        column = _column(*row, counters=tuple(counters.get((oid, row[0]), ())))
        found[oid].columns[column.name] = column
    for oid, primary, columns in connection.execute(_KEYS, oids):
        found[oid].keys.append(tuple(columns))
        if primary:
            found[oid].primary = tuple(columns)
    for oid, target, name, schema, deferrable, columns, targets in connection.execute(
        _FOREIGN_KEYS, oids
    ):
        key = ForeignKey(name, schema, target, tuple(columns), tuple(targets), deferrable)
        found[oid].foreign_keys.append(key)
    for (oid,) in connection.execute(_REWRITING, oids):
        found[oid].rewrites = True
    return found


def referring(connection: Connection, oids: list[int]) -> list[tuple[Relation, str]]:
    """The tables beyond these that refer to one of them, each with its foreign key's name."""
    rows = connection.execute(_REFERRING, (oids, oids))
    return [(Relation(oid, schema, name, ""), key) for oid, schema, name, key in rows]


def _column(
    name: str,
    type_: int,
    base: str,
    full: str,
    *rest: str | bool | None,
    counters: tuple[Counter, ...],
) -> Column:
    collation_schema, collation, equal, required, default, identity, generated = rest
    collate = NOTHING
    if isinstance(collation_schema, str) and isinstance(collation, str):
        collate = sql(" COLLATE {}", ident(collation_schema, collation))
    return Column(
        name,
        type_,
        printed(base),
        sql("{}{}", printed(full), collate),
        sql("OPERATOR({}.=)", ident(str(equal))),
        bool(required),
        printed(default) if isinstance(default, str) else None,
        str(identity),
        bool(generated),
        counters,
    )
