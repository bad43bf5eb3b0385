"""The interpreter that reads the models is the project's, however it is named."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from psqlmigrate.sources import models
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


def lend(environment: Path, to: Path) -> None:
    """The packages of one environment for the interpreter of another."""
    (site,) = environment.glob("lib/python3*/site-packages")
    (target,) = to.glob("lib/python3*/site-packages")
    (target / "lent.pth").write_text(f"{site}\n")


@pytest.fixture
def plain(project: Project) -> Project:
    """A project without a .venv."""
    (project.root / ".venv").unlink()
    return project


def test_uvs_environment(
    plain: Project, make_environment: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    uv = make_environment("tools") / "bin" / "uv"
    python = str(make_environment("sqlalchemy") / "bin" / "python")
    (plain.root / "uv.lock").touch()
    code, _, err = plain.run("check")
    assert code == 3
    assert "`uv sync` makes the project's environment" in err
    for folder in (".venv", "elsewhere"):
        subprocess.run([uv, "venv", "--quiet", "--python", python, folder], check=True)
        lend(make_environment("sqlalchemy"), plain.root / folder)
        assert plain.run("check")[0] == 1
        (plain.root / folder).rename(plain.root / "away")
        assert plain.run("check")[0] == 3
        (plain.root / "away").rename(plain.root / folder)
        (plain.root / folder).rename(plain.root / f"{folder}-done")
        monkeypatch.setenv("UV_PROJECT_ENVIRONMENT", "elsewhere")


def test_poetrys_environment(
    plain: Project, make_environment: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    tools = make_environment("tools") / "bin"
    (plain.root / "pyproject.toml").write_text(
        '[tool.poetry]\nname = "Some.Shop"\nversion = "1"\npackage-mode = false\n'
        '[tool.poetry.dependencies]\npython = ">=3.9"\n'
    )
    (plain.root / "poetry.lock").touch()
    for name, folder in (("POETRY_CACHE_DIR", "cache"), ("POETRY_CONFIG_DIR", "settings")):
        monkeypatch.setenv(name, str(plain.root / folder))
    python = str(make_environment("sqlalchemy") / "bin" / "python")
    subprocess.run([tools / "poetry", "env", "use", "--quiet", python], check=True)
    (made,) = (plain.root / "cache" / "virtualenvs").glob("some-shop-*")
    lend(make_environment("sqlalchemy"), made)
    assert plain.run("check")[0] == 1
    assert "poetry's environment" in plain.succeed("status", "-v")
    # Where poetry is not asked, it is found all the same, and the other way round.
    made.rename(made.with_name("unknown-to-us"))
    script = f"#!/bin/sh\necho 'a warning'\necho {made.with_name('unknown-to-us')}/bin/python\n"
    (plain.root / "poetry").write_text(script)
    (plain.root / "poetry").chmod(0o755)
    monkeypatch.setenv("PATH", f"{plain.root}:{os.environ['PATH']}")
    assert plain.run("check")[0] == 1


def test_condas_environment(
    plain: Project, make_environment: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONDA_PREFIX", str(make_environment("sqlalchemy")))
    assert plain.run("check")[0] == 1
    assert "(CONDA_PREFIX)" in plain.succeed("status", "--verbose")


def test_the_interpreter_of_the_shell(
    plain: Project, make_environment: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"{make_environment('sqlalchemy')}/bin:{os.environ['PATH']}")
    assert plain.run("check")[0] == 1
    assert "(python3 on PATH, as the project has no environment)" in plain.succeed("status", "-v")


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("exit 0", "own (the setting python) is no Python interpreter"),
        (
            "echo '{\"statements\": []}'; exit 1",
            "own (the setting python) is no Python interpreter",
        ),
        ("printf 'psqlmigrate 3.8'; exit 1", "is Python 3.8; models are read with 3.9 or newer"),
        ("printf 'psqlmigrate 2.7'; exit 1", "is Python 2.7; models are read with 3.9 or newer"),
        ("printf 'psqlmigrate 3.11'; exit 1", "does not start"),
        ("exec sleep 1000", "own (the setting python) is no Python interpreter"),
    ],
)
def test_what_is_no_interpreter(
    plain: Project, monkeypatch: pytest.MonkeyPatch, script: str, message: str
) -> None:
    monkeypatch.setattr("psqlmigrate.sources.models._START_S", 0.5)
    monkeypatch.setattr("psqlmigrate.sources.models._ANSWER_S", 0.5)
    own = plain.root / "own"
    own.write_text(f"#!/bin/sh\n{script}\n")
    own.chmod(0o755)
    path = plain.root / "psqlmigrate.toml"
    path.write_text('python = "own"\n' + path.read_text())
    code, out, err = plain.run("check")
    assert (code, out) == (3, "")
    assert message in err
    assert "hint: name the project's interpreter with the setting python" in err


def test_the_reader_itself_refuses_an_old_python(tmp_path: Path) -> None:
    """It must not begin what it cannot end: psqlmigrate then asks for the version."""
    reader = Path(models.__file__).parent / "readers" / "models_to_sql.py"
    code = f"import sys, runpy; sys.version_info = (3, 8, 1); sys.argv[1:] = [{str(tmp_path)!r}]; runpy.run_path({str(reader)!r}, run_name='__main__')"  # fmt: skip
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 1
    assert list(tmp_path.iterdir()) == []
