"""Applies and reverts migrations: lock, history, one migration after the other."""

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg

from psqlmigrate.errors import AppliedFileError, LockError, MigrationError
from psqlmigrate.migrations.directory import Directory
from psqlmigrate.migrations.file import MigrationFile
from psqlmigrate.migrations.graph import Graph
from psqlmigrate.postgres.connect import Connection, repin
from psqlmigrate.service import blocking, bookkeeping, failure, history, journal, state, versions
from psqlmigrate.service.attempt import (
    Attempt,
    Hooks,
    OpenAttempt,
    RunOptions,
    Step,
    Work,
    begin,
    commit,
    report_blocked,
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
            before = history.applied(history.rows(work.connection, work.tables))
            begin(work, 0.0)
            try:
                history.stamp(work.connection, work.tables, files, purge=purge)
                now = frozenset(file.version for file in files)
                result = StampResult(tuple(sorted(now - before)), tuple(sorted(before - now)))
                self._record_state(now)
                journal.write(
                    work.connection,
                    work.tables,
                    "stamped",
                    None,
                    target=target,
                    marked=result.marked,
                    unmarked=result.unmarked,
                )
                commit(work.connection)
            finally:
                roll_back(work.connection)
        return result

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
        then = (now | {one.version for one in ran}) if plan.direction == "up" else now
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
        ran: list[RanMigration] = []
        others: set[str] = set()
        try:
            for file in todo:
                change = applied.add if plan.direction == "up" else applied.discard
                then = applied ^ {file.version}
                ms = self._run_one(plan, file, then, len(ran), last=file is todo[-1])
                change(file.version)
                if ms is None:
                    others.add(file.version)
                    continue
                ran.append(RanMigration(file.version, file.message, ms))
                self._work.progress.finished(file, ms)
        except BaseException:
            self._record_state_of(applied, when=bool(ran))
            raise
        return ran, others

    def _run_one(
        self, plan: _Plan, file: MigrationFile, then: set[str], done: int, *, last: bool
    ) -> int | None:
        body, timeout = code(file, plan.direction)
        parents = self._graph.parents(file.version)
        step = Step(file, plan.direction, body, timeout, parents, then, last)
        options = self._work.options
        if not (file.transactional and options.transactional):
            attempt: Attempt = OpenAttempt(self._work, step)
            return self._explained(attempt, attempt.run, done)
        attempts = [Attempt(self._work, step)]

        def again() -> int | None:
            attempts.append(Attempt(self._work, step))
            return attempts[-1].run()

        def blocked(waited: float, error: psycopg.Error) -> None:
            report_blocked(self._work, waited, _text_of(attempts[-1]), error)

        wait = options.lock_wait if repeatable(file) else 0.0
        return self._explained(
            attempts[-1], lambda: blocking.patiently(again, wait, blocked), done
        )
