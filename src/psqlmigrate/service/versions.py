"""From a target (`head`, `+2`, a version, `base`) to the migrations that have to run."""

import re
from collections.abc import Collection, Iterable, Mapping

from psqlmigrate.errors import (
    AppliedFileError,
    MissingFileError,
    MultipleHeadsError,
    UsageError,
)
from psqlmigrate.migrations import psqlmodel_checksum
from psqlmigrate.migrations.directory import Directory
from psqlmigrate.migrations.file import MigrationFile
from psqlmigrate.migrations.graph import Graph
from psqlmigrate.migrations.replaced import Replaced

_CHECKSUM_LENGTH = 64
_MANY = 3


def to_apply(
    directory: Directory, graph: Graph, applied: Collection[str], target: str
) -> tuple[MigrationFile, ...]:
    """The pending migrations up to the target, parents first.

    Raises MigrationNotFoundError, UsageError, and MultipleHeadsError where the target does not say
    which head.
    """
    if target == "heads":
        return pending(graph, applied)
    if target == "head" or target.startswith("+"):
        single_head(graph)
        return pending(graph, applied)[: _steps(target)]
    version = directory.standing_for(target).version
    wanted = graph.ancestors(version) | {version}
    return tuple(file for file in pending(graph, applied) if file.version in wanted)


def to_revert(
    directory: Directory, graph: Graph, applied: Collection[str], target: str
) -> tuple[MigrationFile, ...]:
    """The applied migrations after the target, children first; a version itself stays.

    Raises MigrationNotFoundError and UsageError.
    """
    done = tuple(file for file in reversed(graph.order) if file.version in applied)
    if target == "base":
        return done
    if target.startswith("-"):
        return done[: _steps(target)]
    version = directory.standing_for(target).version
    _refuse_part(directory, target, version)
    if version not in applied:
        raise UsageError(
            f"{version} is not applied, so nothing can be reverted down to it",
            hint="psqlmigrate history lists what is applied",
        )
    after = graph.descendants(version)
    return tuple(file for file in done if file.version in after)


def to_stamp(directory: Directory, graph: Graph, target: str) -> tuple[MigrationFile, ...]:
    """The migrations that shall count as applied: the target and all before it."""
    if target == "base":
        return ()
    if target == "heads":
        return graph.order
    version = single_head(graph) if target == "head" else directory.standing_for(target).version
    wanted = graph.ancestors(version) | {version} if version else frozenset[str]()
    return tuple(file for file in graph.order if file.version in wanted)


def to_show(directory: Directory, graph: Graph, applied: Collection[str], target: str) -> str:
    """The version of one migration: the `head`, the first (`base`), the next pending one (`+1`),
    the last applied one (`-1`), or the target itself.

    Raises what `to_apply` raises, and UsageError where there is no such migration.
    """
    if target in {"head", "heads"}:
        single_head(graph)
        found = graph.heads
    elif target == "base":
        found = tuple(one for one in graph.order if not graph.parents(one.version))
    elif target.startswith(("+", "-")):
        choose = to_apply if target.startswith("+") else to_revert
        found = choose(directory, graph, applied, target)
        found = found[-1:] if len(found) == _steps(target) else ()
    else:
        return target
    if len(found) > 1:
        names = ", ".join(one.version for one in found)
        raise UsageError(f'"{target}" could be several migrations: {names}')
    if not found:
        raise UsageError(
            f'there is no migration at "{target}"',
            hint="psqlmigrate status tells how many are applied and pending",
        )
    return found[0].version


def between(
    directory: Directory, graph: Graph, direction: str, span: str
) -> tuple[MigrationFile, ...]:
    """The migrations from one state to another, `from:to`, without asking any database.

    An upgrade goes from `base` to `head` where a side is left out, a downgrade from `head` by one.
    """
    start, colon, end = span.rpartition(":")
    if direction == "up":
        done = to_stamp(directory, graph, start or "base")
        _refuse_backwards(directory, graph, {file.version for file in done}, end, span)
        return to_apply(directory, graph, {file.version for file in done}, end or "head")
    if not colon:
        start, end = "head", span
    done = to_stamp(directory, graph, start or "head")
    return to_revert(directory, graph, {file.version for file in done}, end or "-1")


