"""The core commands."""

import sys
from typing import Any

import click

from psqlmigrate.cli import completing
from psqlmigrate.cli.options import Command, Options, common, length

_FOUND = 1
_COMMAND = {"up": "upgrade", "down": "downgrade"}


@click.command()
@click.option("--offline", is_flag=True, help="Make only the files, without a database.")
@click.option(
    "--from-database",
    is_flag=True,
    help="Make the schema that the database has the first migration, applied already.",
)
@click.option("-m", "--message", help='With --from-database; else "initial schema".')
@click.option("--sql", "as_sql", is_flag=True, help="With --from-database: an .sql migration.")
@common
def init(
    options: Options, message: str | None, *, offline: bool, from_database: bool, as_sql: bool
) -> None:
    """Create the migrations directory, the configuration and the database's tables.

    \b
    psqlmigrate init --url postgresql://me@localhost/app
    """
    from psqlmigrate.cli.context import busy, show_json, workspace

    if from_database and offline:
        raise click.UsageError("--from-database needs the database that --offline does without")
    if not from_database and (as_sql or message is not None):
        raise click.UsageError(f"{'--sql' if as_sql else '--message'} goes with --from-database")
    space = workspace(options)
    if from_database:
        from psqlmigrate.service.existing import initialize_from_database

        with busy(options, "reading, writing and proving the schema"):
            result: Any = initialize_from_database(
                space, "initial schema" if message is None else message, as_sql=as_sql
            )
    else:
        from psqlmigrate.service.initializing import initialize

        result = initialize(space, offline=offline)
    if options.as_json:
        show_json("init", result)
    else:
        from psqlmigrate.output.printable import printable

        click.echo("\n".join(map(printable, result.lines)))


@click.command()
@click.option("--full", is_flag=True, help="List the objects that differ.")
@click.option("--no-models", is_flag=True, help="Leave the models out; quick.")
@click.option("--exit-code", is_flag=True, help="Exit 1 when something is pending or drifted.")
@click.option("--job", metavar="ID", help="Show a background job alone; exit 1 when it failed.")
@common
def status(
    options: Options, *, full: bool, no_models: bool, exit_code: bool, job: str | None
) -> int:
    """Show where migrations, models and database stand.

    \b
    psqlmigrate status --full
    """
    if job is not None:
        if full or no_models:
            raise click.UsageError("--job shows a job alone: --full and --no-models are not for it")
        from psqlmigrate.cli import jobs

        return jobs.show(options, job)
    from psqlmigrate.cli.context import annotate, busy, show_json, workspace
    from psqlmigrate.service.status import status as ask

    with busy(options, "looking at the database"):
        result = ask(workspace(options), with_models=not no_models)
    if options.as_json:
        show_json("status", result)
    else:
        from psqlmigrate.output.status import print_status

        print_status(result, full=full, no_color=options.no_color, verbose=options.verbose)
    if not (exit_code and (result.pending or result.drift or result.begun)):
        return 0
    pending, drifted = len(result.pending), len(result.drift or ())
    annotate("status", f"{pending} pending, {drifted} of drift in {result.target}")
    return _FOUND


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
    from psqlmigrate.cli.context import busy, show_json, workspace
    from psqlmigrate.service.generating import GenerateWishes
    from psqlmigrate.service.generating import autogenerate as generate

    asked = not options.as_json and sys.stdin.isatty() and sys.stdout.isatty()
    with busy(options, "comparing, writing and proving") as shown:

        def confirm(question: str) -> bool:
            shown.paused()
            return click.confirm(f"{question}?")

        result = generate(
            workspace(options), message, GenerateWishes(**given), confirm if asked else None
        )
    if options.as_json:
        show_json("autogenerate", result)
    else:
        from psqlmigrate.output.reports import print_generated

        print_generated(result, no_color=options.no_color)


@click.command()
@click.option("--limit", type=click.IntRange(min=1), help="At most so many.")
@click.option("--all", "everything", is_flag=True, help="Rolled-back and failed ones, too.")
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

        print_history(result, verbose=options.verbose, no_color=options.no_color)


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("version", shell_complete=completing.versions("head", "base"))
@common
def show(options: Options, version: str) -> None:
    """Show one migration: file, parents, state here, SQL, certificate, hazards.

    VERSION is a version or its unique beginning, head, base (the first), +N (the Nth pending) or
    -N (the Nth last applied). Only +N and -N need a database; without one the state is not known.

    \b
    psqlmigrate show 20261123_101500
    """
    from psqlmigrate.cli.context import show_json, workspace
    from psqlmigrate.service import showing

    if version.startswith("--"):  # -1 is a version, so Click passes all that look like options
        raise click.NoSuchOption(version, ctx=click.get_current_context())
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
    from psqlmigrate.cli.context import annotate, busy, models_file, say, show_json, workspace
    from psqlmigrate.service.checking import validate as compare

    space = workspace(options)
    with busy(options, "comparing models and database"):
        result = compare(space)
    if options.as_json:
        show_json("validate", result)
    else:
        say(result.warnings or ["models and database agree"])
    if result.warnings:
        words = ", ".join(result.warnings)
        annotate("validate", f"models and database differ: {words}", models_file(space))
    return _FOUND if result.warnings else 0


def _run_options(command: Command) -> Command:
    """The options that upgrade and downgrade share."""
    options = (
        click.option("--no-transaction", is_flag=True, help="Run without transactions."),
        click.option("--no-lock", is_flag=True, help="Run without the lock."),
        click.option(
            "--lock-wait",
            metavar="S",
            type=float,
            callback=length,
            help="Seconds to wait for the lock.",
        ),
        click.option("--dry-run", is_flag=True, help="Show what would run, and run nothing."),
        click.option(
            "--strict", is_flag=True, help="Roll back what does not do as its certificate says."
        ),
        click.option(
            "--forbid-hazard",
            metavar="KIND",
            multiple=True,
            shell_complete=completing.hazards,
            help='Refuse (exit 5) what has this hazard, as "data loss"; repeatable.',
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


@click.command()
@click.argument("target", default="head", shell_complete=completing.versions("head", "heads", "+1"))
@_run_options
@click.option(
    "--strict-order", is_flag=True, help="Refuse (exit 5) what is older than what is applied."
)
@click.option("--background", is_flag=True, help="Run in a process of its own; print the job's id.")
@common
def upgrade(options: Options, target: str, **given: Any) -> None:
    """Apply pending migrations up to TARGET: head, heads, a version or +N.

    \b
    psqlmigrate upgrade +1
    """
    if given.pop("background"):
        from psqlmigrate.cli import jobs

        jobs.start(options, target, given)
        return
    _run(options, "up", target, given)


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("target", default="-1", shell_complete=completing.versions("base", "-1"))
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
    space = workspace(options)
    with RunProgress(
        rows=not options.as_json,
        quiet=options.quiet,
        verbose=options.verbose or space.settings.debug,
        no_color=options.no_color,
    ) as progress:
        result = execute(space, direction, target, wishes, progress)
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
