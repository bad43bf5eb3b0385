"""The core commands."""

import sys
from typing import Any

import click

from psqlmigrate.cli.options import Command, Options, common

_FOUND = 1
_COMMAND = {"up": "upgrade", "down": "downgrade"}


@click.command()
@click.option("--offline", is_flag=True, help="Make only the files, without a database.")
@common
def init(options: Options, *, offline: bool) -> None:
    """Create the migrations directory, the configuration and the database's tables.

    \b
    psqlmigrate init --url postgresql://me@localhost/app
    """
    from psqlmigrate.cli.context import show_json, workspace
    from psqlmigrate.service.initializing import initialize

    result = initialize(workspace(options), offline=offline)
    if options.as_json:
        show_json("init", result)
    else:
        click.echo("\n".join(result.lines))


@click.command()
@click.option("--full", is_flag=True, help="List the objects that differ.")
@click.option("--no-models", is_flag=True, help="Leave the models out; quick.")
@click.option("--exit-code", is_flag=True, help="Exit 1 when something is pending or drifted.")
@common
def status(options: Options, *, full: bool, no_models: bool, exit_code: bool) -> int:
    """Show where migrations, models and database stand.

    \b
    psqlmigrate status --full
    """
    from psqlmigrate.cli.context import show_json, workspace
    from psqlmigrate.service.status import status as ask

    result = ask(workspace(options), with_models=not no_models)
    if options.as_json:
        show_json("status", result)
    else:
        from psqlmigrate.output.status import print_status

        verbose = options.verbose
        print_status(result, full=full, no_color=options.no_color, verbose=verbose)
    return _FOUND if exit_code and (result.pending or result.drift) else 0


def _confirm(question: str) -> bool:
    return click.confirm(f"{question}?")


@click.command()
@click.argument("message")
@click.option("--sql", "as_sql", is_flag=True, help="Write an .sql migration instead of .py.")
@click.option("--rename", "renames", metavar="OLD:NEW", multiple=True, help="A rename; repeatable.")
@click.option(
    "--empty", is_flag=True, help="Write a migration without statements, to be filled in."
)
@click.option(
    "--baseline",
    type=click.Choice(["database", "migrations"]),
    help="Start from this; else the database, if every migration is applied to it.",
)
@click.option(
    "--drop-orphans", "orphans", is_flag=True, help="Drop what neither models nor migrations know."
)
@click.option(
    "--concurrently", is_flag=True, help="Build indexes in a migration of their own, without locks."
)
@common
def autogenerate(options: Options, message: str, **given: Any) -> None:
    """Write a certified migration from the difference between models and migrations.

    \b
    psqlmigrate autogenerate "add email to users"
    """
    from psqlmigrate.cli.context import show_json, workspace
    from psqlmigrate.service.generating import GenerateWishes
    from psqlmigrate.service.generating import autogenerate as generate

    asked = not options.as_json and sys.stdin.isatty() and sys.stdout.isatty()
    result = generate(
        workspace(options), message, GenerateWishes(**given), _confirm if asked else None
    )
    if options.as_json:
        show_json("autogenerate", result)
    else:
        from psqlmigrate.output.reports import print_generated

        print_generated(result, no_color=options.no_color)


@click.command()
@click.option("--limit", type=int, help="At most so many.")
@click.option("--all", "everything", is_flag=True, help="Rolled-back ones, too.")
@common
def history(options: Options, limit: int | None, *, everything: bool) -> None:
    """Show applied migrations, newest first.

    \b
    psqlmigrate history --limit 5
    """
    from psqlmigrate.cli.context import show_json, workspace
    from psqlmigrate.service.applied import applied_rows

    result = applied_rows(workspace(options), limit, everything=everything)
    if options.as_json:
        show_json("history", result)
    else:
        from psqlmigrate.output.reports import print_history

        print_history(result, no_color=options.no_color)


@click.command()
@click.argument("version")
@common
def show(options: Options, version: str) -> None:
    """Show one migration: file, parents, state here, SQL, certificate, hazards.

    Needs no database; without one the state is not known.

    \b
    psqlmigrate show 20261123_101500
    """
    from psqlmigrate.cli.context import show_json, workspace
    from psqlmigrate.service import showing

    result = showing.show(workspace(options), version)
    if options.as_json:
        show_json("show", result)
    else:
        from psqlmigrate.output.migrations import print_show

        print_show(result, no_color=options.no_color)


@click.command()
@common
def validate(options: Options) -> int:
    """Compare models and database: +table new, -table removed, ~table modified.

    \b
    psqlmigrate validate
    """
    from psqlmigrate.cli.context import show_json, workspace
    from psqlmigrate.service.checking import validate as compare

    result = compare(workspace(options))
    if options.as_json:
        show_json("validate", result)
    else:
        click.echo("\n".join(result.warnings) or "models and database agree")
    return _FOUND if result.warnings else 0


def _run_options(command: Command) -> Command:
    """The options that upgrade and downgrade share."""
    options = (
        click.option("--no-transaction", is_flag=True, help="Run without transactions."),
        click.option("--no-lock", is_flag=True, help="Run without the lock."),
        click.option("--lock-wait", metavar="S", type=float, help="Seconds to wait for the lock."),
        click.option("--dry-run", is_flag=True, help="Show what would run, and run nothing."),
        click.option(
            "--strict", is_flag=True, help="Roll back what does not do as its certificate says."
        ),
        click.option(
            "--forbid-hazard",
            metavar="KIND",
            multiple=True,
            help='Refuse (exit 5) what has this hazard, as "data loss"; repeatable.',
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


@click.command()
@click.argument("target", default="head")
@_run_options
@click.option(
    "--strict-order", is_flag=True, help="Refuse (exit 5) what is older than what is applied."
)
@common
def upgrade(options: Options, target: str, **given: Any) -> None:
    """Apply pending migrations up to TARGET: head, heads, a version or +N.

    \b
    psqlmigrate upgrade +1
    """
    _run(options, "up", target, given)


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("target", default="-1")
@_run_options
@common
def downgrade(options: Options, target: str, **given: Any) -> None:
    """Revert migrations, newest first: -N, down to a version, or base.

    \b
    psqlmigrate downgrade -1
    """
    _run(options, "down", target, given)


def _run(options: Options, direction: str, target: str, given: dict[str, Any]) -> None:
    if given.pop("dry_run"):
        _foresee(options, direction, target, given["forbid_hazard"])
        return
    from psqlmigrate.cli.context import show_json, workspace
    from psqlmigrate.output.progress import RunProgress
    from psqlmigrate.output.runs import print_run
    from psqlmigrate.service.executing import Wishes, execute

    wishes = Wishes(**given)
    with RunProgress(
        rows=not options.as_json,
        quiet=options.quiet,
        verbose=options.verbose,
        no_color=options.no_color,
    ) as progress:
        result = execute(workspace(options), direction, target, wishes, progress)
    if options.as_json:
        show_json(_COMMAND[direction], result)
    else:
        print_run(result, strict=wishes.strict, no_color=options.no_color)


def _foresee(options: Options, direction: str, target: str, forbidden: tuple[str, ...]) -> None:
    from psqlmigrate.cli.context import show_json, workspace
    from psqlmigrate.service.foreseeing import foresee

    result = foresee(workspace(options), direction, target, forbidden)
    if options.as_json:
        show_json(_COMMAND[direction], result)
        return
    from psqlmigrate.output.migrations import print_preview

    print_preview(result, no_color=options.no_color)


COMMANDS: tuple[click.Command, ...] = (
    init,
    status,
    autogenerate,
    upgrade,
    downgrade,
    history,
    show,
    validate,
)
