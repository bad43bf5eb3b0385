"""Where the database stands: a quick answer, which imports no more than it takes."""

from dataclasses import dataclass
from datetime import datetime

from psqlmigrate.service import history
from psqlmigrate.service.workspace import Workspace


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
    now = workspace.lineage(history.applied(rows))
    moments = [row.applied_at for row in rows if row.is_applied and row.applied_at]
    at = now.graph.current(now.applied)
    return CurrentResult(at, len(now.applied), max(moments, default=None))
