"""What verify finds: a fault, where it is, and the way out."""

from dataclasses import dataclass
from pathlib import Path

from psqlmigrate.errors import MigrationError


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that does not fit. `code` is stable and part of `--json`.

    `file`, `line` and `column` (0: not known) are where, for tools; `where` says it to people.
    """

    code: str
    what: str
    where: str
    way_out: str = ""
    file: str = ""
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.where}: {self.words}" if self.where else self.words

    @property
    def words(self) -> str:
        """What it is, and the way out in a line of its own."""
        return f"{self.what}\n  {self.way_out}" if self.way_out else self.what

    def path(self, folder: Path) -> str:
        """The file that it is about, of the migrations' `folder` or named in full; "" if none."""
        path = Path(self.file) if self.file else folder / self.where
        return str(path) if path.is_file() else ""


def of_error(error: MigrationError, where: str = "") -> Finding:
    """An error that is no reason to stop looking."""
    return Finding(
        error.code,
        error.message,
        where,
        error.hint,
        error.file_path or where,
        error.line,
        error.column,
    )
