"""Applies and reverts migrations: lock, history, one migration after the other."""

from collections.abc import Collection, Generator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass

import psycopg

from psqlmigrate.errors import AppliedFileError, MigrationError, StatementError
from psqlmigrate.migrations.directory import Directory
from psqlmigrate.migrations.file import MigrationFile
from psqlmigrate.migrations.graph import Graph
from psqlmigrate.postgres.connect import Connection, repin
from psqlmigrate.service import blocking, bookkeeping, history, journal, state, versions
from psqlmigrate.service.attempt import (
    Attempt,
    Hooks,
    OpenAttempt,
    RunOptions,
    Step,
    Work,
    begin,
    commit,
    roll_back,
)
from psqlmigrate.service.bookkeeping import Found, Tables
from psqlmigrate.service.control import repeatable
from psqlmigrate.service.engine import code
from psqlmigrate.service.locking import Holder, key_of, lock
from psqlmigrate.service.progress import Progress, Silent


@dataclass(frozen=True, slots=True)
class RanMigration:
    """One migration that was applied or reverted."""

    version: str
    message: str
    ms: int


@dataclass(frozen=True, slots=True)
class RunResult:
    """What a run did; `by_others` was pending when it began and done by another run meanwhile.

    `late` are those of `ran` that are older than what was applied before on the same line.
    """

    direction: str
    ran: tuple[RanMigration, ...] = ()
    by_others: tuple[str, ...] = ()
    late: tuple[str, ...] = ()
    pending: int = 0


@dataclass(frozen=True, slots=True)
class StampResult:
    """Which versions count as applied now and did not before, and the other way round."""

    marked: tuple[str, ...]
    unmarked: tuple[str, ...]


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

        What went well before a failure stays, the error says how much that is.
        """
        applied = self._applied()
        files = versions.to_apply(self._directory, self._graph, applied, target)
        self._refuse_late(applied, files)
        return self._run(_Plan("up", self._graph, files), applied)

    def downgrade(self, target: str = "-1") -> RunResult:
        """Reverts, newest first: `-N`, down to a version, which stays applied, or `base`."""
        applied = self._applied()
        files = versions.to_revert(self._directory, self._graph, applied, target)
        return self._run(_Plan("down", self._graph, files), applied)

    def stamp(self, target: str, *, purge: bool = False) -> StampResult:
        """Makes exactly the target and all before it count as applied, and runs nothing."""
        files = versions.to_stamp(self._directory, self._graph, target)
        work = self._work
        with self._locked():
            begin(work, 0.0)
            try:
                result = self._stamp(files, target, purge=purge)
                commit(work.connection)
            finally:
                roll_back(work.connection)
        return result

    def _stamp(self, files: Sequence[MigrationFile], target: str, *, purge: bool) -> StampResult:
        connection, tables = self._work.connection, self._work.tables
        before = history.applied(history.rows(connection, tables))
        now = frozenset(file.version for file in files)
        history.stamp(connection, tables, files, purge=purge)
        self._record_state(now)
        marked, unmarked = tuple(sorted(now - before)), tuple(sorted(before - now))
        journal.write(
            connection, tables, "stamped", None, target=target, marked=marked, unmarked=unmarked
        )
        return StampResult(marked, unmarked)

    def _applied(self) -> frozenset[str]:
        """What is applied now; the files of it must be as they were then."""
        rows = history.read(self._work.connection, self._work.tables) or ()
        checksums = {row.version: row.checksum for row in rows if row.is_applied}
        versions.refuse_edited(self._directory, checksums)
        return frozenset(checksums)

    def _refuse_late(self, applied: frozenset[str], files: Sequence[MigrationFile]) -> None:
        late = [file.name for file in versions.late(self._graph, applied) if file in files]
        if late and self._work.options.strict_order:
            raise AppliedFileError(
                f"{late[0]} is older than what is applied",
                hint="give it a new version, or run without --strict-order",
            )

    def _run(self, plan: _Plan, applied: frozenset[str]) -> RunResult:
        if not plan.files:
            return RunResult(plan.direction, pending=self._pending(applied))
        with self._locked():
            now = self._applied()
            todo = _closure(plan, now)
            late = {file.version for file in versions.late(self._graph, now)}
            ran, others = self._run_all(plan, todo, set(now))
        done_before = {file.version for file in plan.files} - {file.version for file in todo}
        done = {one.version for one in ran}
        then = now | done if plan.direction == "up" else now - done
        return RunResult(
            plan.direction,
            tuple(ran),
            tuple(sorted(done_before | others)),
            tuple(one.version for one in ran if plan.direction == "up" and one.version in late),
            self._pending(then),
        )

    def _pending(self, applied: frozenset[str]) -> int:
        return len(versions.pending(self._graph, applied))

    def _run_all(
        self, plan: _Plan, todo: Sequence[MigrationFile], applied: set[str]
    ) -> tuple[list[RanMigration], set[str]]:
        """Runs each; `applied` follows what is in the database."""
        ran: list[RanMigration] = []
        others: set[str] = set()
        try:
            for step in self._steps(plan, todo, applied):
                ms = self._run_one(step, len(applied) if step.up else len(ran))
                applied ^= {step.file.version}
                if ms is None:
                    others.add(step.file.version)
                    continue
                ran.append(RanMigration(step.file.version, step.file.message, ms))
                self._work.progress.finished(step.file, ms)
        except Exception:
            if ran:
                self._record_after_failure(applied)
            raise
        return ran, others

    def _steps(
        self, plan: _Plan, todo: Sequence[MigrationFile], applied: Collection[str]
    ) -> list[Step]:
        """All steps with their code loaded, so that a broken file stops the run before it begins."""
        then = frozenset(applied) ^ {file.version for file in todo}
        steps: list[Step] = []
        for file in todo:
            body, timeout = code(file, plan.direction)
            parents = self._graph.parents(file.version)
            at_end = then if file is todo[-1] else None
            steps.append(Step(file, plan.direction, body, timeout, parents, at_end))
        return steps

    def _run_one(self, step: Step, done: int) -> int | None:
        options = self._work.options
        one = step.file.transactional and options.transactional
        attempt = Attempt(self._work, step) if one else OpenAttempt(self._work, step)
        patience = options.lock_wait if one and repeatable(step.file) else 0.0
        try:
            return blocking.patiently(attempt.run, patience, attempt.report)
        except Exception as error:  # noqa: BLE001 - a migration's code may raise anything
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

    def _record_after_failure(self, applied: Collection[str]) -> None:
        """The hashes after the migrations that went well; without them they count as outdated."""
        work = self._work
        if work.connection.closed or not work.hooks.after:
            return
        with suppress(psycopg.Error), work.connection.transaction():
            self._record_state(applied)

    def _record_state(self, applied: Collection[str]) -> None:
        work = self._work
        if work.hooks.after:
            hashes = work.hooks.after(work.connection)
            state.write(work.connection, work.tables, work.found, hashes, applied)

    @contextmanager
    def _locked(self) -> Generator[None]:
        """The lock, the tables, and a session without other people's settings."""
        work = self._work

        def waiting(seconds: float, holder: Holder | None) -> None:
            work.progress.waiting(seconds, str(holder or "a run that has just ended"))

        held = lock(work.connection, work.key, work.options.lock_wait, waiting)
        with held if work.options.lock else nullcontext():
            work.found = bookkeeping.create(work.connection, work.tables)
            repin(work.connection, work.options.search_path)
            yield


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
