"""Which Python runs the user's models: their project's, not the one psqlmigrate lives in."""

import base64
import hashlib
import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from psqlmigrate.errors import ConfigError

_IN_ENVIRONMENT = ("bin/python", "bin/python3", "Scripts/python.exe")
_SETTING = "the setting python"


@dataclass(frozen=True)
class Interpreter:
    """A Python interpreter and what it was chosen by, in words for messages."""

    path: Path
    origin: str


def find_interpreter(root: Path, python: str | None, env: Mapping[str, str]) -> Interpreter:
    """The setting, the active environment, the project's own, else psqlmigrate's.

    Raises ConfigError for a setting that names no interpreter.
    """
    if python:
        return Interpreter(_stated(root, python, env), _SETTING)
    for folder, origin in _environments(root, env):
        if found := _python_of(folder):
            return Interpreter(found, origin)
    return Interpreter(Path(sys.executable), "psqlmigrate's own, as the project has none")


def _stated(root: Path, python: str, env: Mapping[str, str]) -> Path:
    """The setting: an interpreter, a virtual environment, or a command on the PATH."""
    path = root / Path(python).expanduser()
    if path.is_dir() and (found := _python_of(path)):
        return found
    if path.is_file():
        return path
    if Path(python).name == python and (command := shutil.which(python, path=env.get("PATH"))):
        return Path(command)
    raise ConfigError(
        f"{_SETTING} is {python}, and there is no such interpreter",
        hint="give an interpreter (.venv/bin/python), a virtual environment, or a command on PATH",
    )


def _environments(root: Path, env: Mapping[str, str]) -> Iterator[tuple[Path, str]]:
    if active := env.get("VIRTUAL_ENV"):
        yield Path(active), "VIRTUAL_ENV"
    if uv := env.get("UV_PROJECT_ENVIRONMENT"):
        yield root / uv, "UV_PROJECT_ENVIRONMENT"
    yield root / ".venv", ".venv"
    yield root / "venv", "venv"
    if (root / "poetry.lock").exists():
        for folder in _poetry_environments(root, env):
            yield folder, "poetry's environment"
    for parent in root.parents:  # a workspace's members share the environment of its root
        yield parent / ".venv", str(parent / ".venv")


def _poetry_environments(root: Path, env: Mapping[str, str]) -> list[Path]:
    """Environments that poetry made for this directory: <name>-<digest of the path>-py<version>."""
    cache = env.get("POETRY_CACHE_DIR") or platformdirs.user_cache_dir("pypoetry", appauthor=False)
    home = Path(env.get("POETRY_VIRTUALENVS_PATH") or Path(cache) / "virtualenvs")
    place = os.path.normcase(os.path.realpath(root))
    digest = base64.urlsafe_b64encode(hashlib.sha256(place.encode()).digest()).decode()[:8]
    return sorted(home.glob(f"*-{digest}-py*"), reverse=True)


def _python_of(folder: Path) -> Path | None:
    # Not resolved: a virtual environment is known by the path of its own link.
    paths = (folder / name for name in _IN_ENVIRONMENT)
    return next((path for path in paths if path.is_file()), None)
