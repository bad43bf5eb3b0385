"""The schema that the migration files build, when they are run from the first on."""

import traceback
from collections.abc import Iterable

from psqlmigrate.errors import MigrationError, StatementError
from psqlmigrate.migrations.file import MigrationFile, statements
from psqlmigrate.migrations.loading import load_python
from psqlmigrate.postgres.connect import Connection, repin
from psqlmigrate.postgres.engine import Engine
from psqlmigrate.postgres.loading import run_statement


def replay(connection: Connection, files: Iterable[MigrationFile]) -> None:
    """Runs the `up` of each file in a scratch database.

    Raises StatementError naming the file and its line.
    """
    for file in files:
        run(connection, file, "up")
        repin(connection)


def run(connection: Connection, file: MigrationFile, direction: str) -> None:
    """Runs one direction of one migration, in a transaction unless the file says otherwise."""
    if file.transactional:
        with connection.transaction():
            _run(connection, file, direction)
    else:
        _run(connection, file, direction)


def _run(connection: Connection, file: MigrationFile, direction: str) -> None:
    engine = Engine(connection)
    try:
        if file.is_sql:
            for statement in statements(file, direction):
                run_statement(connection, statement)
        else:
            migration = load_python(file)
            (migration.up if direction == "up" else migration.down)(engine)
    except MigrationError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever the file does, it is named
        raise _explained(file, error) from None


def _explained(file: MigrationFile, error: Exception) -> StatementError:
    lines = [
        frame.lineno
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename == str(file.path)
    ]
    where = f"{file.path}:{lines[-1]}" if lines else str(file.path)
    return StatementError(f"{where}: {str(error).strip()}", version=file.version)
