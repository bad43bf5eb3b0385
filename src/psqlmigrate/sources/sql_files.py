"""A schema stated by SQL: one file, or a directory of them in the order of their names."""

from pathlib import Path

from psqlmigrate.errors import SourceError
from psqlmigrate.postgres.connect import Connection
from psqlmigrate.postgres.loading import load_script


def load_sql(connection: Connection, path: Path) -> None:
    """Runs the file, or each `.sql` file below the directory. Raises SourceError."""
    for file in _files(path):
        try:
            text = file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise SourceError(f"cannot read {file}: {error}") from None
        load_script(connection, text, str(file))


def _files(path: Path) -> tuple[Path, ...]:
    if path.is_dir():
        found = tuple(sorted(path.rglob("*.sql")))
        if not found:
            raise SourceError(f"{path} holds no .sql file")
        return found
    if not path.is_file():
        raise SourceError(f"there is no file {path}")
    return (path,)
