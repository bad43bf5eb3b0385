"""The statements that migrations run, recorded without a database."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from psqlmigrate.errors import (
    MigrationError,
    MigrationFileError,
    NoWayError,
    SquashRefusedError,
)
from psqlmigrate.migrations.base import DataMigration
from psqlmigrate.migrations.file import MigrationFile
from psqlmigrate.migrations.loading import load_python
from psqlmigrate.migrations.recorded import is_schema, is_setting, reaches_out, setting_of
from psqlmigrate.postgres.connect import pins
from psqlmigrate.schema.sqltext import literal, printed, sql
from psqlmigrate.schema.statement import Hazard, Statement
from psqlmigrate.service import certificates
from psqlmigrate.service.offline import statements

_ROLES = frozenset({"role", "session"})
_CHECK = ("SET CONSTRAINTS ALL IMMEDIATE", "SET CONSTRAINTS ALL DEFERRED")


@dataclass(frozen=True, slots=True)
class Recorded:
    """A migration's statements; `no_down` is why those of `down` cannot be told.

    `schema`: a plan can stand for it.
    """

    file: MigrationFile
    up: tuple[Statement, ...]
    down: tuple[Statement, ...]
    no_down: str
    schema: bool

    def half(self, direction: str) -> tuple[Statement, ...]:
        """The statements of `up` or `down`. Raises SquashRefusedError where they are not known."""
        if direction == "down" and self.no_down:
            raise SquashRefusedError(
                f"what {self.file.name} does to go back cannot be squashed: {self.no_down}",
                file_path=str(self.file.path),
                hint="write its down so that it always runs the same statements (none is fine), or"
                " leave it out of the range (--from, --to)",
            )
        return self.up if direction == "up" else self.down


def recorded(file: MigrationFile) -> Recorded:
    """What a migration runs. Raises SquashRefusedError where that is not always the same."""
    if what := reaches_out(file):
        raise _refused(
            file, f"{file.path.name} uses {what}: what it does may depend on more than the database"
        )
    up = _told(file, "up")
    if isinstance(up, MigrationError):
        raise _refused(file, up.message)
    down = _told(file, "down")
    no_down = down.message if isinstance(down, MigrationError) else ""
    texts = () if isinstance(down, MigrationError) else down
    is_data = not file.is_sql and isinstance(load_python(file), DataMigration)
    return Recorded(
        file,
        tuple(_with_hazards(file, up)),
        tuple(Statement(printed(one)) for one in texts),
        no_down,
        not is_data and all(is_schema(one) for one in up),
    )


def _told(file: MigrationFile, direction: str) -> tuple[str, ...] | MigrationError:
    """The statements, or why they cannot be told; twice, since the code may be of its own mind."""
    try:
        first, second = (statements(file, direction) for _ in range(2))
    except MigrationFileError as error:
        return MigrationFileError(f"it has no {direction}") if _is_missing(error) else error
    if first != second:
        return MigrationFileError(f"{file.name} does not run the same statements each time")
    return tuple(one if one.endswith("\n\\.") else one.removesuffix(";") for one in first)


def _is_missing(error: MigrationFileError) -> bool:
    return isinstance(error, NoWayError) or isinstance(error.__cause__, NotImplementedError)


def _refused(file: MigrationFile, reason: str) -> SquashRefusedError:
    return SquashRefusedError(
        f"{file.name} cannot be squashed: {reason}",
        file_path=str(file.path),
        hint="leave it out of the range (--from, --to)",
    )


def _with_hazards(file: MigrationFile, texts: Iterable[str]) -> Iterable[Statement]:
    """The hazards are those that the migration's certificate knows."""
    certified = certificates.read(file)
    known = (
        {" ".join(one.sql.split()).rstrip("; "): one.hazards for one in certified.statements}
        if certified
        else {}
    )
    for text in texts:
        hazards = known.get(" ".join(text.split()), ())
        yield Statement(printed(text), hazards=frozenset(map(Hazard, hazards)))


def verbatim(
    parts: Sequence[Recorded], direction: str, *, deferrable: bool, last: bool
) -> tuple[Statement, ...]:
    """The statements of these migrations as they are, and what stands for the COMMIT of each.

    `deferrable`: there are constraints that wait for it. `last`: nothing follows.
    """
    ordered = parts if direction == "up" else parts[::-1]
    found: list[Statement] = []
    for position, part in enumerate(ordered):
        half = part.half(direction)
        found += half
        found += [Statement(printed(one)) for one in _restoring(half)]
        ends = last and position == len(ordered) - 1
        if deferrable and not ends and not all(is_schema(one.sql) for one in half):
            found += [Statement(printed(one)) for one in _CHECK]
    return tuple(found)


def _restoring(half: Iterable[Statement]) -> list[str]:
    """What a run does between two migrations: settings are as they were."""
    names = {setting_of(one.sql): None for one in half if is_setting(one.sql)}
    pinned = {name.lower(): (name, value) for name, value in pins().items()}
    lines: list[str] = []
    for name in filter(None, names):
        if name in _ROLES:
            lines.append("RESET ROLE" if name == "role" else "RESET SESSION AUTHORIZATION")
        elif name == "time":
            lines.append("SET TimeZone = 'UTC'")
        elif name in pinned and name != "search_path":
            known, value = pinned[name]
            lines.append(sql("SET {} = {}", printed(known), literal(value)))
        elif name == "search_path":
            lines.append("SET search_path = public")
        else:
            lines.append(f"RESET {name}")
    return lines
