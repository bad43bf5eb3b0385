"""The interpreter that reads the models is the project's, however it is named."""

from collections.abc import Callable
from pathlib import Path

import pytest

from user_projects import Project

Open = Callable[[str, str], Project]


@pytest.fixture
def project(open_project: Open) -> Project:
    """A project whose own .venv has no ORM."""
    found = open_project("sqlalchemy_shop", "bare")
    found.succeed("init")
    assert found.run("check")[0] == 3
    return found


def test_the_active_environment(
    project: Project, make_environment: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VIRTUAL_ENV", str(make_environment("sqlalchemy")))
    assert project.run("check")[0] == 1


def test_the_setting(
    project: Project, make_environment: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VIRTUAL_ENV", str(make_environment("bare")))
    setting = f'python = "{make_environment("sqlalchemy")}"\n'
    path = project.root / "psqlmigrate.toml"
    path.write_text(setting + path.read_text())
    assert project.run("check")[0] == 1


def test_a_setting_that_names_nothing(project: Project) -> None:
    path = project.root / "psqlmigrate.toml"
    path.write_text('python = "gone"\n' + path.read_text())
    code, _, err = project.run("check")
    assert code == 2
    assert "the setting python is gone" in err


def test_a_directory_below_the_project(
    project: Project, make_environment: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VIRTUAL_ENV", str(make_environment("sqlalchemy")))
    monkeypatch.chdir(project.root / "shop")
    assert project.run("check")[0] == 1
