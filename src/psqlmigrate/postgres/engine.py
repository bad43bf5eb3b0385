"""What a migration's code is given to work with: the same in a database and in scratch."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn, Protocol, TypeAlias

import psycopg
from psycopg.abc import Buffer
from psycopg.rows import TupleRow
from psycopg.sql import Composable

from psqlmigrate.errors import NoWayError
from psqlmigrate.migrations.bodies import body, is_written, timeout_of
from psqlmigrate.migrations.file import MigrationFile, statements
from psqlmigrate.migrations.loading import load_python
from psqlmigrate.migrations.sent import Params, Sent, from_script, sent
from psqlmigrate.postgres.connect import Connection

Cursor: TypeAlias = psycopg.Cursor[TupleRow]
Body: TypeAlias = Callable[["Engine"], None]


class Engine(Protocol):
    """The methods that a migration may call."""

    def execute(self, sql: str, params: Params = None) -> object:
        """Run one or more statements; without params `%` and `:` are data."""

    def send(self, statement: Sent) -> object:
        """Run one statement whose place is known."""


class MigrationEngine:
    """Runs what a migration asks for; remembers the statement that failed first."""

    def __init__(
        self,
        connection: Connection,
        path: Path,
        run: Callable[[Sent], Cursor],
        lend: Callable[[], None] | None = None,
    ) -> None:
        self._connection = connection
        self._path = path
        self._run = run
        self._lend = lend
        self.failure: tuple[Sent, psycopg.Error] | None = None

    @property
    def connection(self) -> Connection:
        """The psycopg connection that the migration runs on; what goes over it is not seen."""
        if self._lend:
            self._lend()
        return self._connection

    def execute(self, sql: str | bytes | Composable, params: Params = None) -> Cursor | None:
        """The cursor of the last statement of a text; without params `%` and `:` are data."""
        cursor = None
        for statement in sent(as_text(sql, self._connection), params, self._path):
            cursor = self.send(statement)
        return cursor

    execute_sql = execute

    @property
    def _conn(self) -> Connection:
        """Under psqlmodel's name: its own engine has no other way to ask the database."""
        return self.connection

    def fetch_named(self, sql: str, params: Params = None) -> list[dict[str, Any]]:
        """All rows of a query by the names of their columns."""
        cursor = self.execute(sql, params)
        if cursor is None or cursor.description is None:
            return []
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def fetch_all(self, sql: str | bytes | Composable, params: Params = None) -> list[TupleRow]:
        """All rows of a query."""
        cursor = self.execute(sql, params)
        return cursor.fetchall() if cursor and cursor.description else []

    def fetch_one(self, sql: str | bytes | Composable, params: Params = None) -> TupleRow | None:
        """The first row of a query."""
        cursor = self.execute(sql, params)
        return cursor.fetchone() if cursor and cursor.description else None

    def send(self, statement: Sent) -> Cursor:
        """Runs one statement."""
        try:
            return self._run(statement)
        except psycopg.Error as error:
            self.failure = self.failure or (statement, error)
            raise

    def statement_of(self, error: Exception) -> Sent | None:
        """The statement that raised this error, if it went through this engine."""
        failed, cause = self.failure or (None, None)
        return failed if cause is error else None


def code(file: MigrationFile, direction: str) -> tuple[Body, float]:
    """What a migration does, ready to be given an engine, and its own timeout in seconds (0: none).

    The file's code is loaded here.
    """
    if file.is_sql:
        parts = [from_script(one, file.path) for one in statements(file, direction)]
        return lambda engine: _send_all(engine, parts), 0.0
    migration = load_python(file)
    timeout = timeout_of(file, migration)
    if not is_written(migration, direction):
        return lambda _: _refuse_missing(file, direction), timeout
    return body(file, migration, direction), timeout


def _refuse_missing(file: MigrationFile, direction: str) -> NoReturn:
    raise NoWayError(
        f"{file.name} has no {direction}",
        file_path=str(file.path),
        hint=f"write its {direction}; pass is enough where there is nothing to do",
    )


def perform(connection: Connection, statement: Sent) -> Cursor:
    """Sends one statement, with the rows of its COPY."""
    query = statement.sql.encode()
    with connection.ours():
        if statement.copy_data is None:
            return connection.execute(query, statement.params)
        cursor = connection.cursor()
        with cursor.copy(query, statement.params) as copy:
            copy.write(statement.copy_data.encode())
        return cursor


def as_text(sql: str | Buffer | Composable, connection: Connection | None) -> str:
    """SQL as text, however the migration wrote it."""
    if isinstance(sql, str):
        return sql
    if isinstance(sql, Composable):
        return sql.as_string(connection)
    if isinstance(sql, (bytes, bytearray, memoryview)):  # pyright: ignore[reportUnnecessaryIsInstance]
        return bytes(sql).decode()
    raise TypeError(f"SQL is text, bytes or psycopg.sql's, and {sql!r} is none of them")


def _send_all(engine: Engine, parts: Sequence[Sent]) -> None:
    for one in parts:
        engine.send(one)
