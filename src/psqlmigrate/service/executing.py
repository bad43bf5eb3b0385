"""upgrade, downgrade, stamp and sql of a workspace."""

from dataclasses import dataclass

from psqlmigrate.postgres.connect import Connection, connect
from psqlmigrate.service import admission, preview, versions
from psqlmigrate.service.attempt import Hooks, RunOptions
from psqlmigrate.service.offline import script
from psqlmigrate.service.preview import PreviewResult
from psqlmigrate.service.progress import Progress
from psqlmigrate.service.running import Runner, RunResult
from psqlmigrate.service.stamping import StampResult
from psqlmigrate.service.watching import Watch
from psqlmigrate.service.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Wishes:
    """The options of upgrade and downgrade; `forbid_hazard` as people write hazards."""

    no_transaction: bool = False
    no_lock: bool = False
    lock_wait: float | None = None
    strict: bool = False
    strict_order: bool = False
    forbid_hazard: tuple[str, ...] = ()


def execute(
    workspace: Workspace,
    direction: str,
    target: str,
    wishes: Wishes,
    progress: Progress | None = None,
) -> RunResult:
    """Applies (`up`) or reverts (`down`) up to the target."""
    options = _options(workspace, wishes)
    with workspace.target() as at, connect(at, wait_s=workspace.connect_wait) as connection:
        watch = Watch(at, connection.info.backend_pid)
        if progress:
            progress.watched(watch.reason)
        try:
            runner = _runner(workspace, connection, options, progress)
            return runner.upgrade(target) if direction == "up" else runner.downgrade(target)
        finally:
            watch.close()


def foresee(workspace: Workspace, direction: str, target: str, wishes: Wishes) -> PreviewResult:
    """What `execute` would do; nothing is run or written."""
    forbidden = admission.hazards(wishes.forbid_hazard)
    with workspace.connection() as connection:
        return preview.preview(
            connection,
            workspace.directory,
            workspace.graph,
            workspace.tables,
            direction,
            target,
            forbidden,
        )


def stamp(workspace: Workspace, target: str, *, purge: bool) -> StampResult:
    """Makes exactly the target and what comes before it count as applied."""
    options = _options(workspace, Wishes())
    with workspace.connection() as connection:
        return _runner(workspace, connection, options).stamp(target, purge=purge)


def offline(workspace: Workspace, direction: str, span: str) -> str:
    """The script of an upgrade (`up`) or downgrade (`down`) for `from:to`, `to`, or the default."""
    files = versions.between(workspace.directory, workspace.graph, direction, span)
    return script(files, direction, workspace.graph, workspace.tables)


def _options(workspace: Workspace, wishes: Wishes) -> RunOptions:
    settings = workspace.settings
    return RunOptions(
        lock=not wishes.no_lock,
        lock_wait=settings.lock_wait if wishes.lock_wait is None else wishes.lock_wait,
        lock_timeout=settings.lock_timeout,
        statement_timeout=settings.statement_timeout,
        transactional=not wishes.no_transaction,
        strict=wishes.strict,
        strict_order=wishes.strict_order,
        forbidden=admission.hazards(wishes.forbid_hazard),
    )


def _runner(
    workspace: Workspace,
    connection: Connection,
    options: RunOptions,
    progress: Progress | None = None,
) -> Runner:
    hooks = Hooks(look=lambda at: workspace.live(at, edges=False))
    return Runner(
        connection,
        workspace.directory,
        workspace.tables,
        options,
        hooks=hooks,
        progress=progress,
    )
