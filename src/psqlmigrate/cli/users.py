"""Connection profiles."""

import click

from psqlmigrate.cli.options import Options, common


@click.command()
@click.option("--list", "show_all", is_flag=True, help="List all profiles.")
@click.option("--save", metavar="NAME", help="Save or change a profile.")
@click.option("--remove", metavar="NAME", help="Remove a profile.")
@click.option("--use", metavar="NAME", help="Make a profile the default.")
@click.option("--show", metavar="NAME", help="Show one profile.")
@click.option("--username", help="With --save: the role.")
@click.option("--host", help="With --save: the server.")
@click.option("--port", type=int, help="With --save: its port.")
@click.option("--database", help="With --save: the database.")
@click.option("--sslmode", help="With --save: libpq's sslmode.")
@click.option("--default", is_flag=True, help="With --save: make it the default.")
@click.option("--password-stdin", is_flag=True, help="With --save: read the password from stdin.")
@click.option("--password-command", metavar="CMD", help="With --save: the program that prints it.")
@common
def users(
    options: Options,
    *,
    show_all: bool,
    save: str | None,
    remove: str | None,
    use: str | None,
    show: str | None,
    password_stdin: bool,
    default: bool,
    **given: str | int | None,
) -> None:
    """Save, list and choose connection profiles.

    \b
    psqlmigrate users --save dev --host localhost --database app --username me
    """
    import os
    import sys

    from psqlmigrate.service.profiles import ProfileStore

    store = ProfileStore.of_user(os.environ)
    if save:
        changes = {key: value for key, value in given.items() if value is not None}
        if password_stdin:
            changes["password"] = sys.stdin.readline().rstrip("\r\n")
        store.save(save, changes, default=default)
        click.echo(f"saved {save}")
    elif remove:
        store.remove(remove)
        click.echo(f"removed {remove}")
    elif use:
        store.use(use)
        click.echo(f"{use} is the default")
        _warn_of_shadow()
    elif show or show_all:
        _show(show, options)
    else:
        raise click.UsageError("say --list, --save, --show, --use or --remove")
    for warning in store.warnings():
        click.echo(f"warning: {warning}", err=True)


def _warn_of_shadow() -> None:
    import os
    from pathlib import Path

    from psqlmigrate.service.config import load
    from psqlmigrate.service.targets import shadowed_by

    other = shadowed_by(load(Path.cwd()), os.environ)
    if other:
        click.echo(f"warning: {other} comes first here", err=True)


def _show(name: str | None, options: Options) -> None:
    import os

    from psqlmigrate.cli.context import show_json
    from psqlmigrate.output.console import console, rows
    from psqlmigrate.service.profiles import ProfileStore

    store = ProfileStore.of_user(os.environ)
    chosen = [store.show(name)] if name else [one for _, one in sorted(store.profiles().items())]
    keys = ("host", "database", "username")
    lines = [
        (
            "*" if one.name == store.default else "",
            one.name,
            *(one.text(key) or "" for key in keys),
            one.password,
        )
        for one in chosen
    ]
    if options.as_json:
        names = ("default", "name", *keys, "password")
        show_json("users", {"profiles": [dict(zip(names, line, strict=True)) for line in lines]})
    elif not lines:
        click.echo("no profile is saved")
    else:
        headings = ("", "Name", "Host", "Database", "User", "Password")
        console(no_color=options.no_color).print(rows([(one, "left") for one in headings], lines))


COMMANDS: tuple[click.Command, ...] = (users,)
