"""What a run tells while it works; who shows it is the caller's affair."""

from typing import Protocol

from psqlmigrate.migrations.file import MigrationFile


class Progress(Protocol):
    """Is told what happens. The methods return at once: the run waits for them."""

    def waiting(self, seconds: float, holder: str) -> None:
        """Another run, `holder`, has the lock."""

    def started(self, file: MigrationFile, direction: str) -> None:
        """A migration begins, or begins again after a lock was not to be had."""

    def statement(self, number: int, sql: str) -> None:
        """The statement of that number (from 1) is sent."""

    def blocked(self, seconds: float, reason: str) -> None:
        """A lock in the database was not to be had for so long; the migration is tried again."""

    def finished(self, file: MigrationFile, ms: int) -> None:
        """A migration is done and committed."""

    def failed(self, file: MigrationFile, *, rolled_back: bool) -> None:
        """A migration failed."""


class Silent:
    """Says nothing."""

    def waiting(self, seconds: float, holder: str) -> None:
        """Nothing."""

    def started(self, file: MigrationFile, direction: str) -> None:
        """Nothing."""

    def statement(self, number: int, sql: str) -> None:
        """Nothing."""

    def blocked(self, seconds: float, reason: str) -> None:
        """Nothing."""

    def finished(self, file: MigrationFile, ms: int) -> None:
        """Nothing."""

    def failed(self, file: MigrationFile, *, rolled_back: bool) -> None:
        """Nothing."""
