"""The rows of two databases side by side, by the names of tables and columns."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from psqlmigrate.postgres.connect import Connection
from psqlmigrate.schema.sqltext import ident, join, literal, sql
from psqlmigrate.service.rows.snapshots import Held, snapshot

_NUMBERED = """
SELECT n.nspname::text, c.relname::text, a.attname::text
  FROM pg_catalog.pg_attribute a
  JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
 WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p')
   AND (a.attidentity <> '' OR pg_catalog.pg_get_expr(d.adbin, d.adrelid) LIKE 'nextval(%')"""

_SEQUENCES = """
SELECT n.nspname::text, c.relname::text FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind = 'S' AND c.relpersistence <> 't'"""


@dataclass(frozen=True, slots=True)
class Content:
    """The rows of one table by its columns' names.

    Where they are too many `rows` is None, and `digests` has a sum over each column.
    """

    rows: tuple[Mapping[str, str | None], ...] | None
    columns: frozenset[str]
    count: int
    digests: Mapping[str, str] = field(default_factory=dict[str, str])


Contents: TypeAlias = Mapping[str, Content]


def contents(connection: Connection) -> dict[str, Content]:
    """The rows of every table; what columns compute is no row of anybody's."""
    return {".".join(one.path): _content(connection, one) for one in snapshot(connection).values()}


def _content(connection: Connection, held: Held) -> Content:
    columns = [*held.columns.values()]
    kept = frozenset(one.name for one in columns if not one.generated)
    rows = None
    if held.rows is not None:
        pairs = (zip(columns, row, strict=True) for row in held.rows)
        rows = tuple({one.name: cell for one, cell in row if not one.generated} for row in pairs)
    digests = _digests(connection, held, sorted(kept)) if rows is None and kept else {}
    return Content(rows, kept, held.count, digests)


def _digests(connection: Connection, held: Held, columns: Sequence[str]) -> dict[str, str]:
    sums = (
        sql(
            "coalesce(pg_catalog.sum(pg_catalog.hashtextextended({}::text, 0)), 0)::text"
            " || ' ' || pg_catalog.count({})",
            ident(name), ident(name),
        )
        for name in columns
    )  # fmt: skip
    query = sql("SELECT {} FROM ONLY {}", join(", ", sums), ident(*held.path))
    [row] = connection.execute(query.encode())
    return dict(zip(columns, row, strict=True))


def positions(connection: Connection) -> dict[str, str]:
    """Where each sequence stands: its last value, and whether it was given out."""
    names = connection.execute(_SEQUENCES).fetchall()
    parts = (
        sql(
            "SELECT {}::text, pg_catalog.concat_ws(' ', last_value, is_called) FROM {}",
            literal(f"{schema}.{name}"),
            ident(schema, name),
        )
        for schema, name in names
    )
    if not names:
        return {}
    return dict(connection.execute(join(" UNION ALL ", parts).encode()).fetchall())


def numbered(connection: Connection) -> frozenset[str]:
    """Columns that a sequence fills, as `differing` names them."""
    rows = connection.execute(_NUMBERED).fetchall()
    return frozenset(f"{schema}.{table}.{name}" for schema, table, name in rows)


def differing(one: Contents, other: Contents, ignored: Collection[str] = ()) -> tuple[str, ...]:
    """Tables (`public.t`) and columns (`public.t.x`) whose rows are not the same on both sides.

    A table that only one side has is a difference of the schemas, not of rows.
    """
    found: list[str] = []
    for name in sorted(one.keys() & other.keys()):
        if name not in ignored:
            found += _different(name, one[name], other[name], ignored)
    return tuple(found)


def table_of(place: str, tables: Contents) -> str:
    """The table of what `differing` named: names of both may have dots."""
    if place in tables:
        return place
    return next(
        name
        for name, content in tables.items()
        if place.startswith(f"{name}.") and place.removeprefix(f"{name}.") in content.columns
    )


def _different(name: str, one: Content, other: Content, ignored: Collection[str]) -> list[str]:
    if one.count != other.count:
        return [name]
    columns = sorted(
        column for column in one.columns & other.columns if f"{name}.{column}" not in ignored
    )
    if one.rows is None or other.rows is None:
        return [f"{name}.{it}" for it in columns if one.digests.get(it) != other.digests.get(it)]
    if _counted(one, columns) == _counted(other, columns):
        return []
    single = [column for column in columns if _counted(one, [column]) != _counted(other, [column])]
    return [f"{name}.{column}" for column in single] or [name]


def _counted(content: Content, columns: Collection[str]) -> Counter[tuple[str | None, ...]]:
    return Counter(tuple(row[column] for column in columns) for row in content.rows or ())
