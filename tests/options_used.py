"""Which options the tests have used: those of commands that ended without an error."""

import shlex
from collections.abc import Iterable

import click
from click.core import ParameterSource

from psqlmigrate.cli.app import program

USED: set[tuple[str, str]] = set()

NOT_TO_BE_USED = {
    ("users", "--profile"): "always refused; test_app.py has it",
}


def watch() -> None:
    """Takes notes of what Click runs in this process."""
    original = click.Command.invoke

    def invoke(self: click.Command, ctx: click.Context) -> object:
        answer: object = original(self, ctx)
        _note(ctx)
        return answer

    click.Command.invoke = invoke  # type: ignore[method-assign]  # Click has no hook for it


def typed(commands: Iterable[str]) -> None:
    """Takes notes of commands that other processes ran with exit code 0."""
    for command in commands:
        words = shlex.split(command.replace("\\\n", " "), comments=True)
        if words[:1] != ["psqlmigrate"] or words[1:2] not in [[one] for one in program.commands]:
            continue
        cut = [at for at, word in enumerate(words) if word in {">", ">>", "|", "&&", "||", ";"}]
        _note(program.commands[words[1]].make_context(words[1], words[2 : min([*cut, 999])]))


def missing() -> list[str]:
    """The options of all commands that nothing has used."""
    every = {
        (name, max(option.opts, key=len))
        for name, command in program.commands.items()
        for option in command.params
        if isinstance(option, click.Option)
    }
    return sorted(" ".join(one) for one in every - USED - NOT_TO_BE_USED.keys())


def _note(context: click.Context) -> None:
    for option in context.command.params:
        source = context.get_parameter_source(option.name or "")
        if isinstance(option, click.Option) and source is ParameterSource.COMMANDLINE:
            USED.add((context.command.name or "", max(option.opts, key=len)))
