"""What a run tells, as lines of text for a logger of the user's."""

import importlib
import sys
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeAlias, cast

from psqlmigrate.errors import ConfigError
from psqlmigrate.migrations.file import MigrationFile
from psqlmigrate.redaction import beginning, without_secrets
from psqlmigrate.service.config import Config
from psqlmigrate.service.progress import Progress, Silent

Log: TypeAlias = Callable[[str], None]

MARK = "[PSQLMIGRATE]"
_LONGEST = 200


def configured(settings: Config) -> Log | None:
    """The function that the setting `logger` names (`module:function`), or None.

    It is imported as the project itself would, its directory first. Raises ConfigError.
    """
    if settings.logger is None:
        return None
    module, _, name = settings.logger.partition(":")
    if not (module and name):
        raise ConfigError(f'logger is "{settings.logger}", and is written module:function')
    try:
        found: Any = getattr(_imported(module, settings.root), name)
    except Exception as error:
        raise ConfigError(
            f"logger is {settings.logger}, and cannot be had: {type(error).__name__}: {error}",
            hint="it is imported by psqlmigrate's own interpreter, from the project's directory",
        ) from error
    if not callable(found):
        raise ConfigError(f"logger is {settings.logger}, and that is no function")
    return cast("Log", found)


def to_stderr(line: str) -> None:
    """Where the lines go with `debug` and without a logger."""
    sys.stderr.write(f"{MARK} {line}\n")


class Guarded:
    """A logger that hears no password, and whose own errors stop no migration.

    The first such error is a warning, and it rests.
    """

    def __init__(self, log: Log) -> None:
        self._log: Log | None = log

    def __call__(self, line: str) -> None:
        if self._log is None:
            return
        try:
            self._log(without_secrets(line))
        except Exception as error:  # noqa: BLE001 - whatever it is, it is the logger's
            self._log = None
            text = f"the logger failed and is not called again: {type(error).__name__}: {error}"
            warnings.warn(text, RuntimeWarning, stacklevel=3)


class LogProgress(Silent):
    """Sends a line for each thing that happens; with `debug` for each statement, too."""

    def __init__(self, log: Log, *, debug: bool) -> None:
        self._log = Guarded(log)
        self._debug = debug

    def waiting(self, seconds: float, holder: str) -> None:
        self._log(f"waiting for the lock for {seconds:.1f} s: {holder} has it")

    def planned(self, files: Sequence[MigrationFile]) -> None:
        self._log(f"{len(files)} migration{'' if len(files) == 1 else 's'} to run")

    def started(self, file: MigrationFile, direction: str) -> None:
        self._log(f"{'applying' if direction == 'up' else 'reverting'} {file.name}")

    def statement(self, number: int, sql: str) -> None:
        if self._debug:
            self._log(f"  {number}: {beginning(' '.join(sql.split()), _LONGEST)}")

    def statement_done(self, number: int, ms: int) -> None:
        if self._debug:
            self._log(f"  {number}: {ms} ms")

    def blocked(self, seconds: float, reason: str) -> None:
        self._log(f"waiting for {seconds:.1f} s: {reason}")

    def finished(self, file: MigrationFile, ms: int) -> None:
        self._log(f"{file.version} done in {ms} ms")

    def failed(self, file: MigrationFile, *, rolled_back: bool) -> None:
        left = "rolled back" if rolled_back else "not rolled back: it ran without a transaction"
        self._log(f"{file.version} failed and was {left}")


class Both:
    """Tells two listeners."""

    def __init__(self, first: Progress, second: Progress) -> None:
        self._all = (first, second)

    def watched(self, reason: Callable[[], str]) -> None:
        """Both may ask."""
        for one in self._all:
            one.watched(reason)

    def waiting(self, seconds: float, holder: str) -> None:
        """Both hear it."""
        for one in self._all:
            one.waiting(seconds, holder)

    def planned(self, files: Sequence[MigrationFile]) -> None:
        """Both hear it."""
        for one in self._all:
            one.planned(files)

    def started(self, file: MigrationFile, direction: str) -> None:
        """Both hear it."""
        for one in self._all:
            one.started(file, direction)

    def statement(self, number: int, sql: str) -> None:
        """Both hear it."""
        for one in self._all:
            one.statement(number, sql)

    def statement_done(self, number: int, ms: int) -> None:
        """Both hear it."""
        for one in self._all:
            one.statement_done(number, ms)

    def blocked(self, seconds: float, reason: str) -> None:
        """Both hear it."""
        for one in self._all:
            one.blocked(seconds, reason)

    def finished(self, file: MigrationFile, ms: int) -> None:
        """Both hear it."""
        for one in self._all:
            one.finished(file, ms)

    def failed(self, file: MigrationFile, *, rolled_back: bool) -> None:
        """Both hear it."""
        for one in self._all:
            one.failed(file, rolled_back=rolled_back)


def _imported(module: str, root: Path) -> object:
    place = str(root)
    sys.path.insert(0, place)
    try:
        return importlib.import_module(module)
    finally:
        sys.path.remove(place)
