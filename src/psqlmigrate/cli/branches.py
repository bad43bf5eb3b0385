"""Commands that change the shape of the migrations' graph."""

from typing import Any

import click

from psqlmigrate.cli.options import Options, common


@click.command()
@click.argument("message")
@click.option("--sql", "as_sql", is_flag=True, help="Write an .sql migration instead of .py.")
@common
def merge(options: Options, message: str, *, as_sql: bool) -> None:
    """Join the heads in a migration, once the order of their branches is proven not to matter.

    Branches that conflict are refused (exit 5), with the objects and versions.

    \b
    psqlmigrate merge "join the branches"
    """
    from psqlmigrate.cli.context import busy, show_json, workspace
    from psqlmigrate.service import merging

    with busy(options, "running the branches in each order"):
        result = merging.merge(workspace(options), message, as_sql=as_sql)
    if options.as_json:
        show_json("merge", result)
    else:
        from psqlmigrate.output.branches import merged

        click.echo("\n".join(merged(result)))


@click.command()
@click.argument("message")
@click.option("--from", "first", metavar="VERSION", help="The first to be squashed.")
@click.option("--to", "end", metavar="VERSION", help="The last to be squashed; else the head.")
@click.option(
    "--sql", "as_sql", is_flag=True, help="Write an .sql migration, also where originals are .py."
)
@common
def squash(options: Options, message: str, **given: Any) -> None:
    """Make one migration of several, proven to do the same; the originals go to archive/.

    Databases that have all, some or none of them go on rightly. Refused (exit 5), with file and
    reason, where one migration would not be the same.

    \b
    psqlmigrate squash "first schema" --to 20261123_101500
    """
    from psqlmigrate.cli.context import busy, show_json, workspace
    from psqlmigrate.service import squashing

    wishes = squashing.SquashWishes(**given)
    with busy(options, "running the originals, writing and proving"):
        result = squashing.squash(workspace(options), message, wishes)
    if options.as_json:
        show_json("squash", result)
    else:
        from psqlmigrate.output.branches import squashed

        click.echo("\n".join(squashed(result)))
