"""The project's configuration: [tool.psqlmigrate] of pyproject.toml, or psqlmigrate.toml."""

import difflib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from psqlmigrate.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Settings:
    """What the configuration says; paths are relative to `root`, the file's folder."""

    root: Path
    file: Path | None = None
    url: str | None = None
    migrations: str = "migrations"
    models: tuple[str, ...] = ()
    python: str | None = None
    schemas: tuple[str, ...] = ()
    history_schema: str = "public"
    scratch_url: str | None = None
    scratch_on_target: bool = False
    scratch_setup: str = ""
    lock_wait: float = 60.0
    lock_timeout: float = 0.1
    statement_timeout: float = 0.0
    state_table_name: str = "_psqlmodel_schema_state"
    history_table_name: str = "_psqlmodel_migrations"

    @property
    def migrations_path(self) -> Path:
        """The directory of migrations."""
        return self.root / self.migrations


_KEYS = {one.name: one for one in fields(Settings) if one.name not in {"root", "file"}}


def load(start: Path, explicit: Path | None = None) -> Settings:
    """The settings of the nearest configuration upwards of `start`; defaults when there is none.

    Raises ConfigError naming the file and the key.
    """
    if explicit is not None:
        table = _table(explicit)
        if table is None:
            raise ConfigError(f"{explicit} has no [tool.psqlmigrate]")
        return _settings(explicit, table)
    for folder in (start, *start.parents):
        found = [
            (path, table)
            for name in ("psqlmigrate.toml", "pyproject.toml")
            if (path := folder / name).is_file() and (table := _table(path)) is not None
        ]
        if len(found) > 1:
            raise ConfigError(
                f"{folder} has both psqlmigrate.toml and [tool.psqlmigrate] in pyproject.toml",
                hint="keep one of them",
            )
        if found:
            return _settings(*found[0])
    return Settings(start)


def _table(path: Path) -> Mapping[str, Any] | None:
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: {error}") from None
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from None
    if path.name == "pyproject.toml":
        found: Mapping[str, Any] | None = content.get("tool", {}).get("psqlmigrate")
        return found
    return content


def _settings(path: Path, table: Mapping[str, Any]) -> Settings:
    values = {key: _value(path, key, value) for key, value in table.items()}
    return Settings(path.parent, path, **values)


_TYPES: dict[type, tuple[type, ...]] = {
    type(None): (str,),
    str: (str,),
    bool: (bool,),
    float: (int, float),
}


def _value(path: Path, key: str, value: object) -> Any:
    if key not in _KEYS:
        near = difflib.get_close_matches(key, _KEYS, 1)
        hint = f"did you mean {near[0]}?" if near else f"known keys: {', '.join(sorted(_KEYS))}"
        raise ConfigError(f"{path}: unknown key {key}", hint=hint)
    default = _KEYS[key].default
    if isinstance(default, tuple):
        texts = [value] if isinstance(value, str) else value
        if isinstance(texts, list) and all(isinstance(one, str) for one in texts):  # pyright: ignore[reportUnknownVariableType]
            return tuple(str(one) for one in texts)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        raise ConfigError(f"{path}: {key} must be a text or a list of texts")
    wanted = _TYPES[type(default)]
    if not isinstance(value, wanted) or (isinstance(value, bool) and default.__class__ is not bool):
        raise ConfigError(f"{path}: {key} must be of type {wanted[-1].__name__}")
    return value
