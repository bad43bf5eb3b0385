"""Where text goes: data to stdout, the rest to stderr, colour only where it is wanted."""

import os
import sys
from collections.abc import Iterable, Sequence
from typing import Literal

from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from psqlmigrate.output import github
from psqlmigrate.output.printable import printable_lines

_WIDTH, _WIDEST = 100, 100_000


class _Console(Console):
    """Rich's console, which leaves a closed pipe to the place where all errors are told."""

    def on_broken_pipe(self) -> None:
        raise  # noqa: PLE0704 - Rich calls it while it handles the error


class _Rows(Table):
    """A table as wide as its cells: a narrow terminal wraps its lines, as it does with others."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        wide = Measurement.get(console, options.update(max_width=_WIDEST), self).maximum
        within = options.update(width=wide, max_width=wide)
        drawn = super().__rich_console__(console, within)
        segments = [one for one in drawn if isinstance(one, Segment)]
        for line in Segment.split_lines(segments):
            yield from _stripped(line)
            yield Segment.line()


def _stripped(line: list[Segment]) -> list[Segment]:
    """The line without the blanks at its end, which make narrow terminals wrap."""
    while line and not line[-1].text.strip():
        line = line[:-1]
    if not line:
        return line
    last = line[-1]
    return [*line[:-1], Segment(last.text.rstrip(), last.style)]


def escapes(*, no_color: bool) -> Literal["auto"] | None:
    """Rich's colour system. Without colour there is no bold either: then text is only text."""
    return None if no_color or os.environ.get("NO_COLOR") else "auto"


def console(*, no_color: bool = False, stderr: bool = False) -> Console:
    """stdout, or stderr; outside a terminal as wide as the text needs."""
    stream = github.calmed(sys.stderr if stderr else sys.stdout)
    made = _Console(
        file=stream,
        color_system=escapes(no_color=no_color),
        highlight=False,
        soft_wrap=True,
    )
    if not made.is_terminal:
        made.width = max(made.width, _WIDTH)
    return made


def rows(
    columns: Sequence[tuple[str, str]], lines: Iterable[Sequence[str]], *, header: bool = True
) -> Table:
    """A table without borders; a column is its heading and `left` or `right`."""
    table = _Rows(
        box=None, show_header=header, pad_edge=False, padding=(0, 3, 0, 0), header_style="bold"
    )
    for heading, justify in columns:
        table.add_column(
            heading, justify="right" if justify == "right" else "left", overflow="fold"
        )
    for line in lines:
        table.add_row(*(Text(printable_lines(cell)) for cell in line))
    return table
