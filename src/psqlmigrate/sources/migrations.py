"""The schema that the migration files build, when they are run from the first on."""

import re
from collections.abc import Iterable

import psycopg
from psycopg.pq import TransactionStatus

from psqlmigrate.errors import MigrationError, StatementError
from psqlmigrate.migrations.control import refuse_control
from psqlmigrate.migrations.file import MigrationFile
from psqlmigrate.migrations.sent import Sent, shown
from psqlmigrate.postgres import explaining
from psqlmigrate.postgres.connect import Connection, repin
from psqlmigrate.postgres.engine import Cursor, MigrationEngine, code, perform
from psqlmigrate.postgres.loading import refuse_cluster_wide

_WHERE = (
    "it failed in a scratch database, where migrations are replayed; your database is as it was"
)

_BEFORE = (
    "what the database had before the first migration (schemas, extensions, tables of others) "
    "belongs into the files of the setting scratch_setup"
)
_MISSING = (
    psycopg.errors.InvalidSchemaName,
    psycopg.errors.UndefinedFunction,
    psycopg.errors.UndefinedObject,
    psycopg.errors.UndefinedTable,
)
_ELSEWHERE = (
    "an extension that this server lacks can be on another one, which the setting scratch_url names"
)
_NO_EXTENSION = re.compile(r'extension "[^"]*" is not available|extension control file')


def replay(connection: Connection, files: Iterable[MigrationFile]) -> None:
    """Runs the `up` of each file in a scratch database. Raises what `run` raises."""
    for file in files:
        run(connection, file, "up")


def run(connection: Connection, file: MigrationFile, direction: str) -> None:
    """Runs one direction of one migration in a scratch database as a runner would.

    It is one transaction unless the file says otherwise; the settings it leaves are forgotten.
    Raises StatementError (RollbackError for `down`) with file, line and statement,
    MigrationFileError for code that cannot be loaded, SourceError for what reaches beyond the
    database.
    """
    engine = MigrationEngine(
        connection, file.path, lambda one: _send(connection, file, direction, one)
    )
    try:
        body, _ = code(file, direction)
        if file.transactional:
            connection.execute(b"BEGIN")
        try:
            body(engine)
        finally:
            connection.forget()
        if file.transactional:
            _commit(engine, file, direction)
    except MigrationError:
        _roll_back(connection)
        raise
    except Exception as error:
        _roll_back(connection)
        if not isinstance(error, psycopg.Error) and not explaining.is_own(file, error):
            raise
        raise _explained(engine, file, direction, error) from None
    repin(connection)


def _send(connection: Connection, file: MigrationFile, direction: str, statement: Sent) -> Cursor:
    refuse_cluster_wide(statement.sql, shown(statement.path), statement.line)
    if file.transactional:
        refuse_control(statement)
        if connection.info.transaction_status == TransactionStatus.IDLE:
            raise explaining.meddled(file, direction)
    return perform(connection, statement)


def _commit(engine: MigrationEngine, file: MigrationFile, direction: str) -> None:
    """The COMMIT of an aborted transaction raises nothing, its tag is ROLLBACK."""
    status = engine.connection.info.transaction_status
    if status == TransactionStatus.IDLE:
        raise explaining.meddled(file, direction)
    if status == TransactionStatus.INERROR and engine.failure:
        raise engine.failure[1]
    if engine.connection.execute(b"COMMIT").statusmessage != "COMMIT":
        raise psycopg.errors.InFailedSqlTransaction("the transaction was aborted")


def _roll_back(connection: Connection) -> None:
    if connection.closed or connection.info.transaction_status == TransactionStatus.IDLE:
        return
    connection.execute(b"ROLLBACK")


def _explained(
    engine: MigrationEngine, file: MigrationFile, direction: str, error: Exception
) -> StatementError:
    if isinstance(error, psycopg.Error):
        sent = engine.statement_of(error)
        hint = "; ".join(filter(None, (_WHERE, _lacking(error))))
        return explaining.from_server(file, direction, sent, error, hint)
    return explaining.from_code(file, direction, error, _WHERE)


def _lacking(error: psycopg.Error) -> str:
    """The setting that gives scratch databases what they lack, where that may be it.

    The SQLSTATE of a missing extension was that of a missing file before PostgreSQL 15.
    """
    if _NO_EXTENSION.search(error.diag.message_primary or ""):
        return _ELSEWHERE
    return _BEFORE if isinstance(error, _MISSING) else ""
