"""What was applied to a database: the rows of the history table."""

from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import psycopg

from psqlmigrate.errors import HistoryError
from psqlmigrate.migrations.file import MigrationFile
from psqlmigrate.migrations.replaced import Replaced, walk
from psqlmigrate.postgres.connect import Connection
from psqlmigrate.schema.sqltext import Sql, join, literal, sql
from psqlmigrate.service.bookkeeping import Tables, inspect, inspect_former

_READ = """
SELECT version, message, applied_at::pg_catalog.timestamptz, checksum, execution_time_ms,
       rolled_back_at::pg_catalog.timestamptz
  FROM {history} ORDER BY 3, 1"""

_READ_BOTH = """
SELECT version, message, applied_at::pg_catalog.timestamptz, checksum, execution_time_ms,
       rolled_back_at::pg_catalog.timestamptz
  FROM {history}
UNION ALL
SELECT version, message, applied_at::pg_catalog.timestamptz, checksum, execution_time_ms,
       rolled_back_at::pg_catalog.timestamptz
  FROM {former} f
 WHERE NOT EXISTS (
   SELECT FROM {history} h
    WHERE h.version::pg_catalog.text OPERATOR(pg_catalog.=) f.version::pg_catalog.text)
 ORDER BY 3, 1"""

# Only a rolled-back row may be taken: with a condition less, two runs both get the row.
_CLAIM = """
INSERT INTO {history} AS h (version, message, applied_at, checksum)
VALUES ({version}, {message}, pg_catalog.clock_timestamp(), {checksum})
ON CONFLICT (version) DO UPDATE
   SET message = EXCLUDED.message, applied_at = EXCLUDED.applied_at, checksum = EXCLUDED.checksum,
       execution_time_ms = NULL, rolled_back_at = NULL
 WHERE h.rolled_back_at IS NOT NULL
RETURNING pg_catalog.pg_current_xact_id()::pg_catalog.text"""

_REVERT = """
UPDATE {history} SET rolled_back_at = pg_catalog.clock_timestamp()
 WHERE version OPERATOR(pg_catalog.=) {version} AND rolled_back_at IS NULL
RETURNING pg_catalog.pg_current_xact_id()::pg_catalog.text"""

_REVERT_REPLACED = """
UPDATE {history} SET rolled_back_at = pg_catalog.clock_timestamp()
 WHERE version::pg_catalog.text IN ({versions}) AND rolled_back_at IS NULL"""

_UNCLAIM = """
UPDATE {history} SET rolled_back_at = pg_catalog.clock_timestamp()
 WHERE version OPERATOR(pg_catalog.=) %s AND rolled_back_at IS NULL"""

_UNREVERT = """
UPDATE {history} SET rolled_back_at = NULL
 WHERE version OPERATOR(pg_catalog.=) %s AND rolled_back_at IS NOT NULL"""

_STAMP_OTHERS = """
UPDATE {history} SET rolled_back_at = pg_catalog.clock_timestamp()
 WHERE rolled_back_at IS NULL AND version::pg_catalog.text <> ALL (%s::pg_catalog.text[])"""

_ACCEPT = """
UPDATE {history} SET checksum = %s
 WHERE version OPERATOR(pg_catalog.=) %s AND rolled_back_at IS NULL RETURNING 1"""

_FORGET = """
UPDATE {history} SET rolled_back_at = pg_catalog.clock_timestamp()
 WHERE version OPERATOR(pg_catalog.=) %s AND rolled_back_at IS NULL RETURNING 1"""


@dataclass(frozen=True, slots=True)
class AppliedRow:
    """One row of the history; tables that psqlmodel made may lack a checksum."""

    version: str
    message: str | None
    applied_at: datetime | None
    checksum: str | None
    execution_time_ms: int | None
    rolled_back_at: datetime | None

    @property
    def is_applied(self) -> bool:
        """Whether the migration is in the database now."""
        return self.rolled_back_at is None


