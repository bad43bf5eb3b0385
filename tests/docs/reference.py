"""The page docs/reference.md from the commands themselves: `python tests/docs/reference.py` writes it."""

import inspect
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from psqlmigrate.cli.app import program
from psqlmigrate.cli.commands import GROUPS
from psqlmigrate.cli.options import common

PAGE = Path(__file__).parent.parent.parent / "docs" / "reference.md"

_HEAD = """\
# Commands

This page is made from the commands themselves; `psqlmigrate COMMAND --help` says the same.
`psqlmigrate --version` prints the version. `python -m psqlmigrate` is the same program.
The exit codes are on [a page of their own](exit-codes.md).
"""


def page() -> str:
    """The page as it should be."""
    parts = [_HEAD, *_contents(), "## Options of every command\n", _table(_shared())]
    for title, commands in GROUPS.items():
        parts.append(f"## {title}\n")
        for name in commands:
            parts += _command(program.commands[name])
    return "\n".join(parts)


def _contents() -> Iterator[str]:
    for title, commands in GROUPS.items():
        links = ", ".join(f"[{one}](#{one})" for one in commands)
        yield f"- {title}: {links}"
    yield ""


def _command(command: click.Command) -> Iterator[str]:
    arguments = [_argument(one) for one in command.params if isinstance(one, click.Argument)]
    usage = " ".join(["psqlmigrate", command.name or "", "[OPTIONS]", *arguments])
    yield f"### {command.name}\n"
    yield f"```text\n{usage}\n```\n"
    yield from _description(command.help or "")
    shared = {one.name for one in _shared()}
    own = [one for one in command.params if one.name not in shared]
    options = [one for one in own if isinstance(one, click.Option)]
    if options:
        yield _table(options)


def _description(text: str) -> Iterator[str]:
    r"""The paragraphs; those that Click shall not wrap (`\b`) are examples."""
    for paragraph in re.split(r"\n\s*\n", inspect.cleandoc(text)):
        lines = paragraph.splitlines()
        if lines[0].strip() == "\b":
            yield "\n".join(["```text", *lines[1:], "```\n"])
        else:
            yield " ".join(lines) + "\n"


def _shared() -> list[click.Option]:
    @click.command()
    @common
    def nothing(_options: object) -> None:
        """Has the options that all have."""

    return [one for one in nothing.params if isinstance(one, click.Option)]


def _table(options: Sequence[click.Option]) -> str:
    rows = ["| option | |", "|---|---|"]
    for option in options:
        names = ", ".join(f"`{one}`" for one in sorted(option.opts, key=len, reverse=True))
        value = "" if option.is_flag else f" `{_value(option)}`"
        rows.append(f"| {_cell(names + value)} | {_cell(option.help or '')} |")
    return "\n".join(rows) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _value(parameter: click.Parameter) -> str:
    """The word for a value, whatever the version of Click makes of it."""
    if isinstance(parameter.type, click.Choice):
        return "|".join(map(str, parameter.type.choices))
    return parameter.metavar or (parameter.name or "").upper()


def _argument(argument: click.Argument) -> str:
    value = _value(argument)
    return value if argument.required or value.startswith("[") else f"[{value}]"


if __name__ == "__main__":
    PAGE.write_text(page())
