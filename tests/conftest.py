"""Real servers and fresh databases for every test that wants one."""

import os
import secrets
import shutil
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest
from psycopg import sql

import options_used
from psqlmigrate import redaction
from psqlmigrate.postgres.binaries import available_binaries
from psqlmigrate.postgres.connect import Connection, connect
from psqlmigrate.postgres.embedded import scratch_server
from psqlmigrate.postgres.scratch import Scratch
from psqlmigrate.postgres.target import Target


def _majors() -> list[int]:
    """PSQLMIGRATE_TEST_MAJORS ("15,18"), else what this machine has, the preferred one first."""
    if stated := os.environ.get("PSQLMIGRATE_TEST_MAJORS"):
        return [int(text) for text in stated.split(",")]
    return list(dict.fromkeys(binaries.major for binaries in available_binaries()))


_MAJORS = _majors()

# What psqlmigrate says to GitHub Actions is for tests of that alone, wherever these are run.
os.environ.pop("GITHUB_ACTIONS", None)


_WHOLE = pytest.StashKey[bool]()
"""Whether all tests were collected."""


def pytest_configure() -> None:
    options_used.watch()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    every = {path for path in here.rglob("test_*.py") if here / "projects" not in path.parents}
    config.stash[_WHOLE] = every == {one.path for one in items}
    if not {"PSQLMIGRATE_TEST_MAJORS", "PSQLMIGRATE_ALL_CASES"} & os.environ.keys():
        items[:] = [one for one in items if not _is_spared(one)]


def _is_spared(item: pytest.Item) -> bool:
    """Of the further majors every other case goes one way only: it takes its time.

    Whoever states the majors gets all, and `nox -s cases`.
    """
    params: dict[str, object] = (
        item.callspec.params
        if isinstance(item, pytest.Function) and hasattr(item, "callspec")
        else {}
    )
    case, reverse = params.get("case"), params.get("reverse")
    if params.get("any_server") in {None, *_MAJORS[:1]} or reverse is None:
        return False
    return bool((crc32(str(case).encode()) + 2 * bool(reverse)) % 4)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Takes the notes of a worker of pytest-xdist, which is a process of its own."""
    output: dict[str, Any] = getattr(node, "workeroutput", {})
    node.config.stash[_WHOLE] = output.get("whole", False)
    options_used.USED.update((command, option) for command, option in output.get("used", ()))


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """When every test has passed, each option of each command must have been used by one."""
    whole = session.config.stash.get(_WHOLE, False)
    output: dict[str, Any] | None = getattr(session.config, "workeroutput", None)
    if output is not None:
        output.update(whole=whole, used=sorted(options_used.USED))
    elif whole and exitstatus == pytest.ExitCode.OK and options_used.missing():
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    if config.stash.get(_WHOLE, False) and (missing := options_used.missing()):
        terminalreporter.section("options that no test has used")
        terminalreporter.write_line("\n".join(missing))


@pytest.fixture
def _same_environment() -> Generator[None]:  # pyright: ignore[reportUnusedFunction]
    """A variable that one test leaves behind would lead another one to its database."""
    before = dict(os.environ)
    yield
    for name in os.environ.keys() - before.keys():
        del os.environ[name]
    os.environ.update(before)


@pytest.fixture(autouse=True)
def _forgotten_secrets(  # pyright: ignore[reportUnusedFunction]
    _same_environment: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process repeats no password that it ever used: one test's is a word of another's."""
    monkeypatch.setattr(redaction, "_kept", set[str]())


@pytest.fixture(scope="session")
def server() -> Generator[Target]:
    with scratch_server(_MAJORS[0] if _MAJORS else None) as target:
        yield target


@pytest.fixture(scope="session", params=_MAJORS, ids="pg{}".format)
def any_server(request: pytest.FixtureRequest) -> Generator[Target]:
    with scratch_server(request.param) as target:
        yield target


@pytest.fixture(scope="session")
def scratch(server: Target) -> Generator[Scratch]:
    with Scratch(server) as scratch:
        yield scratch


@pytest.fixture(scope="session")
def any_scratch(any_server: Target) -> Generator[Scratch]:
    with Scratch(any_server) as scratch:
        yield scratch


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
