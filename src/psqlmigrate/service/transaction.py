"""The runner's own transactions, with as few round trips as they can have."""

import psycopg
from psycopg.pq import TransactionStatus

from psqlmigrate.postgres.connect import Connection
from psqlmigrate.schema.sqltext import Sql, join, number, sql


def begin(connection: Connection, lock_timeout_s: float, statement_timeout_s: float) -> None:
    """Begins a transaction with these limits; 0 is none."""
    connection.execute(beginning(lock_timeout_s, statement_timeout_s).encode())


def beginning(lock_timeout_s: float, statement_timeout_s: float) -> Sql:
    """The statements that `begin` sends."""
    return sql(
        "BEGIN; SET LOCAL lock_timeout = {}; SET LOCAL statement_timeout = {}",
        number(round(lock_timeout_s * 1000)),
        number(round(statement_timeout_s * 1000)),
    )


def last_row(connection: Connection, *statements: Sql) -> tuple[object, ...] | None:
    """Sends statements as one message; the first row of the last one."""
    cursor = connection.execute(join("; ", statements).encode())
    while cursor.nextset():
        pass
    return cursor.fetchone()


def commit(connection: Connection, *before: bytes) -> None:
    """Sends statements and COMMIT as one message: where one of them fails, COMMIT is not run.

    The COMMIT of an aborted transaction raises nothing, its tag is ROLLBACK.
    """
    cursor = connection.execute(b"; ".join([*before, b"COMMIT"]))
    while cursor.nextset():
        pass
    if cursor.statusmessage != "COMMIT":
        raise psycopg.errors.InFailedSqlTransaction("the transaction was aborted and rolled back")


def roll_back(connection: Connection) -> None:
    """Leaves no transaction open on a connection that still is one."""
    if connection.closed or is_idle(connection):
        return
    connection.execute(b"ROLLBACK")


def is_idle(connection: Connection) -> bool:
    """Whether no transaction is open."""
    return connection.info.transaction_status == TransactionStatus.IDLE
