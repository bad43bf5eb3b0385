"""Real servers and fresh databases for every test that wants one."""

import os
import secrets
import shutil
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest
from psycopg import sql

import options_used
from psqlmigrate.postgres.binaries import available_binaries
from psqlmigrate.postgres.connect import Connection, connect
from psqlmigrate.postgres.embedded import scratch_server
from psqlmigrate.postgres.target import Target


def _majors() -> list[int]:
    """PSQLMIGRATE_TEST_MAJORS ("15,18"), else what this machine has, the preferred one first."""
    if stated := os.environ.get("PSQLMIGRATE_TEST_MAJORS"):
        return [int(text) for text in stated.split(",")]
    return list(dict.fromkeys(binaries.major for binaries in available_binaries()))


_MAJORS = _majors()

# What psqlmigrate says to GitHub Actions is for tests of that alone, wherever these are run.
os.environ.pop("GITHUB_ACTIONS", None)


def pytest_configure() -> None:
    options_used.watch()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What looks back at all tests comes last."""
    items.sort(key=lambda one: one.path.name == "test_options_used.py")
    here = Path(__file__).parent
    every = {path for path in here.rglob("test_*.py") if here / "projects" not in path.parents}
    config.stash[options_used.WHOLE] = every == {one.path for one in items}


@pytest.fixture(scope="session")
def server() -> Generator[Target]:
    with scratch_server(_MAJORS[0] if _MAJORS else None) as target:
        yield target


@pytest.fixture(scope="session", params=_MAJORS, ids="pg{}".format)
def any_server(request: pytest.FixtureRequest) -> Generator[Target]:
    with scratch_server(request.param) as target:
        yield target


@pytest.fixture
def database(server: Target) -> Generator[Target]:
    with _fresh_database(server) as target:
        yield target


@pytest.fixture
def any_database(any_server: Target) -> Generator[Target]:
    with _fresh_database(any_server) as target:
        yield target


@pytest.fixture
def connection(database: Target) -> Generator[Connection]:
    with connect(database) as connection:
        yield connection


@pytest.fixture
def open_directory() -> Generator[Path]:
    """A directory that a server of root's can reach, which pytest's own are not."""
    path = Path(tempfile.mkdtemp(prefix="psqlmigrate-test-", dir="/tmp"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


@contextmanager
def _fresh_database(server: Target) -> Generator[Target]:
    name = f"test_{secrets.token_hex(6)}"
    identifier = sql.Identifier(name)
    with connect(server) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(identifier))
        try:
            yield server.database(name)
        finally:
            admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(identifier))
