"""From the common options to a workspace."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from psqlmigrate.cli.options import Options
from psqlmigrate.output.patience import Patience
from psqlmigrate.service.workspace import Workspace

if TYPE_CHECKING:  # it would bring the whole catalog along
    from psqlmigrate.service.describing import Entry


def workspace(options: Options) -> Workspace:
    """The project of the current folder, as the options have it."""
    import os
    from pathlib import Path

    from psqlmigrate.service import config

    explicit = Path(options.config) if options.config else None
    settings = config.load(Path.cwd(), explicit).overridden(
        migrations=options.migrations, models=options.models, schemas=options.schemas
    )
    space = Workspace(
        settings,
        os.environ,
        options.url,
        options.profile,
        options.connect_wait,
    )
    if warnings := space.warnings:
        import click

        click.echo("\n".join(f"warning: {one}" for one in warnings), err=True)
    return space


def busy(options: Options, words: str) -> Patience:
    """A context that shows, on a terminal, what takes longer than a second."""
    return Patience(words, quiet=options.quiet or options.as_json, no_color=options.no_color)


def say(lines: Iterable[str]) -> None:
    """Prints lines for people."""
    import click

    from psqlmigrate.output import github
    from psqlmigrate.output.printable import printable_lines

    text = "\n".join(lines)
    if text:
        click.echo(github.calm(printable_lines(text)))


def put(text: str, *, nl: bool = True) -> None:
    """Prints data: always UTF-8, since SQL in another encoding is other SQL."""
    import click

    click.echo(text.encode("utf-8", "backslashreplace"), nl=nl)


def annotate(command: str, message: str, file: str = "", line: int = 0, column: int = 0) -> None:
    """Tells GitHub Actions, where that runs us, what was found; on stderr."""
    import click

    from psqlmigrate.output import github

    if github.is_here():
        click.echo(
            github.annotation(message, command, file=file, line=line, column=column), err=True
        )


def annotate_objects(
    command: str, words: str, objects: "Iterable[Entry]", space: Workspace | None = None
) -> None:
    """The same for objects that differ, at the models' file where `space` is given."""
    from psqlmigrate.schema.identity import shown

    names = ", ".join(f"{one.symbol} {shown(one.kind, one.name)}" for one in objects)
    if names:
        annotate(command, f"{words}: {names}", models_file(space) if space else "")


def models_file(space: Workspace) -> str:
    """The file of the models, as far as the configuration names one; else that file itself."""
    from psqlmigrate.sources.modelspec import parse_specs

    settings = space.settings
    for spec in parse_specs(space.model_specs, settings.root):
        path = settings.root / spec.target
        if path.is_file():
            return str(path)
    return str(settings.file or "")


def show_json(command: str, result: object) -> None:
    """Prints the JSON document of a result."""
    from psqlmigrate.output.document import envelope

    put(envelope(command, result))
