"""Where text goes: data to stdout, the rest to stderr, colour only where it is wanted."""

import sys
from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from psqlmigrate.output import github

_WIDTH = 100


def console(*, no_color: bool = False, stderr: bool = False) -> Console:
    """stdout, or stderr; outside a terminal as wide as the text needs."""
    stream = github.calmed(sys.stderr if stderr else sys.stdout)
    made = Console(file=stream, no_color=no_color or None, highlight=False, soft_wrap=True)
    if not made.is_terminal:
        made.width = max(made.width, _WIDTH)
    return made


def rows(
    columns: Sequence[tuple[str, str]], lines: Iterable[Sequence[str]], *, header: bool = True
) -> Table:
    """A table without borders; a column is its heading and `left` or `right`."""
    table = Table(
        box=None, show_header=header, pad_edge=False, padding=(0, 3, 0, 0), header_style="bold"
    )
    for heading, justify in columns:
        table.add_column(
            heading, justify="right" if justify == "right" else "left", overflow="fold"
        )
    for line in lines:
        table.add_row(*(Text(cell) for cell in line))
    return table
