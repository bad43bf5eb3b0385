"""A project with an environment of its own, a database, and the command line beside them."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from user_projects import Project
from user_projects import make_environment as make_environment  # noqa: PLC0414

from psqlmigrate.postgres.target import Target

PROJECTS = Path(__file__).parent.parent / "projects"


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
    params = database.params
    url = f"postgresql://{params['user']}@/{params['dbname']}?host={params['host']}"
    if "port" in params:
        url += f"&port={params['port']}"
    for name in ("VIRTUAL_ENV", "UV_PROJECT_ENVIRONMENT", "PGHOST", "PGUSER", "PGPORT", "PGDATABASE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DATABASE_URL", url)

    def opening(name: str, environment: str) -> Project:
        root = tmp_path / name
        shutil.copytree(PROJECTS / name, root, ignore=shutil.ignore_patterns("__pycache__"))
        (root / ".venv").symlink_to(make_environment(environment))
        monkeypatch.chdir(root)
        return Project(root, database, capsys)

    return opening
