"""The options of the Python API, and how they and the project's configuration become one."""

import copy
import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Self, TypeAlias, cast

from psqlmigrate.errors import ConfigError
from psqlmigrate.service.config import Config, absolute_spec, load
from psqlmigrate.service.configvalues import READERS, VERSION_FORMAT, NotThatError

Log: TypeAlias = Callable[[str], None]
Time: TypeAlias = float | str
Specs: TypeAlias = str | Path | Sequence[str | Path] | None


@dataclasses.dataclass
class MigrationConfig:
    """Options of `MigrationManager`, `create_engine` and the others.

    What is not given is as the project's configuration has it (psqlmigrate.toml or
    [tool.psqlmigrate], nearest upwards from the working directory), else the default. Paths that
    are given here are relative to the working directory. `logger` is called with one line of text
    for each thing that happens; with `debug` also for each statement, and without a logger these
    lines go to stderr. The options from `models` on mean what the configuration's keys of that
    name mean. Raises ConfigError for a value that an option cannot have.
    """

    migrations_path: str | Path = "./migrations/"
    state_table_name: str = "_psqlmodel_schema_state"
    history_table_name: str = "_psqlmodel_migrations"
    state_file_name: str = ".schema_state.json"
    auto_detect_changes: bool = True
    fail_on_drift: bool = False
    debug: bool = False
    logger: Log | None = None
    version_format: str = VERSION_FORMAT
    models: Specs = None
    python: str | None = None
    schemas: str | Sequence[str] | None = None
    ignore: str | Sequence[str] | None = None
    manage_grants: bool | None = None
    manage_owners: bool | None = None
    manage_labels: bool | None = None
    history_schema: str | None = None
    role: str | None = None
    scratch_url: str | None = dataclasses.field(default=None, repr=False)
    scratch_on_target: bool | None = None
    scratch_setup: Specs = None
    pooler: str | None = None
    lock_wait: Time | None = None
    lock_timeout: Time | None = None
    statement_timeout: Time | None = None
    network_timeout: Time | None = None

    def __new__(cls, *positional: object, **named: object) -> Self:
        """Remembers which options were given: a default does not outdo the configuration."""
        made = super().__new__(cls)
        names = (one.name for one in dataclasses.fields(cls))
        given = (*named, *(name for name, _ in zip(names, positional, strict=False)))
        made.__dict__["_given"] = frozenset(given)
        return made

    def __post_init__(self) -> None:
        self.__dict__["_ready"] = True
        self.values()

    def __setattr__(self, name: str, value: object) -> None:
        super().__setattr__(name, value)
        if self.__dict__.get("_ready"):
            self.__dict__["_given"] |= {name}

    def changed(self, **options: object) -> Self:
        """A copy in which these options have other values. Raises ConfigError."""
        made = copy.copy(self)
        for name, value in options.items():
            setattr(made, name, value)
        made.values()
        return made

    def values(self) -> dict[str, Any]:
        """The options that were given, as the configuration holds them; `logger` left out."""
        given: frozenset[str] = self.__dict__["_given"]
        if self.logger is not None and not callable(self.logger):  # pyright: ignore[reportUnnecessaryComparison]
            raise ConfigError("logger must be a function that takes a line of text")
        stated = {name: getattr(self, name) for name in sorted(given - {"logger"})}
        return {name: _read(name, value) for name, value in stated.items() if value is not None}


def settings_of(config: MigrationConfig | None, folder: Path) -> Config:
    """The project's configuration, found from `folder` upwards, with what `config` states.

    Raises ConfigError.
    """
    project = load(folder)
    values = config.values() if config else {}
    if config and config.logger:
        values["logger"] = None  # the one that is called is the one that was given here
    if not values:
        return project
    if "migrations_path" in values:
        values["migrations"] = values.pop("migrations_path")
    given = project.given | values.keys()
    return dataclasses.replace(project, given=given, **values)


def _read(name: str, value: Any) -> Any:
    plain = str(value) if isinstance(value, Path) else value
    if isinstance(value, (list, tuple, set, frozenset)):
        items = cast("list[object]", list(value))  # pyright: ignore[reportUnknownArgumentType]
        plain = [str(one) if isinstance(one, Path) else one for one in items]
    try:
        read = READERS[name](plain)
    except NotThatError as error:
        raise ConfigError(f"{name} must be {error}") from None
    if name == "models":
        return tuple(map(absolute_spec, read))
    if name == "scratch_setup":
        return tuple(str(Path(one).absolute()) for one in read)
    return str(Path(read).absolute()) if name == "migrations_path" else read
