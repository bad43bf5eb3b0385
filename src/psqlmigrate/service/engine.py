"""What a migration's code is given to work with."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any, Protocol, TypeAlias

import psycopg
from psycopg.abc import Buffer
from psycopg.rows import TupleRow
from psycopg.sql import Composable

from psqlmigrate.errors import MigrationFileError, SourceError
from psqlmigrate.migrations.base import DataMigration
from psqlmigrate.migrations.file import MigrationFile, statements
from psqlmigrate.migrations.loading import load_python
from psqlmigrate.postgres.connect import Connection
from psqlmigrate.schema.script import ScriptStatement, split

Params: TypeAlias = Sequence[Any] | Mapping[str, Any] | None
Cursor: TypeAlias = psycopg.Cursor[TupleRow]
Body: TypeAlias = Callable[["Engine"], None]


@dataclass(frozen=True, slots=True)
class Sent:
    """One statement as it goes to the server, and where it stands in the migration file."""

    sql: str
    path: Path
    line: int
    params: Params = None
    copy_data: str | None = None

    @property
    def place(self) -> str:
        """`migrations/20261123_101500_add_email.py:14`."""
        return f"{shown(self.path)}:{self.line}"


class Engine(Protocol):
    """The methods that a migration may call."""

    def execute(self, sql: str, params: Params = None) -> object:
        """Run one or more statements; without params `%` and `:` are data."""

    def send(self, statement: Sent) -> object:
        """Run one statement whose place is known."""


class MigrationEngine:
    """Runs what a migration asks for; remembers the statement that failed."""

    def __init__(self, connection: Connection, path: Path, run: Callable[[Sent], Cursor]) -> None:
        self._connection = connection
        self._path = path
        self._run = run
        self.failure: tuple[Sent, psycopg.Error] | None = None

    @property
    def connection(self) -> Connection:
        """The psycopg connection that the migration runs on."""
        return self._connection

    def execute(self, sql: str | bytes | Composable, params: Params = None) -> Cursor | None:
        """The cursor of the last statement of a text; without params `%` and `:` are data."""
        text = as_text(sql, self._connection)
        cursor = None
        for statement in sent(text, params, self._path):
            cursor = self.send(statement)
        return cursor

    execute_sql = execute

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


def code(file: MigrationFile, direction: str) -> tuple[Body, float]:
    """What a migration does, ready to be given an engine, and its own timeout in seconds (0: none).

    The file's code is loaded here.
    """
    if file.is_sql:
        parts = [from_script(one, file.path) for one in statements(file, direction)]
        return lambda engine: _send_all(engine, parts), 0.0
    migration = load_python(file)
    timeout = migration.timeout_seconds if isinstance(migration, DataMigration) else 0
    return (migration.up if direction == "up" else migration.down), float(timeout)


def perform(connection: Connection, statement: Sent) -> Cursor:
    """Sends one statement, with the rows of its COPY."""
    query = statement.sql.encode()
    if statement.copy_data is None:
        return connection.execute(query, statement.params)
    cursor = connection.cursor()
    with cursor.copy(query, statement.params) as copy:
        copy.write(statement.copy_data.encode())
    return cursor


def sent(text: str, params: Params, path: Path) -> tuple[Sent, ...]:
    """The statements of a text that the migration's code executes now."""
    line = calling_line(path)
    if ";" not in text.strip().rstrip(";"):
        return (Sent(text, path, line, params),) if text.strip() else ()
    try:
        parts = split(text)
    except SourceError as error:
        raise MigrationFileError(
            f"{shown(path)}:{line}: {error.message} of the SQL", file_path=str(path)
        ) from None
    if params is not None and len(parts) > 1:
        raise MigrationFileError(
            f"{shown(path)}:{line}: several statements with params in one execute",
            file_path=str(path),
            hint="give each statement its own execute",
        )
    return tuple(Sent(one.text, path, line, params, one.copy_data) for one in parts)


def from_script(statement: ScriptStatement, path: Path) -> Sent:
    """A statement of an SQL migration."""
    return Sent(statement.text, path, statement.line, None, statement.copy_data)


def as_text(sql: str | Buffer | Composable, connection: Connection | None) -> str:
    """SQL as text, however the migration wrote it."""
    if isinstance(sql, str):
        return sql
    if isinstance(sql, Composable):
        return sql.as_string(connection)
    return bytes(sql).decode()


def calling_line(path: Path) -> int:
    """The line of the migration file that is being executed; 0 when it is none of the file's."""
    frame: FrameType | None = inspect.currentframe()
    while frame is not None:
        if frame.f_code.co_filename == str(path):
            return frame.f_lineno
        frame = frame.f_back
    return 0


def shown(path: Path) -> str:
    """The path as a user would type it here."""
    absolute, here = path.absolute(), Path.cwd()
    return str(absolute.relative_to(here)) if absolute.is_relative_to(here) else str(path)


def _send_all(engine: Engine, parts: Sequence[Sent]) -> None:
    for one in parts:
        engine.send(one)
