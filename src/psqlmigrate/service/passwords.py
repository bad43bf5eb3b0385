"""Where a profile's password comes from, when it is not in its file."""

import importlib
import shlex
import subprocess
from types import ModuleType

from psqlmigrate.errors import ConnectionFailedError, ProfileError
from psqlmigrate.service.profiles import Profile

_SERVICE = "psqlmigrate"
_TIMEOUT_S = 60.0


def password_of(profile: Profile, *, timeout: float = _TIMEOUT_S) -> str | None:
    """The password, None when the profile has none.

    Raises ConnectionFailedError when the profile's command or the keyring does not give it.
    """
    if profile.password == "command":  # noqa: S105 - a kind of storage
        return _from_command(profile, profile.text("password_command") or "", timeout)
    if profile.password == "keyring":  # noqa: S105 - likewise
        return _from_keyring(profile.name)
    return profile.text("password")


def require_keyring() -> None:
    """Raises ProfileError where there is no keyring to keep a password in."""
    _keyring()


def keep_in_keyring(name: str, password: str) -> None:
    """Stores a password in the keyring. Raises ProfileError when there is none."""
    keyring = _keyring()
    try:
        keyring.set_password(_SERVICE, name, password)
    except Exception as error:  # noqa: BLE001 - backends raise what they like, passwords included
        raise ProfileError(
            f"the keyring did not take the password: {type(error).__name__}",
            hint="unlock it, or use --password-command",
        ) from None


def drop_from_keyring(name: str) -> None:
    """Takes a password out of the keyring, if it is there."""
    keyring = _keyring()
    try:
        keyring.delete_password(_SERVICE, name)
    except Exception as error:  # noqa: BLE001 - likewise
        if type(error).__name__ != "PasswordDeleteError":
            raise ProfileError(
                f"the keyring did not let the password go: {type(error).__name__}"
            ) from None


def _from_command(profile: Profile, command: str, timeout: float) -> str:
    """What the command prints first; what it prints otherwise is never shown."""
    try:
        words = shlex.split(command)
        done = subprocess.run(words, capture_output=True, check=False, timeout=timeout)
    except (ValueError, IndexError):
        raise _failed(profile, "is not a command") from None
    except subprocess.TimeoutExpired:
        raise _failed(profile, f"took longer than {timeout:g} s") from None
    except OSError as error:
        raise _failed(profile, f"cannot be run: {error.strerror}") from None
    if done.returncode:
        raise _failed(profile, f"ended with exit code {done.returncode}")
    password = done.stdout.decode("utf-8", "surrogateescape").partition("\n")[0].rstrip("\r")
    if not password:
        raise _failed(profile, "printed nothing")
    return password


def _failed(profile: Profile, reason: str) -> ConnectionFailedError:
    return ConnectionFailedError(
        f'the password command of the profile "{profile.name}" {reason}',
        hint="run it in a shell to see what it prints",
    )


def _from_keyring(name: str) -> str:
    keyring = _keyring()
    try:
        password: str | None = keyring.get_password(_SERVICE, name)
    except Exception as error:  # noqa: BLE001 - likewise
        raise ConnectionFailedError(
            f'the keyring does not give the password of "{name}": {type(error).__name__}',
            hint="unlock it, or save the profile with --password-command",
        ) from None
    if password is None:
        raise ConnectionFailedError(
            f'the keyring has no password for the profile "{name}"',
            hint=f"psqlmigrate users --save {shlex.quote(name)} --keyring stores it",
        )
    return password


def _keyring() -> ModuleType:
    try:
        return importlib.import_module("keyring")
    except ImportError:
        raise ProfileError(
            "the package keyring is not installed",
            hint="pipx inject psqlmigrate keyring, or use --password-command",
        ) from None
