"""upgrade, downgrade and stamp of a workspace."""

from dataclasses import dataclass

from psqlmigrate.postgres.connect import Connection
from psqlmigrate.schema.hashing import state_hashes
from psqlmigrate.service import history, versions
from psqlmigrate.service.attempt import Hooks, RunOptions
from psqlmigrate.service.live import live
from psqlmigrate.service.offline import script
from psqlmigrate.service.progress import Progress
from psqlmigrate.service.running import RanMigration, Runner, RunResult, StampResult
from psqlmigrate.service.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Wishes:
    """The options of upgrade and downgrade."""

    no_transaction: bool = False
    no_lock: bool = False
    lock_wait: float | None = None
    dry_run: bool = False


def execute(
    workspace: Workspace,
    direction: str,
    target: str,
    wishes: Wishes,
    progress: Progress | None = None,
) -> RunResult:
    """Applies (`up`) or reverts (`down`) up to the target."""
    with workspace.connection() as connection:
        if wishes.dry_run:
            return _preview(workspace, connection, direction, target)
        runner = _runner(workspace, connection, wishes, progress)
        return runner.upgrade(target) if direction == "up" else runner.downgrade(target)


def stamp(workspace: Workspace, target: str, *, purge: bool) -> StampResult:
    """Makes exactly the target and what comes before it count as applied."""
    with workspace.connection() as connection:
        return _runner(workspace, connection, Wishes()).stamp(target, purge=purge)


def offline(workspace: Workspace, direction: str, span: str) -> str:
    """The script of an upgrade (`up`) or downgrade (`down`) for `from:to`, `to`, or the default."""
    files = versions.between(workspace.directory, workspace.graph, direction, span)
    return script(files, direction, workspace.graph, workspace.tables)


def _runner(
    workspace: Workspace, connection: Connection, wishes: Wishes, progress: Progress | None = None
) -> Runner:
    settings = workspace.settings
    options = RunOptions(
        lock=not wishes.no_lock,
        lock_wait=settings.lock_wait if wishes.lock_wait is None else wishes.lock_wait,
        lock_timeout=settings.lock_timeout,
        statement_timeout=settings.statement_timeout,
        transactional=not wishes.no_transaction,
    )

    def hashes(at: Connection) -> dict[tuple[str, str], str]:
        return state_hashes(live(workspace, at, edges=False))

    tables = workspace.tables
    hooks = Hooks(after=hashes)
    return Runner(connection, workspace.directory, tables, options, hooks=hooks, progress=progress)


def _preview(
    workspace: Workspace, connection: Connection, direction: str, target: str
) -> RunResult:
    """What would run, as a result in which nothing took any time."""
    applied = history.applied(history.read(connection, workspace.tables))
    choose = versions.to_apply if direction == "up" else versions.to_revert
    files = choose(workspace.directory, workspace.graph, applied, target)
    left = len(versions.pending(workspace.graph, applied))
    would = tuple(RanMigration(file.version, file.message, 0) for file in files)
    return RunResult(f"dry {direction}", would, pending=left)
