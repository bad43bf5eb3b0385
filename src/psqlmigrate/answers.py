"""What the Python API answers with."""

from dataclasses import dataclass
from pathlib import Path

from psqlmigrate.migrations.file import version_of
from psqlmigrate.service.describing import Entry
from psqlmigrate.service.generating import GenerateResult
from psqlmigrate.service.status import StatusResult


@dataclass(frozen=True, slots=True)
class MigrationStatus:
    """Where the database stands.

    `current_version` is the newest where branches have several, `drift` are the differences of
    models, migrations and database in words, `pending` and `unknown` are versions: those not
    applied, and those applied that have no file.
    """

    initialized: bool
    migrations_path: str
    current_version: str | None
    current_versions: tuple[str, ...]
    applied_count: int
    pending_count: int
    pending: tuple[str, ...]
    unknown: tuple[str, ...]
    has_drift: bool
    drift: tuple[str, ...]

    @property
    def drift_summary(self) -> str | None:
        """The drift as one text; None without any."""
        return "\n".join(self.drift) or None


@dataclass(frozen=True, slots=True)
class GeneratedMigration:
    """A migration that autogenerate wrote.

    `paths` are all files where a change needs several in a row (new values of an enum cannot be
    used in the transaction that adds them); `version` and `path` are those of the last one.
    `objects` are what changes, `hazards` what may go wrong, `loses` what values are lost.
    """

    version: str
    message: str
    path: Path
    paths: tuple[Path, ...]
    certified: bool
    objects: tuple[str, ...]
    hazards: tuple[str, ...]
    loses: tuple[str, ...]
    notes: tuple[str, ...]


def status_of(found: StatusResult) -> MigrationStatus:
    """Of what the command `status` found."""
    drift = tuple(f"{_named(one.object)} ({one.found})" for one in found.drift or ())
    return MigrationStatus(
        found.initialized,
        found.migrations_path,
        found.current[-1] if found.current else None,
        found.current,
        found.applied,
        len(found.pending),
        tuple(one.version for one in found.pending),
        found.unknown,
        bool(drift),
        drift,
    )


def _named(one: Entry) -> str:
    """With the reference's symbols: `~public.users`, of others with their kind."""
    return (
        f"{one.symbol}{one.name}" if one.kind == "table" else f"{one.symbol}{one.kind} {one.name}"
    )


def generated(message: str, result: GenerateResult) -> GeneratedMigration:
    """Of what `autogenerate` wrote."""
    last = result.files[-1]
    version = version_of(last.name) or ""
    objects = tuple(map(_named, result.objects))
    return GeneratedMigration(
        version,
        message,
        last,
        result.files,
        result.certified,
        objects,
        result.hazards,
        result.loses,
        result.notes,
    )
