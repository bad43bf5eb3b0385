"""What is applied to the database: quick answers from its history alone."""

from dataclasses import dataclass
from datetime import datetime

from psqlmigrate.service import history
from psqlmigrate.service.history import AppliedRow
from psqlmigrate.service.versions import current
from psqlmigrate.service.workspace import Workspace


@dataclass(frozen=True, slots=True)
class HistoryResult:
    """The rows of the history, newest first."""

    rows: tuple[AppliedRow, ...]


@dataclass(frozen=True, slots=True)
class CurrentResult:
    """The versions the database is at."""

    versions: tuple[str, ...]
    applied: int
    at: datetime | None


def where(workspace: Workspace) -> CurrentResult:
    """The versions the database is at."""
    with workspace.connection() as connection:
        rows = history.read(connection, workspace.tables, only_reading=True) or ()
    done = history.applied(rows)
    moments = [row.applied_at for row in rows if row.is_applied and row.applied_at]
    return CurrentResult(current(workspace.graph, done), len(done), max(moments, default=None))


def applied_rows(workspace: Workspace, limit: int | None, *, everything: bool) -> HistoryResult:
    """The history, newest first; `everything` has what was rolled back, too."""
    with workspace.connection() as connection:
        rows = history.read(connection, workspace.tables, only_reading=True) or ()
    chosen = [row for row in reversed(rows) if everything or row.is_applied]
    return HistoryResult(tuple(chosen[:limit]))
