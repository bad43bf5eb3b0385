"""Where a project and its database stand."""

from dataclasses import dataclass
from datetime import datetime

from psqlmigrate.schema.catalog import Change, diff
from psqlmigrate.schema.hashing import sections
from psqlmigrate.schema.statement import Statement
from psqlmigrate.service import history
from psqlmigrate.service.diffing import compare
from psqlmigrate.service.history import AppliedRow
from psqlmigrate.service.versions import current, pending
from psqlmigrate.service.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Pending:
    """A migration that is not applied yet."""

    version: str
    message: str
    file: str


@dataclass(frozen=True, slots=True)
class StatusResult:
    """What `status` tells. `drift` lists (symbol, kind, name) or is None where nobody looked."""

    target: str
    source: str
    initialized: bool
    migrations_path: str
    current: tuple[str, ...]
    applied: int
    pending: tuple[Pending, ...]
    drift: tuple[tuple[str, str, str], ...] | None
    drift_of: str
    unmodelled: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CheckResult:
    """Whether the models need a migration."""

    changes: tuple[tuple[str, str, str, str], ...]
    baseline: str


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


@dataclass(frozen=True, slots=True)
class DiffResult:
    """The statements that turn one schema into another, and what was found but not compared."""

    statements: tuple[Statement, ...]
    unmodelled: tuple[str, ...]


def status(workspace: Workspace, *, look: bool, with_models: bool) -> StatusResult:
    """Where the database stands; `look` compares it with the migrations or the models."""
    with workspace.connection() as connection:
        rows = history.read(connection, workspace.tables)
        done = history.applied(rows)
        waiting = pending(workspace.graph, done)
        changes: tuple[Change, ...] | None = None
        compared = ""
        unmodelled: tuple[str, ...] = ()
        if look and rows is not None:
            live = workspace.live(connection)
            unmodelled = live.unmodelled
            use_models = with_models and bool(workspace.settings.models)
            with workspace.scratch() as scratch:
                if use_models:
                    want, compared = workspace.desired(scratch), "models and database"
                else:
                    files = tuple(one for one in workspace.graph.order if one.version in done)
                    want, compared = workspace.replayed(scratch, files), "migrations and database"
                changes = diff(live, want)
                if changes:
                    changes = diff(workspace.fixpoint(scratch, live), want)
    return StatusResult(
        workspace.chosen.label,
        workspace.chosen.source,
        rows is not None,
        str(workspace.migrations_path),
        current(workspace.graph, done),
        len(done),
        tuple(Pending(one.version, one.message, one.name) for one in waiting),
        None if changes is None else tuple(_line(one)[:3] for one in changes),
        compared,
        unmodelled,
    )


def _line(change: Change) -> tuple[str, str, str, str]:
    one = change.subject
    return change.symbol, one.kind, str(one.id), one.summary()


def check(workspace: Workspace) -> CheckResult:
    """What the models have and the migrations do not build."""
    with workspace.scratch() as scratch:
        have = workspace.replayed(scratch, workspace.graph.order)
        changes = diff(have, workspace.desired(scratch))
    return CheckResult(
        tuple(_line(one) for one in changes), f"{len(workspace.graph.order)} migrations"
    )


def validate(workspace: Workspace) -> tuple[str, ...]:
    """Warnings with the reference's symbols: `+table` in models only, `-`, `~`."""
    with workspace.connection() as connection, workspace.scratch() as scratch:
        live = workspace.fixpoint(scratch, workspace.live(connection))
        want = workspace.desired(scratch)
    have_names, want_names = sections(live), sections(want)
    warnings: list[str] = []
    for kind in sorted({*have_names, *want_names}):
        before, after = have_names.get(kind, {}), want_names.get(kind, {})
        for name in sorted({*before, *after}):
            if before.get(name) != after.get(name):
                symbol = "+" if name not in before else "-" if name not in after else "~"
                warnings.append(f"{symbol}{name}" if kind == "table" else f"{symbol}{kind} {name}")
    return tuple(warnings)


def where(workspace: Workspace) -> CurrentResult:
    """The versions the database is at."""
    with workspace.connection() as connection:
        rows = history.read(connection, workspace.tables) or ()
    done = history.applied(rows)
    moments = [row.applied_at for row in rows if row.is_applied and row.applied_at]
    return CurrentResult(current(workspace.graph, done), len(done), max(moments, default=None))


def applied_rows(workspace: Workspace, limit: int | None, *, everything: bool) -> HistoryResult:
    """The history, newest first."""
    with workspace.connection() as connection:
        rows = history.read(connection, workspace.tables) or ()
    chosen = [row for row in reversed(rows) if everything or row.is_applied]
    return HistoryResult(tuple(chosen[:limit]))


def difference(workspace: Workspace, old: str, new: str) -> DiffResult:
    """The plan from one source to another: URL, `.sql`, database, models, migrations, empty."""
    with workspace.scratch_for(old, new) as scratch:
        before, after = (workspace.source(name, scratch) for name in (old, new))
        unmodelled = tuple(sorted({*before.unmodelled, *after.unmodelled}))
        found = compare(before, after, scratch)
    return DiffResult(found.statements, unmodelled)