def _refuse_backwards(
    directory: Directory, graph: Graph, done: Collection[str], end: str, span: str
) -> None:
    """Raises UsageError where an upgrade would end before it begins."""
    if end in {"", "head", "heads"} or end.startswith("+"):
        return
    version = "" if end == "base" else directory.standing_for(end).version
    kept = graph.ancestors(version) | {version} if version else frozenset[str]()
    if not version or kept < {*done}:
        back = span if ":" in span else f"head:{span}"
        raise UsageError(
            f'an upgrade does not go back, as "{span}" would',
            hint=f"psqlmigrate sql downgrade {back} does",
        )


def pending(graph: Graph, applied: Collection[str]) -> tuple[MigrationFile, ...]:
    """What is not applied, parents first."""
    return tuple(file for file in graph.order if file.version not in applied)


def late(graph: Graph, applied: Collection[str]) -> tuple[MigrationFile, ...]:
    """Pending migrations that an applied one comes after."""
    followed: set[str] = set()
    for file in reversed(graph.order):
        after = graph.children(file.version)
        if any(child in applied or child in followed for child in after):
            followed.add(file.version)
    return tuple(file for file in pending(graph, applied) if file.version in followed)


def single_head(graph: Graph) -> str | None:
    """The head; None without any migration. Raises MultipleHeadsError."""
    heads = [file.version for file in graph.heads]
    if len(heads) > 1:
        raise MultipleHeadsError(
            f"the migrations have {len(heads)} heads: {', '.join(heads)}",
            hint='psqlmigrate merge "…" joins them; the target heads, or one version, runs them '
            "as they are",
        )
    return heads[0] if heads else None


def refuse_edited(directory: Directory, checksums: Mapping[str, str | None]) -> None:
    """Raises AppliedFileError for a file that is not as it was applied, or missing.

    `checksums` are those of the applied versions.
    """
    files = {file.version: file for file in directory.files}
    replaced = directory.replaced
    missing = sorted(one for one in checksums if one not in files and one not in replaced)
    if missing:
        raise MissingFileError(
            f"{_list(missing)} applied, and the file is missing",
            version=missing[0],
            hint="restore it from version control, or psqlmigrate verify --accept"
            f" {missing[0]} takes it out of the history; psqlmigrate verify lists all that is wrong",
        )
    edited = [
        version
        for version, known in sorted(checksums.items())
        if is_edited(files[version] if version in files else replaced[version][0], known)
    ]
    if edited:
        there = files.get(edited[0])
        name = there.name if there else edited[0]
        error = AppliedFileError(
            f"{name} was edited after it was applied"
            + (f", and {len(edited) - 1} more" if len(edited) > 1 else ""),
            version=edited[0],
            hint=f"restore it, or psqlmigrate verify --accept {edited[0]} takes it as it is now",
        )
        raise error.at(there.path) if there else error


def is_edited(file: MigrationFile | Replaced, known: str | None) -> bool:
    """Whether the file is not as it was applied, by our checksum or by one of psqlmodel's.

    Which of them a row has is told by its form and by what fits; a row without one cannot tell,
    nor a short one of psqlmodel's once the file is a part of another.
    """
    if not known or known == file.checksum:
        return False
    if not psqlmodel_checksum.is_checksum(known):
        return len(known) == _CHECKSUM_LENGTH
    if isinstance(file, Replaced):
        whole = len(known) == _CHECKSUM_LENGTH
        return whole and not psqlmodel_checksum.is_of_version(file.version, known)
    return not psqlmodel_checksum.fits(file, known)


def _refuse_part(directory: Directory, target: str, version: str) -> None:
    """What a squashed migration replaces can be reverted with all the rest of it only."""
    part = directory.replaced_version(target)
    if not part or directory.replaced[part][1].replaces[-1].version == part:
        return
    raise UsageError(
        f"{part} is a part of {version} here, which is reverted as a whole",
        hint=f"name {version}, which stays applied, or what is before it",
    )


def _list(versions: Iterable[str]) -> str:
    names = list(versions)
    if len(names) == 1:
        return f"{names[0]} is"
    more = f" and {len(names) - _MANY} more" if len(names) > _MANY else ""
    return f"{', '.join(names[:_MANY])}{more} are"


def _steps(target: str) -> int | None:
    if target == "head":
        return None
    if target.startswith("--"):  # downgrade takes -1, so that Click does not look at these
        raise UsageError(f"no such option: {target}", hint="psqlmigrate downgrade --help")
    found = re.fullmatch(r"[+-]([1-9][0-9]{0,8})", target)
    if not found:
        raise UsageError(
            f'"{target}" is no number of steps', hint="write +1 for upgrade, -1 for downgrade"
        )
    return int(found[1])
