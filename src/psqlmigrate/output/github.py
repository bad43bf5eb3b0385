"""What GitHub Actions reads in the output of a step: annotations, and nothing that others wrote.

The runner obeys lines that begin with `::` after white space, and `##[` anywhere in a line, on
stdout and stderr alike.
"""

import os
import re
from pathlib import Path
from typing import Any, TextIO, cast

_COMMAND = re.compile(r"(\A|[\r\n])(\s*)::")


def is_here() -> bool:
    """Whether a step of GitHub Actions runs us."""
    return os.environ.get("GITHUB_ACTIONS") == "true"


def calm(text: str) -> str:
    """The text for a step's output: in GitHub Actions without anything that its runner obeys."""
    if not is_here():
        return text
    return _COMMAND.sub(r"\1\2: :", text).replace("##[", "# #[")


def calm_json(text: str) -> str:
    """The same for a JSON document, which stays what it is."""
    return text.replace("##[", "#\\u0023[") if is_here() else text


def calmed(stream: TextIO) -> TextIO:
    """The stream with all that is written to it calmed."""
    return cast("TextIO", _Calmed(stream)) if is_here() else stream


class _Calmed:
    """Passes everything on but what is written."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Writes the text as `calm` leaves it."""
        return self._stream.write(calm(text))


def annotation(
    message: str, command: str, *, file: str = "", line: int = 0, column: int = 0
) -> str:
    """The line that makes GitHub show the message as an error, at the file's line if one is given.

    `file` is a path of this machine, `command` the command of psqlmigrate's that says it.
    """
    properties: dict[str, str | int] = {}
    if file:
        properties["file"] = _in_repository(file)
        properties |= {"line": line} if line else {}
        properties |= {"col": column} if line and column else {}
    properties["title"] = f"psqlmigrate {command}".strip()
    stated = ",".join(f"{key}={_property(str(value))}" for key, value in properties.items())
    return f"::error {stated}::{_data(message)}"


def _in_repository(file: str) -> str:
    """The path as GitHub looks for it: relative to the repository's root, with slashes."""
    path = Path(file).absolute()
    root = Path(os.environ.get("GITHUB_WORKSPACE") or Path.cwd()).absolute()
    for one, base in ((path, root), (path.resolve(), root.resolve())):
        if one.is_relative_to(base):
            return one.relative_to(base).as_posix()
    return path.as_posix()


def _data(text: str) -> str:
    escaped = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return escaped.replace("##[", "# #[")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
