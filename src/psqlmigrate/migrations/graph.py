"""The migrations as a graph: who comes after whom."""

from collections.abc import Collection, Iterable, Mapping
from graphlib import CycleError, TopologicalSorter

from psqlmigrate.errors import MigrationDependencyError
from psqlmigrate.migrations.file import MigrationFile
from psqlmigrate.migrations.replaced import last, walk


class Graph:
    """Parents and children of each version. Raises MigrationDependencyError when they do not fit.

    What depends on a replaced migration comes after the one that replaces it; `aliases` say the
    same of further versions.
    """

    def __init__(
        self, files: Iterable[MigrationFile], aliases: Mapping[str, str] | None = None
    ) -> None:
        self.files = {one.version: one for one in sorted(files, key=_place)}
        self._aliases = {
            inner.version: one.version
            for one in self.files.values()
            for inner in walk(one.replaces)
        } | dict(aliases or {})
        self._parents = self._all_parents()
        self._children: dict[str, list[str]] = {version: [] for version in self.files}
        for version, parents in self._parents.items():
            for parent in parents:
                self._children[parent].append(version)
        self.order = self._sorted()

    def _all_parents(self) -> dict[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {}
        before: tuple[str, ...] = ()
        for version, file in self.files.items():
            parents = before if file.depends_on is None else self._stated(file.depends_on)
            for parent in parents:
                if parent not in self.files:
                    raise MigrationDependencyError(
                        f"{file.name} depends on {parent}, and there is no such migration",
                        version=version,
                        depends_on=parent,
                        hint="restore that file, or correct depends_on",
                    ).at(file.path)
            found[version] = parents
            before = (version,)
        return found

    def _stated(self, parents: Iterable[str]) -> tuple[str, ...]:
        found: dict[str, None] = {}
        for one in parents:
            version = one
            while version not in self.files and version in self._aliases:
                version = self._aliases[version]
            found[version if version in self.files else one] = None
        return tuple(found)

    def _sorted(self) -> tuple[MigrationFile, ...]:
        sorter = TopologicalSorter(self._parents)
        try:
            sorter.prepare()
        except CycleError as error:
            circle: list[str] = error.args[1]  # each is what the next one depends on
            raise MigrationDependencyError(
                f"migrations depend on each other in a circle: {' -> '.join(circle)}",
                version=circle[1],
                depends_on=circle[0],
                hint="correct depends_on in one of them",
            ).at(self.files[circle[1]].path) from None
        done: list[MigrationFile] = []
        ready: list[str] = []
        while sorter.is_active():
            ready = sorted([*ready, *sorter.get_ready()])
            version = ready.pop(0)
            done.append(self.files[version])
            sorter.done(version)
        return tuple(done)

    def parents(self, version: str) -> tuple[str, ...]:
        """The versions directly before it."""
        return self._parents[version]

    def children(self, version: str) -> tuple[str, ...]:
        """The versions directly after it."""
        return tuple(self._children[version])

    @property
    def heads(self) -> tuple[MigrationFile, ...]:
        """The migrations that nothing comes after."""
        return tuple(one for one in self.order if not self._children[one.version])

    @property
    def roots(self) -> tuple[MigrationFile, ...]:
        """The migrations that come after nothing."""
        return tuple(one for one in self.order if not self._parents[one.version])

    @property
    def branch_points(self) -> tuple[str, ...]:
        """The versions after which the line splits."""
        return tuple(version for version, after in self._children.items() if len(after) > 1)

    def current(self, applied: Collection[str]) -> tuple[str, ...]:
        """The applied versions that no applied one comes after."""
        known = [version for version in applied if version in self.files]
        before = {parent for version in known for parent in self._parents[version]}
        return tuple(sorted(version for version in applied if version not in before))

    def ancestors(self, version: str) -> frozenset[str]:
        """All versions before it."""
        return self._reach(version, self._parents)

    def descendants(self, version: str) -> frozenset[str]:
        """All versions after it."""
        return self._reach(version, {one: tuple(after) for one, after in self._children.items()})

    def _reach(self, version: str, steps: dict[str, tuple[str, ...]]) -> frozenset[str]:
        seen: set[str] = set()
        queue = list(steps[version])
        while queue:
            one = queue.pop()
            if one not in seen:
                seen.add(one)
                queue.extend(steps[one])
        return frozenset(seen)


def _place(file: MigrationFile) -> tuple[bool, str, str]:
    """Where it stands among the others: a squashed one where the last that it replaces stood.

    What psqlmodel let begin with a letter is older than ours.
    """
    where = last(file.replaces) if file.replaces else file.version
    return where[:1].isdigit(), where, file.version
