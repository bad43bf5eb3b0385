"""The originals of squashed migrations, kept for databases that have only some of them."""

from collections.abc import Iterator
from pathlib import Path

from psqlmigrate.errors import ArchiveError
from psqlmigrate.migrations.directory import Directory
from psqlmigrate.migrations.file import MigrationFile, read_file, version_of
from psqlmigrate.migrations.replaced import Replaced

FOLDER = "archive"


def originals(directory: Directory, file: MigrationFile) -> tuple[MigrationFile, ...]:
    """What a squashed migration was made of, in its order.

    Raises ArchiveError for one that is missing or is not as it was.
    """
    there = {one.version: one for one in directory.leftovers}
    there |= {one.version: one for one in archived(directory.path, file)}
    return tuple(_original(directory.path, file, one, there) for one in file.replaces)


def archived(folder: Path, file: MigrationFile) -> Iterator[MigrationFile]:
    """The migrations in the archive that the file replaces, as they are there."""
    wanted = {one.version for one in file.replaces}
    archive = folder / FOLDER
    for path in sorted(archive.iterdir()) if archive.is_dir() else ():
        if version_of(path.name) in wanted and path.is_file():
            yield read_file(path)


def _original(
    folder: Path, file: MigrationFile, known: Replaced, there: dict[str, MigrationFile]
) -> MigrationFile:
    found = there.get(known.version)
    if found is None:
        raise ArchiveError(
            f"{known.version}, which {file.name} replaces, is needed and not in {folder / FOLDER}",
            hint=_WAYS_OUT.format(file.version),
        )
    if found.checksum != known.checksum:
        raise ArchiveError(
            f"{found.path} is not as it was when {file.name} replaced it",
            hint=_WAYS_OUT.format(file.version),
        )
    return found


_WAYS_OUT = (
    "restore the archive from version control; or, if the database has everything of it, "
    "psqlmigrate stamp {} says so"
)
