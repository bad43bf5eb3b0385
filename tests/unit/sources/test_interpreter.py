import base64
import hashlib
import os
import sys
from pathlib import Path

import pytest

from psqlmigrate.errors import ConfigError
from psqlmigrate.sources.interpreter import find_interpreter


def make_python(folder: Path) -> Path:
    python = folder / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.touch()
    return python


def test_without_any_environment_it_is_our_own(tmp_path: Path) -> None:
    found = find_interpreter(tmp_path, None, {})
    assert found.path == Path(sys.executable)
    assert "the project has none" in found.origin


@pytest.mark.parametrize("name", [".venv", "venv"])
def test_the_projects_environment(tmp_path: Path, name: str) -> None:
    python = make_python(tmp_path / name)
    assert find_interpreter(tmp_path, None, {}).path == python


def test_a_workspaces_environment(tmp_path: Path) -> None:
    python = make_python(tmp_path / ".venv")
    member = tmp_path / "packages" / "shop"
    member.mkdir(parents=True)
    assert find_interpreter(member, None, {}).path == python


def test_the_active_environment_goes_before_the_projects(tmp_path: Path) -> None:
    make_python(tmp_path / ".venv")
    python = make_python(tmp_path / "active")
    found = find_interpreter(tmp_path, None, {"VIRTUAL_ENV": str(tmp_path / "active")})
    assert (found.path, found.origin) == (python, "VIRTUAL_ENV")


def test_an_active_environment_that_is_gone_is_passed_over(tmp_path: Path) -> None:
    python = make_python(tmp_path / ".venv")
    env = {"VIRTUAL_ENV": str(tmp_path / "deleted")}
    assert find_interpreter(tmp_path, None, env).path == python


def test_uvs_environment(tmp_path: Path) -> None:
    python = make_python(tmp_path / "env" / "uv")
    assert find_interpreter(tmp_path, None, {"UV_PROJECT_ENVIRONMENT": "env/uv"}).path == python


def test_poetrys_environment(tmp_path: Path) -> None:
    (tmp_path / "poetry.lock").touch()
    place = os.path.realpath(tmp_path).encode()
    digest = base64.urlsafe_b64encode(hashlib.sha256(place).digest()).decode()[:8]
    python = make_python(tmp_path / "cache" / "virtualenvs" / f"shop-{digest}-py3.12")
    env = {"POETRY_CACHE_DIR": str(tmp_path / "cache")}
    assert find_interpreter(tmp_path, None, env).path == python


@pytest.mark.parametrize("setting", ["own", "own/bin/python", "{root}/own"])
def test_the_setting(tmp_path: Path, setting: str) -> None:
    make_python(tmp_path / ".venv")
    python = make_python(tmp_path / "own")
    stated = setting.replace("{root}", str(tmp_path))
    found = find_interpreter(tmp_path, stated, {"VIRTUAL_ENV": str(tmp_path / ".venv")})
    assert (found.path, found.origin) == (python, "the setting python")


def test_the_setting_may_be_a_command(tmp_path: Path) -> None:
    python = make_python(tmp_path / "tools")
    python.chmod(0o755)
    assert find_interpreter(tmp_path, "python", {"PATH": str(python.parent)}).path == python


def test_a_setting_that_names_nothing_is_an_error(tmp_path: Path) -> None:
    make_python(tmp_path / ".venv")
    with pytest.raises(ConfigError, match="is gone/bin/python, and there is no such") as caught:
        find_interpreter(tmp_path, "gone/bin/python", {})
    assert caught.value.exit_code == 2
