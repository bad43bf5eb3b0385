"""A project in a folder of its own with a fresh database, used through the Python API."""

import warnings
from collections.abc import Callable, Generator
from pathlib import Path

import pytest

from psqlmigrate import Engine, MigrationConfig, MigrationManager, create_engine
from psqlmigrate.postgres.target import Target
from user_projects import make_environment as make_environment  # noqa: PLC0414
from user_projects import url_of

SCHEMA = """
CREATE TYPE mood AS ENUM ('calm', 'cross');
CREATE TABLE users (id integer PRIMARY KEY, email text NOT NULL, feels mood);
CREATE INDEX idx_email ON users (email);
"""

_NAMES = ("DATABASE_URL", "PSQLMIGRATE_URL", "VIRTUAL_ENV", "UV_PROJECT_ENVIRONMENT")
_LIBPQ = ("PGHOST", "PGUSER", "PGPORT", "PGDATABASE", "PGPASSWORD")

Manage = Callable[..., MigrationManager]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory; nothing else names a database or a profile."""
    path = tmp_path / "project"
    path.mkdir()
    (path / "schema.sql").write_text(SCHEMA)
    monkeypatch.chdir(path)
    monkeypatch.setenv("PSQLMIGRATE_CONFIG_DIR", str(tmp_path / "config"))
    for name in (*_NAMES, *_LIBPQ):
        monkeypatch.delenv(name, raising=False)
    return path


@pytest.fixture
def url(database: Target) -> str:
    return url_of(database)


@pytest.fixture
def engine(folder: Path, url: str) -> Generator[Engine]:
    assert folder.is_dir()
    with create_engine(url) as made:
        yield made


@pytest.fixture
def manage(engine: Engine) -> Manage:
    """A manager with these options, initialised; that the models are new is no news here."""

    def make(**options: object) -> MigrationManager:
        manager = MigrationManager(engine, MigrationConfig(**options))  # type: ignore[arg-type]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            manager.init()
        return manager

    return make


def write(folder: Path, version: str, up: str, down: str = "", header: str = "") -> Path:
    """An SQL migration."""
    path = folder / "migrations" / f"{version}_step.sql"
    path.parent.mkdir(exist_ok=True)
    path.write_text(
        f"-- message: step {version}\n{header}-- psqlmigrate: up\n{up}\n-- psqlmigrate: down\n{down}\n"
    )
    return path
