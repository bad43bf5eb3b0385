"""upgrade, downgrade and stamp of a workspace."""

from dataclasses import dataclass

from psqlmigrate.postgres.connect import Connection
from psqlmigrate.service import admission, loglines
from psqlmigrate.service.attempt import Hooks, RunOptions, Work
from psqlmigrate.service.bookkeeping import Found
from psqlmigrate.service.live import live
from psqlmigrate.service.locking import key_of
from psqlmigrate.service.loglines import Both, LogProgress
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
    if log := loglines.configured(workspace.settings):
        lines = LogProgress(log, debug=workspace.settings.debug)
        progress = Both(progress, lines) if progress else lines
    with workspace.target() as at, workspace.connected(at) as connection:
        watch = Watch(at, connection.session)
        # A pooler may have no second session to give as long as this one is at work.
        if progress and not connection.pooled:
            progress.watched(watch.reason)
        try:
            runner = _runner(workspace, connection, options, progress)
            return runner.upgrade(target) if direction == "up" else runner.downgrade(target)
        finally:
            watch.close()


def stamp(workspace: Workspace, target: str, *, purge: bool) -> StampResult:
    """Makes exactly the target and what comes before it count as applied."""
    options = _options(workspace, Wishes())
    with workspace.connection() as connection:
        return _runner(workspace, connection, options).stamp(target, purge=purge)


def runner_work(workspace: Workspace, connection: Connection) -> Work:
    """What a command needs that changes the history without running anything."""
    tables, options = workspace.tables, _options(workspace, Wishes())
    return Work(connection, tables, Found(), key_of(tables), options)


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
    hooks = Hooks(look=lambda at: live(workspace, at, edges=False))
    return Runner(
        connection,
        workspace.directory,
        workspace.tables,
        options,
        hooks=hooks,
        progress=progress,
    )
