"""Loads a file of rows into the database: all of it or nothing, and twice is once."""

import difflib
import time
from collections.abc import Generator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import psycopg

from psqlmigrate.errors import LockError, MigrationError, SeedError, UsageError
from psqlmigrate.migrations.sent import shown
from psqlmigrate.postgres.connect import Connection
from psqlmigrate.service import blocking, journal
from psqlmigrate.service.bookkeeping import inspect
from psqlmigrate.service.failure import READ_ONLY, RETRIED
from psqlmigrate.service.holding import held
from psqlmigrate.service.locking import Other
from psqlmigrate.service.progress import Progress, Silent
from psqlmigrate.service.seeds.content import SeedFile
from psqlmigrate.service.seeds.loading import Loader
from psqlmigrate.service.seeds.reading import SUFFIXES, read
from psqlmigrate.service.seeds.transfer import Transfer
from psqlmigrate.service.seeds.troubles import one_line, reason_of
from psqlmigrate.service.transaction import begin, commit, roll_back
from psqlmigrate.service.workspace import Workspace


@dataclass(frozen=True, slots=True)
class SeedWishes:
    """How a file is loaded; `lock_wait` in seconds, None is the configuration's.

    `truncate` empties the tables first and starts their sequences anew; `dry_run` does all and
    takes it back.
    """

    truncate: bool = False
    dry_run: bool = False
    lock_wait: float | None = None


@dataclass(frozen=True, slots=True)
class SeededTable:
    """What became of the rows of one table; `kept_out` by a trigger, a rule or a policy."""

    table: str
    inserted: int
    updated: int
    unchanged: int
    kept_out: int


@dataclass(frozen=True, slots=True)
class SeedResult:
    """The tables in the order in which they were loaded, and the sequences that were advanced."""

    file: Path
    dry_run: bool
    truncated: bool
    tables: tuple[SeededTable, ...]
    sequences: tuple[str, ...]


def seed(
    workspace: Workspace,
    path: Path | str,
    wishes: SeedWishes | None = None,
    progress: Progress | None = None,
) -> SeedResult:
    """Loads the file in one transaction; `progress` is told what is waited for.

    Raises UsageError for a path that is no seed file, SeedError for what does not fit or fails
    (then nothing is changed), SeedRefusedError for tables that cannot be emptied, LockError.
    """
    wishes, progress = wishes or SeedWishes(), progress or Silent()
    file = read(Path(path))
    settings = workspace.settings
    wait = settings.lock_wait if wishes.lock_wait is None else wishes.lock_wait

    def waiting(seconds: float, other: Other | None) -> None:
        progress.waiting(seconds, str(other or "a run that has just ended"))

    with (
        workspace.connection() as connection,
        nullcontext() if wishes.dry_run else _failure_noted(workspace, connection, file),
        _told(connection, file),
        held(connection, workspace.tables, wait, waiting, only_reading=True),
    ):
        once = partial(_in_transaction, workspace, connection, file, wishes)

        def blocked(seconds: float, error: psycopg.Error) -> None:
            progress.blocked(seconds, _blocker(connection, file, error))
            blocking.relieve(connection, _names(file))

        return blocking.patiently(once, wait, blocked)


def _blocker(connection: Connection, file: SeedFile, error: psycopg.Error) -> str:
    return blocking.reason(connection, _names(file), error)


def _names(file: SeedFile) -> str:
    return " ".join(one.name for one in file.tables)


def seeds_folder(workspace: Workspace) -> Path:
    """Where the files of environments are."""
    return workspace.migrations_path / "seeds"


def environments(workspace: Workspace) -> tuple[str, ...]:
    """The environments that have a file."""
    folder = seeds_folder(workspace)
    if not folder.is_dir():
        return ()
    return tuple(
        sorted({one.stem for one in folder.iterdir() if one.suffix in SUFFIXES and one.is_file()})
    )


def chosen(workspace: Workspace, environment: str | None, file: Path | None) -> Path:
    """The file that one of the two names. Raises UsageError for both, and for none."""
    if environment is not None and file is not None:
        raise UsageError("-e and -f exclude each other", hint="give one of them")
    if file is not None:
        return file
    if environment is None:
        known = environments(workspace)
        raise UsageError(
            "no seed file is named",
            hint=f"give -e ENV ({', '.join(known)}) or -f FILE"
            if known
            else f"give -f FILE, or -e ENV for {shown(seeds_folder(workspace))}/ENV.json",
        )
    return seed_file(workspace, environment)


