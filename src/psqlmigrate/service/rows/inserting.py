"""Rows go into the tables of a scratch database, and the values that others refer to come back."""

from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager

from psqlmigrate.postgres.connect import Connection
from psqlmigrate.schema.sqltext import NOTHING, Sql, ident, idents, join, literal, number, sql
from psqlmigrate.service.rows.choices import Combination
from psqlmigrate.service.rows.drafts import Cell, Default, Draft
from psqlmigrate.service.rows.shapes import TableShape

_BATCH = 100

_ENABLED = """
SELECT tgname::text, tgenabled::text FROM pg_catalog.pg_trigger
 WHERE tgrelid = %s::oid AND NOT tgisinternal AND tgenabled <> 'D'"""


class KeptOutError(Exception):
    """A trigger or a rule took the row and nothing is in the table."""


def insert(
    connection: Connection, table: TableShape, drafts: Sequence[Draft], wanted: Sequence[str]
) -> list[Combination]:
    """Inserts the rows; answers the `wanted` columns of each as text.

    Raises KeptOutError when fewer rows are there, and what PostgreSQL raises.
    """
    answer = sql(" RETURNING {}", _texts(wanted)) if wanted else NOTHING
    cursor = connection.execute(sql("{}{}", _insertion(table, drafts), answer).encode())
    if cursor.rowcount != len(drafts):
        raise KeptOutError("a trigger or a rule lets no row in")
    if not wanted:
        return [{} for _ in drafts]
    return [dict(zip(wanted, row, strict=True)) for row in cursor]


def insert_together(connection: Connection, rows: Sequence[tuple[TableShape, Draft]]) -> None:
    """Inserts a row into each table in one statement: foreign keys are looked at when it ends.

    Raises KeptOutError, and what PostgreSQL raises.
    """
    parts = [
        sql("{} AS ({} RETURNING 1)", ident(f"row {i}"), _insertion(table, [draft]))
        for i, (table, draft) in enumerate(rows)
    ]
    counts = [
        sql("(SELECT pg_catalog.count(*) FROM {})", ident(f"row {i}")) for i in range(len(rows))
    ]
    query = sql("WITH {} SELECT {}", join(", ", parts), join(", ", counts))
    if connection.execute(query.encode()).fetchone() != (1,) * len(rows):
        raise KeptOutError("a trigger or a rule lets no row in")


def _insertion(table: TableShape, drafts: Sequence[Draft]) -> Sql:
    name = ident(table.schema, table.name)
    if not table.columns:
        return sql("INSERT INTO {} DEFAULT VALUES", name)
    rows = join(", ", (sql("({})", join(", ", map(_cell, one.values()))) for one in drafts))
    template: Sql = sql("INSERT INTO {} ({})", name, idents(drafts[0]))
    return sql("{} OVERRIDING SYSTEM VALUE VALUES {}", template, rows)


def _cell(value: Cell) -> Sql:
    if isinstance(value, Default):
        return sql("DEFAULT")
    return sql("NULL") if value is None else literal(value)


def _texts(columns: Iterable[str]) -> Sql:
    return join(", ", (sql("{}::text", ident(name)) for name in columns))


def existing(
    connection: Connection, tables: Mapping[int, TableShape], wanted: Mapping[int, Sequence[str]]
) -> dict[int, list[Combination]]:
    """Up to four rows of each table that has some, by its oid; only the `wanted` columns."""
    found: dict[int, list[Combination]] = {}
    holding = [one for one in tables.values() if not one.partitioned]
    for start in range(0, len(holding), _BATCH):
        parts = [
            sql(
                "(SELECT {}::int8, ARRAY[{}]::text[] FROM ONLY {} LIMIT 4)",
                number(one.oid), _texts(wanted.get(one.oid, ())), ident(one.schema, one.name),
            )
            for one in holding[start : start + _BATCH]
        ]  # fmt: skip
        for oid, row in connection.execute(join(" UNION ALL ", parts).encode()):
            found.setdefault(oid, []).append(dict(zip(wanted.get(oid, ()), row, strict=True)))
    return found


def refer_later(connection: Connection, table: TableShape, values: Combination) -> bool:
    """Gives one row of a table values that were not there yet when it was inserted: True.

    Raises what PostgreSQL raises.
    """
    name = ident(table.schema, table.name)
    changes = (sql("{} = {}", ident(one), _cell(value)) for one, value in values.items())
    which = sql("ctid = (SELECT pg_catalog.min(ctid) FROM ONLY {})", name)
    query = sql("UPDATE ONLY {} SET {} WHERE {}", name, join(", ", changes), which)
    connection.execute(query.encode())
    return True


@contextmanager
def triggers_aside(connection: Connection, table: TableShape) -> Generator[None]:
    """Sets the table's own triggers aside (those of constraints stay) and brings them back.

    In a transaction: when the body fails, rolling back is what brings them back.
    """
    name = ident(table.schema, table.name)
    enabled = connection.execute(_ENABLED, (table.oid,)).fetchall()
    connection.execute(sql("ALTER TABLE {} DISABLE TRIGGER USER", name).encode())
    yield
    words = {"O": sql("ENABLE"), "A": sql("ENABLE ALWAYS"), "R": sql("ENABLE REPLICA")}
    for trigger, state in enabled:
        text = sql("ALTER TABLE {} {} TRIGGER {}", name, words[state], ident(trigger))
        connection.execute(text.encode())
