"""Applies and reverts migrations: lock, history, one migration after the other."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

import psycopg

from psqlmigrate.errors import AppliedFileError, MigrationError, StatementError
from psqlmigrate.migrations.control import repeatable
from psqlmigrate.migrations.directory import Directory
from psqlmigrate.migrations.file import MigrationFile
from psqlmigrate.migrations.graph import Graph
from psqlmigrate.postgres import explaining
from psqlmigrate.postgres.connect import Connection, repin
from psqlmigrate.postgres.engine import code
from psqlmigrate.service import (
    admission,
    blocking,
    certificates,
    history,
    journal,
    stamping,
    versions,
)
from psqlmigrate.service.attempt import Attempt, Hooks, RunOptions, Step, Work
from psqlmigrate.service.bookkeeping import Found, Tables
from psqlmigrate.service.certificates import Certified
from psqlmigrate.service.locking import key_of
from psqlmigrate.service.openattempt import OpenAttempt
from psqlmigrate.service.progress import Progress, Silent
from psqlmigrate.service.recording import Difference, Recorder
from psqlmigrate.service.session import locked, told
from psqlmigrate.service.stamping import StampResult


@dataclass(frozen=True, slots=True)
class RanMigration:
    """One migration that was applied or reverted."""

    version: str
    message: str
    ms: int


@dataclass(frozen=True, slots=True)
class RunResult:
    """What a run did; `by_others` was pending when it began and done by another run meanwhile.

    `late` are those of `ran` that are older than what was applied before on the same line,
    `uncertified` those without a certificate for their present text, `differing` the objects that
    are not as the certificates say.
    """

    direction: str
    ran: tuple[RanMigration, ...] = ()
    by_others: tuple[str, ...] = ()
    late: tuple[str, ...] = ()
    pending: int = 0
    uncertified: tuple[str, ...] = ()
    differing: tuple[Difference, ...] = ()


@dataclass(frozen=True, slots=True)
class _Plan:
    """What a run set out to do, before it had the lock."""

    direction: str
    graph: Graph
    files: tuple[MigrationFile, ...]


class Runner:
    """Changes one database by its migrations, on one autocommit connection."""

    def __init__(
        self,
        connection: Connection,
        directory: Directory,
        tables: Tables,
        options: RunOptions | None = None,
        *,
        hooks: Hooks | None = None,
        progress: Progress | None = None,
    ) -> None:
        self._directory = directory
        self._graph = Graph(directory.files)
        self._work = Work(
            connection,
            tables,
            Found(),
            key_of(tables),
            options or RunOptions(),
            hooks or Hooks(),
            progress or Silent(),
        )

    def upgrade(self, target: str = "head") -> RunResult:
        """Applies what is pending up to the target: `head`, `heads`, a version, `+N`.

        What went well before a failure stays, the error says how much that is. Raises
        MigrationError of every kind, also ConnectionFailedError.
        """
        with told(self._work.connection):
            applied = self._applied()
            files = versions.to_apply(self._directory, self._graph, applied, target)
            self._refuse("up", applied, files)
            return self._run(_Plan("up", self._graph, files), applied)

    def downgrade(self, target: str = "-1") -> RunResult:
        """Reverts, newest first: `-N`, down to a version, which stays applied, or `base`."""
        with told(self._work.connection):
            applied = self._applied()
            files = versions.to_revert(self._directory, self._graph, applied, target)
            self._refuse("down", applied, files)
            return self._run(_Plan("down", self._graph, files), applied)

    def stamp(self, target: str, *, purge: bool = False) -> StampResult:
        """Makes exactly the target and all before it count as applied, and runs nothing."""
        files = versions.to_stamp(self._directory, self._graph, target)
        with told(self._work.connection):
            return stamping.stamp(self._work, files, target, purge=purge)

    def _applied(self) -> frozenset[str]:
        """What is applied now; the files of it must be as they were then."""
        rows = history.read(self._work.connection, self._work.tables) or ()
        checksums = {row.version: row.checksum for row in rows if row.is_applied}
        versions.refuse_edited(self._directory, checksums)
        return frozenset(checksums)

    def _run(self, plan: _Plan, applied: frozenset[str]) -> RunResult:
        if not plan.files:  # no lock is needed, nor the bookkeeping tables
            return RunResult(plan.direction, pending=self._pending(applied))
        with locked(self._work):
            now = self._applied()
            todo = _closure(plan, now)
            self._refuse(plan.direction, now, todo)
            late = [file.version for file in versions.late(self._graph, now)]
            recorder = Recorder(self._work, self._graph)
            certified = {file.version: certificates.read(file) for file in todo}
            steps = self._steps(plan.direction, todo, now, certified, recorder)
            ran = self._run_all(steps, now, recorder)
        done = tuple(one.version for one in ran)
        return RunResult(
            plan.direction,
            tuple(ran),
            tuple(sorted({file.version for file in (*plan.files, *todo)}.difference(done))),
            tuple(one for one in done if plan.direction == "up" and one in late),
            self._pending(now | set(done) if plan.direction == "up" else now.difference(done)),
            tuple(
                one.version for one in todo if one.version in done and not certificates.read(one)
            ),
            recorder.differing,
        )

    def _refuse(
        self, direction: str, applied: Collection[str], files: Sequence[MigrationFile]
    ) -> None:
        """What the options do not want to be run."""
        options = self._work.options
        admission.refuse(files, direction, options.forbidden)
        late = [file.name for file in versions.late(self._graph, applied) if file in files]
        if direction == "up" and late and options.strict_order:
            raise AppliedFileError(
                f"{late[0]} is older than what is applied",
                hint="give it a new version, or run without --strict-order",
            )

    def _pending(self, applied: Collection[str]) -> int:
        return len(versions.pending(self._graph, applied))

    def _run_all(
        self, steps: Sequence[Step], applied: frozenset[str], recorder: Recorder
    ) -> list[RanMigration]:
        ran: list[RanMigration] = []
        if not steps:
            return ran
        work = self._work
        work.progress.planned([step.file for step in steps])
        recorder.begin(applied)
        now = set(applied)
        for step in steps:
            try:
                ms = self._run_one(step, len(now) if step.up else len(ran), recorder)
            except Exception:
                self._record_after_failure(step, now, recorder, changed=bool(ran))
                raise
            now ^= {step.file.version}
            if ms is not None:
                ran.append(RanMigration(step.file.version, step.file.message, ms))
                work.progress.finished(step.file, ms)
        recorder.finish(now)
        return ran

    def _steps(
        self,
        direction: str,
        todo: Sequence[MigrationFile],
        applied: Collection[str],
        certified: Mapping[str, Certified | None],
        recorder: Recorder,
    ) -> list[Step]:
        """All steps with their code loaded, so that a broken file stops the run before it begins."""
        then = frozenset(applied) ^ {file.version for file in todo}
        checks = recorder.checks([certified[file.version] for file in todo], direction, then)
        steps: list[Step] = []
        for file, check in zip(todo, checks, strict=True):
            body, timeout = code(file, direction)
            parents = self._graph.parents(file.version)
            steps.append(Step(file, direction, body, timeout, parents, check))
        return steps

    def _in_one(self, file: MigrationFile) -> bool:
        return file.transactional and self._work.options.transactional

    def _run_one(self, step: Step, done: int, recorder: Recorder) -> int | None:
        one = self._in_one(step.file)
        attempt = Attempt(self._work, step) if one else OpenAttempt(self._work, step)
        if not one:
            recorder.forget()
        patience = self._work.options.lock_wait if one and repeatable(step.file) else 0.0
        try:
            return blocking.patiently(attempt.run, patience, attempt.report)
        except Exception as error:
            if not _has_words(step.file, error):
                raise
            explained = attempt.explained(error, done)
            self._work.progress.failed(step.file, rolled_back=one)
            self._note_failure(step, explained)
            raise explained from None

    def _note_failure(self, step: Step, error: MigrationError) -> None:
        """Into the journal, if the connection lives; the error itself matters more."""
        work = self._work
        if work.connection.closed:
            return
        repin(work.connection, work.options.search_path)
        journal.write(
            work.connection,
            work.tables,
            "failed",
            step.file.version,
            direction=step.direction,
            code=error.code,
            message=error.message,
            sqlstate=error.sqlstate if isinstance(error, StatementError) else "",
        )

    def _record_after_failure(
        self, step: Step, applied: Collection[str], recorder: Recorder, *, changed: bool
    ) -> None:
        """The state after what went well; it is not current where this fails, too."""
        connection = self._work.connection
        if connection.closed or not (changed or not self._in_one(step.file)):
            return
        with suppress(psycopg.Error):
            recorder.record(applied)


def _has_words(file: MigrationFile, error: Exception) -> bool:
    """Whether it is the user's error, PostgreSQL's or a known one; else it is a bug of ours."""
    known = isinstance(error, (MigrationError, psycopg.Error))
    return known or explaining.is_own(file, error)


def _closure(plan: _Plan, applied: Collection[str]) -> tuple[MigrationFile, ...]:
    """What is still to do for the plan, now that nobody else changes the history."""
    reach = plan.graph.ancestors if plan.direction == "up" else plan.graph.descendants
    wanted: set[str] = set()
    for file in reversed(plan.files):
        if file.version not in wanted:
            wanted |= {file.version} | reach(file.version)
    if plan.direction == "up":
        left = wanted.difference(applied)
        return tuple(file for file in plan.graph.order if file.version in left)
    left = wanted.intersection(applied)
    return tuple(file for file in reversed(plan.graph.order) if file.version in left)
