"""Which Python runs the user's models: their project's, not the one psqlmigrate lives in."""

import base64
import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import platformdirs

from psqlmigrate.errors import ConfigError

_IN_ENVIRONMENT = ("bin/python", "bin/python3", "Scripts/python.exe", "python.exe")
_ORMS = ("sqlalchemy", "django", "psqlmodel")
_PATIENCE_S = 30.0
_SETTING = "the setting python"


@dataclass(frozen=True)
class Interpreter:
    """A Python interpreter and what it was chosen by, in words for messages."""

    path: Path
    origin: str


def find_interpreter(root: Path, python: str | None, env: Mapping[str, str]) -> Interpreter:
    """The setting, the active environment, the project's own, else the machine's or psqlmigrate's.

    Raises ConfigError for a setting that names no interpreter.
    """
    if python:
        return Interpreter(_stated(root, python, env), _SETTING)
    for folder, origin in _environments(root, env):
        if found := _python_of(folder):
            return Interpreter(found, origin)
    for command, origin in _tools(root, env):
        if found := _answer(command, root, env):
            return Interpreter(found, origin)
    return _without_environment(env)


def advice(root: Path) -> str:
    """How a project without an environment gets one; nothing where that is not known."""
    tools = {"uv.lock": "uv sync", "poetry.lock": "poetry install", "Pipfile": "pipenv install"}
    known = next((command for name, command in tools.items() if (root / name).exists()), None)
    return f"; `{known}` makes the project's environment" if known else ""


def _without_environment(env: Mapping[str, str]) -> Interpreter:
    """Ours where an ORM is beside psqlmigrate, else what `python3` is in the user's shell."""
    own = Interpreter(Path(sys.executable), "psqlmigrate's own, as the project has none")
    path = env.get("PATH", "")
    command = shutil.which("python3", path=path) or shutil.which("python", path=path)
    if command is None or any(map(importlib.util.find_spec, _ORMS)):
        return own
    return Interpreter(Path(command), "python3 on PATH, as the project has no environment")


def _tools(root: Path, env: Mapping[str, str]) -> Iterator[tuple[list[str], str]]:
    """Commands that print an interpreter, where the environment is in no place known here."""
    asked = {
        "poetry.lock": ["poetry", "env", "info", "--executable", "--no-ansi"],
        "Pipfile": ["pipenv", "--py"],
    }
    for name, (tool, *rest) in asked.items():
        found = shutil.which(tool, path=env.get("PATH", ""))
        if found and (root / name).exists():
            yield [found, *rest], f"{tool}'s environment"


def _answer(command: list[str], root: Path, env: Mapping[str, str]) -> Path | None:
    """The interpreter that the tool names; none when it fails, which is the tool's to tell."""
    try:
        done = subprocess.run(
            command,
            cwd=root,
            env=env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_PATIENCE_S,
            check=True,
        )
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
        return None
    lines = done.stdout.strip().splitlines()
    path = Path(lines[-1].strip()) if lines else None
    return path if path and path.is_file() else None


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
    if conda := env.get("CONDA_PREFIX"):
        yield Path(conda), "CONDA_PREFIX"


def _poetry_environments(root: Path, env: Mapping[str, str]) -> list[Path]:
    """Environments that poetry made for this directory: <name>-<digest of the path>-py<version>.

    The one that `poetry env use` has chosen (envs.toml) first, then the newest Python's.
    """
    home = _poetry_home(root, env)
    place = os.path.normcase(os.path.realpath(root))
    digest = base64.urlsafe_b64encode(hashlib.sha256(place.encode()).digest()).decode()[:8]
    choices: dict[str, dict[str, str]] = _toml(home / "envs.toml")
    chosen = {f"{name}-py{choice.get('minor')}" for name, choice in choices.items()}

    def rank(folder: Path) -> tuple[bool, list[int]]:
        version = folder.name.rpartition("-py")[2]
        return folder.name in chosen, [int(part) for part in re.findall(r"\d+", version)]

    return sorted(home.glob(f"*-{digest}-py*"), key=rank, reverse=True)


def _poetry_home(root: Path, env: Mapping[str, str]) -> Path:
    """Where poetry keeps environments: by a variable, its settings, else in its cache."""
    own = env.get("POETRY_CONFIG_DIR") or platformdirs.user_config_dir("pypoetry", appauthor=False)
    settings = {**_toml(Path(own) / "config.toml"), **_toml(root / "poetry.toml")}
    cache = (
        env.get("POETRY_CACHE_DIR")
        or settings.get("cache-dir")
        or platformdirs.user_cache_dir("pypoetry", appauthor=False)
    )
    stated = env.get("POETRY_VIRTUALENVS_PATH") or settings.get("virtualenvs", {}).get("path")
    path = str(stated or "{cache-dir}/virtualenvs").replace("{cache-dir}", str(cache))
    return root / Path(path.replace("{project-dir}", str(root))).expanduser()


def _toml(path: Path) -> dict[str, Any]:
    """What a file of poetry's says; nothing when it cannot be read, which is poetry's to tell."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}


def _python_of(folder: Path) -> Path | None:
    # Not resolved: a virtual environment is known by the path of its own link.
    paths = (folder / name for name in _IN_ENVIRONMENT)
    return next((path for path in paths if path.is_file()), None)
