"""Looks at the schema before and after a run: for the state, and against the certificates."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from psqlmigrate.errors import ProofError
from psqlmigrate.migrations.graph import Graph
from psqlmigrate.postgres.connect import server_major
from psqlmigrate.schema.catalog import Catalog
from psqlmigrate.service import certificates, state
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
    current.
    """

    def __init__(self, work: Work, graph: Graph) -> None:
        self._work = work
        self._graph = graph
        self._known: state.Hashes | None = None
        self._before: state.Hashes = {}
        self.differing: tuple[Difference, ...] = ()

    def begin(self, applied: Collection[str]) -> None:
        """Looks before the first migration, under the lock."""
        work = self._work
        if not work.hooks.look or not work.options.lock:
            return
        live = work.hooks.look(work.connection)
        recorded = state.read(work.connection, work.tables, work.found, applied)
        files = (file for file in self._graph.order if file.version in applied)
        self._known = state.known(recorded, files, live)
        self._before = state.live_hashes(live)

    def checks(
        self, certified: Sequence[Certified | None], direction: str, at_end: Collection[str]
    ) -> list[Check | None]:
        """What each of the run's migrations has to call inside its transaction.

        `certified` are their certificates, `at_end` is what is applied after the last. A check
        raises ProofError with `strict`.
        """
        if not self._work.hooks.look:
            return [None] * len(certified)
        strict = self._work.options.strict
        made = [self._strict(one, direction) if strict and one else None for one in certified]
        return [*made[:-1], self._last(certified, direction, at_end)]

    def forget(self) -> None:
        """Before statements that commit one by one: a run that is killed leaves no current state."""
        if self._work.hooks.look:
            state.unmark(self._work.connection, self._work.tables)

    def record(self, applied: Collection[str], live: Catalog | None = None) -> None:
        """Writes the state, or takes its mark away where it is not known (see `state`)."""
        work = self._work
        if not work.hooks.look:
            return
        if self._known is None:
            state.unmark(work.connection, work.tables)
            return
        now = state.live_hashes(work.hooks.look(work.connection) if live is None else live)
        hashes = state.advance(self._known, self._before, now)
        state.write(work.connection, work.tables, work.found, hashes, applied)

    def _strict(self, certified: Certified, direction: str) -> Check:
        return lambda: self._refuse(certified, direction, self._look())

    def _last(
        self, certified: Sequence[Certified | None], direction: str, at_end: Collection[str]
    ) -> Check:
        last = certified[-1]

        def check() -> None:
            live = self._look()
            if self._work.options.strict and last:
                self._refuse(last, direction, live)
            self.differing = _differences(certified, direction, live)
            self.record(at_end, live)

        return check

    def _look(self) -> Catalog:
        look = self._work.hooks.look
        return look(self._work.connection) if look else Catalog({})

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
            hint="it was rolled back; psqlmigrate verify --replay proves it again, and without "
            "--strict this is a warning",
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
