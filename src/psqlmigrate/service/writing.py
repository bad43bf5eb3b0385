"""Writes a migration beside the others, unless somebody else changed them meanwhile."""

from collections.abc import Generator
from contextlib import contextmanager

from psqlmigrate.errors import AppliedFileError, UsageError
from psqlmigrate.migrations.atomic import write_new
from psqlmigrate.migrations.directory import Directory, read_directory
from psqlmigrate.migrations.file import MigrationFile, cannot_be_kept, read_file
from psqlmigrate.postgres.filelock import locked_directory


def refuse_unfit(message: str, example: str) -> None:
    """Raises UsageError for a message that says nothing, or that no database can keep.

    `example` is a command with one.
    """
    if not message.strip():
        raise UsageError("the message is empty", hint=f"psqlmigrate {example}")
    if cannot_be_kept(message):
        raise UsageError("the message is not UTF-8, or has a zero byte")


@contextmanager
def unchanged(directory: Directory, command: str) -> Generator[None]:
    """Holds the directory's lock. Raises AppliedFileError if it is not what was read before."""
    with locked_directory(directory.path):
        if read_directory(directory.path).files != directory.files:
            raise AppliedFileError(
                f"another run has changed {directory.path} meanwhile", hint=f"run {command} again"
            )
        yield


def written(directory: Directory, name: str, text: str, command: str) -> MigrationFile:
    """The new migration. Raises what `unchanged` raises."""
    path = directory.path / name
    with unchanged(directory, command):
        write_new(path, text.encode())
    return read_file(path)
