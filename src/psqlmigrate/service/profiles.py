"""Connection profiles of a user, in the JSON shape of psqlmodel's ~/.psqlmodel/config.json."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TypeAlias, cast

from psqlmigrate.errors import ProfileError, StateCorruptionError
from psqlmigrate.migrations.atomic import write_atomic
from psqlmigrate.migrations.plainfile import read_plain
from psqlmigrate.postgres.filelock import locked
from psqlmigrate.postgres.target import Target

Content: TypeAlias = dict[str, Any]

_LIBPQ = {
    "user": "username",
    "host": "host",
    "port": "port",
    "dbname": "database",
    "sslmode": "sslmode",
}
_TEXTS = (
    "username",
    "password",
    "host",
    "database",
    "sslmode",
    "migrations_path",
    "password_command",
)


@dataclass(frozen=True, slots=True)
class Profile:
    """A stored connection. `entry` is what the file has, unknown keys included."""

    name: str
    entry: Mapping[str, Any] = field(repr=False)
    file: Path
    own: bool = True

    def text(self, key: str) -> str | None:
        """A value as text; None when it is not there."""
        value = self.entry.get(key)
        return None if value is None or value == "" else str(value)

    @property
    def models_path(self) -> tuple[str, ...]:
        """Where its models are."""
        value = self.entry.get("models_path") or ()
        return (value,) if isinstance(value, str) else tuple(value)

    @property
    def password(self) -> str:
        """Where its password is: `stored`, `command`, `keyring` or `none`."""
        if self.text("password") is not None:
            return "stored"
        if self.text("password_command"):
            return "command"
        return "keyring" if self.entry.get("keyring") else "none"

    def target(self, source: str, secret: str | None) -> Target:
        """The database it leads to."""
        keys = {
            "user": "username",
            "host": "host",
            "port": "port",
            "dbname": "database",
            "sslmode": "sslmode",
        }
        params = {key: value for key, one in keys.items() if (value := self.text(one))}
        if secret:
            params["password"] = secret
        return Target({"host": "localhost", **params}, source, self.name)


@dataclass(frozen=True, slots=True)
class ProfileRow:
    """A profile as it is shown; `password` says where the password is, never what it is."""

    name: str
    default: bool
    host: str
    port: int | None
    database: str | None
    username: str | None
    sslmode: str | None
    password: str
    models_path: tuple[str, ...]
    migrations_path: str | None
    file: Path


class ProfileStore:
    """The profiles of a user; those of psqlmodel's file are read too, own ones win."""

    def __init__(self, folder: Path | None, legacy: Path) -> None:
        """`folder` None is the user's own configuration directory."""
        self._folder = folder
        self.legacy = legacy

    @cached_property
    def path(self) -> Path:
        """The own file."""
        if self._folder:
            return self._folder / "config.json"
        from platformdirs import user_config_dir  # noqa: PLC0415 - start-up time

        return Path(user_config_dir("psqlmigrate", appauthor=False)) / "config.json"

    @classmethod
    def of_user(cls, env: Mapping[str, str]) -> "ProfileStore":
        """The store of the user that runs us."""
        folder = env.get("PSQLMIGRATE_CONFIG_DIR")
        legacy = Path.home() / ".psqlmodel" / "config.json"
        return cls(Path(folder) if folder else None, legacy)

    def profiles(self) -> dict[str, Profile]:
        """All profiles by name. Raises StateCorruptionError, and leaves the file alone."""
        return {
            name: Profile(name, entry, path, own)
            for path, own in ((self.legacy, False), (self.path, True))
            for name, entry in _read(path)["profiles"].items()
        }

    @property
    def default(self) -> str | None:
        """The default profile's name."""
        name: str | None = _read(self.path).get("default") or _read(self.legacy).get("default")
        return name

    def show(self, name: str) -> Profile:
        """The profile of that name. Raises ProfileError that names near ones."""
        known = self.profiles()
        if name not in known:
            raise _unknown(name, known)
        return known[name]

    def rows(self) -> tuple[ProfileRow, ...]:
        """All profiles by name, as they are shown."""
        return tuple(self.row(name) for name in sorted(self.profiles()))

    def row(self, name: str) -> ProfileRow:
        """A profile as it is shown. Raises ProfileError that names near ones."""
        return _row(self.show(name), default=name == self.default)

    def save(self, name: str, changes: Mapping[str, Any], *, default: bool = False) -> Profile:
        """Stores a profile, or changes it; a value of None takes the key away."""
        if not name.strip() or not _is_text(name):
            raise ProfileError("a profile needs a name")

        if wrong := _wrong(changes):
            raise ProfileError(f"{wrong} is no text that can be kept")

        def change(content: Content) -> None:
            known = content["profiles"].get(name) or self.profiles().get(name, _NOBODY).entry
            entry = {**known, **changes}
            content["profiles"][name] = {key: one for key, one in entry.items() if one is not None}
            if default:
                content["default"] = name

        self._change(change)
        return self.show(name)

    def remove(self, name: str) -> Profile:
        """Takes an own profile away. Raises ProfileError when it is not there."""
        removed: list[Profile] = []

        def change(content: Content) -> None:
            profile = self.show(name)
            if not profile.own:
                raise ProfileError(
                    f'the profile "{name}" is one of psqlmodel\'s', hint=f"it is in {self.legacy}"
                )
            removed.append(profile)
            del content["profiles"][name]
            if content.get("default") == name:
                del content["default"]

        self._change(change)
        return removed[0]

    def use(self, name: str) -> Profile:
        """Makes a profile the default. Raises ProfileError that names near ones."""
        profile = self.show(name)

        def change(content: Content) -> None:
            content["default"] = self.show(name).name

        self._change(change)
        return profile

    def warnings(self) -> tuple[str, ...]:
        """Files that hold a password and that others can read, or that others can change."""
        found = (_warning(path) for path in (self.path, self.legacy) if path.is_file())
        return tuple(filter(None, found))

    def _change(self, change: Callable[[Content], None]) -> None:
        """Reads, changes and replaces the file; others wait."""
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with locked(self.path.parent / ".lock"):
                content = _read(self.path)
                change(content)
                text = json.dumps(content, indent=2) + "\n"
                write_atomic(self.path.resolve(), text.encode(), mode=0o600)
        except OSError as error:
            raise ProfileError(f"cannot write {self.path}: {error.strerror}") from None


