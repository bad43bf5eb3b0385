"""What `users` does with profiles; loaded only when it runs."""

import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import click

from psqlmigrate.cli.context import show_json
from psqlmigrate.cli.options import Options
from psqlmigrate.errors import ProfileError
from psqlmigrate.output.printable import printable
from psqlmigrate.postgres.target import parse_url
from psqlmigrate.service import config, passwords
from psqlmigrate.service.profiles import Profile, ProfileStore, read_profiles
from psqlmigrate.service.targets import shadowed_by

Given: TypeAlias = Mapping[str, Any]
Entry: TypeAlias = dict[str, Any]

_FORMS = ("password", "password_stdin", "password_command", "keyring")
_NO_PASSWORD: Entry = {"password": None, "password_command": None, "keyring": None}
_OF_URL = {"username": "user", "host": "host", "port": "port", "database": "dbname", "sslmode": "sslmode", "password": "password"}  # fmt: skip


def act(action: str, options: Options, given: Given) -> None:
    """Does one of the actions, then warns of files that others can read."""
    store = ProfileStore.of_user(os.environ)
    result = _ACTIONS[action](store, options, given)
    if options.as_json:
        show_json("users", result)
    for warning in store.warnings():
        _warn(warning)


def _list(store: ProfileStore, options: Options, _given: Given) -> object:
    rows = store.rows()
    if not options.as_json and rows:
        from psqlmigrate.output.users import print_profiles

        print_profiles(rows, no_color=options.no_color)
    elif not options.as_json:
        click.echo("no profile is saved")
    return {"profiles": rows}


def _show(store: ProfileStore, options: Options, given: Given) -> object:
    row = store.row(given["show"])
    if not options.as_json:
        from psqlmigrate.output.users import print_profile

        print_profile(row, no_color=options.no_color)
    return {"profiles": [row]}


def _use(store: ProfileStore, options: Options, given: Given) -> object:
    profile = store.use(given["use"])
    _say(options, profile, "is the default now")
    explicit = Path(options.config) if options.config else None
    if other := shadowed_by(config.load(Path.cwd(), explicit), os.environ):
        _warn(f"{other} comes first here")
    return {"profiles": [store.row(profile.name)]}


def _remove(store: ProfileStore, options: Options, given: Given) -> object:
    profile = store.remove(given["remove"])
    if profile.password == "keyring":  # noqa: S105 - a kind of storage
        try:
            passwords.drop_from_keyring(profile.name)
        except ProfileError as error:
            _warn(f"its password may still be in the keyring: {error.message}")
    _say(options, profile, "is removed")
    return {"removed": profile.name}


def _import(store: ProfileStore, options: Options, given: Given) -> object:
    found = read_profiles(Path(given["import_file"]))
    for profile in found.values():
        store.save(profile.name, profile.entry)
        _say(options, profile, "is imported")
    return {"profiles": [store.row(name) for name in found]}


def _save(store: ProfileStore, options: Options, given: Given) -> object:
    name: str = given["save"]
    if name.startswith("-"):
        raise click.UsageError(f"--save needs a name, and {name} is an option")
    known = name in store.profiles()
    entry = {**_of_url(options), **_fields(options, given)}
    if "password" not in entry:
        entry |= _password(name, given, known=known)
    profile = store.save(name, entry, default=given["default"])
    _say(options, profile, "is changed" if known else "is saved")
    if advice := profile.target("", None).advice(profile.text("sslmode")):
        _note(options, advice)
    return {"profiles": [store.row(name)]}


def _fields(options: Options, given: Given) -> Entry:
    """What the options say, with paths that hold in every folder."""
    names = ("username", "host", "port", "database", "sslmode")
    entry = {name: given[name] for name in names if given[name] is not None}
    if models := given["models_path"] or options.models:
        entry["models_path"] = [config.absolute_spec(one) for one in models]
    if migrations := given["migrations_path"] or options.migrations:
        entry["migrations_path"] = str(Path(migrations).absolute())
    return entry


def _of_url(options: Options) -> Entry:
    if not options.url:
        return {}
    params = parse_url(options.url, "option --url").params
    if unknown := params.keys() - set(_OF_URL.values()):
        raise click.UsageError(f"a profile cannot hold {', '.join(sorted(unknown))} of the URL")
    entry: Entry = {key: params[name] for key, name in _OF_URL.items() if name in params}
    if "password" in entry:
        _warn_of_argument("--url")
        entry = {**_NO_PASSWORD, **entry}
    return entry


def _password(name: str, given: Given, *, known: bool) -> Entry:
    """Where the profile's password is from now on; nothing when that stays as it is."""
    forms = [form for form in _FORMS if given[form] not in {None, False}]
    if len(forms) > 1 and forms != ["password_stdin", "keyring"]:
        words = " and ".join(f"--{one.replace('_', '-')}" for one in forms)
        raise click.UsageError(f"{words} exclude each other")
    if given["password_command"]:
        return {**_NO_PASSWORD, "password_command": given["password_command"]}
    if given["keyring"]:
        passwords.require_keyring()  # before anybody types a password for nothing
    secret = _secret(given, known=known)
    if given["keyring"]:
        if not secret:
            raise click.UsageError(
                "--keyring needs a password, from the terminal or --password-stdin"
            )
        passwords.keep_in_keyring(name, secret)
        return {**_NO_PASSWORD, "keyring": True}
    return {} if secret is None else {**_NO_PASSWORD, "password": secret or None}


def _secret(given: Given, *, known: bool) -> str | None:
    """The password as it is given or typed; None when there is none to be had."""
    if given["password"] is not None:
        _warn_of_argument("--password")
        return str(given["password"])
    if given["password_stdin"]:
        return _from_stdin()
    if not sys.stdin.isatty():
        return None
    empty = "keeps it as it is" if known else "for none"
    typed: str = click.prompt(
        f"Password (empty {empty})", default="", show_default=False, hide_input=True, err=True
    )
    return typed or None


def _from_stdin() -> str:
    """The first line of stdin; an empty one is a secret that is not set, not a wish for none."""
    try:
        secret = sys.stdin.readline().rstrip("\r\n")
        secret.encode()
    except UnicodeError:
        raise click.UsageError("the password from stdin is not UTF-8") from None
    if not secret or "\0" in secret:
        raise click.UsageError(
            f"the password from stdin {'has a zero byte' if secret else 'is empty'}"
        )
    return secret


def _warn_of_argument(option: str) -> None:
    _warn(
        f"other users of this machine can see the password in {option}; --password-stdin hides it"
    )


def _say(options: Options, profile: Profile, words: str) -> None:
    if not options.as_json:
        click.echo(f'profile "{printable(profile.name)}" {words}')


def _note(options: Options, text: str) -> None:
    if not options.quiet:
        click.echo(f"note: {text}", err=True)


def _warn(text: str) -> None:
    click.echo(f"warning: {text}", err=True)


_ACTIONS: Mapping[str, Callable[[ProfileStore, Options, Given], object]] = {
    "show_all": _list,
    "save": _save,
    "show": _show,
    "use": _use,
    "remove": _remove,
    "import_file": _import,
}
