"""MigrationConfig: the reference's options and defaults, and the project's configuration behind it."""

import copy
import dataclasses
from pathlib import Path

import pytest

from psqlmigrate import MigrationConfig
from psqlmigrate.errors import ConfigError
from psqlmigrate.service.config import Config
from psqlmigrate.settings import settings_of

DEFAULTS = {
    "migrations_path": "./migrations/",
    "state_table_name": "_psqlmodel_schema_state",
    "history_table_name": "_psqlmodel_migrations",
    "state_file_name": ".schema_state.json",
    "auto_detect_changes": True,
    "fail_on_drift": False,
    "debug": False,
    "logger": None,
    "version_format": "%Y%m%d_%H%M%S",
}


def test_the_options_and_their_defaults() -> None:
    config = MigrationConfig()
    assert {name: getattr(config, name) for name in DEFAULTS} == DEFAULTS
    assert list(DEFAULTS) == [one.name for one in dataclasses.fields(config)][: len(DEFAULTS)]


def test_every_key_of_the_configuration_is_an_option() -> None:
    own = {one.name for one in dataclasses.fields(MigrationConfig)}
    file = {one.name for one in dataclasses.fields(Config)} - {"root", "file", "given"}
    assert file - own == {"url", "profile", "migrations"}


def test_what_is_not_given_is_the_projects(folder: Path) -> None:
    (folder / "psqlmigrate.toml").write_text(
        'models = ["schema.sql"]\nhistory_table_name = "h"\nlock_wait = 5\nmigrations = "m"\n'
    )
    (folder / "sub").mkdir()
    found = settings_of(MigrationConfig(debug=True), folder / "sub")
    assert (found.history_table_name, found.lock_wait, found.debug) == ("h", 5.0, True)
    assert found.migrations_path == folder / "m"
    # A default that is given is given.
    found = settings_of(MigrationConfig(history_table_name="_psqlmodel_migrations"), folder)
    assert found.history_table_name == "_psqlmodel_migrations"


def test_paths_are_relative_to_the_working_directory(folder: Path) -> None:
    (folder / "psqlmigrate.toml").write_text("debug = false\n")
    config = MigrationConfig("./db/migrations", models=[Path("schema.sql"), "myapp.models"])
    found = settings_of(config, folder)
    assert found.migrations_path == folder / "db" / "migrations"
    assert found.models == (str(folder / "schema.sql"), "myapp.models")


def test_no_password_is_shown() -> None:
    config = MigrationConfig(scratch_url="postgresql://me:hunter2@localhost/x")
    assert "hunter2" not in repr(config)


def test_options_may_be_set_later_and_copied(folder: Path) -> None:
    (folder / "psqlmigrate.toml").write_text("debug = true\n")
    config = MigrationConfig()
    config.lock_wait = "5 min"
    other = copy.copy(config)
    other.debug = False
    assert settings_of(config, folder).debug
    other = copy.copy(config)
    assert settings_of(other, folder).lock_wait == 300.0
    assert settings_of(other, folder).debug


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("version_format", "%d%m%Y"),
        ("debug", "yes"),
        ("migrations_path", ""),
        ("state_file_name", "../x"),
        ("lock_wait", "soon"),
        ("logger", "print"),
        ("history_table_name", "x" * 64),
        ("history_table_name", "migrations._psqlmodel_migrations"),
        ("state_table_name", "migrations._psqlmodel_schema_state"),
        ("models", [1]),
    ],
)
def test_a_value_that_cannot_be_is_told_with_its_option(option: str, value: object) -> None:
    with pytest.raises(ConfigError, match=option):
        MigrationConfig(**{option: value})  # type: ignore[arg-type]


def test_history_and_state_are_two_tables(folder: Path) -> None:
    for config in (
        MigrationConfig(history_table_name="x", state_table_name="x"),
        MigrationConfig(history_table_name="_psqlmodel_schema_state"),
    ):
        with pytest.raises(ConfigError, match="are both"):
            settings_of(config, folder)
