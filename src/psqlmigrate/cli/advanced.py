"""Commands beyond the daily round."""

import click

from psqlmigrate.cli import completing
from psqlmigrate.cli.options import Options, common


@click.command()
@common
def heads(options: Options) -> None:
    """Show the migrations that nothing comes after.

    \b
    psqlmigrate heads
    """
    from psqlmigrate.cli.context import say, show_json, workspace
    from psqlmigrate.output.runs import one_line

    graph = workspace(options).graph
    found = [(one.version, one_line(one.message)) for one in graph.heads]
    if options.as_json:
        show_json(
            "heads",
            {"heads": [version for version, _ in found], "branch_points": graph.branch_points},
        )
        return
    say(f"{version}  {message}" for version, message in found)
    if not found and not options.quiet:
        click.echo("no migrations", err=True)
    if len(found) > 1:
        click.echo(
            f"\nwarning: {len(found)} heads, split after {', '.join(graph.branch_points) or 'the start'}"
            '\nhint: psqlmigrate merge "…" joins them; upgrade heads applies all of them',
            err=True,
        )


@click.command()
@click.argument("source", shell_complete=completing.sources)
@click.argument("desired", shell_complete=completing.sources)
@click.option("--exit-code", is_flag=True, help="Exit 1 when they differ.")
@click.option("--grants/--no-grants", default=True, help="Compare privileges (on by default).")
@click.option("--owners", is_flag=True, help="Compare owners, too.")
@click.option("--labels", is_flag=True, help="Compare security labels, too.")
@click.option(
    "--prove",
    is_flag=True,
    help="Run it in scratch on sample rows first, there and back; exit 3 when that fails.",
)
@common
def diff(
    options: Options,
    source: str,
    desired: str,
    *,
    exit_code: bool,
    grants: bool,
    owners: bool,
    labels: bool,
    prove: bool,
) -> int:
    """Print the SQL that turns one schema into another.

    A schema is a URL, an .sql file or directory, a .json snapshot, or one of database, models,
    migrations, migrations@VERSION, empty. The hazards of a statement are a comment above it.

    \b
    psqlmigrate diff database schema.sql
    """
    from psqlmigrate.cli.context import busy, put, show_json, workspace
    from psqlmigrate.service.diffing import difference

    with busy(options, "comparing"):
        asked = {"grants": grants, "owners": owners, "labels": labels}
        concerns = [name for name, is_asked in asked.items() if is_asked]
        result = difference(workspace(options), source, desired, concerns=concerns, prove=prove)
    if options.as_json:
        show_json("diff", result)
    elif result.statements:
        from psqlmigrate.output.plans import script_lines

        put("SET check_function_bodies = off;")
        for line in script_lines(result.statements):
            put(line)
    for name in result.unmodelled:
        click.echo(f"not compared: {name}", err=True)
    if result.proof and not options.as_json:
        from psqlmigrate.output.verification import proven

        click.echo("\n".join(proven(result.proof)), err=True)
    return 1 if exit_code and result.statements else 0


@click.command()
@click.argument("source", default="database", shell_complete=completing.sources)
@common
def snapshot(options: Options, source: str) -> None:
    """Print a schema with the hash of every object as JSON, for review and for diff.

    \b
    psqlmigrate snapshot database > schema.json
    """
    from psqlmigrate.cli.context import busy, put, show_json, workspace
    from psqlmigrate.service.diffing import snapshot as take

    with busy(options, "reading the schema"):
        text = take(workspace(options), source)
    if options.as_json:
        import json

        show_json("snapshot", json.loads(text))
    else:
        put(text, nl=False)


@click.command()
@click.option("--replay", is_flag=True, help="Prove every certified migration again in scratch.")
@click.option(
    "--certify",
    metavar="[VERSION]",
    is_flag=False,
    flag_value="",
    shell_complete=completing.versions(),
    help="Prove one migration, or all pending ones that have no certificate or were edited.",
)
@click.option(
    "--accept",
    metavar="VERSION",
    help="Take the edited file of an applied migration; forget it where the file is gone.",
    shell_complete=completing.versions(),
)
@click.option("--offline", is_flag=True, help="Look at the files only, whatever database is named.")
@common
def verify(
    options: Options, accept: str | None, certify: str | None, *, replay: bool, offline: bool
) -> int:
    """Check files, certificates and history; exit 1 when something does not fit.

    \b
    psqlmigrate verify --replay
    """
    from psqlmigrate.cli.context import annotate, busy, say, show_json, workspace
    from psqlmigrate.output import verification
    from psqlmigrate.service import verifying

    if accept and certify is not None:
        raise click.UsageError("--accept and --certify do not go together")
    if offline and (accept or certify is not None):
        raise click.UsageError("--offline looks at files; --accept and --certify need more")
    space = workspace(options)
    found = 0
    if accept:
        taken = verifying.accept(space, accept)
        result: object = taken
        words = "counts as not applied" if taken.forgotten else "accepted as it is"
        lines = [f"{taken.accepted}  {words}"]
    elif certify is not None:
        with busy(options, "proving migrations"):
            made = verifying.certify(space, certify)
        result, lines = {"certified": made}, verification.certified(made)
    else:
        with busy(options, "replaying the migrations" if replay else "verifying"):
            result = verified = verifying.verify(space, with_replay=replay, offline=offline)
        lines = verification.verified(verified, offline=offline)
        found = 1 if verified.findings else 0
        for one in verified.findings:
            annotate("verify", one.words, one.path(space.migrations_path), one.line, one.column)
    if options.as_json:
        show_json("verify", result)
    else:
        say(lines)
    return found


@click.command()
@click.argument("version", shell_complete=completing.versions())
@click.option("--applied", is_flag=True, help="The database has all of it.")
@click.option("--rolled-back", is_flag=True, help="The database has nothing of it.")
@common
def resolve(options: Options, version: str, *, applied: bool, rolled_back: bool) -> None:
    """Say what the database has of a migration that was begun without a transaction and not finished.

    upgrade goes on with such a migration by itself. Where it says that nobody can tell what was
    done, put the database right by hand first; this runs nothing.

    \b
    psqlmigrate resolve --rolled-back 20261123_101500
    """
    from psqlmigrate.cli.context import say, show_json, workspace
    from psqlmigrate.service import resolving

    if applied == rolled_back:
        raise click.UsageError("give one of --applied and --rolled-back")
    result = resolving.resolve(workspace(options), version, applied=applied)
    if options.as_json:
        show_json("resolve", result)
    else:
        say([f"{result.version}  counts as {'applied' if result.applied else 'not applied'}"])
