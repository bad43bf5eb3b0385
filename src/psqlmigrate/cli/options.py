"""The options that every command has."""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias, cast

import click

from psqlmigrate.cli import completing
from psqlmigrate.errors import UsageError

Command: TypeAlias = Callable[..., Any]


def length(_: click.Context, __: click.Parameter, value: float | None) -> float | None:
    """A callback: the option's seconds, if they are a length of time; nan would never end."""
    if value is not None and not value >= 0:
        raise click.BadParameter(f"'{value:g}' is no length of time")
    return value


class Options(NamedTuple):
    """What was given of the options that every command has."""

    url: str | None
    profile: str | None
    migrations: str | None
    models: tuple[str, ...]
    schemas: tuple[str, ...]
    connect_wait: float
    as_json: bool
    quiet: bool
    verbose: bool
    no_color: bool
    config: str | None


def common(command: Command) -> Command:
    """Adds the options; the command's first argument is an Options."""

    def run(**given: Any) -> Any:
        mine = {name: given.pop(name) for name in Options._fields}
        _refuse_empty(mine)
        return command(Options(**mine), **given)

    run.__name__ = command.__name__
    run.__doc__ = command.__doc__
    own = getattr(command, "__click_params__", [])
    # One set for all commands: making a hundred more would be felt in --help.
    run.__click_params__ = [*own, *reversed(_OPTIONS)]  # type: ignore[attr-defined]  # Click's own protocol
    return run


def _refuse_empty(given: dict[str, Any]) -> None:
    """An empty text is a variable that is not set, and must not mean some other database.

    Raises UsageError.
    """
    for name, value in given.items():
        texts = cast("tuple[object, ...]", value if isinstance(value, tuple) else (value,))
        if any(isinstance(one, str) and not one.strip() for one in texts):
            option = "schema" if name == "schemas" else name
            raise UsageError(
                f"--{option} is empty",
                hint="give it a value, or leave it out; is a variable of the shell not set?",
            )


_OPTIONS = (
    click.Option(
        ["--profile"],
        metavar="NAME",
        help="A saved connection.",
        shell_complete=completing.profiles,
    ),
    click.Option(["--url"], metavar="URL", help="The database: postgresql://… or embedded."),
    click.Option(
        ["--migrations"],
        metavar="PATH",
        help="The directory of migrations.",
        shell_complete=completing.paths,
    ),
    click.Option(
        ["--models"],
        metavar="SPEC",
        multiple=True,
        help="Models: module, file, directory or .sql.",
        shell_complete=completing.paths,
    ),
    click.Option(
        ["--schema", "schemas"],
        metavar="NAME",
        multiple=True,
        help="Only these schemas; repeatable.",
    ),
    click.Option(
        ["--connect-wait"],
        metavar="S",
        type=float,
        callback=length,
        default=0.0,
        help="Seconds to wait for the server.",
    ),
    click.Option(["--json", "as_json"], is_flag=True, help="Print one JSON document."),
    click.Option(["-q", "--quiet"], is_flag=True, help="Print results only."),
    click.Option(["-v", "--verbose"], is_flag=True, help="Say more."),
    click.Option(["--no-color"], is_flag=True, help="No colour."),
    click.Option(
        ["--config"],
        metavar="FILE",
        help="Another configuration file.",
        shell_complete=completing.paths,
    ),
)
