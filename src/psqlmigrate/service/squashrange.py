"""Which migrations are squashed, and whether they can be taken out of the graph as one."""

from collections.abc import Sequence
from dataclasses import dataclass

from psqlmigrate.errors import SquashRefusedError, UsageError
from psqlmigrate.migrations.directory import Directory, next_version, version_after
from psqlmigrate.migrations.file import MigrationFile
from psqlmigrate.migrations.graph import Graph
from psqlmigrate.migrations.replaced import Replaced
from psqlmigrate.service.versions import single_head


@dataclass(frozen=True, slots=True)
class Range:
    """The migrations in their order, what is before them, and the parents that they have there."""

    files: tuple[MigrationFile, ...]
    earlier: tuple[MigrationFile, ...]
    parents: tuple[str, ...]

    @property
    def replaces(self) -> tuple[Replaced, ...]:
        """What the squashed migration says of them."""
        return tuple(Replaced(one.version, one.checksum, one.replaces) for one in self.files)


def chosen(directory: Directory, graph: Graph, first: str | None, end: str | None) -> Range:
    """The migrations from `first` to `end`, both with them; all where neither is given.

    Raises MigrationNotFoundError, UsageError, MultipleHeadsError, and SquashRefusedError where a
    branch leaves or enters between the two.
    """
    last = directory.find(end).version if end else single_head(graph)
    if last is None:
        return Range((), (), ())
    inside = graph.ancestors(last) | {last}
    start = directory.find(first).version if first else None
    if start:
        if start not in inside:
            raise UsageError(
                f"{start} does not come before {last}", hint="--from is the older one of the two"
            )
        inside &= graph.descendants(start) | {start}
    files = tuple(one for one in graph.order if one.version in inside)
    for file in files:
        _refuse_open(graph, file, inside, start, last)
        if not file.transactional:
            raise SquashRefusedError(
                f"{file.name} is not one transaction (transactional = False)",
                file_path=str(file.path),
                hint="squash what is before it, or what is after it (--from, --to)",
            )
    before = frozenset[str]().union(*(graph.ancestors(one) for one in inside)) - inside
    parents = dict.fromkeys(
        parent for one in files for parent in graph.parents(one.version) if parent not in inside
    )
    earlier = tuple(one for one in graph.order if one.version in before)
    return Range(files, earlier, tuple(parents))


def _refuse_open(
    graph: Graph, file: MigrationFile, inside: frozenset[str], start: str | None, last: str
) -> None:
    """Only the first may come after something else, and only the last before something."""
    version = file.version
    others = [one for one in graph.parents(version) if one not in inside]
    if others and version != start:
        raise _open(file, f"it also comes after {', '.join(others)}, outside of the range")
    others = [one for one in graph.children(version) if one not in inside]
    if others and version != last:
        verb = "comes" if len(others) == 1 else "come"
        raise _open(file, f"{', '.join(others)} {verb} after it, outside of the range")


def _open(file: MigrationFile, reason: str) -> SquashRefusedError:
    return SquashRefusedError(
        f"{file.name} cannot be squashed with the others: {reason}",
        file_path=str(file.path),
        hint="choose a range without a branch that leaves or enters it (--from, --to)",
    )


def version_for(directory: Directory, span: Range) -> str:
    """A free version: right after the last of the range, so that files sort as they run."""
    taken = {one.version for one in directory.files} | directory.replaced.keys()
    last = max(one.version for one in span.files)
    found = version_after(last, taken)
    inside = {one.version for one in span.files}
    following = [one for one in taken - inside if one > last]
    if found and all(found < one for one in following):
        return found
    placeholders = tuple(MigrationFile(one, "", None, directory.path, "") for one in taken)
    return next_version(placeholders)


def refuse_other_graph(
    graph: Graph, span: Range, made: MigrationFile, files: Sequence[MigrationFile]
) -> None:
    """Raises SquashRefusedError where another migration would have other parents than now."""
    inside = {one.version for one in span.files}
    kept = [one for one in files if one.version not in inside]
    after = Graph([*kept, made])
    for one in kept:
        wanted = tuple(
            dict.fromkeys(
                made.version if parent in inside else parent
                for parent in graph.parents(one.version)
            )
        )
        if after.parents(one.version) != wanted:
            raise _other_parents(one)
    if after.parents(made.version) != span.parents:
        raise _other_parents(span.files[0])


def _other_parents(file: MigrationFile) -> SquashRefusedError:
    return SquashRefusedError(
        f"{file.name} would come after other migrations than now",
        file_path=str(file.path),
        hint="state what it comes after in its depends_on while it is pending, or choose another"
        " range",
    )
