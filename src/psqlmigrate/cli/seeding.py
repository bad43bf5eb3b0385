"""The command that loads rows."""

import click

from psqlmigrate.cli import completing
from psqlmigrate.cli.options import Options, common, length


@click.command()
@click.option(
    "-e",
    "--env",
    "environment",
    metavar="ENV",
    help="Load MIGRATIONS/seeds/ENV.json or .yaml.",
    shell_complete=completing.environments,
)
@click.option(
    "-f",
    "--file",
    "file",
    metavar="FILE",
    help="Load this .json or .yaml file.",
    shell_complete=completing.paths,
)
@click.option("--truncate", is_flag=True, help="Empty the tables of the file first.")
@click.option("--dry-run", is_flag=True, help="Show what would change, and change nothing.")
@click.option(
    "--lock-wait", metavar="S", type=float, callback=length, help="Seconds to wait for the lock."
)
@common
def seed(
    options: Options,
    environment: str | None,
    file: str | None,
    lock_wait: float | None,
    *,
    truncate: bool,
    dry_run: bool,
) -> None:
    """Load rows from a JSON or YAML file; twice is once.

    All in one transaction: new rows are inserted, those that differ updated.

    \b
    psqlmigrate seed -e dev

    \b
    users:
      - {id: 1, name: Ann, role_id: {$ref: roles, name: admin}}
    roles:
      key: [name]
      rows:
        - name: admin

    Exits with 5 when --truncate would reach tables that the file does not name.
    """
    from pathlib import Path

    from psqlmigrate.cli.context import show_json, workspace
    from psqlmigrate.output.progress import RunProgress
    from psqlmigrate.service import seeding

    space = workspace(options)
    path = seeding.chosen(space, environment, Path(file) if file is not None else None)
    wishes = seeding.SeedWishes(truncate, dry_run, lock_wait)
    with RunProgress(quiet=options.quiet, no_color=options.no_color) as progress:
        result = seeding.seed(space, path, wishes, progress)
    if options.as_json:
        show_json("seed", result)
    else:
        from psqlmigrate.output.seeds import print_seed

        print_seed(result, verbose=options.verbose, no_color=options.no_color)
