"""What makes psqlmigrate part of other programs: continuous integration, hooks, shells."""

import click

from psqlmigrate.cli.options import Options, common


@click.command()
@click.argument("system", type=click.Choice(["github", "gitlab", "pre-commit"]))
@click.option(
    "-o",
    "--output",
    metavar="[FILE]",
    is_flag=False,
    flag_value="",
    help="Write it, to its place or to FILE; never over a file that is there.",
)
@common
def ci(options: Options, system: str, output: str | None) -> None:
    """Print a ready file: a workflow for GitHub, a pipeline for GitLab, or a git hook.

    \b
    psqlmigrate ci pre-commit --output
    """
    from pathlib import Path

    from psqlmigrate.cli.context import put, show_json
    from psqlmigrate.migrations.sent import shown
    from psqlmigrate.service import recipes

    one = recipes.recipe(system)
    path = None
    if output is not None:
        path = Path(output) if output else recipes.place_of(system)
        recipes.put(one, path)
    if options.as_json:
        show_json("ci", {"system": system, "text": one.text, "file": path})
    elif path:
        click.echo(f"{shown(path)} written")
    else:
        put(one.text, nl=False)


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@common
def completion(options: Options, shell: str) -> None:
    """Print the script that lets a shell complete commands, options, versions and profiles.

    \b
    psqlmigrate completion bash >> ~/.bashrc
    """
    from click.shell_completion import get_completion_class

    from psqlmigrate.cli.context import show_json

    made = get_completion_class(shell)
    command = click.get_current_context().find_root().command
    text = made(command, {}, "psqlmigrate", "_PSQLMIGRATE_COMPLETE").source() if made else ""
    if options.as_json:
        show_json("completion", {"shell": shell, "script": text})
    else:
        click.echo(text)