def seed_file(workspace: Workspace, environment: str) -> Path:
    """The file of an environment. Raises UsageError when there is none, or more than one."""
    folder = seeds_folder(workspace)
    if not environment or environment in {".", ".."} or set(environment) & set("/\\\0"):
        raise UsageError(
            f'"{environment}" is no name of an environment',
            hint="-f FILE takes a path; -e takes the name of a file in " + shown(folder),
        )
    found = [folder / f"{environment}{suffix}" for suffix in SUFFIXES]
    found = [one for one in found if one.is_file()]
    if len(found) > 1:
        names = " and ".join(one.name for one in found)
        raise UsageError(
            f"{shown(folder)} has {names}", hint="keep one of them, or choose with -f FILE"
        )
    if not found:
        raise UsageError(
            f'no seed file for "{environment}" in {shown(folder)}',
            hint=_near(environment, environments(workspace)),
        )
    return found[0]


def _near(environment: str, known: tuple[str, ...]) -> str:
    if not known:
        return f"it would be {environment}.json, {environment}.yaml or {environment}.yml"
    near = difflib.get_close_matches(environment.removesuffix(".json"), known, 3, 0.5)
    if near:
        return f"did you mean {' or '.join(near)}?"
    *others, last = known
    return f"there are {', '.join(others)} and {last}" if others else f"there is {last}"


def _in_transaction(
    workspace: Workspace, connection: Connection, file: SeedFile, wishes: SeedWishes
) -> SeedResult:
    settings, start = workspace.settings, time.monotonic()
    begin(connection, settings.lock_timeout, settings.statement_timeout)
    try:
        own = ((workspace.tables.schema, name) for name in workspace.tables.names)
        transfer = Transfer(connection, file, settings.schemas, own)
        transfer.run(truncate=wishes.truncate, dry=wishes.dry_run)
        if not wishes.dry_run:
            commit(connection, *_noted(workspace, connection, file, transfer, start))
    finally:
        roll_back(connection)
    return SeedResult(
        file.path,
        wishes.dry_run,
        wishes.truncate,
        tuple(_counted(one) for one in transfer.loaders),
        tuple(transfer.moved),
    )


def _noted(
    workspace: Workspace, connection: Connection, file: SeedFile, transfer: Transfer, start: float
) -> list[bytes]:
    """The journal's entry: who loaded what is told of as a migration is.

    A role that only seeds need not be let into the books.
    """
    if not _has_journal(workspace, connection):
        return []
    rows = [asdict(_counted(one)) for one in transfer.loaders]
    entry = journal.adding(
        workspace.tables, "seeded", file=file.path.name, rows=rows, took_ms=_ms_since(start)
    )
    return [entry.encode()]


@contextmanager
def _failure_noted(workspace: Workspace, connection: Connection, file: SeedFile) -> Generator[None]:
    """A file that fails is told of in the journal, if the connection lives; the error matters more."""
    start = time.monotonic()
    try:
        yield
    except SeedError as error:
        with suppress(psycopg.Error, MigrationError):
            if not connection.closed and _has_journal(workspace, connection):
                entry = journal.adding(
                    workspace.tables,
                    "seed failed",
                    file=file.path.name,
                    took_ms=_ms_since(start),
                    code=error.code,
                    message=error.message,
                )
                connection.execute(entry.encode())
        raise


def _has_journal(workspace: Workspace, connection: Connection) -> bool:
    tables = workspace.tables
    has_one = inspect(connection, tables, only_reading=True).journal
    return has_one and journal.may_add(connection, tables)


def _ms_since(start: float) -> int:
    return round((time.monotonic() - start) * 1000)


def _counted(one: Loader) -> SeededTable:
    counts = one.counts
    return SeededTable(
        one.staged.table.label, counts.inserted, counts.updated, counts.unchanged, counts.kept_out
    )


@contextmanager
def _told(connection: Connection, file: SeedFile) -> Generator[None]:
    """PostgreSQL's errors in words; that the connection is lost is told elsewhere."""
    try:
        yield
    except psycopg.Error as error:
        if connection.closed:
            raise
        if error.sqlstate in RETRIED:
            raise LockError(
                f"the rows of {shown(file.path)} could not get {_blocker(connection, file, error)}",
                hint="nothing was changed; --lock-wait S waits longer",
            ) from None
        raise SeedError(
            f"{shown(file.path)}: {one_line(reason_of(error))}",
            details=error.sqlstate or "",
            hint="; ".join(filter(None, (_way_out(error), "nothing was changed"))),
        ) from None


def _way_out(error: psycopg.Error) -> str:
    if isinstance(error, psycopg.errors.InsufficientPrivilege):
        return (
            "the role needs SELECT, INSERT and UPDATE on the tables, USAGE on their sequences, "
            "TEMPORARY on the database, and with --truncate to own the tables"
        )
    if isinstance(error, psycopg.errors.ReadOnlySqlTransaction):
        return READ_ONLY
    return error.diag.message_hint or ""
