"""What a row of each table must look like: read from the system catalogs, a query for each matter."""

import re
from dataclasses import dataclass, field

from psqlmigrate.postgres.connect import Connection
from psqlmigrate.schema.sqltext import ident
from psqlmigrate.service.rows.candidates import Type, Values

_TYPES = """
SELECT t.oid::int8, t.typname::text,
       CASE WHEN t.typelem <> '0' AND t.typcategory = 'A' THEN 'a' ELSE t.typtype::text END,
       t.typcategory::text,
       coalesce((SELECT rngsubtype FROM pg_catalog.pg_range WHERE rngtypid = t.oid),
                (SELECT rngsubtype FROM pg_catalog.pg_range WHERE rngmultitypid = t.oid),
                nullif(t.typbasetype, '0'), t.typelem)::int8,
       t.typtypmod, coalesce(e.typdelim, ',')::text,
       (SELECT pg_catalog.array_agg(enumlabel::text ORDER BY enumsortorder)
          FROM pg_catalog.pg_enum WHERE enumtypid = t.oid),
       (SELECT pg_catalog.array_agg(ARRAY[atttypid::int8, atttypmod::int8] ORDER BY attnum)
          FROM pg_catalog.pg_attribute
         WHERE t.typtype = 'c' AND t.oid >= '16384' AND attrelid = t.typrelid AND attnum > 0 AND NOT attisdropped),
       (SELECT pg_catalog.array_agg(pg_catalog.pg_get_constraintdef(oid))
          FROM pg_catalog.pg_constraint WHERE contypid = t.oid AND t.typtype = 'd' AND contype = 'c')
  FROM pg_catalog.pg_type t LEFT JOIN pg_catalog.pg_type e ON e.oid = t.typelem
 WHERE t.typtype <> 'p'"""

_TABLES = """
SELECT c.oid::int8, n.nspname::text, c.relname::text, c.relkind::text,
       CASE WHEN c.relispartition THEN pg_catalog.pg_get_partition_constraintdef(c.oid) END,
       CASE WHEN c.relispartition THEN
            (SELECT inhparent::int8 FROM pg_catalog.pg_inherits WHERE inhrelid = c.oid) END
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't' AND c.oid >= '16384'
   AND n.nspname::text !~ '^pg_' AND n.nspname <> 'information_schema'
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend
                    WHERE classid = 'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid
                      AND objid = c.oid AND deptype = 'e')
 ORDER BY 2, 3"""

_COLUMNS = """
SELECT a.attrelid::int8, a.attname::text, a.atttypid::int8, a.atttypmod,
       pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull OR t.typnotnull,
       a.atthasdef OR a.attidentity <> '' OR t.typdefault IS NOT NULL,
       a.attidentity <> '' OR coalesce(pg_catalog.pg_get_expr(d.adbin, d.adrelid) LIKE 'nextval(%', false)
  FROM pg_catalog.pg_attribute a
  JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
  LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
 WHERE a.attrelid >= '16384' AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
 ORDER BY a.attrelid, a.attnum"""

_CONSTRAINTS = """
SELECT k.conrelid::int8, k.contype::text, k.confrelid::int8,
       CASE WHEN k.contype = 'c' THEN pg_catalog.pg_get_expr(k.conbin, k.conrelid) END,
       (SELECT pg_catalog.array_agg(a.attname::text ORDER BY u.at)
          FROM pg_catalog.unnest(k.conkey) WITH ORDINALITY u(num, at)
          JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.num),
       (SELECT pg_catalog.array_agg(a.attname::text ORDER BY u.at)
          FROM pg_catalog.unnest(k.confkey) WITH ORDINALITY u(num, at)
          JOIN pg_catalog.pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.num)
  FROM pg_catalog.pg_constraint k
  LEFT JOIN pg_catalog.pg_constraint p ON p.oid = k.conparentid
 WHERE k.contype IN ('c', 'f') AND k.conrelid >= '16384'
   AND p.conrelid IS DISTINCT FROM k.conrelid
 ORDER BY k.conname"""

_UNIQUE = """
SELECT i.indrelid::int8, pg_catalog.pg_get_indexdef(i.indexrelid), i.indexprs IS NOT NULL,
       (SELECT pg_catalog.array_agg(a.attname::text)
          FROM pg_catalog.pg_attribute a
         WHERE a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey::int2[]))
  FROM pg_catalog.pg_index i
 WHERE i.indrelid >= '16384' AND (i.indisunique OR i.indisexclusion)"""


@dataclass(frozen=True, slots=True)
class ColumnShape:
    """A column that an INSERT may name. `counted`: its default is a sequence of its own."""

    name: str
    type_oid: int
    typmod: int
    type: str
    not_null: bool
    has_default: bool
    counted: bool


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """Columns of a table and those of the table that they refer to, by its oid."""

    columns: tuple[str, ...]
    target: int
    target_columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Check:
    """A condition as PostgreSQL prints it, and the columns that it is about."""

    text: str
    columns: tuple[str, ...]


@dataclass(slots=True)
class TableShape:
    """A table that holds rows itself. `keys`: columns in which rows have to differ."""

    oid: int
    schema: str
    name: str
    partitioned: bool
    parent: int | None
    columns: dict[str, ColumnShape] = field(default_factory=dict[str, ColumnShape])
    checks: list[Check] = field(default_factory=list[Check])
    keys: set[str] = field(default_factory=set[str])
    foreign_keys: list[ForeignKey] = field(default_factory=list[ForeignKey])

    @property
    def label(self) -> str:
        """`schema.table`, as SQL has it."""
        return ident(self.schema, self.name)


def shapes(connection: Connection) -> dict[int, TableShape]:
    """All tables of the database by oid, those of extensions left out."""
    found: dict[int, TableShape] = {}
    bounds: dict[int, str] = {}
    for oid, schema, name, kind, bound, parent in connection.execute(_TABLES):
        found[oid] = TableShape(oid, schema, name, kind == "p", parent)
        if bound:
            bounds[oid] = bound
    for oid, *column in connection.execute(_COLUMNS):
        if table := found.get(oid):
            table.columns[column[0]] = ColumnShape(*column)
    _read_constraints(connection, found)
    for oid, bound in bounds.items():
        found[oid].checks.append(Check(bound, _mentioned(found[oid], bound)))
    return found


def _read_constraints(connection: Connection, found: dict[int, TableShape]) -> None:
    for oid, kind, target, text, columns, targets in connection.execute(_CONSTRAINTS):
        table = found.get(oid)
        if table and kind == "c":
            table.checks.append(Check(text, tuple(columns or ())))
        elif table:
            table.foreign_keys.append(ForeignKey(tuple(columns), target, tuple(targets)))
    for oid, text, expressions, columns in connection.execute(_UNIQUE):
        if table := found.get(oid):
            table.keys.update(columns or ())
            table.keys.update(_mentioned(table, text) if expressions else ())


def _mentioned(table: TableShape, text: str) -> tuple[str, ...]:
    words = set(re.findall(r"\w+", text))
    return tuple(name for name in table.columns if name in words or f'"{name}"' in text)


def values(connection: Connection) -> Values:
    """The candidates of every type that the database has."""
    types: dict[int, Type] = {}
    for oid, name, form, category, base, typmod, delimiter, *lists in connection.execute(_TYPES):
        labels, fields, checks = (tuple(one or ()) for one in lists)
        pairs = tuple((int(one[0]), int(one[1])) for one in fields)
        types[oid] = Type(name, form, category, base or 0, typmod, delimiter, labels, pairs, checks)
    return Values(types)
