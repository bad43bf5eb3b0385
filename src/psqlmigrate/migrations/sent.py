"""A statement on its way to the server, and where it stands in its migration file."""

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any, TypeAlias

from psqlmigrate.errors import MigrationFileError, SourceError
from psqlmigrate.schema.script import ScriptStatement, split

Params: TypeAlias = Sequence[Any] | Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Sent:
    """One statement as it goes to the server; the line is of the file, from 1, 0 when unknown."""

    sql: str
    path: Path
    line: int
    params: Params = None
    copy_data: str | None = None

    @property
    def place(self) -> str:
        """`migrations/20261123_101500_add_email.py:14`."""
        return f"{shown(self.path)}:{self.line}"


def sent(text: str, params: Params, path: Path) -> tuple[Sent, ...]:
    """The statements of a text that the migration's code executes now.

    Raises MigrationFileError for an unclosed quote, and for params with several statements.
    """
    line = calling_line(path)
    if ";" not in text.strip().rstrip(";") and "\0" not in text:
        return (Sent(text, path, line, params),) if text.strip() else ()
    try:
        parts = split(text)
    except SourceError as error:
        message = f"{shown(path)}:{line}: {error.message} of the SQL"
        raise MigrationFileError(message).at(path, line) from None
    if params is not None and len(parts) > 1:
        raise MigrationFileError(
            f"{shown(path)}:{line}: several statements with params in one execute",
            hint="give each statement its own execute",
        ).at(path, line)
    return tuple(Sent(one.text, path, line, params, one.copy_data) for one in parts)


def from_script(statement: ScriptStatement, path: Path) -> Sent:
    """A statement of an SQL migration."""
    return Sent(statement.text, path, statement.line, None, statement.copy_data)


def calling_line(path: Path) -> int:
    """The line of the migration file that is being executed; 0 when it is none of the file's."""
    name = str(path)
    frame: FrameType | None = inspect.currentframe()
    while frame is not None:
        if frame.f_code.co_filename == name:
            return frame.f_lineno
        frame = frame.f_back
    return 0


def shown(path: Path) -> str:
    """The path as a user would type it here."""
    absolute, here = path.absolute(), Path.cwd()
    return str(absolute.relative_to(here)) if absolute.is_relative_to(here) else str(path)