def read(
    connection: Connection, tables: Tables, *, only_reading: bool = False
) -> tuple[AppliedRow, ...] | None:
    """All rows, oldest first; None where psqlmigrate was never initialised.

    Whoever is `only_reading` may be a stranger to the tables' owner (see `inspect`). Raises
    HistoryError when the table is there and cannot be read: that is never "empty".
    """
    found = inspect(connection, tables, only_reading=only_reading)
    if not found.history:
        return None
    if not tables.former or found.journal:
        return rows(connection, tables)
    with _readable(connection, tables):
        inspect_former(connection, tables, only_reading=only_reading)
        return tuple(AppliedRow(*row) for row in tables.run(connection, _READ_BOTH))


def rows(connection: Connection, tables: Tables) -> tuple[AppliedRow, ...]:
    """All rows of a table that was looked at before, oldest first."""
    with _readable(connection, tables):
        return tuple(AppliedRow(*row) for row in tables.run(connection, _READ))


@contextmanager
def _readable(connection: Connection, tables: Tables) -> Generator[None]:
    try:
        yield
    except psycopg.DatabaseError as error:
        if connection.broken:
            raise
        raise HistoryError(
            f"cannot read {tables.schema}.{tables.history}: {error.diag.message_primary or error}",
            hint=f"the role needs USAGE on schema {tables.schema} and SELECT on its tables"
            if isinstance(error, psycopg.errors.InsufficientPrivilege)
            else "",
        ) from None


def applied(rows: Iterable[AppliedRow] | None) -> frozenset[str]:
    """The versions that are in the database."""
    return frozenset(row.version for row in rows or () if row.is_applied)


def claim(tables: Tables, file: MigrationFile) -> Sql:
    """The statement that takes the row of a migration about to be applied.

    Its row is the transaction's id; none if another run has the migration.
    """
    return tables.text(
        _CLAIM,
        version=literal(file.version),
        message=literal(file.message),
        checksum=literal(file.checksum),
    )


def revert(tables: Tables, file: MigrationFile) -> Sql:
    """The statements that mark a migration about to be reverted; the last one's row is as with
    `claim`. What it replaces is reverted with it.
    """
    own = tables.text(_REVERT, version=literal(file.version))
    parts = replaced(tables, file)
    return sql("{}; {}", parts, own) if parts else own


def replaced(tables: Tables, file: MigrationFile) -> Sql | None:
    """The statement that marks what a squashed migration replaces as reverted."""
    versions = [literal(one.version) for one in walk(file.replaces)]
    return tables.text(_REVERT_REPLACED, versions=join(", ", versions)) if versions else None


def undo(connection: Connection, tables: Tables, version: str, *, claimed: bool) -> None:
    """Takes back a claim (or a revert) that a migration's own COMMIT made permanent."""
    tables.run(connection, _UNCLAIM if claimed else _UNREVERT, (version,))


def stamp(
    connection: Connection, tables: Tables, files: Sequence[MigrationFile], *, purge: bool
) -> None:
    """Makes exactly these applied, without running them; `purge` forgets all rows first."""
    if purge:
        tables.run(connection, "DELETE FROM {history}")
    kept = [file.version for file in files]
    kept += [one.version for file in files for one in walk(file.replaces)]
    tables.run(connection, _STAMP_OTHERS, (kept,))
    for file in files:
        connection.execute(claim(tables, file).encode())


def accept(connection: Connection, tables: Tables, file: MigrationFile | Replaced) -> bool:
    """Takes the file's checksum as the applied one; False when it is not applied."""
    return bool(tables.run(connection, _ACCEPT, (file.checksum, file.version)))


def forget(connection: Connection, tables: Tables, version: str) -> bool:
    """Takes the version for not applied; False when it is not applied anyway."""
    return bool(tables.run(connection, _FORGET, (version,)))
