"""The values in a scratch database, and which of them a migration did not keep.

Tables are known by their oid and columns by their number, so that renaming loses nothing. Rows have
no number that survives a rewrite of the table, so they are compared as a multiset: what each kept
row had in all its kept columns has to be there again, as often as before.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from psqlmigrate.postgres.connect import Connection
from psqlmigrate.schema.sqltext import Sql, ident, join, number, sql

_BATCH = 100
_MOST = 2000
"""Tables with more rows than that (a data migration filled them) are compared by their count."""

_TABLES = """
WITH RECURSIVE up AS (
    SELECT inhrelid AS child, inhparent AS parent FROM pg_catalog.pg_inherits
    UNION SELECT up.child, i.inhparent FROM up JOIN pg_catalog.pg_inherits i ON i.inhrelid = up.parent)
SELECT c.oid::int8, n.nspname::text, c.relname::text, c.relkind = 'p',
       pg_catalog.array_cat((SELECT pg_catalog.array_agg(ARRAY[pn.nspname::text, p.relname::text])
          FROM up JOIN pg_catalog.pg_class p ON p.oid = up.parent
          JOIN pg_catalog.pg_namespace pn ON pn.oid = p.relnamespace WHERE up.child = c.oid),
       (SELECT ARRAY[ARRAY[tn.nspname::text, t.typname::text]]
             FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace tn ON tn.oid = t.typnamespace
            WHERE t.oid = c.reloftype))
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't' AND c.oid >= '16384'
   AND n.nspname::text !~ '^pg_' AND n.nspname <> 'information_schema'
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend
                    WHERE classid = 'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid
                      AND objid = c.oid AND deptype = 'e')"""

_COLUMNS = """
SELECT a.attrelid::int8, a.attnum::int, a.attname::text,
       pg_catalog.format_type(a.atttypid, a.atttypmod), a.attgenerated <> '', t.typtype = 'c',
       CASE WHEN coalesce(e.oid, t.oid) >= '16384'
            THEN ARRAY[n.nspname::text, coalesce(e.typname, t.typname)::text] END
  FROM pg_catalog.pg_attribute a
  JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
  LEFT JOIN pg_catalog.pg_type e ON e.oid = t.typelem AND t.typcategory = 'A'
  JOIN pg_catalog.pg_namespace n ON n.oid = coalesce(e.typnamespace, t.typnamespace)
 WHERE a.attrelid >= '16384' AND a.attnum > 0 AND NOT a.attisdropped
 ORDER BY a.attrelid, a.attnum"""

_T = TypeVar("_T")

Path = tuple[str, ...]
Row = tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """A column with its type as PostgreSQL prints it, and that type's path if it is a user's."""

    name: str
    type: str
    generated: bool
    composite: bool
    type_path: Path


@dataclass(slots=True)
class Held:
    """What a table holds. `rows` is None where there are too many; `count` is known always."""

    path: Path
    partitioned: bool
    parents: tuple[Path, ...]
    columns: dict[int, Column] = field(default_factory=dict[int, Column])
    rows: list[Row] | None = None
    count: int = 0


Snapshot = Mapping[int, Held]


@dataclass(frozen=True, slots=True)
class Loss:
    """Values that are not as they were: of one column, or whole rows where `column` is None.

    `paths`: names of objects to which a statement may belong that explains it. `gone`: the column
    or table itself is no longer there; otherwise its values changed.
    """

    table: Path
    column: str | None
    gone: bool
    paths: frozenset[Path] = field(default=frozenset(), compare=False)

    def __str__(self) -> str:
        if self.column is None:
            return f"rows of {ident(*self.table)}"
        return f"values of {ident(*self.table, self.column)}"


def snapshot(connection: Connection) -> dict[int, Held]:
    """All tables with their rows as texts, a query for many tables at a time."""
    found = {
        oid: Held((schema, name), partitioned, tuple(map(tuple, parents or ())))
        for oid, schema, name, partitioned, parents in connection.execute(_TABLES)
    }
    for oid, position, name, kind, generated, composite, path in connection.execute(_COLUMNS):
        if held := found.get(oid):
            held.columns[position] = Column(name, kind, generated, composite, tuple(path or ()))
    _read(connection, {oid: one for oid, one in found.items() if not one.partitioned})
    return found


def counts(connection: Connection) -> Counter[int]:
    """The number of rows of each table, by its oid."""
    paths = {oid: (schema, name) for oid, schema, name, *_ in connection.execute(_TABLES)}
    found: Counter[int] = Counter()
    for batch in _batches(paths.items()):
        parts = (
            sql("(SELECT {}::int8, pg_catalog.count(*) FROM ONLY {})", number(oid), ident(*path))
            for oid, path in batch
        )
        found.update(dict(connection.execute(join(" UNION ALL ", parts).encode()).fetchall()))
    return found


def _read(connection: Connection, tables: Mapping[int, Held]) -> None:
    for held in tables.values():
        held.rows = []
    for batch in _batches(tables.items()):
        parts = (
            sql(
                "(SELECT {}::int8, ARRAY[{}]::text[] FROM ONLY {} LIMIT {})",
                number(oid), _texts(one), ident(*one.path), number(_MOST + 1),
            )
            for oid, one in batch
        )  # fmt: skip
        for oid, row in connection.execute(join(" UNION ALL ", parts).encode()):
            rows = tables[oid].rows
            if rows is not None:
                rows.append(tuple(row))
    large = {oid for oid, held in tables.items() if held.rows and len(held.rows) > _MOST}
    exact = counts(connection) if large else Counter[int]()
    for oid, held in tables.items():
        held.count = exact[oid] if oid in large else len(held.rows or ())
        if oid in large:
            held.rows = None


def _batches(items: Iterable[tuple[int, _T]]) -> Iterable[list[tuple[int, _T]]]:
    listed = list(items)
    return (listed[start : start + _BATCH] for start in range(0, len(listed), _BATCH))


def _texts(held: Held) -> Sql:
    """Generated columns are not read: computing a virtual one can fail, and they are no data."""
    return join(
        ", ",
        (
            sql("NULL") if one.generated else sql("{}::text", ident(one.name))
            for one in held.columns.values()
        ),
    )
