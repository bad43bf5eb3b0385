"""Commands that change the shape of the migrations' graph."""

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
    from psqlmigrate.cli.context import show_json, workspace
    from psqlmigrate.service import merging

    result = merging.merge(workspace(options), message, as_sql=as_sql)
    if options.as_json:
        show_json("merge", result)
    else:
        from psqlmigrate.output.branches import merged

        click.echo("\n".join(merged(result)))


COMMANDS: tuple[click.Command, ...] = (merge,)
