"""What a migration's own Python has raised."""

import traceback

from psqlmigrate.migrations.file import MigrationFile


def frames(file: MigrationFile, error: BaseException) -> list[traceback.FrameSummary]:
    """Where the error came through, from the migration's file on; nothing if it did not."""
    found = traceback.extract_tb(error.__traceback__)
    first = next((i for i, one in enumerate(found) if one.filename == str(file.path)), len(found))
    return found[first:]


def words(error: BaseException) -> str:
    """Its sort and its text, which the migration's own code may have to make."""
    try:
        text = str(error)
    except Exception:  # noqa: BLE001 - whatever the file does, it is named
        text = "an error without a text"
    return f"{type(error).__name__}: {text}"
