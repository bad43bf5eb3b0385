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


@pytest.fixture
def poetry(tmp_path: Path) -> str:
    """A project of poetry's: the beginning of the names of its environments."""
    (tmp_path / "poetry.lock").touch()
    place = os.path.realpath(tmp_path).encode()
    return f"shop-{base64.urlsafe_b64encode(hashlib.sha256(place).digest()).decode()[:8]}"


def test_poetrys_environment(tmp_path: Path, poetry: str) -> None:
    home = tmp_path / "cache" / "virtualenvs"
    make_python(home / f"{poetry}-py3.9")
    python = make_python(home / f"{poetry}-py3.12")
    make_python(home / "other-AAAAAAAA-py3.13")
    env = {"POETRY_CACHE_DIR": str(tmp_path / "cache"), "POETRY_CONFIG_DIR": str(tmp_path)}
    found = find_interpreter(tmp_path, None, env)
    assert (found.path, found.origin) == (python, "poetry's environment")


def test_the_environment_that_poetry_was_told_to_use(tmp_path: Path, poetry: str) -> None:
    home = tmp_path / "cache" / "virtualenvs"
    python = make_python(home / f"{poetry}-py3.11")
    make_python(home / f"{poetry}-py3.12")
    (home / "envs.toml").write_text(f'[{poetry}]\nminor = "3.11"\npatch = "3.11.7"\n')
    env = {"POETRY_CACHE_DIR": str(tmp_path / "cache"), "POETRY_CONFIG_DIR": str(tmp_path)}
    assert find_interpreter(tmp_path, None, env).path == python


@pytest.mark.parametrize(
    ("file", "text", "home"),
    [
        ("settings/config.toml", '[virtualenvs]\npath = "{cache-dir}/envs"\n', "cache/envs"),
        ("settings/config.toml", 'cache-dir = "{root}/elsewhere"\n', "elsewhere/virtualenvs"),
        ("poetry.toml", '[virtualenvs]\npath = "envs"\n', "envs"),
        ("poetry.toml", "this is no TOML", "cache/virtualenvs"),
    ],
)
def test_where_poetry_keeps_environments(
    tmp_path: Path, poetry: str, file: str, text: str, home: str
) -> None:
    path = tmp_path / file
    path.parent.mkdir(exist_ok=True)
    path.write_text(text.replace("{root}", str(tmp_path)))
    python = make_python(tmp_path / home / f"{poetry}-py3.12")
    env = {"POETRY_CONFIG_DIR": str(tmp_path / "settings")}
    if "elsewhere" not in home:
        env["POETRY_CACHE_DIR"] = str(tmp_path / "cache")
    assert find_interpreter(tmp_path, None, env).path == python


def test_an_environment_of_poetrys_is_not_taken_without_its_lock_file(
    tmp_path: Path, poetry: str
) -> None:
    (tmp_path / "poetry.lock").unlink()
    make_python(tmp_path / "virtualenvs" / f"{poetry}-py3.12")
    env = {"POETRY_CACHE_DIR": str(tmp_path), "POETRY_CONFIG_DIR": str(tmp_path)}
    assert find_interpreter(tmp_path, None, env).path == Path(sys.executable)


def test_a_pythonless_directory_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    python = make_python(tmp_path / "venv")
    assert find_interpreter(tmp_path, None, {}).path == python


def test_a_link_to_an_interpreter_is_kept(tmp_path: Path) -> None:
    """A virtual environment is known by its own link: the target has none of its packages."""
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    assert find_interpreter(tmp_path, None, {}).path == python


def test_windows_layout(tmp_path: Path) -> None:
    python = tmp_path / ".venv" / "Scripts" / "python.exe"
    python.parent.mkdir(parents=True)
    python.touch()
    assert find_interpreter(tmp_path, None, {}).path == python


def test_a_setting_in_the_home_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    python = make_python(tmp_path / "home" / "envs" / "shop")
    assert find_interpreter(tmp_path, "~/envs/shop", {}).path == python


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
