"""The command for connection profiles."""

from typing import Any

import click

from psqlmigrate.cli import completing
from psqlmigrate.cli.options import Options, common

_ACTIONS = {
    "show_all": "--list",
    "save": "--save",
    "show": "--show",
    "use": "--use",
    "remove": "--remove",
    "import_file": "--import",
}
_SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")


@click.command()
@click.option("--list", "show_all", is_flag=True, help="List all profiles.")
@click.option(
    "--save", metavar="NAME", help="Save or change a profile.", shell_complete=completing.profiles
)
@click.option(
    "--remove", metavar="NAME", help="Remove a profile.", shell_complete=completing.profiles
)
@click.option(
    "--use", metavar="NAME", help="Make a profile the default.", shell_complete=completing.profiles
)
@click.option(
    "--show", metavar="NAME", help="Show one profile.", shell_complete=completing.profiles
)
@click.option(
    "--import",
    "import_file",
    metavar="FILE",
    help="Save a JSON file's profiles.",
    shell_complete=completing.paths,
)
@click.option("--username", help="With --save: the role.")
@click.option("--host", help="With --save: the server.")
@click.option("--port", type=click.IntRange(1, 65535), help="With --save: its port.")
@click.option("--database", help="With --save: the database.")
@click.option("--sslmode", type=click.Choice(_SSL_MODES), help="With --save: libpq's sslmode.")
@click.option("--models-path", metavar="SPEC", multiple=True, help="With --save: its models.")
@click.option("--migrations-path", metavar="PATH", help="With --save: its migrations.")
@click.option("--default", is_flag=True, help="With --save: make it the default.")
@click.option("--password", help="With --save: a password, which other users may see.")
@click.option("--password-stdin", is_flag=True, help="With --save: read the password from stdin.")
@click.option("--password-command", metavar="CMD", help="With --save: what prints the password.")
@click.option("--keyring", is_flag=True, help="With --save: keep the password in the keyring.")
@common
def users(options: Options, **given: Any) -> None:
    """Save, list and choose connection profiles.

    In a terminal --save asks for the password; in a script an option gives it.

    \b
    psqlmigrate users --save dev --host localhost --database app --username me
    """
    chosen = [name for name in _ACTIONS if given[name] is not None and given[name] is not False]
    if len(chosen) != 1:
        raise click.UsageError(f"say one of {', '.join(_ACTIONS.values())}")
    if options.profile:
        raise click.UsageError("--profile chooses a connection; say --show or --save here")
    idle = [key for key in given if key not in _ACTIONS and given[key] not in {None, False, ()}]
    if idle and chosen != ["save"]:
        raise click.UsageError(f"--{idle[0].replace('_', '-')} goes with --save")
    from psqlmigrate.cli import profiles

    profiles.act(chosen[0], options, given)
