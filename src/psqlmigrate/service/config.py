"""The project's configuration: [tool.psqlmigrate] of pyproject.toml, or psqlmigrate.toml."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, NoReturn

from psqlmigrate.errors import ConfigError
from psqlmigrate.service.configvalues import READERS, VERSION_FORMAT, NotThatError

_FILE, _PROJECT = "psqlmigrate.toml", "pyproject.toml"


@dataclass(frozen=True, slots=True)
class Config:
    """What the configuration says; `given` names the keys that the file has.

    Times are in seconds, 0 is none. Raises ConfigError for values that exclude each other.
    """

    root: Path
    file: Path | None = None
    given: frozenset[str] = frozenset()
    url: str | None = None
    profile: str | None = None
    role: str | None = None
    migrations: str = "migrations"
    models: tuple[str, ...] = ()
    python: str | None = None
    schemas: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    manage_grants: bool = True
    manage_owners: bool = False
    manage_labels: bool = False
    history_schema: str = "public"
    scratch_url: str | None = None
    scratch_on_target: bool = False
    scratch_setup: tuple[str, ...] = ()
    pooler: str = "auto"
    lock_wait: float = 60.0
    lock_timeout: float = 0.1
    statement_timeout: float = 0.0
    network_timeout: float = 30.0
    state_table_name: str = "_psqlmodel_schema_state"
    history_table_name: str = "_psqlmodel_migrations"
    state_file_name: str = ".schema_state.json"
    auto_detect_changes: bool = True
    fail_on_drift: bool = False
    debug: bool = False
    logger: str | None = None
    version_format: str = VERSION_FORMAT

    def __post_init__(self) -> None:
        if self.history_table_name == self.state_table_name:
            raise ConfigError(
                f"history_table_name and state_table_name are both {self.state_table_name}",
                hint="they are two tables: give one of them another name",
            )

    @property
    def migrations_path(self) -> Path:
        """The directory of migrations."""
        return self.root / self.migrations

    @property
    def setup_paths(self) -> tuple[Path, ...]:
        """The SQL that a scratch database gets first."""
        return tuple(self.root / one for one in self.scratch_setup)

    @property
    def origin(self) -> str:
        """The file's name as messages show it."""
        return self.file.name if self.file else "the configuration"

    def overridden(
        self, *, migrations: str | None, models: tuple[str, ...], schemas: tuple[str, ...]
    ) -> "Config":
        """The configuration with what the command line says.

        The command line's paths are relative to the working directory.
        """
        stated = {"migrations"} if migrations else set[str]()
        unasked = {"schemas"} if schemas else set[str]()
        return replace(
            self,
            given=(self.given | stated) - unasked,
            migrations=str(Path(migrations).absolute()) if migrations else self.migrations,
            models=tuple(map(absolute_spec, models)) or self.models,
            schemas=schemas or self.schemas,
        )


_INTERNAL = {"root", "file", "given"}
KEYS = (*(one.name for one in fields(Config) if one.name not in _INTERNAL), "migrations_path")


def load(start: Path, explicit: Path | None = None) -> Config:
    """The nearest configuration upwards of `start`; defaults when there is none.

    Raises ConfigError naming the file and the key.
    """
    if explicit is not None:
        return _config(explicit.absolute(), _explicit_table(explicit))
    start = start.absolute()
    for folder in (start, *start.parents):
        found = _nearest(folder)
        if found:
            return _config(*found)
    return Config(start)


def _nearest(folder: Path) -> tuple[Path, Mapping[str, Any]] | None:
    own, project = folder / _FILE, folder / _PROJECT
    table = _tool_table(project, _parsed(project)) if _mentions_us(project) else None
    if not own.is_file():
        return None if table is None else (project, table)
    if table is not None:
        raise ConfigError(
            f"{folder} has both {_FILE} and [tool.psqlmigrate] in {_PROJECT}",
            hint="keep one of them, or choose one with --config",
        )
    return own, _own_table(own, _parsed(own))


def _mentions_us(path: Path) -> bool:
    """A pyproject.toml of somebody else may be broken, or unreadable, without harm to us."""
    try:
        return b"psqlmigrate" in path.read_bytes()
    except OSError:
        return False


def _own_table(path: Path, content: Mapping[str, Any]) -> Mapping[str, Any]:
    if _tool_table(path, content) is not None:
        raise ConfigError(
            f"{path} has [tool.psqlmigrate], which is for {_PROJECT}",
            hint="leave that line out: the keys stand by themselves here",
        ).at(path)
    return content


def _explicit_table(path: Path) -> Mapping[str, Any]:
    content = _parsed(path)
    table = _tool_table(path, content)
    if table is None and path.name == _PROJECT:
        raise ConfigError(f"{path} has no [tool.psqlmigrate]")
    return content if table is None else table


def _parsed(path: Path) -> Mapping[str, Any]:
    import tomllib  # noqa: PLC0415 - start-up time; many a command runs without a file

    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: {error}").at(path) from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: not UTF-8") from None
    except (ValueError, RecursionError) as error:  # a number or a list that Python cannot hold
        raise ConfigError(f"{path}: {error}") from None
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from None


def _tool_table(path: Path, content: Mapping[str, Any]) -> Mapping[str, Any] | None:
    tools: object = content.get("tool")
    table: object = tools.get("psqlmigrate") if isinstance(tools, dict) else None  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
    if table is not None and not isinstance(table, dict):
        raise ConfigError(
            f"{path}: tool.psqlmigrate is not a table of keys", hint="write [tool.psqlmigrate]"
        ).at(path)
    return table  # pyright: ignore[reportUnknownVariableType]


def _config(path: Path, table: Mapping[str, Any]) -> Config:
    values = {key: _value(path, key, value) for key, value in table.items()}
    for one, other in (("url", "profile"), ("migrations", "migrations_path")):
        if one in values and other in values:
            raise ConfigError(
                f"{path}: {one} and {other} exclude each other", hint="keep one of them"
            )
    if "migrations_path" in values:
        values["migrations"] = values.pop("migrations_path")
    return Config(path.parent, path, frozenset(values), **values)


def _value(path: Path, key: str, value: object) -> Any:
    reader: Callable[[object], Any] | None = READERS.get(key)
    if reader is None:
        _unknown(path, key)
    try:
        return reader(value)
    except NotThatError as error:
        raise ConfigError(f"{path}: {key} must be {error}").at(path) from None


def _unknown(path: Path, key: str) -> NoReturn:
    import difflib  # noqa: PLC0415 - only needed for this error

    near = difflib.get_close_matches(key, KEYS, 3, 0.6)
    hint = (
        f"did you mean {' or '.join(near)}?" if near else f"known keys: {', '.join(sorted(KEYS))}"
    )
    raise ConfigError(f"{path}: unknown key {key}", hint=hint).at(path)


def absolute_spec(spec: str) -> str:
    """A path of the command line as an absolute one; a module stays what it is."""
    if (whole := Path(spec)).exists() or whole.suffix == ".sql":
        return str(whole.absolute())
    from psqlmigrate.sources import modelspec  # noqa: PLC0415 - start-up time

    reader, target, attribute = modelspec.split_spec(spec)
    if not target:
        return spec  # what it lacks is told where it is read
    if Path(target).exists() or modelspec.is_path(target):
        target = str(Path(target).absolute())
    return ":".join(part for part in (reader, target, attribute) if part)
