"""The entry point, and the one place where errors become messages and exit codes."""

import signal
import sys
from types import FrameType

import click

from psqlmigrate.cli import advanced, alembic, core, users
from psqlmigrate.errors import MigrationError

_INTERRUPTED, _TERMINATED, _BUG = 130, 143, 70

GROUPS: dict[str, tuple[click.Command, ...]] = {
    "Core": core.COMMANDS,
    "Alembic-compatible": alembic.COMMANDS,
    "Advanced": advanced.COMMANDS,
    "Users": users.COMMANDS,
}


class Program(click.Group):
    """The root command; `--help` lists the commands under their groups."""

    def format_commands(
        self,
        ctx: click.Context,  # noqa: ARG002 - Click gives it
        formatter: click.HelpFormatter,
    ) -> None:
        """Writes each group with its commands."""
        for title, commands in GROUPS.items():
            with formatter.section(title):
                rows = [(one.name or "", one.get_short_help_str(60)) for one in commands]
                formatter.write_dl(rows)


class Terminated(BaseException):
    """SIGTERM came; it takes the same way out as SIGINT."""


@click.group(cls=Program, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="psqlmigrate", message="psqlmigrate %(version)s")
def program() -> None:
    """Bring PostgreSQL schemas from one version to the next, and prove it first.

    \b
    Exit codes: 0 done · 1 found something · 2 wrong use · 3 database, model or
    migration failed · 4 lock not obtained · 5 refused · 130/143 interrupted
    """


for _commands in GROUPS.values():
    for _command in _commands:
        program.add_command(_command)


def main(arguments: list[str] | None = None) -> int:
    """Runs the program and answers with its exit code."""
    given = sys.argv[1:] if arguments is None else arguments
    signal.signal(signal.SIGTERM, _terminate)
    try:
        outcome = program.main(given, prog_name="psqlmigrate", standalone_mode=False)
    except click.exceptions.Exit as exit_:
        return exit_.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        return _INTERRUPTED
    except Terminated:
        click.echo("terminated", err=True)
        return _TERMINATED
    except click.ClickException as error:
        return _report(given, "usage", error.format_message(), _help_hint(error), "", 2)
    except MigrationError as error:
        return _report(given, error.code, error.message, error.hint, error.details, error.exit_code)
    return outcome if isinstance(outcome, int) else 0


def run() -> None:
    """The console entry point."""
    sys.exit(main())


def _terminate(_signal: int, _frame: FrameType | None) -> None:
    raise Terminated


def _help_hint(error: click.ClickException) -> str:
    context = getattr(error, "ctx", None)
    path = context.command_path if isinstance(context, click.Context) else "psqlmigrate"
    return f"{path} --help"


def _report(
    given: list[str], code: str, message: str, hint: str, details: str, exit_code: int
) -> int:
    if "--json" in given:
        import json

        error = {"code": code, "message": message, "hint": hint, "details": details}
        command = next((one for one in given if not one.startswith("-")), "")
        click.echo(json.dumps({"version": 1, "command": command, "ok": False, "error": error}))
        return exit_code
    click.echo(f"error: {message}", err=True)
    if details:
        click.echo("\n".join(f"  {line}" for line in details.rstrip().splitlines()), err=True)
    if hint:
        click.echo(f"\nhint: {hint}", err=True)
    return exit_code
