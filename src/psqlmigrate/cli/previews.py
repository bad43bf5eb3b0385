"""Commands that look ahead and around: what would run, and what was changed by hand."""

import click

from psqlmigrate.cli import completing
from psqlmigrate.cli.options import Options, common


@click.command("dry-run")
@click.argument("target", default="head", shell_complete=completing.versions("head", "heads", "+1"))
@click.option(
    "--forbid-hazard",
    "forbidden",
    metavar="KIND",
    multiple=True,
    shell_complete=completing.hazards,
    help='Refuse (exit 5) what has this hazard, as "data loss"; repeatable.',
)
@common
def dry_run(options: Options, target: str, forbidden: tuple[str, ...]) -> None:
    """Show what upgrade up to TARGET would run: SQL, order, hazards; run nothing.

    \b
    psqlmigrate dry-run +1
    """
    from psqlmigrate.cli.context import show_json, workspace
    from psqlmigrate.service.foreseeing import foresee

    result = foresee(workspace(options), "up", target, forbidden)
    if options.as_json:
        show_json("dry-run", result)
    else:
        from psqlmigrate.output.migrations import print_preview

        print_preview(result, no_color=options.no_color)


@click.command()
@click.option(
    "--to-migration",
    "message",
    metavar="MESSAGE",
    help="Keep the change: write a certified migration of it, and record it as applied.",
)
@click.option("--sql", "as_sql", is_flag=True, help="With --to-migration: an .sql file.")
@click.option(
    "--rename",
    "renames",
    metavar="OLD:NEW",
    multiple=True,
    help="With --to-migration: what was renamed; repeatable.",
)
@click.option("--unmanaged", is_flag=True, help="With --to-migration: what no migration made, too.")
@common
def drift(
    options: Options,
    message: str | None,
    renames: tuple[str, ...],
    *,
    as_sql: bool,
    unmanaged: bool,
) -> int:
    """Print what was changed in the database by hand, and the SQL that undoes it.

    The output can be piped into psql. Exit code 1 when there is drift, 0 when it is kept.

    \b
    psqlmigrate drift --to-migration "index made during the outage"
    """
    from psqlmigrate.cli.context import annotate_objects, busy, put, show_json, workspace
    from psqlmigrate.service import drifting

    further = {"--sql": as_sql, "--rename": renames, "--unmanaged": unmanaged}
    if message is None and (idle := [name for name, value in further.items() if value]):
        raise click.UsageError(f"{idle[0]} goes with --to-migration")
    keep = None if message is None else drifting.Keep(message, as_sql, renames, unmanaged)
    with busy(options, "comparing database and migrations"):
        result = drifting.drift(workspace(options), keep)
    if options.as_json:
        show_json("drift", result)
    elif result.written:
        from psqlmigrate.output.drift import print_kept

        print_kept(result.written, no_color=options.no_color)
    else:
        from psqlmigrate.output import drift as words

        put("\n".join(words.script(result)))
        for line in words.notes(result, quiet=options.quiet):
            click.echo(line, err=True)
    if not result.written:
        annotate_objects("drift", "the database was changed by hand", result.objects)
    return 1 if result.objects and not result.written else 0
