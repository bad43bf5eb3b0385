"""Makes one migration of several, proven to do the same, and moves these to the archive."""

import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path

from psqlmigrate.errors import MigrationError, SquashRefusedError
from psqlmigrate.migrations.archive import FOLDER
from psqlmigrate.migrations.certificate import Certificate
from psqlmigrate.migrations.directory import file_name
from psqlmigrate.migrations.file import MigrationFile, read_file, statements
from psqlmigrate.migrations.render import render_python, render_sql
from psqlmigrate.migrations.replaced import flat
from psqlmigrate.postgres.scratch import Scratch
from psqlmigrate.service import archiving
from psqlmigrate.service.certifying import certificate_of
from psqlmigrate.service.proving import Proof, Ran, prove
from psqlmigrate.service.scratching import scratch_of, with_roles
from psqlmigrate.service.squashproof import Finder, Found, compare
from psqlmigrate.service.squashrange import Range, chosen, refuse_other_graph, version_for
from psqlmigrate.service.squashtext import recorded
from psqlmigrate.service.squashway import segments, way
from psqlmigrate.service.workspace import Workspace
from psqlmigrate.service.writing import refuse_unfit, unchanged


@dataclass(frozen=True, slots=True)
class SquashWishes:
    """The options of squash; `first` and `end` are versions or unique beginnings of such."""

    first: str | None = None
    end: str | None = None
    as_sql: bool = False


@dataclass(frozen=True, slots=True)
class SquashResult:
    """What squash did; no file where there was nothing to squash.

    `planned` migrations are in plans, the others word by word. `rows`: sample rows took part.
    """

    replaced: tuple[str, ...]
    file: Path | None = None
    version: str = ""
    archive: Path | None = None
    planned: int = 0
    statements: int = 0
    rows: bool = False
    seconds: float = 0.0


def squash(workspace: Workspace, message: str, wishes: SquashWishes) -> SquashResult:
    """Replaces the migrations of a range by one, in files only: databases go on as they are.

    Raises SquashRefusedError, with nothing written, where that would not be the same for each
    database; also MigrationNotFoundError, UsageError, MultipleHeadsError.
    """
    refuse_unfit(message, 'squash "the first schema"')
    began = time.monotonic()
    directory, graph = workspace.directory, workspace.graph
    span = chosen(directory, graph, wishes.first, wishes.end)
    names = tuple(one.version for one in span.files)
    if len(names) < 2:  # noqa: PLR2004 - one migration is one
        return SquashResult(names)
    archiving.refuse_others(directory.path, span.files)
    cut = segments([recorded(file) for file in span.files])
    version = version_for(directory, span)
    with scratch_of(workspace) as scratch, tempfile.TemporaryDirectory() as folder:

        def proven() -> tuple[MigrationFile, Certificate, Found, bool]:
            seen = way(scratch, span.earlier, cut)
            found = Finder(scratch, span.earlier, cut, seen).found()
            file = _draft(Path(folder), version, message, span, found, wishes)
            refuse_other_graph(graph, span, file, directory.files)
            if apart := compare(scratch, span.earlier, file, seen):
                raise SquashRefusedError(
                    f"the squashed migration does not do the same: {', '.join(apart[:5])}"
                )
            return file, _certificate(scratch, span, file, found), found, seen.rows

        file, certificate, found, rows = with_roles(scratch, proven)
    with unchanged(directory, "squash"):
        archiving.put(directory.path, workspace.state_file, file, certificate)
    return SquashResult(
        names,
        directory.path / file.name,
        version,
        directory.path / FOLDER,
        found.planned,
        len(found.up),
        rows,
        time.monotonic() - began,
    )


def _draft(
    folder: Path, version: str, message: str, span: Range, found: Found, wishes: SquashWishes
) -> MigrationFile:
    """The file in a folder of its own; SQL if that is wished for, or all originals are."""
    replaces = flat(span.replaces)
    parents = span.parents or None
    if wishes.as_sql or all(one.is_sql for one in span.files):
        text = render_sql(message, parents, found.up, found.down, replaces=replaces)
        path = folder / file_name(version, message, ".sql")
    else:
        text = render_python(version, message, parents, found.up, found.down, replaces=replaces)
        path = folder / file_name(version, message, ".py")
    path.write_bytes(text.encode())
    file = read_file(path)
    _refuse_unreadable(file, found)
    return file


def _refuse_unreadable(file: MigrationFile, found: Found) -> None:
    """A string can hold a line that ends a part of an .sql migration."""
    for direction, half in (("up", found.up), ("down", found.down)) if file.is_sql else ():
        try:
            count = len(statements(file, direction))
        except MigrationError:
            count = -1
        if count != len(half):
            raise SquashRefusedError(
                "a statement has a line `-- psqlmigrate: …` in it, which .sql migrations cannot hold",
                hint="squash without --sql",
            )


def _certificate(scratch: Scratch, span: Range, file: MigrationFile, found: Found) -> Certificate:
    try:
        [proof] = prove(scratch, span.earlier, [file])
    except MigrationError as error:
        raise SquashRefusedError(
            f"the squashed migration cannot be proven: {error.message}", details=error.details
        ) from None
    count = len(span.earlier)
    origin = f"{count} migration{'' if count == 1 else 's'}"
    return certificate_of(file, _with_hazards(proof, found), origin)


def _with_hazards(proof: Proof, found: Found) -> Proof:
    known = {" ".join(one.sql.split()): one.hazards for one in found.up}
    kept = (
        Ran(one.sql, tuple(sorted(known.get(" ".join(one.sql.split()), ()))))
        for one in proof.statements
    )
    return replace(proof, statements=tuple(kept))
