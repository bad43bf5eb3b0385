"""Background jobs: what `upgrade --background` and `status --job` do."""

from typing import Any

import click

from psqlmigrate.cli.options import Options

_FOUND = 1


def start(options: Options, target: str, given: dict[str, Any]) -> None:
    """Starts a job and prints its id alone, so that scripts can take it."""
    if given.pop("dry_run"):
        raise click.UsageError("--dry-run and --background exclude each other")
    from psqlmigrate.cli.context import show_json, workspace
    from psqlmigrate.service import jobstart
    from psqlmigrate.service.executing import Wishes

    job = jobstart.start(workspace(options), target, Wishes(**given))
    if options.as_json:
        show_json("upgrade", {"job": job})
        return
    click.echo(job)
    if not options.quiet:
        click.echo(f"hint: psqlmigrate status --job {job}", err=True)


def show(options: Options, job: str) -> int:
    """Tells how a job stands; 1 when it failed."""
    from psqlmigrate.cli.context import show_json, workspace
    from psqlmigrate.service import jobs

    result = jobs.look(workspace(options), job)
    if options.as_json:
        show_json("status", result)
    else:
        from psqlmigrate.output.jobs import job_lines

        click.echo("\n".join(job_lines(result)))
    return _FOUND if result.status == jobs.FAILED else 0
