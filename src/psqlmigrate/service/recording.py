"""Looks at the schema before and after a run: for the state, and against the certificates."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import psycopg

from psqlmigrate.errors import ProofError
from psqlmigrate.migrations.graph import Graph
from psqlmigrate.postgres.connect import server_major
from psqlmigrate.schema.catalog import Catalog
from psqlmigrate.schema.kinds import given
from psqlmigrate.schema.sqltext import number, sql
from psqlmigrate.service import blocking, certificates, state
from psqlmigrate.service.attempt import Work
from psqlmigrate.service.certificates import Certified, Name

Check = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Difference:
    """An object that is not as the migration's certificate says; `major` is where it was proven."""

    version: str
    kind: str
    name: str
    major: int


class Recorder:
    """One run's account of the schema. Without `look` in the hooks it does nothing.

    A run without the lock cannot tell its own changes from another run's: it leaves the state not
    current. Looking can need a lock that another session keeps from us (the text of a view locks
    its tables): a migration is neither held up nor undone by that, what is to be recorded is
    recorded after it.
    """

    def __init__(self, work: Work, graph: Graph) -> None:
        self._work = work
        self._graph = graph
        self._known: state.Hashes | None = None
        self._before: state.Hashes = {}
        self._touched: frozenset[Name] | None = None
        self._is_late = False
        self._expected: set[Name] = set()
        self.differing: tuple[Difference, ...] = ()

    def begin(self, applied: Collection[str]) -> None:
        """Looks before the first migration, under the lock."""
        work = self._work
        if not work.hooks.look or not work.options.lock:
            return
        live = self._patient_look()
        if live is None:
            return
        recorded = state.read(work.connection, work.tables, work.found, applied)
        files = (file for file in self._graph.order if file.version in applied)
        self._known = state.known(recorded, files, live, half=bool(work.halves))
        self._before = state.live_hashes(live)

    def checks(
        self, certified: Sequence[Certified | None], direction: str, at_end: Collection[str]
    ) -> list[Check | None]:
        """What each of the run's migrations has to call inside its transaction.

        `certified` are their certificates, `at_end` is what is applied after the last. A check
        raises ProofError with `strict`.
        """
        if not self._work.hooks.look or not certified:  # another run may have done them all
            return [None] * len(certified)
        if all(certified):
            every = (one.objects for one in certified if one)
            self._touched = frozenset((one.kind, one.name) for objects in every for one in objects)
        self._expected.update(name for one in certified if one for name in one.expected(direction))
        strict = self._work.options.strict
        made = [self._strict(one, direction) if strict and one else None for one in certified]
        return [*made[:-1], self._last(certified, direction, at_end)]

    def forget(self) -> None:
        """Before statements that commit one by one: a run that is killed leaves no current state."""
        if self._work.hooks.look:
            state.unmark(self._work.connection, self._work.tables)

    def finish(self, applied: Collection[str]) -> None:
        """After the last migration: records what could not be seen inside its transaction."""
        if self._is_late:
            self.record(applied)

    def record(self, applied: Collection[str]) -> None:
        """Writes the state in a transaction of its own, or takes its mark away (see `state`)."""
        if not self._work.hooks.look:
            return
        live = self._patient_look() if self._known is not None else None
        with self._work.connection.transaction():
            self._write(applied, live)

    def _write(self, applied: Collection[str], live: Catalog | None) -> None:
        work = self._work
        if self._known is None or live is None:
            state.unmark(work.connection, work.tables)
            return
        along = state.bystanders(live, self._touched)
        now = state.live_hashes(self._without_gifts(live))
        hashes = state.advance(self._known, self._before, now, along)
        state.write(work.connection, work.tables, work.found, hashes, applied)

    def _without_gifts(self, live: Catalog) -> Catalog:
        """Without privileges that the database's own default privileges gave: no migration did."""
        standing = [one for one in live if one.concern]
        gifts = {
            born.id for one in live if one.acl and (born := given(standing, one, live.objects))
        }
        gifts = {oid for oid in gifts if (oid.kind, str(oid)) not in self._expected}
        return live.where(lambda one: one.id not in gifts) if gifts else live

    def _strict(self, certified: Certified, direction: str) -> Check:
        return lambda: self._refuse(certified, direction, self._look())

    def _last(
        self, certified: Sequence[Certified | None], direction: str, at_end: Collection[str]
    ) -> Check:
        last = certified[-1]

        def check() -> None:
            strict = self._work.options.strict and last
            live = self._look() if strict else self._glance()
            self._is_late = live is None
            if live is None:
                return
            if strict and last:
                self._refuse(last, direction, live)
            self.differing = _differences(certified, direction, live)
            self._write(at_end, live)

        return check

    def _look(self) -> Catalog:
        """The schema now. Raises LockNotAvailable soon rather than wait for other sessions."""
        work = self._work
        limit = number(round(work.options.lock_timeout * 1000))
        with work.connection.transaction():
            work.connection.execute(sql("SET LOCAL lock_timeout = {}", limit).encode())
            return work.hooks.look(work.connection) if work.hooks.look else Catalog({})

    def _glance(self) -> Catalog | None:
        try:
            return self._look()
        except psycopg.errors.LockNotAvailable:
            return None

    def _patient_look(self) -> Catalog | None:
        work = self._work

        def blocked(seconds: float, error: psycopg.Error) -> None:
            work.progress.blocked(seconds, f"a look at the schema: {error.diag.message_primary}")

        try:
            return blocking.patiently(self._look, work.options.lock_wait, blocked)
        except psycopg.errors.LockNotAvailable:
            return None

    def _refuse(self, certified: Certified, direction: str, live: Catalog) -> None:
        names = certificates.differing(certified.expected(direction), live)
        if not names:
            return
        here = server_major(self._work.connection)
        where = f" (certified on PostgreSQL {certified.major}, this is {here})"
        raise ProofError(
            f"{certified.version} does not lead where its certificate says: "
            + ", ".join(f"{kind} {name}" for kind, name in names)
            + (where if certified.major not in {0, here} else ""),
            hint="it is not recorded, and rolled back as far as it was one transaction; psqlmigrate "
            "verify --replay proves it again, and without --strict this is a warning",
        )


def _differences(
    certified: Sequence[Certified | None], direction: str, live: Catalog
) -> tuple[Difference, ...]:
    """After several migrations the last word on an object counts.

    What a migration without a certificate has touched is not known: only what follows it counts.
    """
    expected: dict[Name, str | None] = {}
    by: dict[Name, Certified] = {}
    for one in certified:
        if one is None:
            expected.clear()
            continue
        expected |= one.expected(direction)
        by |= dict.fromkeys(one.expected(direction), one)
    return tuple(
        Difference(by[name].version, *name, by[name].major)
        for name in certificates.differing(expected, live)
    )
