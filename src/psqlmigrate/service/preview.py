"""What a run would do, told without running it; a read-only standby will do."""

from dataclasses import dataclass

from psqlmigrate.errors import MigrationFileError
from psqlmigrate.migrations.directory import Directory
from psqlmigrate.migrations.file import MigrationFile
from psqlmigrate.postgres.connect import Connection
from psqlmigrate.redaction import without_secrets
from psqlmigrate.service import admission, certificates, history, versions
from psqlmigrate.service.bookkeeping import Tables
from psqlmigrate.service.lineage import lineage
from psqlmigrate.service.offline import statements


@dataclass(frozen=True, slots=True)
class PreviewStatement:
    """A statement with its semicolon, and its hazards as far as a certificate tells them."""

    sql: str
    hazards: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PreviewMigration:
    """A migration that would run.

    `unknown` says why its SQL cannot be told. Hazards are known of `up` only, and only where it is
    `certified`.
    """

    version: str
    message: str
    file: str
    transactional: bool
    certified: bool
    late: bool
    statements: tuple[PreviewStatement, ...]
    hazards: tuple[str, ...]
    unknown: str = ""


@dataclass(frozen=True, slots=True)
class PreviewResult:
    """The migrations in the order they would run in; `pending` would be left."""

    direction: str
    migrations: tuple[PreviewMigration, ...]
    pending: int


def preview(
    connection: Connection,
    directory: Directory,
    tables: Tables,
    direction: str,
    target: str,
    forbidden: frozenset[str] = frozenset(),
) -> PreviewResult:
    """What upgrade (`up`) or downgrade (`down`) would run.

    Raises what these would raise before they run anything, but does not ask for their lock.
    """
    rows = history.read(connection, tables, only_reading=True) or ()
    checksums = {row.version: row.checksum for row in rows if row.is_applied}
    now = lineage(directory, checksums, target)
    if now.trouble:
        raise now.trouble
    versions.refuse_edited(now.directory, checksums)
    graph, applied = now.graph, now.applied
    choose = versions.to_apply if direction == "up" else versions.to_revert
    files = choose(now.directory, graph, applied, target)
    admission.refuse(files, direction, forbidden)
    late = {file.version for file in versions.late(graph, applied) if direction == "up"}
    chosen = {file.version for file in files}
    then = applied | chosen if direction == "up" else applied - chosen
    return PreviewResult(
        direction,
        tuple(described(file, direction, late=file.version in late) for file in files),
        len(versions.pending(graph, then)),
    )


def described(file: MigrationFile, direction: str, *, late: bool = False) -> PreviewMigration:
    """One migration's SQL and hazards, without a database."""
    certified = certificates.read(file)
    up = certified.statements if certified and direction == "up" else ()
    known = {one.sql.rstrip("; \n"): one.hazards for one in up}
    unknown, texts = "", []
    try:
        texts = statements(file, direction)
    except MigrationFileError as error:
        unknown = error.message
    return PreviewMigration(
        file.version,
        file.message,
        file.name,
        file.transactional,
        certified is not None,
        late,
        tuple(
            PreviewStatement(without_secrets(one), known.get(one.rstrip("; \n"), ()))
            for one in texts
        ),
        tuple(sorted({one for hazards in known.values() for one in hazards})),
        unknown,
    )
