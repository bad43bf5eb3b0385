"""A project with an environment of its own, a database, and the command line beside them."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from psqlmigrate.postgres.target import Target
from user_projects import PROJECTS, Project, url_of
from user_projects import make_environment as make_environment  # noqa: PLC0414

Open = Callable[[str, str], Project]


@pytest.fixture
def open_project(
    tmp_path: Path,
    database: Target,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    make_environment: Callable[[str], Path],
) -> Open:
    """Opens a project by its name and that of its environment."""
    for name in (
        "VIRTUAL_ENV",
        "UV_PROJECT_ENVIRONMENT",
        "PGHOST",
        "PGUSER",
        "PGPORT",
        "PGDATABASE",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DATABASE_URL", url_of(database))

    def opening(name: str, environment: str) -> Project:
        root = tmp_path / name
        shutil.copytree(PROJECTS / name, root, ignore=shutil.ignore_patterns("__pycache__"))
        (root / ".venv").symlink_to(make_environment(environment))
        monkeypatch.chdir(root)
        return Project(root, database, capsys)

    return opening