_SHAPE = 'such a file is {"profiles": {"dev": {"host": "…", "database": "…"}}}'
_NOBODY = Profile("", {}, Path())


def read_profiles(path: Path) -> dict[str, Profile]:
    """The profiles of a file of that shape. Raises ProfileError naming file and line."""
    if not path.exists():
        raise ProfileError(f"{path}: No such file")
    try:
        found = _read(path)["profiles"].items()
    except StateCorruptionError as error:
        raise ProfileError(error.message, hint=_SHAPE).at(path, error.line) from None
    if not found:
        raise ProfileError(f"{path} has no profile in it", hint=_SHAPE)
    return {name: Profile(name, entry, path, own=False) for name, entry in found}


def _row(one: Profile, *, default: bool) -> ProfileRow:
    port = one.text("port") or ""
    return ProfileRow(
        one.name,
        default,
        one.text("host") or "localhost",
        int(port) if port.isdecimal() else None,
        one.text("database"),
        one.text("username"),
        one.text("sslmode"),
        one.password,
        one.models_path,
        one.text("migrations_path"),
        one.file,
    )


def _warning(path: Path) -> str:
    mode = path.stat().st_mode
    if mode & 0o077 and _holds_password(path):
        return f"{path} holds a password and others can read it: chmod 600 {path}"
    if mode & 0o022:
        return f"others can change {path}, and so what password_command runs: chmod 600 {path}"
    return ""


def _holds_password(path: Path) -> bool:
    return any(one.get("password") for one in _read(path)["profiles"].values())


def _unknown(name: str, known: Mapping[str, Profile]) -> ProfileError:
    import difflib  # noqa: PLC0415 - only needed for this error

    near = [f'"{one}"' for one in difflib.get_close_matches(name, known, 3, 0.5)]
    hint = f"did you mean {' or '.join(near)}?" if near else "psqlmigrate users --list shows them"
    return ProfileError(f'no profile named "{name}"', hint=hint)


def _read(path: Path) -> Content:
    try:
        content: object = json.loads(read_plain(path))
    except FileNotFoundError:
        return {"profiles": {}}
    except json.JSONDecodeError as error:
        what = f"not JSON: {error.msg}, line {error.lineno}, column {error.colno}"
        raise _corrupt(path, what).at(path, error.lineno, error.colno) from None
    except UnicodeDecodeError:
        raise _corrupt(path, "not UTF-8") from None
    except (ValueError, RecursionError) as error:
        raise _corrupt(path, str(error)) from None
    except OSError as error:
        raise ProfileError(f"cannot read {path}: {error.strerror}") from None
    return _checked(path, content)


def _checked(path: Path, content: object) -> Content:
    if not isinstance(content, dict):
        raise _corrupt(path, "not an object")
    found = cast("Content", content)
    profiles: object = found.setdefault("profiles", {})
    if not isinstance(profiles, dict):
        raise _corrupt(path, '"profiles" is not an object')
    if not isinstance(found.get("default"), str | None):
        raise _corrupt(path, '"default" is not a text')
    for name, entry in cast("Content", profiles).items():
        _check_entry(path, name, entry)
    return found


def _check_entry(path: Path, name: str, entry: object) -> None:
    if not isinstance(entry, dict):
        raise _corrupt(path, f'the profile "{name}" is not an object')
    if wrong := _wrong(cast("Content", entry)):
        raise _corrupt(path, f'{wrong} of the profile "{name}" is of a wrong type')


def _wrong(values: Mapping[str, Any]) -> str:
    """The key of a value that is not of its type; empty if there is none."""
    wrong = [key for key in _TEXTS if not _is_text(values.get(key))]
    if not isinstance(values.get("port"), str | int | None):
        wrong.append("port")
    models: object = values.get("models_path") or ""
    paths = cast("list[object]", models) if isinstance(models, list) else [models]
    if not all(isinstance(one, str) and _is_text(one) for one in paths):
        wrong.append("models_path")
    return next(iter(wrong), "")


def _is_text(value: object) -> bool:
    """Whether the value is none or a text that a program can be given."""
    return value is None or (
        isinstance(value, str) and not re.search(r"[\x00\ud800-\udfff]", value)
    )


def _corrupt(path: Path, reason: str) -> StateCorruptionError:
    return StateCorruptionError(
        f"{path} is damaged: {reason}", hint="repair it, or move it away; it was left as it is"
    )
