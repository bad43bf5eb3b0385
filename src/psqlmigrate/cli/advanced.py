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
            '\nhint: psqlmigrate merge "…" joins them; upgrade heads applies all of them',
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
@click.option("--replay", is_flag=True, help="Prove every certified migration again in scratch.")
@click.option(
    "--certify",
    metavar="[VERSION]",
    is_flag=False,
    flag_value="",
    help="Prove pending migrations that were edited, or one, and renew the certificates.",
)
@click.option("--accept", metavar="VERSION", help="Take the edited file of an applied migration.")
@common
def verify(options: Options, accept: str | None, certify: str | None, *, replay: bool) -> int:
    """Check files, certificates and history; exit 1 when something does not fit.

    \b
    psqlmigrate verify --replay
    """
    from psqlmigrate.cli.context import show_json, workspace
    from psqlmigrate.output import verification
    from psqlmigrate.service import verifying

    if accept and certify is not None:
        raise click.UsageError("--accept and --certify do not go together")
    space = workspace(options)
    found = 0
    if accept:
        version = verifying.accept(space, accept)
        result: object = {"accepted": version}
        lines = [f"{version}  accepted as it is"]
    elif certify is not None:
        made = verifying.certify(space, certify)
        result, lines = {"certified": made}, verification.certified(made)
    else:
        result = verified = verifying.verify(space, with_replay=replay)
        lines, found = verification.verified(verified), 1 if verified.findings else 0
    if options.as_json:
        show_json("verify", result)
    else:
        click.echo("\n".join(lines))
    return found


COMMANDS: tuple[click.Command, ...] = (heads, diff, snapshot, verify)
