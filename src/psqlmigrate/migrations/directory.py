"""The directory of migrations."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from psqlmigrate.errors import DuplicateVersionError, MigrationFileError, MigrationNotFoundError
from psqlmigrate.migrations.file import MigrationFile, is_migration, read_file

VERSION_FORMAT = "%Y%m%d_%H%M%S"
_SLUG_LENGTH = 60


@dataclass(frozen=True, slots=True)
class Directory:
    """All migrations of a directory, by version."""

    path: Path
    files: tuple[MigrationFile, ...]

    def find(self, version: str) -> MigrationFile:
        """The migration of a version or of its unique beginning.

        Raises MigrationNotFoundError naming near versions.
        """
        exact = [one for one in self.files if one.version == version]
        found = exact or [one for one in self.files if version and one.version.startswith(version)]
        if len(found) == 1:
            return found[0]
        if found:
            names = ", ".join(one.version for one in found[:5])
            raise MigrationNotFoundError(
                f'"{version}" could be several migrations: {names}', version=version
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


def read_directory(path: Path) -> Directory:
    """Reads every migration; other files and folders are left alone.

    Raises DuplicateVersionError and MigrationFileError; a broken file is never skipped.
    """
    if not path.is_dir():
        return Directory(path, ())
    files = [_read(path, one) for one in sorted(path.iterdir()) if is_migration(one)]
    seen: dict[str, MigrationFile] = {}
    for file in files:
        other = seen.setdefault(file.version, file)
        if other is not file:
            raise DuplicateVersionError(
                f"two migrations have the version {file.version}: {other.name} and {file.name}",
                file_path=str(file.path),
                hint="give one of them another version, in its name and in the file",
            )
    return Directory(path, tuple(sorted(files, key=lambda one: one.version)))


def _read(folder: Path, path: Path) -> MigrationFile:
    if path.is_symlink() and not path.resolve().is_relative_to(folder.resolve()):
        raise MigrationFileError(f"{path}: a link out of {folder} is refused", file_path=str(path))
    return read_file(path)


def next_version(files: tuple[MigrationFile, ...], version_format: str = VERSION_FORMAT) -> str:
    """The version of now (UTC), or a second later while it is taken."""
    moment = datetime.now(UTC)
    taken = {file.version for file in files}
    while (version := moment.strftime(version_format)) in taken:
        moment += timedelta(seconds=1)
    return version


def file_name(version: str, message: str, suffix: str) -> str:
    """`20261123_101500_add_email.py`: of the message only plain letters and digits are left."""
    slug = re.sub(r"[^a-z0-9]+", "_", message.lower()).strip("_")[:_SLUG_LENGTH].strip("_")
    return f"{version}_{slug or 'migration'}{suffix}"
