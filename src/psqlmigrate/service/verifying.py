"""Whether files, certificates and history fit together."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from psqlmigrate.errors import AppliedFileError, MigrationError, StateCorruptionError, UsageError
from psqlmigrate.migrations import certificate as certificates
from psqlmigrate.migrations import statefile
from psqlmigrate.migrations.archive import FOLDER, archived
from psqlmigrate.migrations.certificate import Certificate
from psqlmigrate.migrations.directory import Directory, read_inside, without_replaced
from psqlmigrate.migrations.file import MigrationFile, is_migration, version_of
from psqlmigrate.migrations.graph import Graph
from psqlmigrate.migrations.replaced import Replaced, walk
from psqlmigrate.schema.hashing import FORMAT_VERSION
from psqlmigrate.service import history, journal, state
from psqlmigrate.service.bookkeeping import create
from psqlmigrate.service.certifying import settings_digest, write_certificate
from psqlmigrate.service.chain import chain
from psqlmigrate.service.findings import Finding, of_error
from psqlmigrate.service.history import AppliedRow
from psqlmigrate.service.lineage import lineage
from psqlmigrate.service.proving import Proof, Ran, prove
from psqlmigrate.service.replaying import ReplayResult, replay_all
from psqlmigrate.service.scratching import scratch_of
from psqlmigrate.service.versions import is_edited
from psqlmigrate.service.workspace import Workspace


@dataclass(frozen=True, slots=True)
class VerifyResult:
    """What was found. `database` says whether the history was looked at; `notes` are no faults."""

    findings: tuple[Finding, ...]
    files: int
    certified: int
    database: bool
    replay: ReplayResult | None = None
    notes: tuple[str, ...] = ()


def verify(
    workspace: Workspace, *, with_replay: bool = False, offline: bool = False
) -> VerifyResult:
    """Looks at files and certificates, and at the history where a database is named.

    `offline`: not at the history in any case. `with_replay` proves all of it again in scratch. Faults of files are findings, not errors;
    raises what connecting and making scratch databases raise.
    """
    with suppress(MigrationError):
        workspace.directory  # noqa: B018 - goes on with a squash that was broken off
    files, findings = _files(workspace.migrations_path)
    findings += _archive(workspace.migrations_path, files)
    missing = {file: _missing(workspace.migrations_path, file) for file in files if file.replaces}
    findings += [one for file, names in missing.items() for one in _gaps(file, names)]
    graph, faults = _graph(files)
    findings += _state_file(workspace)
    known, doubts = _certificates(workspace.migrations_path, files)
    findings += [*faults, *doubts]
    if graph:
        findings += chain(graph, known)
    looked = not offline and _names_a_database(workspace)
    if looked:
        with workspace.connection() as connection:
            rows = history.read(connection, workspace.tables, only_reading=True) or ()
        findings += _applied(workspace.migrations_path, files, rows)
    replayed = None
    if with_replay and graph:
        with scratch_of(workspace) as scratch:
            replayed = replay_all(scratch, graph.order, known)
        findings += [replayed.finding] if replayed.finding else []
    certified = sum(file.version in known for file in files)
    findings = _without_consequences(workspace.migrations_path, findings)
    notes = tuple(_gone(file) for file, names in missing.items() if _is_whole(file, names))
    return VerifyResult(tuple(findings), len(files), certified, looked, replayed, notes)


def _without_consequences(folder: Path, findings: Sequence[Finding]) -> list[Finding]:
    """A file that cannot be read is there: to restore it, or drop its certificate, is no way out."""
    broken = {
        version_of(path.name)
        for path in (Path(one.file) for one in findings if one.file)
        if path.parent == folder and path.is_file()
    }
    return [
        one
        for one in findings
        if one.code not in {"no_migration", "missing_file"} or Path(one.where).stem not in broken
    ]


def _state_file(workspace: Workspace) -> list[Finding]:
    try:
        statefile.read(workspace.state_file)
    except StateCorruptionError as error:
        return [of_error(error, str(workspace.state_file))]
    return []


@dataclass(frozen=True, slots=True)
class Accepted:
    """The version; `forgotten`: it has no file, so that it counts as not applied from now on."""

    accepted: str
    forgotten: bool = False


def accept(workspace: Workspace, version: str) -> Accepted:
    """Takes the file of an applied migration as it is now, in the history and its certificate.

    Where the file is missing, the version is taken for not applied. Raises UsageError if it is
    not applied, StateCorruptionError if the certificate is broken.
    """
    if _forgotten(workspace, version):
        return Accepted(version, forgotten=True)
    replaced = workspace.directory.replaced_version(version)
    if replaced:
        file: MigrationFile | Replaced = workspace.directory.replaced[replaced][0]
        path, known = Path(), None
    else:
        file = workspace.directory.find(version)
        path = certificates.path_of(file)
        known = certificates.read(path) if path.is_file() else None
    with workspace.connection() as connection:
        if workspace.tables.former:  # the row may be in psqlmodel's former history only
            create(connection, workspace.tables)
        if not history.accept(connection, workspace.tables, file):
            raise UsageError(
                f"{file.version} is not applied, so there is nothing to accept",
                hint=f"psqlmigrate verify --certify {file.version} certifies a pending migration",
            )
    if known:
        certificates.write(path, replace(known, checksum=file.checksum))
    return Accepted(file.version)


def _forgotten(workspace: Workspace, version: str) -> bool:
    """Takes a version without a file out of those that are applied; nothing where it has one."""
    directory, tables = workspace.directory, workspace.tables
    if version in directory.replaced or any(one.version == version for one in directory.files):
        return False
    with workspace.connection() as connection:
        if version not in history.applied(history.read(connection, tables) or ()):
            return False
        create(connection, tables)
        with connection.transaction():
            history.forget(connection, tables, version)
            state.unmark(connection, tables)
            journal.write(
                connection, tables, "stamped", None, target="", marked=(), unmarked=(version,)
            )
    return True


def certify(workspace: Workspace, version: str = "") -> tuple[Certificate, ...]:
    """Proves migrations and writes their certificates.

    The one of that version; without one, all pending that have no certificate for what they are.
    An applied one is proven if it never was (psqlmodel's) and is as it was applied. Raises
    AppliedFileError for another, ProofError and StatementError for what cannot be proven.
    """
    checksums = _applied_checksums(workspace)
    applied = checksums.keys()
    if version:
        chosen: tuple[MigrationFile, ...] = (workspace.directory.find(version),)
    else:
        chosen = tuple(
            file
            for file in workspace.graph.order
            if file.version not in applied and _is_unproven(file)
        )
    for file in chosen:
        if file.version in applied and not _is_new_to_us(file, checksums[file.version]):
            raise AppliedFileError(
                f"{file.name} is applied: what it does there cannot be proven again",
                hint=f"psqlmigrate verify --accept {file.version} takes the file as it is now",
            )
    return tuple(_certified(workspace, file) for file in chosen)


def _certified(workspace: Workspace, file: MigrationFile) -> Certificate:
    before = workspace.graph.ancestors(file.version)
    earlier = tuple(one for one in workspace.graph.order if one.version in before)
    with scratch_of(workspace) as scratch:
        [proof] = prove(scratch, earlier, [file])
    return write_certificate(file, _with_known_hazards(file, proof), f"{len(earlier)} migrations")


def _with_known_hazards(file: MigrationFile, proof: Proof) -> Proof:
    """Statements that were not edited keep the hazards that their planner knew."""
    path = certificates.path_of(file)
    try:
        known = certificates.read(path).statements if path.is_file() else ()
    except StateCorruptionError:
        return proof
    hazards = {" ".join(one.sql.split()): one.hazards for one in known}
    kept = (Ran(one.sql, hazards.get(" ".join(one.sql.split()), ())) for one in proof.statements)
    return replace(proof, statements=tuple(kept))


def _is_unproven(file: MigrationFile) -> bool:
    path = certificates.path_of(file)
    if not path.is_file():
        return True
    try:
        return certificates.read(path).checksum != file.checksum
    except StateCorruptionError:
        return True


def _names_a_database(workspace: Workspace) -> bool:
    try:
        workspace.chosen  # noqa: B018 - asks whether a database is named
    except UsageError:
        return False
    return True


def _applied_checksums(workspace: Workspace) -> dict[str, str | None]:
    if not _names_a_database(workspace):
        return {}
    with workspace.connection() as connection:
        rows = history.read(connection, workspace.tables, only_reading=True) or ()
    recorded = {row.version: row.checksum for row in rows if row.is_applied}
    now = workspace.lineage(frozenset(recorded))
    return {version: recorded.get(version) for version in now.applied}


def _is_new_to_us(file: MigrationFile, checksum: str | None) -> bool:
    return not certificates.path_of(file).exists() and not is_edited(file, checksum)


def _files(folder: Path) -> tuple[list[MigrationFile], list[Finding]]:
    """The files that can be read, and what is wrong with the others."""
    by_version: defaultdict[str, list[MigrationFile]] = defaultdict(list)
    findings: list[Finding] = []
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if not is_migration(path):
            continue
        try:
            file = read_inside(folder, path)
        except MigrationError as error:
            findings.append(of_error(error))
        else:
            by_version[file.version].append(file)
    for version, same in by_version.items():
        if len(same) > 1:
            names = " and ".join(one.name for one in same)
            findings.append(
                Finding(
                    "duplicate_version",
                    f"the version {version} is there {len(same)} times",
                    names,
                    "give one of them another version, in its name and in the file",
                )
            )
    files = [same[0] for same in by_version.values()]
    try:
        return list(without_replaced(files)[0]), findings
    except MigrationError as error:
        return files, [*findings, of_error(error)]


def _archive(folder: Path, files: Sequence[MigrationFile]) -> Iterator[Finding]:
    """Originals in the archive that are not as they were."""
    for file in files:
        known = {one.version: one.checksum for one in file.replaces}
        try:
            there = list(archived(folder, file))
        except MigrationError as error:
            yield of_error(error)
            continue
        for one in there:
            if one.checksum != known[one.version]:
                yield Finding(
                    "edited_original",
                    f"it is not as it was when {file.name} replaced it",
                    f"{FOLDER}/{one.name}",
                    "restore it from version control",
                )


def _missing(folder: Path, file: MigrationFile) -> tuple[str, ...]:
    """The originals that are neither in the archive nor left where they were."""
    paths = (path for one in (folder, folder / FOLDER) if one.is_dir() for path in one.iterdir())
    there = {version_of(path.name) for path in paths if path.is_file()}
    return tuple(one.version for one in walk(file.replaces) if one.version not in there)


def _is_whole(file: MigrationFile, missing: Sequence[str]) -> bool:
    """Whether nothing is left of the originals: who takes them all away may mean it."""
    return len(missing) == len([*walk(file.replaces)])


def _gaps(file: MigrationFile, missing: Sequence[str]) -> Iterator[Finding]:
    for version in () if _is_whole(file, missing) else missing:
        yield Finding(
            "missing_original",
            f"{file.name} replaces it, and it is not in {FOLDER}/",
            version,
            "restore it from version control: a database that has a part of them needs the rest",
        )


def _gone(file: MigrationFile) -> str:
    return (
        f"{FOLDER}/ has none of the migrations that {file.name} replaces:"
        " a database that has only some of them cannot be upgraded"
    )


def _graph(files: Sequence[MigrationFile]) -> tuple[Graph | None, list[Finding]]:
    try:
        graph = Graph(files)
    except MigrationError as error:
        return None, [of_error(error)]
    heads = [one.version for one in graph.heads]
    if len(heads) < 2:  # noqa: PLR2004 - one head is as it should be
        return graph, []
    what = f"there are {len(heads)} heads: {', '.join(heads)}"
    return graph, [
        Finding("multiple_heads", what, "", 'psqlmigrate merge "join the branches" joins them')
    ]


def _certificates(
    folder: Path, files: Sequence[MigrationFile]
) -> tuple[Mapping[str, Certificate], list[Finding]]:
    """The certificates by version, and what is wrong with them."""
    known: dict[str, Certificate] = {}
    findings: list[Finding] = []
    by_version = {file.version: file for file in files}
    for path in sorted((folder / certificates.FOLDER).glob("*.json")):
        file = by_version.get(path.stem)
        if file is None:
            findings.append(
                Finding(
                    "no_migration",
                    "a certificate without a migration",
                    f"{certificates.FOLDER}/{path.name}",
                    "restore the migration, or delete the certificate",
                )
            )
            continue
        try:
            one = certificates.read(path)
        except StateCorruptionError as error:
            findings.append(of_error(error))
            continue
        known[file.version] = one
        findings.extend(_doubts(file, one))
    return known, findings


def _doubts(file: MigrationFile, one: Certificate) -> Iterator[Finding]:
    again = f"psqlmigrate verify --certify {file.version} proves it again while it is pending"
    if one.version != file.version:
        what = f"its certificate is of {one.version}"
        yield Finding("other_version", what, file.name, again)
    if one.checksum != file.checksum:
        yield Finding("edited", "it was edited after it was certified", file.name, again)
    if one.format_version != FORMAT_VERSION:
        what = f"its certificate has format {one.format_version}, this is {FORMAT_VERSION}"
        yield Finding("other_format", what, file.name, again)
    if one.settings and one.settings != settings_digest():
        what = "it was certified with other settings, under which hashes may differ"
        yield Finding("other_settings", what, file.name, again)


def _applied(
    folder: Path, files: Sequence[MigrationFile], rows: Sequence[AppliedRow]
) -> Iterator[Finding]:
    directory = Directory(folder, tuple(files))
    by_version: dict[str, MigrationFile | Replaced] = {
        **{version: known for version, (known, _) in directory.replaced.items()},
        **{one.version: one for one in files},
    }
    with suppress(MigrationError):
        trouble = lineage(directory, history.applied(rows)).trouble
        if trouble:
            yield of_error(trouble)
    for row in rows:
        file = by_version.get(row.version)
        if not row.is_applied:
            continue
        if file is None:
            yield Finding(
                "missing_file",
                "it is applied, and its file is missing",
                row.version,
                f"restore it from version control, or psqlmigrate verify --accept {row.version}"
                " takes it out of the history",
            )
        elif is_edited(file, row.checksum):
            yield Finding(
                "edited_applied",
                "it was edited after it was applied",
                file.name if isinstance(file, MigrationFile) else file.version,
                f"restore it, or psqlmigrate verify --accept {row.version} takes it as it is",
            )
