"""What a database has of a migration that was begun and not finished, as somebody says who looked."""

from dataclasses import dataclass

from psqlmigrate.errors import UsageError
from psqlmigrate.service import halfrun, history, journal, state
from psqlmigrate.service.attempt import Work
from psqlmigrate.service.executing import runner_work
from psqlmigrate.service.halfrun import HalfRun
from psqlmigrate.service.session import locked, told
from psqlmigrate.service.transaction import begin, commit, last_row, roll_back
from psqlmigrate.service.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Resolved:
    """The migration counts as applied now, or as not applied."""

    version: str
    applied: bool


def resolve(workspace: Workspace, version: str, *, applied: bool) -> Resolved:
    """Records one that was begun as applied, or as not applied; runs nothing.

    Raises UsageError for one that is not half run, MigrationNotFoundError where it is to count as
    applied and has no file.
    """
    with workspace.connection() as connection:
        work = runner_work(workspace, connection)
        with told(connection), locked(work):
            half = _half(halfrun.read(connection, work.tables), version)
            _record(workspace, work, half, applied=applied)
            return Resolved(half.version, applied)


def _half(halves: dict[str, HalfRun], version: str) -> HalfRun:
    found = [half for name, half in halves.items() if version and name.startswith(version)]
    exact = halves.get(version)
    if exact or len(found) == 1:
        return exact or found[0]
    names = ", ".join(sorted(halves))
    raise UsageError(
        f"{version} is not half run",
        hint=f"these are: {names}"
        if names
        else "none is; psqlmigrate stamp and verify --accept change the history of others",
    )


def _record(workspace: Workspace, work: Work, half: HalfRun, *, applied: bool) -> None:
    connection, tables = work.connection, work.tables
    # A migration that was being reverted has its row still, and that has all that it was.
    is_new = half.version not in history.applied(history.rows(connection, tables))
    files = workspace.directory.files
    file = next((one for one in files if one.version == half.version), None)
    if applied and is_new and file is None:
        file = workspace.directory.find(half.version)
    begin(connection, work.options.lock_timeout, work.options.statement_timeout)
    try:
        if file and applied and is_new:
            last_row(connection, history.claim(tables, file))
        elif file and not applied:
            last_row(connection, history.revert(tables, file))
        elif not applied:
            history.forget(connection, tables, half.version)
        state.unmark(connection, tables)
        journal.write(
            connection,
            tables,
            "resolved",
            half.version,
            direction=half.direction,
            applied=applied,
            checksum=file.checksum if file else half.checksum,
        )
        commit(connection)
    finally:
        roll_back(connection)
