"""What was run on the database, from its history and its journal."""

from dataclasses import dataclass

from psqlmigrate.errors import MigrationError, UsageError
from psqlmigrate.service import history, journal
from psqlmigrate.service.bookkeeping import inspect
from psqlmigrate.service.history import AppliedRow
from psqlmigrate.service.journal import Entry
from psqlmigrate.service.pastruns import PastRun, all_runs, of_row
from psqlmigrate.service.workspace import Workspace


@dataclass(frozen=True, slots=True)
class HistoryResult:
    """What was run, newest first."""

    rows: tuple[PastRun, ...]


def applied_rows(workspace: Workspace, limit: int | None, *, everything: bool) -> HistoryResult:
    """The history, newest first; `everything` has what was rolled back and what failed, too.

    A migration that a squashed one counts for is not shown without `everything`. Raises UsageError
    for a limit below zero.
    """
    if limit is not None and limit < 0:
        raise UsageError(f"a limit is how many to show, and {limit} is below zero")
    with workspace.connection() as connection:
        rows = history.read(connection, workspace.tables, only_reading=True) or ()
        entries: tuple[Entry, ...] = ()
        if everything and inspect(connection, workspace.tables, only_reading=True).journal:
            entries = journal.read(connection, workspace.tables)
    messages, behind = _files(workspace, rows)
    if everything:
        return HistoryResult(tuple(all_runs(rows, entries, messages, behind)[:limit]))
    chosen = (row for row in reversed(rows) if row.is_applied and row.version not in behind)
    return HistoryResult(tuple(of_row(row) for row in chosen)[:limit])


def _files(
    workspace: Workspace, rows: tuple[AppliedRow, ...]
) -> tuple[dict[str, str], dict[str, str]]:
    """Messages by version, and which recorded squashed migration counts for which version.

    The history can be read without the files: where they are broken, they add nothing.
    """
    recorded = history.applied(rows)
    try:
        now = workspace.lineage(recorded)
    except MigrationError:
        return {}, {}
    messages = {one.version: one.message for one in now.directory.files}
    return messages, {one: by for one, by in now.behind.items() if by in recorded}
