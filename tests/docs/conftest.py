"""A reader in an empty folder, with the installed psqlmigrate."""

import os
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias

import pytest

from docs.pages import Reader, Shell
from options_used import typed
from psqlmigrate.postgres.binaries import available_binaries

PAGES = Path(__file__).parent.parent.parent / "docs"
Read: TypeAlias = Callable[[Path, str], None]

_FOREIGN = ("PSQL", "PG", "DB_", "DATABASE_URL", "VIRTUAL_ENV", "GITHUB_ACTIONS", "CI")


@contextmanager
def _reader(home: Path, url: str) -> Generator[Reader]:
    programs = [Path(sys.executable).parent, *(one.bindir for one in available_binaries())]
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
    own = {
        "HOME": str(home),
        "PATH": os.pathsep.join([*map(str, programs), os.environ["PATH"]]),
        "PSQLMIGRATE_CONFIG_DIR": str(home / "config"),
        "XDG_DATA_HOME": str(home / "data"),
        "COLUMNS": "100",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    if path := os.environ.get("PSQLMIGRATE_PG_BIN"):
        own["PSQLMIGRATE_PG_BIN"] = path
    folder = home / "app"
    folder.mkdir()
    shell = Shell(folder, {**kept, **own})
    try:
        yield Reader(shell, folder, url)
    finally:
        shell.close()


@pytest.fixture
def read(open_directory: Path) -> Read:
    """Types a page; the address in it stands for the given one."""

    def reading(page: Path, url: str) -> None:
        with _reader(open_directory, url) as reader:
            reader.read(page)
        typed(reader.ran)

    return reading
