"""From the common options to a workspace."""

from psqlmigrate.cli.options import Options
from psqlmigrate.service.workspace import Workspace


def workspace(options: Options) -> Workspace:
    """The project of the current folder, as the options have it."""
    import os
    from pathlib import Path

    from psqlmigrate.service import config

    explicit = Path(options.config) if options.config else None
    settings = config.load(Path.cwd(), explicit).overridden(
        migrations=options.migrations, models=options.models, schemas=options.schemas
    )
    return Workspace(
        settings,
        os.environ,
        options.url,
        options.profile,
        options.connect_wait,
    )


def show_json(command: str, result: object) -> None:
    """Prints the JSON document of a result."""
    import click

    from psqlmigrate.output.document import envelope

    click.echo(envelope(command, result))
