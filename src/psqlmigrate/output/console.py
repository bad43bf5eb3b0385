"""Where text goes: data to stdout, the rest to stderr, colour only where it is wanted."""

import dataclasses
import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

_WIDTH = 100


def console(*, no_color: bool = False) -> Console:
    """stdout; outside a terminal as wide as the text needs."""
    made = Console(no_color=no_color or None, highlight=False, soft_wrap=True)
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


def to_json(value: Any) -> Any:
    """Dataclasses, enums, paths and times as JSON has them."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {one.name: to_json(getattr(value, one.name)) for one in dataclasses.fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, (Path, datetime)):
        return value.isoformat() if isinstance(value, datetime) else str(value)
    if isinstance(value, dict):
        return {str(key): to_json(one) for key, one in value.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    if isinstance(value, (list, tuple, set, frozenset)):
        return [to_json(one) for one in value]  # pyright: ignore[reportUnknownVariableType]
    return value


def envelope(command: str, result: object) -> str:
    """The JSON document of a command that went well."""
    content = {"version": 1, "command": command, "ok": True, "result": to_json(result)}
    return json.dumps(content, ensure_ascii=False)
