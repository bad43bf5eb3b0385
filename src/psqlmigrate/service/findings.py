"""What verify finds: a fault, where it is, and the way out."""

from dataclasses import dataclass

from psqlmigrate.errors import MigrationError


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that does not fit. `code` is stable and part of `--json`."""

    code: str
    what: str
    where: str
    way_out: str = ""

    def __str__(self) -> str:
        line = f"{self.where}: {self.what}" if self.where else self.what
        return f"{line}\n  {self.way_out}" if self.way_out else line


def of_error(error: MigrationError, where: str = "") -> Finding:
    """An error that is no reason to stop looking."""
    return Finding(error.code, error.message, where, error.hint)
