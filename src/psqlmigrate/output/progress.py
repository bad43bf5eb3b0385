"""Shows a run while it works: a row for each migration, and what takes longer than a second."""

import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from rich.live import Live
from rich.text import Text

from psqlmigrate.migrations.file import MigrationFile
from psqlmigrate.output import github
from psqlmigrate.output.console import console
from psqlmigrate.output.runs import one_line, row

_TICK_S = 0.25
_NOTICED_S = 1.0
_AGAIN_S = 5.0


@dataclass(slots=True)
class _Doing:
    """What the run does now; times are of time.monotonic().

    `waiting` is what the run said of its pauses, `reason` what its session waits for on the server.
    """

    head: str = ""
    since: float = 0.0
    statement: str = ""
    sent: float = 0.0
    waiting: str = ""
    reason: str = ""


class RunProgress:
    """A context: on entering it begins to watch the clock, on leaving nothing of it stays.

    Rows go to stdout as migrations finish (not with `rows=False`), all else to stderr: on a
    terminal one line that comes and goes, elsewhere a line after a second and every five. `quiet`
    leaves the rows only. With `verbose` each statement is shown with its time.
    """

    def __init__(
        self,
        *,
        rows: bool = True,
        quiet: bool = False,
        verbose: bool = False,
        no_color: bool = False,
    ) -> None:
        self._rows = rows
        self._quiet = quiet
        self._verbose = verbose and not quiet
        self._console = console(no_color=no_color, stderr=True)
        self._terminal = self._console.is_terminal and not quiet
        self._width = 0
        self._reason: Callable[[], str] | None = None
        self._doing = _Doing()
        self._live: Live | None = None
        self._next = _NOTICED_S
        self._turn = threading.RLock()
        self._end = threading.Event()
        self._clock = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        if self._terminal or self._verbose:
            self._clock.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end.set()
        with self._turn:
            self._clear()

    def watched(self, reason: Callable[[], str]) -> None:
        """`reason` tells what the run's session waits for."""
        self._reason = reason

    def waiting(self, seconds: float, holder: str) -> None:
        """Another run, `holder`, has the lock."""
        self._wait(seconds, f"waiting {seconds:.1f} s for the lock, held by {holder}")

    def planned(self, files: Sequence[MigrationFile]) -> None:
        """These are going to be run."""
        self._width = max((len(one_line(file.message)) for file in files), default=0)

    def started(self, file: MigrationFile, direction: str) -> None:  # noqa: ARG002 - shown alike
        """A migration begins, or begins again."""
        with self._turn:
            head = f"{file.version}  {one_line(file.message)}"
            if self._doing.head != head:
                self._next = _NOTICED_S
                self._doing = _Doing(head, time.monotonic())

    def statement(self, number: int, sql: str) -> None:  # noqa: ARG002 - the SQL says more
        """A statement is sent."""
        with self._turn:
            self._doing.statement = sql
            self._doing.sent = time.monotonic()

    def statement_done(self, number: int, ms: int) -> None:
        """It went well."""
        with self._turn:
            if self._verbose:
                self._say(f"   {number:>3}  {one_line(self._doing.statement)}  {ms} ms")
            self._doing.statement = self._doing.waiting = self._doing.reason = ""

    def blocked(self, seconds: float, reason: str) -> None:
        """A lock in the database is not to be had."""
        self._wait(seconds, f"waiting {seconds:.1f} s for {reason}")

    def finished(self, file: MigrationFile, ms: int) -> None:
        """A migration is done."""
        with self._turn:
            self._clear()
            self._doing = _Doing()
            if self._rows and sys.stdout is not None:
                self._print(row(file.version, file.message, self._width, ms))

    def _print(self, text: str) -> None:
        """A reader or a terminal that went away is no reason to end a run halfway; the end tells
        of it.
        """
        try:
            sys.stdout.write(github.calm(text) + "\n")
            sys.stdout.flush()
        except OSError:
            self._rows = False

    def failed(self, file: MigrationFile, *, rolled_back: bool) -> None:
        """A migration failed."""
        with self._turn:
            self._clear()
            self._doing = _Doing()
            if self._rows and not self._quiet:
                words = "failed, rolled back" if rolled_back else "failed, not rolled back"
                self._say(f" {file.version}  {one_line(file.message)}    {words}\n", "red")

    def _wait(self, seconds: float, text: str) -> None:
        with self._turn:
            self._doing.waiting = text
            if self._terminal:
                if seconds >= _NOTICED_S:
                    self._show(self._line())
            elif not self._quiet and seconds >= self._next:
                self._next = seconds + _AGAIN_S
                self._say(self._line())

    def _watch(self) -> None:
        asked = 0.0
        while not self._end.wait(_TICK_S):
            now = time.monotonic()
            with self._turn:
                doing = self._doing
                busy = bool(doing.statement) and now - doing.since >= _NOTICED_S
                long = busy and now - doing.sent >= _NOTICED_S
            if long and now - asked >= _NOTICED_S:
                asked = now
                self._ask(doing)
            with self._turn:
                if busy and doing is self._doing and doing.statement:
                    self._tell(now - doing.since)

    def _ask(self, doing: _Doing) -> None:
        """Not under the lock: the run itself never waits for an answer."""
        reason = self._reason() if self._reason else ""
        with self._turn:
            doing.reason = reason

    def _tell(self, seconds: float) -> None:
        if self._terminal:
            self._show(self._line())
        elif seconds >= self._next:
            self._next = seconds + _AGAIN_S
            self._say(self._line())

    def _line(self) -> str:
        doing = self._doing
        if not doing.head:
            return doing.waiting
        seconds = time.monotonic() - doing.sent
        what = doing.waiting or f"{seconds:.0f} s  {one_line(doing.statement)}"
        if doing.reason:
            what = f"waiting {seconds:.1f} s for {doing.reason}"
        return f" {doing.head}   {what}"

    def _show(self, text: str) -> None:
        line = Text(text, no_wrap=True, overflow="ellipsis")
        if self._live is None:
            self._live = Live(
                line,
                console=self._console,
                auto_refresh=False,
                transient=True,
                redirect_stdout=False,
                redirect_stderr=False,
            )
        with suppress(OSError):
            self._live.start()
            self._live.update(line, refresh=True)

    def _say(self, text: str, style: str = "") -> None:
        with suppress(OSError):
            self._clear()
            self._console.print(Text(text, style=style), soft_wrap=True)

    def _clear(self) -> None:
        if self._live:
            live, self._live = self._live, None
            with suppress(OSError):
                live.stop()
