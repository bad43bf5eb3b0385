"""The Python API's front: what the commands do, as methods."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from psqlmigrate.answers import GeneratedMigration, MigrationStatus, generated, status_of
from psqlmigrate.engine import Engine, log_of, refuse_other_engine, warn_of_drift
from psqlmigrate.errors import MigrationAlreadyAppliedError, UsageError
from psqlmigrate.service import (
    applied,
    bookkeeping,
    checking,
    executing,
    foreseeing,
    generating,
    jobs,
    jobstart,
    merging,
    position,
    resolving,
    seeding,
    squashing,
    startup,
    verifying,
)
from psqlmigrate.service import status as statuses
from psqlmigrate.service.executing import Wishes
from psqlmigrate.service.generating import GenerateWishes
from psqlmigrate.service.initializing import made_directory
from psqlmigrate.service.loglines import Guarded, LogProgress
from psqlmigrate.service.seeding import SeedWishes
from psqlmigrate.service.session import told
from psqlmigrate.service.squashing import SquashWishes
from psqlmigrate.service.workspace import Workspace
from psqlmigrate.settings import MigrationConfig

__all__ = ["GeneratedMigration", "MigrationConfig", "MigrationManager", "MigrationStatus"]

_NOT_VERSIONS = frozenset({"head", "heads"})


class MigrationManager:
    """The migrations of a project and one database.

    Each method reads files and configuration anew and works on connections of its own, so a
    manager may be used from several threads; runs on one database wait for each other by the lock
    in the database. Every error is a MigrationError.
    """

    def __init__(self, engine: Engine, config: MigrationConfig | None = None) -> None:
        refuse_other_engine(engine, "a MigrationManager")
        if not isinstance(config, MigrationConfig | None):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise UsageError(
                f"a MigrationManager takes a MigrationConfig, and {config!r} is none",
                hint='MigrationConfig(migrations_path="…") makes one',
            )
        self.engine = engine
        self.config = config or engine.config or MigrationConfig()

    def init(self) -> Path:
        """Makes the directory and the tables, where they are missing; answers with the directory.

        With `auto_detect_changes` and models it then warns of drift, with `fail_on_drift` it raises
        SchemaDriftError.
        """
        workspace = self._workspace()
        with (
            workspace.connection() as connection,
            told(connection),
            made_directory(workspace.migrations_path),
        ):
            bookkeeping.create(connection, workspace.tables)
        self._say(workspace, f"{workspace.migrations_path} is the directory of migrations")
        if workspace.settings.auto_detect_changes:
            warn_of_drift(workspace, self.config, stacklevel=3)
        return workspace.migrations_path

    def status(self) -> MigrationStatus:
        """Where migrations, models and database stand."""
        return status_of(statuses.status(self._workspace(), with_models=True))

    def validate(self) -> list[str]:
        """Models against the database: `+table` in the models only, `-table`, `~table` differs.

        With `fail_on_drift` any of them is a SchemaDriftError.
        """
        workspace = self._workspace()
        warnings = checking.validate(workspace).warnings
        if warnings and workspace.settings.fail_on_drift:
            raise startup.drifted(warnings)
        return list(warnings)

    def check(self) -> bool:
        """Whether the models need a migration."""
        return checking.check(self._workspace()).differs

    def autogenerate(
        self,
        message: str,
        *,
        sql: bool = False,
        empty: bool = False,
        renames: Mapping[str, str] | None = None,
        baseline: str | None = None,
        drop_orphans: bool = False,
        concurrently: bool = False,
    ) -> GeneratedMigration | None:
        """Writes a certified migration from models and migrations; None where nothing differs.

        `renames` are new names by old ones (`{"public.users.mail": "email"}`). The others are the
        command's options.
        """
        _refuse_no_text(message, "message")
        workspace = self._workspace()
        pairs = tuple(f"{old}:{new}" for old, new in (renames or {}).items())
        wishes = GenerateWishes(sql, empty, baseline, drop_orphans, concurrently, pairs)
        result = generating.autogenerate(workspace, message, wishes)
        self._say(workspace, *(f"wrote {path}" for path in result.files))
        return generated(message, result) if result.files else None

    def upgrade(
        self,
        target: str | None = None,
        transactional: bool = True,
        lock: bool = True,
        *,
        lock_wait: float | None = None,
        strict: bool = False,
        strict_order: bool = False,
        forbid_hazard: tuple[str, ...] = (),
    ) -> int:
        """Applies what is pending up to the target: `head` (the default), `heads`, a version, `+N`.

        Answers how many migrations were applied. Raises MigrationNotFoundError for an unknown
        version, MigrationAlreadyAppliedError for one that is applied, MigrationDependencyError
        where a parent is missing or there are several heads, StatementError for a migration that
        fails (what was applied before it stays).
        """
        wishes = Wishes(
            not transactional, not lock, lock_wait, strict, strict_order, tuple(forbid_hazard)
        )
        workspace = self._ready()
        return self._run(workspace, "up", _unapplied(workspace, target), wishes)

    def downgrade(
        self,
        target: str = "-1",
        *,
        transactional: bool = True,
        lock: bool = True,
        lock_wait: float | None = None,
        strict: bool = False,
    ) -> int:
        """Reverts, newest first: `-N`, down to a version, which stays applied, or `base`.

        Answers how many migrations were reverted. Raises RollbackError for one that fails.
        """
        _refuse_no_text(target)
        wishes = Wishes(not transactional, not lock, lock_wait, strict)
        return self._run(self._ready(), "down", target, wishes)

    def upgrade_async(self, target: str | None = None) -> str:
        """Starts a process that upgrades, and lives on when this one ends; the id of that job.

        Raises what `upgrade` raises before it runs anything. A logger that is a function of this
        process does not hear of it.
        """
        workspace = self._ready()
        return jobstart.start(workspace, _unapplied(workspace, target), Wishes())

    def get_async_status(self, job_id: str) -> dict[str, Any]:
        """`{"status": "running" | "completed" | "failed", "count": migrations applied by the job}`.

        A failed one has `error`, too: the reason in words. From any process that reaches the
        database. Raises UnknownJobError.
        """
        found = jobs.look(self._workspace(), job_id)
        answer: dict[str, Any] = {"status": found.status, "count": found.count}
        return answer | ({"error": found.error} if found.status == jobs.FAILED else {})

    def history(
        self, limit: int | None = None, *, everything: bool = False
    ) -> list[dict[str, Any]]:
        """The applied migrations, newest first; `everything` has what was rolled back, too."""
        if not isinstance(limit, int | None):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise UsageError(f"a limit is how many to show, and {limit!r} is no number")
        result = applied.applied_rows(self._workspace(), limit, everything=everything)
        return [asdict(row) for row in result.rows]

    def current(self) -> str | None:
        """The version the database is at, the newest where branches have several; None without."""
        versions = position.where(self._workspace()).versions
        return versions[-1] if versions else None

    def heads(self) -> list[str]:
        """The versions that nothing comes after."""
        return [one.version for one in self._workspace().graph.heads]

    def stamp(self, version: str, *, purge: bool = False) -> None:
        """Makes exactly this version and what comes before it count as applied; runs nothing."""
        _refuse_no_text(version)
        executing.stamp(self._ready(), version, purge=purge)

    def resolve(self, version: str, *, applied: bool) -> None:
        """Says what the database has of a migration that was begun and not finished; runs nothing.

        It is the way out of DirtyError, whose `version` it is. Raises UsageError for a migration
        that is not half run, MigrationNotFoundError where it is to count as applied and has no file.
        """
        _refuse_no_text(version, "version")
        if not isinstance(applied, bool):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise UsageError(f"applied is True or False, and {applied!r} is neither")
        resolving.resolve(self._ready(), version, applied=applied)

    def sql(self, direction: str = "upgrade", span: str = "") -> str:
        """The SQL of migrations for psql, `from:to`; needs no database."""
        if direction not in {"upgrade", "downgrade"}:
            raise UsageError(f'"{direction}" is neither upgrade nor downgrade')
        return foreseeing.offline(
            self._workspace(), "up" if direction == "upgrade" else "down", span
        )

    def dry_run(self, target: str | None = None) -> list[dict[str, Any]]:
        """What `upgrade` would run, in this order: version, message, statements, hazards."""
        target = "head" if target is None else target
        _refuse_no_text(target)
        found = foreseeing.foresee(self._workspace(), "up", target)
        return [
            {
                "version": one.version,
                "message": one.message,
                "statements": [statement.sql for statement in one.statements],
                "hazards": list(one.hazards),
            }
            for one in found.migrations
        ]

    def merge(self, message: str) -> Path | None:
        """Joins the heads in a migration; None where there is one head only.

        Raises MergeConflictError where the order of the branches matters.
        """
        _refuse_no_text(message, "message")
        return merging.merge(self._workspace(), message).file

    def squash(
        self, message: str, *, first: str | None = None, last: str | None = None
    ) -> Path | None:
        """Makes one migration of those from `first` to `last`; None where there is nothing to do.

        Raises SquashRefusedError where it would not do the same.
        """
        _refuse_no_text(message, "message")
        for version in (first, last):
            _refuse_no_text("" if version is None else version)
        return squashing.squash(self._workspace(), message, SquashWishes(first, last)).file

    def seed(
        self,
        environment: str | None = None,
        *,
        file: str | Path | None = None,
        truncate: bool = False,
        dry_run: bool = False,
    ) -> dict[str, dict[str, int]]:
        """Loads rows of `seeds/ENVIRONMENT.json` or `.yaml`, or of a file, in one transaction.

        The counts `inserted`, `updated` and `unchanged` of each table. Raises SeedError naming
        file, table, row and column of each bad value.
        """
        workspace = self._ready()
        path = seeding.chosen(workspace, environment, None if file is None else Path(file))
        found = seeding.seed(workspace, path, SeedWishes(truncate, dry_run))
        return {
            one.table: {
                "inserted": one.inserted,
                "updated": one.updated,
                "unchanged": one.unchanged,
            }
            for one in found.tables
        }

    def verify(self, *, replay: bool = False) -> list[str]:
        """What does not fit in files, certificates and history; empty where all does."""
        return [
            str(one) for one in verifying.verify(self._workspace(), with_replay=replay).findings
        ]

    def _workspace(self) -> Workspace:
        return self.engine.workspace(self.config)

    def _ready(self) -> Workspace:
        """The workspace for what takes locks in the database."""
        self.engine.refuse_own_locks()
        return self._workspace()

    def _run(self, workspace: Workspace, direction: str, target: str, wishes: Wishes) -> int:
        log = log_of(workspace, self.config)
        lines = LogProgress(log, debug=workspace.settings.debug) if log else None
        return len(executing.execute(workspace, direction, target, wishes, lines).ran)

    def _say(self, workspace: Workspace, *lines: str) -> None:
        if log := log_of(workspace, self.config):
            for line in lines:
                Guarded(log)(line)


def _unapplied(workspace: Workspace, target: str | None) -> str:
    """The target. A version that was named and is applied is none; `head` may have nothing to do."""
    if target is None:
        return "head"
    _refuse_no_text(target)
    if target in _NOT_VERSIONS or target.startswith("+"):
        return target
    version = workspace.directory.find(target).version
    rows = applied.applied_rows(workspace, None, everything=False).rows
    if any(row.version == version for row in rows):
        raise MigrationAlreadyAppliedError(
            f"{version} is applied already",
            version=version,
            hint="downgrade reverts it; the target head applies what is pending",
        )
    return version


def _refuse_no_text(value: object, what: str = "target") -> None:
    if not isinstance(value, str):
        hint = 'write "-1", "+1", "head", "base" or a version' if what == "target" else ""
        raise UsageError(f"a {what} is text, and {value!r} is none", hint=hint)
