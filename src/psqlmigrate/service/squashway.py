"""What the migrations of a range do, seen in scratch."""

from collections.abc import Sequence
from dataclasses import dataclass

from psqlmigrate.errors import MigrationError
from psqlmigrate.migrations.file import MigrationFile
from psqlmigrate.postgres.connect import Connection
from psqlmigrate.postgres.scratch import Scratch
from psqlmigrate.service.picture import Picture, picture, values_apart
from psqlmigrate.service.sampling import fill
from psqlmigrate.service.squashtext import Recorded
from psqlmigrate.sources.migrations import replay, run


@dataclass(frozen=True, slots=True)
class Segment:
    """Migrations that a plan may stand for, if there are several; else one by itself."""

    parts: tuple[Recorded, ...]

    @property
    def planned(self) -> bool:
        """Whether a plan may stand for it."""
        return len(self.parts) > 1

    @property
    def names(self) -> str:
        """Its migrations for people."""
        return ", ".join(one.file.name for one in self.parts)


@dataclass(frozen=True, slots=True)
class Way:
    """What a database held before the originals and after each segment.

    `down` goes back from there; it ends early where a migration cannot be reverted. `ignored` are
    values that no two runs have alike. `rows`, `rows_back`: there were sample rows before `up`, and
    before `down`. `seen`, `seen_back`: in every table that real rows can be in, so that what
    becomes of rows is known.
    """

    up: tuple[Picture, ...]
    down: tuple[Picture, ...]
    ignored: frozenset[str]
    rows: bool
    rows_back: bool
    seen: bool
    seen_back: bool


@dataclass(slots=True)
class _Run:
    """One run of the originals."""

    rows: bool
    rows_back: bool
    up: list[Picture]
    down: list[Picture]
    filled: bool = False
    filled_back: bool = False


def segments(parts: Sequence[Recorded]) -> tuple[Segment, ...]:
    """Runs of migrations that say what a schema is, between those that do more."""
    found: list[Segment] = []
    for part in parts:
        if found and part.schema and found[-1].parts[-1].schema:
            found[-1] = Segment((*found[-1].parts, part))
        else:
            found.append(Segment((part,)))
    return tuple(found)


def way(scratch: Scratch, earlier: Sequence[MigrationFile], cut: Sequence[Segment]) -> Way:
    """Runs the originals, twice, on sample rows if these let them through.

    Raises StatementError when they fail without any.
    """
    try:
        first = _ran(scratch, earlier, cut, rows=True, rows_back=True)
    except MigrationError:
        first = _ran(scratch, earlier, cut, rows=False, rows_back=True)
    if len(first.down) <= len(cut):
        first = _ran(scratch, earlier, cut, rows=first.rows, rows_back=False)
    again = _ran(scratch, earlier, cut, rows=first.rows, rows_back=first.rows_back)
    pairs = [*zip(first.up, again.up, strict=True), *zip(first.down, again.down, strict=False)]
    # Before the first migration there is no table that could hold anything.
    return Way(
        tuple(first.up),
        tuple(first.down),
        frozenset(name for one, other in pairs for name in values_apart(one, other)),
        first.rows,
        first.rows_back,
        not earlier or first.filled,
        not earlier or first.filled_back,
    )


def _ran(
    scratch: Scratch,
    earlier: Sequence[MigrationFile],
    cut: Sequence[Segment],
    *,
    rows: bool,
    rows_back: bool,
) -> _Run:
    with scratch.database() as connection:
        replay(connection, earlier)
        filled = rows and not fill(connection).unfilled
        done = _Run(rows, rows_back, [picture(connection)], [], filled)
        for segment in cut:
            replay(connection, (one.file for one in segment.parts))
            done.up.append(picture(connection))
        done.filled_back = rows_back and not fill(connection).unfilled
        done.down.append(picture(connection))
        _go_back(connection, cut, done)
    return done


def _go_back(connection: Connection, cut: Sequence[Segment], done: _Run) -> None:
    for segment in reversed(cut):
        try:
            for part in reversed(segment.parts):
                run(connection, part.file, "down")
        except MigrationError:
            return
        done.down.append(picture(connection))
