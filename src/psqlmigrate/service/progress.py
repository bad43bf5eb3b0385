"""What a run tells while it works; who shows it is the caller's affair."""

from collections.abc import Callable, Sequence
from typing import Protocol

from psqlmigrate.migrations.file import MigrationFile


class Progress(Protocol):
    """Is told what happens. The methods return at once: the run waits for them."""

    def watched(self, reason: Callable[[], str]) -> None:
        """`reason` tells what the run's session waits for, or ""; it may be asked by any thread."""

    def waiting(self, seconds: float, holder: str) -> None:
        """Another run, `holder`, has the lock."""

    def planned(self, files: Sequence[MigrationFile]) -> None:
        """These are going to be run, in this order."""

    def started(self, file: MigrationFile, direction: str) -> None:
        """A migration begins, or begins again after a lock was not to be had."""

    def statement(self, number: int, sql: str) -> None:
        """The statement of that number (from 1) is sent."""

    def statement_done(self, number: int, ms: int) -> None:
        """It went well; `ms` with its waiting for locks."""

    def blocked(self, seconds: float, reason: str) -> None:
        """A lock in the database was not to be had for so long; the migration is tried again."""

    def finished(self, file: MigrationFile, ms: int) -> None:
        """A migration is done and committed."""

    def failed(self, file: MigrationFile, *, rolled_back: bool) -> None:
        """A migration failed."""


class Silent:
    """Says nothing."""

    def watched(self, reason: Callable[[], str]) -> None:
        """Nothing."""

    def waiting(self, seconds: float, holder: str) -> None:
        """Nothing."""

    def planned(self, files: Sequence[MigrationFile]) -> None:
        """Nothing."""

    def started(self, file: MigrationFile, direction: str) -> None:
        """Nothing."""

    def statement(self, number: int, sql: str) -> None:
        """Nothing."""

    def statement_done(self, number: int, ms: int) -> None:
        """Nothing."""

    def blocked(self, seconds: float, reason: str) -> None:
        """Nothing."""

    def finished(self, file: MigrationFile, ms: int) -> None:
        """Nothing."""

    def failed(self, file: MigrationFile, *, rolled_back: bool) -> None:
        """Nothing."""
