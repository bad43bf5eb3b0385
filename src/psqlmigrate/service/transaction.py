"""The runner's own transactions, with as few round trips as they can have."""

import psycopg
from psycopg.rows import TupleRow

from psqlmigrate.postgres.connect import Connection
from psqlmigrate.schema.sqltext import Sql, join, number, sql


def begin(
    connection: Connection, lock_timeout_s: float, statement_timeout_s: float, *statements: Sql
) -> tuple[object, ...] | None:
    """Begins a transaction with these limits (0 is none), and with statements, as one message.

    The first row of the last one.
    """
    limits = limiting(lock_timeout_s, statement_timeout_s).encode()
    return _last_row(connection.begin(limits, join("; ", statements).encode()))


def limiting(lock_timeout_s: float, statement_timeout_s: float) -> Sql:
    """The statements that limit what the open transaction waits, and how long each may take."""
    return sql(
        "SET LOCAL lock_timeout = {}; SET LOCAL statement_timeout = {}",
        number(round(lock_timeout_s * 1000)),
        number(round(statement_timeout_s * 1000)),
    )


def last_row(connection: Connection, *statements: Sql) -> tuple[object, ...] | None:
    """Sends statements as one message; the first row of the last one."""
    return _last_row(connection.execute(join("; ", statements).encode()))


def _last_row(cursor: psycopg.Cursor[TupleRow]) -> tuple[object, ...] | None:
    while cursor.nextset():
        pass
    return cursor.fetchone() if cursor.description else None


def commit(connection: Connection, *before: bytes, after: bytes = b"") -> None:
    """Sends statements and COMMIT as one message: where one of them fails, COMMIT is not run.

    The COMMIT of an aborted transaction raises nothing, its tag is ROLLBACK. `after` is run in the
    same session.
    """
    texts = [*before, *connection.closing, b"COMMIT", after]
    cursor = connection.execute(b"; ".join(filter(None, texts)))
    tags = [cursor.statusmessage]
    while cursor.nextset():
        tags.append(cursor.statusmessage)
    if "COMMIT" not in tags:
        raise psycopg.errors.InFailedSqlTransaction("the transaction was aborted and rolled back")


def roll_back(connection: Connection) -> None:
    """Leaves no transaction open on a connection that still is one."""
    if connection.closed or is_idle(connection):
        return
    connection.execute(b"ROLLBACK")


def is_idle(connection: Connection) -> bool:
    """Whether no transaction is open."""
    return connection.is_idle
