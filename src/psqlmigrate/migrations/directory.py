"""The directory of migrations."""

import os
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from psqlmigrate.errors import (
    DuplicateVersionError,
    MigrationFileError,
    MigrationNotFoundError,
    SquashedFileError,
    UsageError,
)
from psqlmigrate.migrations.file import MigrationFile, is_migration, read_file
from psqlmigrate.migrations.replaced import Replaced, walk

VERSION_FORMAT = "%Y%m%d_%H%M%S"
_SLUG_LENGTH = 60

_SETTING = "--migrations, or the setting of that name, is the directory of migrations"


@dataclass(frozen=True, slots=True)
class Directory:
    """All migrations of a directory, by version."""

    path: Path
    files: tuple[MigrationFile, ...]
    leftovers: tuple[MigrationFile, ...] = ()
    """Replaced migrations that are here all the same: a squash did not get to its end."""
    aliases: Mapping[str, str] = field(default_factory=dict[str, str])
    """Squashed migrations that are not here but their originals: the last one of each."""

    @property
    def replaced(self) -> dict[str, tuple[Replaced, MigrationFile]]:
        """What was replaced, by version, and the migration that is there instead."""
        return {one.version: (one, file) for file in self.files for one in walk(file.replaces)}

    def find(self, version: str) -> MigrationFile:
        """The migration of a version or of its unique beginning.

        Raises MigrationNotFoundError naming near versions.
        """
        if found := _match(version, [one.version for one in self.files]):
            return next(one for one in self.files if one.version == found)
        if found := self.replaced_version(version):
            by = self.replaced[found][1].version
            raise MigrationNotFoundError(
                f"{found} was squashed into {by}", version=version, hint=f"name {by}"
            )
        import difflib  # noqa: PLC0415 - only needed for this error

        near = difflib.get_close_matches(version, [one.version for one in self.files], 3, 0.5)
        hint = (
            f"did you mean {' or '.join(near)}?"
            if near
            else "psqlmigrate heads lists what there is"
        )
        raise MigrationNotFoundError(
            f'no migration has the version "{version}"', version=version, hint=hint
        )

    def standing_for(self, version: str) -> MigrationFile:
        """The migration of a version, or the one that replaces it. Raises as `find` does."""
        if found := self.replaced_version(version):
            return self.replaced[found][1]
        if not _match(version, [one.version for one in self.files]):
            found = _match(version, list(self.aliases))
        while found in self.aliases:
            found = self.aliases[found]
        return self.find(found or version)

    def replaced_version(self, version: str) -> str:
        """The replaced version of that name, or of which it is the unique beginning; "" if none.

        Migrations that are there come first.
        """
        if _match(version, [one.version for one in self.files]):
            return ""
        return _match(version, list(self.replaced))


def _match(version: str, known: list[str]) -> str:
    """The version of that name or unique beginning. Raises MigrationNotFoundError for several."""
    found = [one for one in known if one == version]
    found = found or [one for one in known if version and one.startswith(version)]
    if len(found) > 1:
        names = ", ".join(found[:5])
        raise MigrationNotFoundError(
            f'"{version}" could be several migrations: {names}', version=version
        )
    return found[0] if found else ""


def make_directory(path: Path) -> None:
    """Makes the directory where it is missing.

    Raises UsageError where something else is there, or where it takes no files.
    """
    from tempfile import TemporaryFile  # noqa: PLC0415 - start-up time; few commands make one

    _refuse_file(path)
    try:
        path.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=path):
            pass  # that a directory takes files is only known by making one
    except OSError as error:
        raise UsageError(
            f"{path} cannot be the directory of migrations: {error.strerror}", hint=_SETTING
        ) from None


def _refuse_file(path: Path) -> None:
    if path.exists() and not path.is_dir():
        raise UsageError(
            f"{path} is no directory",
            hint=_SETTING,
        )


def read_directory(path: Path) -> Directory:
    """Reads every migration; other files and folders are left alone.

    Raises DuplicateVersionError and MigrationFileError; a broken file is never skipped. UsageError
    where the path is no directory.
    """
    _refuse_file(path)
    if not path.is_dir():
        return Directory(path, ())
    files = [read_inside(path, one) for one in sorted(path.iterdir()) if is_migration(one)]
    seen: dict[str, MigrationFile] = {}
    for file in files:
        other = seen.setdefault(file.version, file)
        if other is not file:
            raise DuplicateVersionError(
                f"two migrations have the version {file.version}: {other.name} and {file.name}",
                file_path=str(file.path),
                hint="give one of them another version, in its name and in the file",
            )
    kept, leftovers = without_replaced(files)
    return Directory(path, tuple(sorted(kept, key=lambda one: one.version)), leftovers)


def without_replaced(
    files: Iterable[MigrationFile],
) -> tuple[tuple[MigrationFile, ...], tuple[MigrationFile, ...]]:
    """The migrations that count, and those that one of them replaces.

    Raises MigrationFileError for one that is not as it was when it was replaced.
    """
    listed = tuple(files)
    replaced: dict[str, tuple[Replaced, MigrationFile]] = {}
    outer = {one.version for file in listed for one in walk(file.replaces)}
    for file in listed:
        for one in walk(file.replaces) if file.version not in outer else ():
            _, other = replaced.setdefault(one.version, (one, file))
            if other is not file:
                raise DuplicateVersionError(
                    f"{one.version} was squashed twice: into {other.name} and {file.name}",
                    file_path=str(file.path),
                    hint="keep one of the two, with the originals that it does not replace beside it",
                )
    for file in listed:
        known, by = replaced.get(file.version, (None, file))
        if known and known.checksum != file.checksum:
            raise SquashedFileError(
                f"{file.name} was squashed into {by.name}, and is not as it was then",
                file_path=str(file.path),
                hint="give it a new version, or take it out: what it was then is in the squashed one",
            )
    kept = tuple(one for one in listed if one.version not in replaced)
    return kept, tuple(one for one in listed if one.version in replaced)


def read_inside(folder: Path, path: Path) -> MigrationFile:
    """The migration of a file of the directory. Raises MigrationFileError as `read_file` does."""
    if path.is_symlink() and not Path(os.path.realpath(path)).is_relative_to(folder.resolve()):
        raise MigrationFileError(f"{path}: a link out of {folder} is refused", file_path=str(path))
    return read_file(path)


def next_version(files: tuple[MigrationFile, ...], version_format: str = VERSION_FORMAT) -> str:
    """The version of now (UTC), or a second later while it is taken."""
    moment = datetime.now(UTC)
    taken = {file.version for file in files}
    while (version := moment.strftime(version_format)) in taken:
        moment += timedelta(seconds=1)
    return version


def version_after(version: str, taken: Collection[str]) -> str | None:
    """The version of the first free second after it; None when it is no point in time."""
    try:
        moment = datetime.strptime(version, VERSION_FORMAT).replace(tzinfo=UTC)
    except ValueError:
        return None
    while (made := moment.strftime(VERSION_FORMAT)) in taken or made == version:
        moment += timedelta(seconds=1)
    return made


def file_name(version: str, message: str, suffix: str) -> str:
    """`20261123_101500_add_email.py`: of the message only plain letters and digits are left."""
    slug = re.sub(r"[^a-z0-9]+", "_", message.lower()).strip("_")[:_SLUG_LENGTH].strip("_")
    return f"{version}_{slug or 'migration'}{suffix}"
