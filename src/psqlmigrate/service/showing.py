"""One migration with all that is known of it; a database is asked where there is one."""

from dataclasses import dataclass
from datetime import datetime

from psqlmigrate.errors import ConnectionFailedError, UsageError
from psqlmigrate.migrations.certificate import path_of
from psqlmigrate.migrations.file import MigrationFile
from psqlmigrate.migrations.graph import Graph
from psqlmigrate.redaction import without_secrets
from psqlmigrate.service import certificates, history
from psqlmigrate.service.certificates import Certified
from psqlmigrate.service.history import AppliedRow
from psqlmigrate.service.preview import PreviewMigration, described
from psqlmigrate.service.versions import to_show
from psqlmigrate.service.workspace import Workspace


@dataclass(frozen=True, slots=True)
class ShowTouched:
    """An object that the migration makes (`+`), removes (`-`) or changes (`~`)."""

    symbol: str
    kind: str
    name: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class ShowResult:
    """A migration; `state` is in words, `applied` None where no database could be asked.

    `hazards` are those of `up`, None where no certificate tells them.
    """

    version: str
    message: str
    file: str
    parents: tuple[str, ...]
    children: tuple[str, ...]
    checksum: str
    transactional: bool
    applied: bool | None
    applied_at: datetime | None
    execution_time_ms: int | None
    state: str
    certificate: str
    hazards: tuple[str, ...] | None
    touched: tuple[ShowTouched, ...]
    up: PreviewMigration
    down: PreviewMigration
    text: str

    @property
    def hazard_words(self) -> str:
        """The hazards for people."""
        if self.hazards is None:
            return "not known"
        return ", ".join(self.hazards) or "none"


def show(workspace: Workspace, version: str) -> ShowResult:
    """What is known of the migration of a version, its unique beginning, or a target.

    Raises MigrationNotFoundError, what `to_show` raises, and HistoryError for a history that
    cannot be read.
    """
    file, graph = _found(workspace, _meant(workspace, version))
    certified = certificates.read(file)
    applied, row, words = _state(workspace, file)
    up = described(file, "up")
    return ShowResult(
        file.version,
        file.message,
        str(file.path),
        graph.parents(file.version),
        graph.children(file.version),
        file.checksum,
        file.transactional,
        applied,
        row.applied_at if row and applied else None,
        row.execution_time_ms if row and applied else None,
        words,
        _certificate_words(file, certified),
        up.hazards if certified else None,
        _touched(certified),
        up,
        described(file, "down"),
        without_secrets(file.text),
    )


def _meant(workspace: Workspace, target: str) -> str:
    """The version that the target means; what counts from the database is counted there."""
    if not target.startswith(("+", "-")):
        return to_show(workspace.directory, workspace.graph, (), target)
    with workspace.connection() as connection:
        rows = history.read(connection, workspace.tables, only_reading=True)
    now = workspace.lineage(history.applied(rows))
    if now.trouble:
        raise now.trouble
    return to_show(now.directory, now.graph, now.applied, target)


def _found(workspace: Workspace, version: str) -> tuple[MigrationFile, Graph]:
    """The migration and the graph that it is in: that of the originals where it was squashed."""
    part = workspace.directory.replaced_version(version)
    if not part:
        return workspace.directory.find(version), workspace.graph
    view = workspace.lineage({part})
    if view.trouble:
        raise view.trouble
    return view.directory.find(part), view.graph


def _state(workspace: Workspace, file: MigrationFile) -> tuple[bool | None, AppliedRow | None, str]:
    try:
        chosen = workspace.chosen
    except UsageError:
        return None, None, "not known: no database is named"
    try:
        with workspace.connection() as connection:
            rows = history.read(connection, workspace.tables, only_reading=True)
    except ConnectionFailedError as error:
        return None, None, f"not known: {error.message}"
    row = next((one for one in rows or () if one.version == file.version), None)
    words = _words(row)
    if file.version in workspace.lineage(history.applied(rows)).applied and row is None:
        return True, None, f"applied, as all that it replaces is, on {chosen.label}"
    if replaced := workspace.directory.replaced.get(file.version):
        words += f", squashed into {replaced[1].version}"
    return row is not None and row.is_applied, row, f"{words} on {chosen.label}"


def _words(row: AppliedRow | None) -> str:
    if row is None:
        return "pending"
    moment = row.applied_at if row.is_applied else row.rolled_back_at
    when = f" {moment:%Y-%m-%d %H:%M} UTC" if moment else ""
    return f"applied{when}" if row.is_applied else f"pending, reverted{when}"


def _certificate_words(file: MigrationFile, certified: Certified | None) -> str:
    if certified is None:
        path = path_of(file)
        return "not for the file as it is now" if path.is_file() else "none"
    count = len(certified.objects)
    where = f", proven on PostgreSQL {certified.major}" if certified.major else ""
    return f"{count} {'object' if count == 1 else 'objects'}{where}"


def _touched(certified: Certified | None) -> tuple[ShowTouched, ...]:
    return tuple(
        ShowTouched(
            "+" if one.before is None else "-" if one.after is None else "~",
            one.kind,
            one.name,
            one.before,
            one.after,
        )
        for one in (certified.objects if certified else ())
    )
