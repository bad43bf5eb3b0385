"""The migrations as one database has to see them, squashed or not.

A squashed migration stands for what it replaces. A database that has all of that has the squashed
one; one that has none gets it; one that has some goes on with the originals, from the archive, and
has the squashed one when they are done. So it is the database that decides which of the two its
graph consists of. Rows of replaced migrations stay in its history: that is what older checkouts go by.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from psqlmigrate.errors import ArchiveError
from psqlmigrate.migrations.directory import Directory
from psqlmigrate.migrations.file import MigrationFile
from psqlmigrate.migrations.graph import Graph
from psqlmigrate.migrations.replaced import walk


@dataclass(frozen=True, slots=True)
class Lineage:
    """Migrations and their graph for one database.

    `recorded` are the versions that its history has as applied, `applied` those that count as
    such; `behind` are recorded ones with the squashed migration that counts in their place.
    `trouble`: why originals that are needed cannot be had; then the squashed one is in their place.
    """

    directory: Directory
    graph: Graph
    recorded: frozenset[str]
    applied: frozenset[str]
    behind: Mapping[str, str]
    trouble: ArchiveError | None = None

    @property
    def adoptable(self) -> tuple[MigrationFile, ...]:
        """Squashed migrations that count as applied and are not recorded."""
        return tuple(
            one
            for one in self.graph.order
            if one.replaces and one.version in self.applied - self.recorded
        )

    def then(self, recorded: Collection[str]) -> "Lineage":
        """The same graph, with another history."""
        return _counted(replace(self, recorded=frozenset(recorded)))


def lineage(directory: Directory, recorded: Collection[str], *targets: str) -> Lineage:
    """The migrations for a database with this history.

    A target that names a part of a squashed migration asks for the originals, unless the database
    has all of them. Raises MigrationNotFoundError for a target that could be several versions.
    """
    wanted = {name for one in targets if (name := directory.replaced_version(one))}
    files: list[MigrationFile] = []
    aliases: dict[str, str] = {}
    trouble: ArchiveError | None = None
    queue = list(directory.files)
    while queue:
        file = queue.pop()
        if _stays(file, recorded, wanted):
            files.append(file)
            continue
        from psqlmigrate.migrations.archive import originals  # noqa: PLC0415 - start-up time

        try:
            parts = originals(directory, file)
        except ArchiveError as error:
            trouble = error
            files.append(file)
            continue
        aliases[file.version] = parts[-1].version
        queue += parts
    ordered = tuple(sorted(files, key=lambda one: one.version))
    fitted = replace(directory, files=ordered, aliases=aliases)
    graph = Graph(fitted.files, aliases)
    empty = frozenset[str]()
    return _counted(Lineage(fitted, graph, frozenset(recorded), empty, {}, trouble))


def _stays(file: MigrationFile, recorded: Collection[str], wanted: Collection[str]) -> bool:
    if not file.replaces:
        return True
    if _counts(file, recorded):
        return True
    inner = {one.version for one in walk(file.replaces)}
    return inner.isdisjoint(recorded) and inner.isdisjoint(_before_the_end(file, wanted))


def _before_the_end(file: MigrationFile, wanted: Collection[str]) -> frozenset[str]:
    """Wanted versions that are not simply the squashed migration by its former name."""
    return frozenset(wanted) - {file.replaces[-1].version}


def _counts(file: MigrationFile, recorded: Collection[str]) -> bool:
    return file.version in recorded or (
        bool(file.replaces) and all(one.counts(recorded) for one in file.replaces)
    )


def _counted(one: Lineage) -> Lineage:
    done = {file.version for file in one.graph.order if _counts(file, one.recorded)}
    behind = {
        inner.version: file.version
        for file in one.graph.order
        if file.version in done
        for inner in walk(file.replaces)
        if inner.version in one.recorded
    }
    applied = (one.recorded - behind.keys()) | done
    return replace(one, applied=applied, behind=behind)
