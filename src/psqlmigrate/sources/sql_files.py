"""A schema stated by SQL: one file, or a directory of them in the order of their names."""

from pathlib import Path

from psqlmigrate.errors import SourceError
from psqlmigrate.migrations.plainfile import read_plain


def read_sql(path: Path, *, empty: bool = False) -> tuple[tuple[str, str], ...]:
    """Name and text of the file, or of each `.sql` file below the directory.

    Raises SourceError; also for a directory without any, unless it may be `empty`.
    """
    found: list[tuple[str, str]] = []
    for file in _files(path, empty=empty):
        try:
            text = read_plain(file).decode("utf-8-sig")
            found.append((str(file), text.replace("\r\n", "\n").replace("\r", "\n")))
        except (OSError, UnicodeDecodeError) as error:
            raise SourceError(f"cannot read {file}: {error}") from None
    return tuple(found)


def _files(path: Path, *, empty: bool) -> tuple[Path, ...]:
    if path.is_dir():
        found = tuple(sorted(one for one in path.rglob("*.sql") if not one.is_dir()))
        if not (found or empty):
            raise SourceError(f"{path} holds no .sql file")
        return found
    if not path.is_file():
        raise SourceError(f"there is no file {path}")
    return (path,)
