"""The commands that Alembic's users look for."""

import click

from psqlmigrate.cli import completing
from psqlmigrate.cli.options import Options, common


@click.command()
@click.option(
    "--baseline",
    type=click.Choice(["database", "migrations"]),
    help="Compare with this; else the database, if every migration is applied to it.",
)
@common
def check(options: Options, baseline: str | None) -> int:
    """Exit 1 when the models need a migration.

    \b
    psqlmigrate check
    """
    from psqlmigrate.cli.context import annotate_objects, busy, show_json, workspace
    from psqlmigrate.service import checking

    space = workspace(options)
    with busy(options, "comparing models and migrations"):
        result = checking.check(space, baseline)
    if options.as_json:
        show_json("check", result)
    else:
        from psqlmigrate.output.reports import print_check

        print_check(result, no_color=options.no_color)
    annotate_objects("check", "models and migrations differ", result.objects, space)
    return 1 if result.differs else 0


@click.command()
@common
def current(options: Options) -> None:
    """Show the version the database is at; with --verbose how many are applied, since when.

    \b
    psqlmigrate current
    """
    from psqlmigrate.cli.context import show_json, workspace
    from psqlmigrate.service.position import where

    result = where(workspace(options))
    if options.as_json:
        show_json("current", result)
        return
    click.echo("\n".join(result.versions) or "none: no migration is applied")
    if options.verbose and result.at:
        click.echo(f"{result.applied} applied, the last {result.at:%Y-%m-%d %H:%M} UTC")


@click.command()
@click.argument("version", shell_complete=completing.versions("head", "heads", "base"))
@click.option("--purge", is_flag=True, help="Forget the history first.")
@common
def stamp(options: Options, version: str, *, purge: bool) -> None:
    """Mark exactly VERSION and what comes before it as applied; run nothing.

    \b
    psqlmigrate stamp head
    """
    from psqlmigrate.cli.context import show_json, workspace
    from psqlmigrate.service import executing

    result = executing.stamp(workspace(options), version, purge=purge)
    if options.as_json:
        show_json("stamp", result)
        return
    lines = [f"{one}  marked as applied" for one in result.marked]
    lines += [f"{one}  marked as not applied" for one in result.unmarked]
    click.echo("\n".join(lines) or "nothing to change")
    if not result.state_known:
        click.echo(
            "not every migration has a certificate: status replays them to tell drift", err=True
        )


class _Direction(click.Choice[str]):
    """The direction, which may be left out before a range."""

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        return value if ":" in value else super().convert(value, param, ctx)


@click.command()
@click.argument("direction", type=_Direction(["upgrade", "downgrade"]), default="upgrade")
@click.argument("span", metavar="[FROM:TO]", default="")
@common
def sql(options: Options, direction: str, span: str) -> None:
    """Print the SQL of migrations, ready for psql; needs no database.

    \b
    psqlmigrate sql upgrade 20261123_101500:head
    """
    from psqlmigrate.cli.context import put, show_json, workspace
    from psqlmigrate.service.foreseeing import offline

    if ":" in direction:
        if span:
            raise click.UsageError(f'"{direction}" and "{span}" are two ranges; give one')
        direction, span = "upgrade", direction
    text = offline(workspace(options), "up" if direction == "upgrade" else "down", span)
    if options.as_json:
        show_json("sql", {"sql": text})
    elif text:
        put(text, nl=not text.endswith("\n"))
    if not text and not options.quiet:
        click.echo("nothing to do", err=True)
