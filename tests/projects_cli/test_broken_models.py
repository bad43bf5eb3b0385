"""What cannot be read is the user's traceback and exit 3, in every command; never "no change"."""

import json
from collections.abc import Callable

import pytest

from user_projects import Project

Open = Callable[[str, str], Project]
COMMANDS = (
    ("check",),
    ("autogenerate", "x"),
    ("status",),
    ("validate",),
    ("diff", "models", "empty"),
)


@pytest.fixture
def project(open_project: Open) -> Project:
    found = open_project("sqlalchemy_shop", "sqlalchemy")
    found.succeed("init")
    return found


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_an_import_error(project: Project, command: tuple[str, ...]) -> None:
    project.edit("shop/models.py", ("import uuid\n", "import uuid\n\nimport missing_package\n"))
    code, out, err = project.run(*command)
    assert code == 3
    assert out == ""
    assert "cannot import shop.models: ModuleNotFoundError" in err
    assert f'File "{project.root}/shop/models.py", line 6' in err
    assert "import missing_package" in err
    assert "hint: " in err
    assert ".venv/bin/python" in err
    assert "no change" not in err
    assert project.migrations == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("def broken(:\n", "SyntaxError"),
        ("import sys\nsys.exit(0)\n", "the models called sys.exit(0)"),
        ("import os\nos._exit(0)\n", "ended with status 0"),
        ("x = 1\n", "no models in shop.models"),
        ("raise KeyboardInterrupt\n", "KeyboardInterrupt"),
    ],
)
def test_other_ways_to_fail(project: Project, text: str, message: str) -> None:
    (project.root / "shop" / "models.py").write_text(text)
    code, out, err = project.run("check")
    assert (code, out) == (3, "")
    assert message in err


def test_as_json(project: Project) -> None:
    (project.root / "shop" / "models.py").write_text("1 / 0\n")
    code, out, _ = project.run("check", "--json")
    answer = json.loads(out)
    assert code == 3
    assert answer["ok"] is False
    assert answer["error"]["code"] == "models"
    assert "ZeroDivisionError" in answer["error"]["message"]


def test_an_environment_without_the_orm(open_project: Open) -> None:
    project = open_project("sqlalchemy_shop", "bare")
    project.succeed("init")
    code, _, err = project.run("check")
    assert code == 3
    assert "sqlalchemy is not installed for" in err
    assert "-m pip install sqlalchemy" in err


def test_what_models_print_is_not_data(project: Project) -> None:
    project.edit("shop/models.py", ("import uuid\n", "import uuid\n\nprint('hello')\n"))
    code, out, _ = project.run("check", "--json")
    assert code == 1
    assert json.loads(out)["ok"] is True
