"""Where text goes: data to stdout, the rest to stderr, colour only where it is wanted."""

import sys
from collections.abc import Iterable, Sequence

from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from psqlmigrate.output import github

_WIDTH, _WIDEST = 100, 100_000


class _Console(Console):
    """Rich's console, which leaves a closed pipe to the place where all errors are told."""

    def on_broken_pipe(self) -> None:
        raise  # noqa: PLE0704 - Rich calls it while it handles the error


class _Rows(Table):
    """A table as wide as its cells: a narrow terminal wraps its lines, as it does with others."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        wide = Measurement.get(console, options.update(max_width=_WIDEST), self).maximum
        yield from super().__rich_console__(console, options.update(width=wide, max_width=wide))


def console(*, no_color: bool = False, stderr: bool = False) -> Console:
    """stdout, or stderr; outside a terminal as wide as the text needs."""
    stream = github.calmed(sys.stderr if stderr else sys.stdout)
    made = _Console(file=stream, no_color=no_color or None, highlight=False, soft_wrap=True)
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
        table.add_row(*(Text(cell) for cell in line))
    return table
