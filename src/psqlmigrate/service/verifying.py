"""Whether files, certificates and history fit together."""

import json
from dataclasses import dataclass

from psqlmigrate.errors import UsageError
from psqlmigrate.service import history
from psqlmigrate.service.history import AppliedRow
from psqlmigrate.service.workspace import Workspace

_FULL_CHECKSUM = 64


@dataclass(frozen=True, slots=True)
class VerifyResult:
    """`findings` are sentences; `database` says whether the history was looked at."""

    findings: tuple[str, ...]
    files: int
    database: bool


def verify(workspace: Workspace) -> VerifyResult:
    """Looks at the files, and at the history where a database is named.

    Raises what reading the directory raises: DuplicateVersionError, MigrationFileError,
    MigrationDependencyError.
    """
    heads = [one.version for one in workspace.graph.heads]
    findings = [f"several heads: {', '.join(heads)}"] if len(heads) > 1 else []
    findings += _certificates(workspace)
    looked = True
    try:
        workspace.chosen  # noqa: B018 - asks whether a database is named
    except UsageError:
        looked = False
    if looked:
        with workspace.connection() as connection:
            rows = history.read(connection, workspace.tables) or ()
        findings += _applied(workspace, rows)
    return VerifyResult(tuple(findings), len(workspace.directory.files), looked)


def accept(workspace: Workspace, version: str) -> str:
    """Takes the file of an applied migration as it is now. Raises UsageError if not applied."""
    file = workspace.directory.find(version)
    with workspace.connection() as connection:
        if not history.accept(connection, workspace.tables, file):
            raise UsageError(f"{file.version} is not applied, so there is nothing to accept")
    return file.version


def _certificates(workspace: Workspace) -> list[str]:
    findings: list[str] = []
    for file in workspace.directory.files:
        path = file.path.parent / "certificates" / f"{file.version}.json"
        if not path.is_file():
            continue
        try:
            known = json.loads(path.read_text(encoding="utf-8")).get("checksum")
        except (ValueError, AttributeError):
            findings.append(f"{path} cannot be read")
            continue
        if known != file.checksum:
            findings.append(f"{file.name} is not as it was certified")
    return findings


def _applied(workspace: Workspace, rows: tuple[AppliedRow, ...]) -> list[str]:
    files = {one.version: one for one in workspace.directory.files}
    findings: list[str] = []
    for row in rows:
        if not row.is_applied:
            continue
        file = files.get(row.version)
        if file is None:
            findings.append(f"{row.version} is applied, and its file is missing")
        elif row.checksum and len(row.checksum) == _FULL_CHECKSUM and row.checksum != file.checksum:
            findings.append(f"{file.name} was edited after it was applied")
    return findings
