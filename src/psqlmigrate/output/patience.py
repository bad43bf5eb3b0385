"""What a person sees while nothing can be printed yet: what is done, and for how long."""

import sys
import threading
from contextlib import suppress
from types import TracebackType
from typing import Protocol, Self

_NOTICED_S = 1.0


class _Line(Protocol):
    def stop(self) -> None: ...


class Patience:
    """A context: after a second, on a terminal's stderr, a line that is gone when it ends.

    `paused` takes it away for good, before something is asked.
    """

    def __init__(self, words: str, *, quiet: bool = False, no_color: bool = False) -> None:
        self._words = words
        self._no_color = no_color
        self._wanted = not quiet and sys.stderr is not None and sys.stderr.isatty()
        self._shown: _Line | None = None
        self._turn = threading.Lock()
        self._clock = threading.Timer(_NOTICED_S, self._show)
        self._clock.daemon = True

    def __enter__(self) -> Self:
        if self._wanted:
            self._clock.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.paused()

    def paused(self) -> None:
        """Shows nothing any more."""
        self._clock.cancel()
        with self._turn:
            self._wanted = False
            if self._shown:
                with suppress(OSError):  # the terminal may be gone
                    self._shown.stop()
                self._shown = None

    def _show(self) -> None:
        with self._turn:
            if self._wanted:
                with suppress(OSError):
                    self._shown = _line(self._words, no_color=self._no_color)


def _line(words: str, *, no_color: bool) -> _Line:
    """Rich costs a tenth of a second: only who waits pays for it."""
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import (  # noqa: PLC0415
        Progress,
        SpinnerColumn,
        TextColumn,
        TimeElapsedColumn,
    )

    from psqlmigrate.output.console import escapes  # noqa: PLC0415

    # Plain characters: a terminal of another encoding shows them, too.
    made = Progress(
        SpinnerColumn("line"),
        TextColumn("{task.description}", markup=False),
        TimeElapsedColumn(),
        console=Console(stderr=True, color_system=escapes(no_color=no_color), highlight=False),
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
    )
    made.add_task(words, total=None)
    made.tasks[0].start_time = made.get_time() - _NOTICED_S
    made.start()
    return made
