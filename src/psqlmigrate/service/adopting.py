"""Writes migrations of what a database has already, and records them as applied to it."""

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from psqlmigrate.errors import MigrationError, SchemaDriftError
from psqlmigrate.migrations import certificate as certificates
from psqlmigrate.migrations.atomic import write_atomic
from psqlmigrate.migrations.file import MigrationFile, read_file
from psqlmigrate.postgres.connect import Connection
from psqlmigrate.schema.catalog import Catalog
from psqlmigrate.schema.hashing import state_hashes
from psqlmigrate.service import blocking, history, journal, state
from psqlmigrate.service.attempt import RunOptions, Work
from psqlmigrate.service.bookkeeping import Found
from psqlmigrate.service.generating import GenerateResult
from psqlmigrate.service.live import live
from psqlmigrate.service.locking import key_of
from psqlmigrate.service.progress import Silent
from psqlmigrate.service.session import locked, told
from psqlmigrate.service.transaction import begin, commit, roll_back
from psqlmigrate.service.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Seen:
    """The database as it was when the migrations were written: what it had, what was applied.

    `managed` is the schema that counts as made by migrations from now on.
    """

    live: Catalog
    applied: frozenset[str]
    managed: Catalog


def adopt(
    workspace: Workspace,
    connection: Connection,
    seen: Seen,
    write: Callable[[], GenerateResult],
) -> GenerateResult:
    """Writes the migrations and records them as applied; on any failure neither is left.

    Raises what `write` raises, LockError, and SchemaDriftError when somebody changed the database
    meanwhile.
    """
    with _undoing(workspace) as written:
        result = write()
        written.extend(result.files)
        _record(workspace, connection, seen, [read_file(path) for path in result.files])
    return result


@contextmanager
def _undoing(workspace: Workspace) -> Generator[list[Path]]:
    """The files that are put in the list, and the state file, are as before when it fails."""
    path = workspace.state_file
    before = path.read_bytes() if path.is_file() else None
    files: list[Path] = []
    try:
        yield files
    except BaseException:
        for one in files:
            with suppress(MigrationError):
                certificates.path_of(read_file(one)).unlink(missing_ok=True)
            one.unlink(missing_ok=True)
        if before is None:
            path.unlink(missing_ok=True)
        else:
            write_atomic(path, before)
        raise


def _record(
    workspace: Workspace, connection: Connection, seen: Seen, files: Sequence[MigrationFile]
) -> None:
    settings = workspace.settings
    options = RunOptions(
        lock_wait=settings.lock_wait,
        lock_timeout=settings.lock_timeout,
        statement_timeout=settings.statement_timeout,
    )
    tables = workspace.tables
    work = Work(connection, tables, Found(), key_of(tables), options, progress=Silent())
    with told(connection), locked(work):
        blocking.patiently(
            lambda: _in_transaction(workspace, work, seen, files),
            options.lock_wait,
            lambda waited, _: work.progress.blocked(waited, "a lock that another session holds"),
        )


def _in_transaction(
    workspace: Workspace, work: Work, seen: Seen, files: Sequence[MigrationFile]
) -> None:
    begin(work.connection, work.options.lock_timeout, work.options.statement_timeout)
    try:
        _claim(workspace, work, seen, files)
        commit(work.connection)
    finally:
        roll_back(work.connection)


def _claim(workspace: Workspace, work: Work, seen: Seen, files: Sequence[MigrationFile]) -> None:
    connection, tables = work.connection, work.tables
    now = live(workspace, connection, edges=False)
    applied = history.applied(history.rows(connection, tables))
    if now != seen.live or applied != seen.applied:
        raise SchemaDriftError(
            "the database was changed while the migration was written: nothing is recorded",
            hint="run the command again",
        )
    for file in files:
        connection.execute(history.claim(tables, file).encode())
    hashes = state.live_hashes(now)
    wanted = state.stored(state_hashes(seen.managed))
    state.write(
        connection,
        tables,
        work.found,
        {key: hashes.get(key, value) for key, value in wanted.items()},
        applied | {file.version for file in files},
    )
    marked = tuple(file.version for file in files)
    journal.write(
        connection, tables, "stamped", None, target=marked[-1], marked=marked, unmarked=()
    )
