"""Applies and reverts migrations: lock, history, one migration after the other."""

import time
from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import psycopg

from psqlmigrate.errors import AppliedFileError, LockError, MigrationError, StatementError
from psqlmigrate.migrations.control import repeatable
from psqlmigrate.migrations.directory import Directory
from psqlmigrate.migrations.file import MigrationFile
from psqlmigrate.migrations.replaced import walk
from psqlmigrate.postgres import explaining
from psqlmigrate.postgres.connect import Connection, repin
from psqlmigrate.postgres.engine import code
from psqlmigrate.service import (
    admission,
    blocking,
    bookkeeping,
    certificates,
    halfrun,
    history,
    journal,
    stamping,
    versions,
)
from psqlmigrate.service.attempt import Attempt, Hooks, RunOptions, Step, Work
from psqlmigrate.service.bookkeeping import Found, Tables
from psqlmigrate.service.lineage import Lineage, lineage
from psqlmigrate.service.locking import key_of
from psqlmigrate.service.openattempt import OpenAttempt
from psqlmigrate.service.progress import Progress, Silent
from psqlmigrate.service.recording import Difference, Recorder
from psqlmigrate.service.session import locked, told
from psqlmigrate.service.squashadoption import adopt
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
    are not as the certificates say. `adopted` are squashed migrations that are recorded as applied
    now, because all that they replace was.
    """

    direction: str
    ran: tuple[RanMigration, ...] = ()
    by_others: tuple[str, ...] = ()
    late: tuple[str, ...] = ()
    pending: int = 0
    adopted: tuple[str, ...] = ()
    uncertified: tuple[str, ...] = ()
    differing: tuple[Difference, ...] = ()


@dataclass(frozen=True, slots=True)
class _Plan:
    """What a run set out to do, before it had the lock."""

    direction: str
    target: str
    lineage: Lineage

    @property
    def files(self) -> tuple[MigrationFile, ...]:
        """The migrations, in the order they run in."""
        choose = versions.to_apply if self.direction == "up" else versions.to_revert
        one = self.lineage
        return choose(one.directory, one.graph, one.applied, self.target)


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
            return self._run("up", target)

    def downgrade(self, target: str = "-1") -> RunResult:
        """Reverts, newest first: `-N`, down to a version, which stays applied, or `base`."""
        with told(self._work.connection):
            return self._run("down", target)

    def stamp(self, target: str, *, purge: bool = False) -> StampResult:
        """Makes exactly the target and all before it count as applied, and runs nothing."""
        # What is recorded does not matter: exactly the target will be.
        view = lineage(self._directory, (), target)
        if view.trouble:
            raise view.trouble
        files = versions.to_stamp(view.directory, view.graph, target)
        with told(self._work.connection):
            return stamping.stamp(self._work, files, target, purge=purge)

    def _lineage(self, target: str) -> Lineage:
        """The migrations as the database has to see them now.

        Files of what is applied must be as they were then.
        """
        rows = history.read(self._work.connection, self._work.tables) or ()
        checksums = {row.version: row.checksum for row in rows if row.is_applied}
        found = lineage(self._directory, checksums, target)
        if found.trouble:
            raise found.trouble
        versions.refuse_edited(found.directory, checksums)
        return found

    def _run(self, direction: str, target: str) -> RunResult:
        plan = _Plan(direction, target, self._lineage(target))
        files = plan.files
        self._refuse(direction, plan.lineage, files)
        if not files and not plan.lineage.adoptable and not self._any_begun():
            # No lock is needed, nor the bookkeeping tables.
            return RunResult(direction, pending=_pending(plan.lineage))
        with locked(self._work):
            now = self._lineage(target)
            if now.graph.files.keys() != plan.lineage.graph.files.keys():
                files = _Plan(direction, target, now).files
            adopted = adopt(self._work, now)
            now = now.then(now.recorded.union(adopted))
            todo = _closure(direction, now, files)
            self._refuse_half(direction, now, todo)
            self._refuse(direction, now, todo)
            recorder = Recorder(self._work, now.graph)
            ran = self._run_all(direction, todo, now, recorder)
            then = lineage(self._directory, _after(now.recorded, ran.done, direction))
            adopted += adopt(self._work, then)
        late = {file.version for file in versions.late(now.graph, now.applied)}
        done = tuple(one.version for one in ran.ran)
        return RunResult(
            direction,
            tuple(ran.ran),
            tuple(sorted({file.version for file in (*files, *todo)}.difference(done))),
            tuple(one for one in done if direction == "up" and one in late),
            _pending(then),
            adopted,
            tuple(
                one.version for one in todo if one.version in done and not certificates.read(one)
            ),
            recorder.differing,
        )

    def _refuse(self, direction: str, now: Lineage, files: Sequence[MigrationFile]) -> None:
        """What the options do not want to be run."""
        options = self._work.options
        admission.refuse(files, direction, options.forbidden)
        self._refuse_sessions(files)
        late = [file.name for file in versions.late(now.graph, now.applied) if file in files]
        if direction == "up" and late and options.strict_order:
            raise AppliedFileError(
                f"{late[0]} is older than what is applied",
                hint="give it a new version, or run without --strict-order",
            )

    def _refuse_sessions(self, files: Sequence[MigrationFile]) -> None:
        """What is not one transaction, where there is no session for it."""
        if not self._work.connection.shared:
            return
        for file in files:
            if not self._in_one(file):
                raise admission.needs_session(f"{file.name} runs without a transaction, which")

    def _any_begun(self) -> bool:
        """Whether a migration was begun and not finished; another run may just be at it."""
        work = self._work
        has_journal = bookkeeping.inspect(work.connection, work.tables).journal
        return has_journal and bool(halfrun.read(work.connection, work.tables))

    def _refuse_half(self, direction: str, now: Lineage, files: Sequence[MigrationFile]) -> None:
        """Refuses to run beside a migration that was begun and is not finished by this run."""
        work = self._work
        work.halves = halfrun.read(work.connection, work.tables)
        todo = {file.version for file in files}
        halfrun.refuse(work.halves, direction, todo, now)

    def _run_all(
        self,
        direction: str,
        todo: Sequence[MigrationFile],
        before: Lineage,
        recorder: Recorder,
    ) -> "_Ran":
        ran = _Ran()
        if not todo:
            return ran
        steps = self._steps(direction, todo, before, recorder)
        work = self._work
        work.progress.planned([step.file for step in steps])
        recorder.begin(before.recorded)
        for step in steps:
            now = _after(before.recorded, ran.done, direction)
            count = len(ran.done) + (len(before.applied) if step.up else 0)
            try:
                ms = self._run_one(step, count, recorder)
            except Exception:
                self._record_after_failure(step, now, recorder, changed=bool(ran.ran))
                raise
            ran.done.append(step.file)
            if ms is not None:
                ran.ran.append(RanMigration(step.file.version, step.file.message, ms))
                work.progress.finished(step.file, ms)
        recorder.finish(_after(before.recorded, ran.done, direction))
        return ran

    def _steps(
        self,
        direction: str,
        todo: Sequence[MigrationFile],
        before: Lineage,
        recorder: Recorder,
    ) -> list[Step]:
        """All steps with their code loaded, so that a broken file stops the run before it begins."""
        certified = [certificates.read(file) for file in todo]
        then = _after(before.recorded, todo, direction)
        checks = recorder.checks(certified, direction, then)
        steps: list[Step] = []
        for file, check in zip(todo, checks, strict=True):
            body, timeout = code(file, direction)
            parents = before.graph.parents(file.version)
            steps.append(Step(file, direction, body, timeout, parents, check))
        return steps

    def _in_one(self, file: MigrationFile) -> bool:
        own = file.transactional and self._work.options.transactional
        return own and file.version not in self._work.halves

    def _run_one(self, step: Step, done: int, recorder: Recorder) -> int | None:
        one = self._in_one(step.file)
        attempt = Attempt(self._work, step) if one else OpenAttempt(self._work, step)
        if not one:
            recorder.forget()
        start = time.monotonic()
        patience = self._work.options.lock_wait if one and repeatable(step.file) else 0.0
        try:
            return blocking.patiently(attempt.run, patience, attempt.report)
        except Exception as error:
            if not _has_words(step.file, error):
                raise
            explained = attempt.explained(error, done)
            self._work.progress.failed(step.file, rolled_back=one)
            self._note_failure(step, explained, round((time.monotonic() - start) * 1000))
            raise explained from None

    def _note_failure(self, step: Step, error: MigrationError, ms: int) -> None:
        """Into the journal, if the connection lives; the error itself matters more."""
        work = self._work
        if work.connection.closed:
            return
        repin(work.connection, work.options.search_path)
        with suppress(LockError):  # another run has the last word by now
            journal.write(
                work.connection,
                work.tables,
                "failed",
                step.file.version,
                direction=step.direction,
                took_ms=ms,
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
        with suppress(psycopg.Error, LockError):
            recorder.record(applied)


def _has_words(file: MigrationFile, error: Exception) -> bool:
    """Whether it is the user's error, PostgreSQL's or a known one; else it is a bug of ours."""
    known = isinstance(error, (MigrationError, psycopg.Error))
    return known or explaining.is_own(file, error)


@dataclass(slots=True)
class _Ran:
    """What is done: by this run, and altogether."""

    ran: list[RanMigration] = field(default_factory=list[RanMigration])
    done: list[MigrationFile] = field(default_factory=list[MigrationFile])


def _pending(now: Lineage) -> int:
    return len(versions.pending(now.graph, now.applied))


def _after(
    recorded: frozenset[str], files: Iterable[MigrationFile], direction: str
) -> frozenset[str]:
    """What the history has as applied when these are done; with a squashed one go its parts."""
    now = set(recorded)
    for file in files:
        if direction == "up":
            now.add(file.version)
        else:
            now -= {file.version, *(one.version for one in walk(file.replaces))}
    return frozenset(now)


def _closure(
    direction: str, now: Lineage, files: Sequence[MigrationFile]
) -> tuple[MigrationFile, ...]:
    """What is still to do for these, now that nobody else changes the history."""
    reach = now.graph.ancestors if direction == "up" else now.graph.descendants
    wanted: set[str] = set()
    for file in reversed(files):
        if file.version not in wanted:
            wanted |= {file.version} | reach(file.version)
    if direction == "up":
        left = wanted.difference(now.applied)
        return tuple(file for file in now.graph.order if file.version in left)
    left = wanted.intersection(now.applied)
    return tuple(file for file in reversed(now.graph.order) if file.version in left)
