"""Commands beyond the daily round."""

import click

from psqlmigrate.cli.options import Options, common


@click.command()
@common
def heads(options: Options) -> None:
    """Show the migrations that nothing comes after.

    \b
    psqlmigrate heads
    """
    from psqlmigrate.cli.context import show_json, workspace

    graph = workspace(options).graph
    found = [(one.version, one.message) for one in graph.heads]
    if options.as_json:
        show_json(
            "heads",
            {"heads": [version for version, _ in found], "branch_points": graph.branch_points},
        )
        return
    for version, message in found:
        click.echo(f"{version}  {message}")
    if len(found) > 1:
        click.echo(
            f"\nwarning: {len(found)} heads, split after {', '.join(graph.branch_points) or 'the start'}"
            "\nhint: upgrade heads applies all of them",
            err=True,
        )


@click.command()
@click.argument("source")
@click.argument("desired")
@click.option("--exit-code", is_flag=True, help="Exit 1 when they differ.")
@common
def diff(options: Options, source: str, desired: str, *, exit_code: bool) -> int:
    """Print the SQL that turns one schema into another.

    A schema is a URL, an .sql file or directory, a .json snapshot, or one of database, models,
    migrations, migrations@VERSION, empty.

    \b
    psqlmigrate diff database schema.sql
    """
    from psqlmigrate.cli.context import show_json, workspace
    from psqlmigrate.service.diffing import difference

    result = difference(workspace(options), source, desired)
    if options.as_json:
        show_json("diff", result)
    elif result.statements:
        click.echo("SET check_function_bodies = off;")
        for statement in result.statements:
            click.echo(f"{statement.sql};")
    for name in result.unmodelled:
        click.echo(f"not compared: {name}", err=True)
    return 1 if exit_code and result.statements else 0


@click.command()
@click.argument("source", default="database")
@common
def snapshot(options: Options, source: str) -> None:
    """Print a schema with the hash of every object as JSON, for review and for diff.

    \b
    psqlmigrate snapshot database > schema.json
    """
    from psqlmigrate.cli.context import show_json, workspace
    from psqlmigrate.service.diffing import snapshot as take

    text = take(workspace(options), source)
    if options.as_json:
        import json

        show_json("snapshot", json.loads(text))
    else:
        click.echo(text, nl=False)


@click.command()
@click.option("--accept", metavar="VERSION", help="Take the edited file of an applied migration.")
@common
def verify(options: Options, accept: str | None) -> int:
    """Check files, certificates and history; exit 1 when something does not fit.

    \b
    psqlmigrate verify
    """
    from psqlmigrate.cli.context import show_json, workspace
    from psqlmigrate.service import verifying

    if accept:
        version = verifying.accept(workspace(options), accept)
        click.echo(f"{version}  accepted as it is")
        return 0
    result = verifying.verify(workspace(options))
    if options.as_json:
        show_json("verify", result)
        return 1 if result.findings else 0
    for finding in result.findings:
        click.echo(finding)
    where = "files and history" if result.database else "files only: no database is named"
    click.echo(f"{result.files} migrations, {len(result.findings)} findings ({where})")
    return 1 if result.findings else 0


COMMANDS: tuple[click.Command, ...] = (heads, diff, snapshot, verify)
