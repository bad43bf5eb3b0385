"""Profiles and environment as psqlmodel has them."""

import json
import stat
import subprocess
from pathlib import Path

import pytest

from compat.conftest import MODELS, MORE_MODELS, Make, OldProject

ENVIRONMENT = ("HOST", "PORT", "USER", "PASSWORD", "DB", "MODELS_PATH")


@pytest.fixture
def project(copy_old: Make) -> OldProject:
    return copy_old("psqlmodel")


def _without(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    for name in names:
        monkeypatch.delenv(f"PSQL_{name}", raising=False)


def _save(project: OldProject, name: str, *more: str) -> None:
    """By the real psqlmodel."""
    params = project.database.params
    words = ["profile", "save", name, "-u", params["user"], "--password", "secret"]
    words += ["--host", params["host"], "-P", params.get("port", "5432"), "-db", params["dbname"]]
    whole = [str(project.python), "-W", "ignore", "-m", "psqlmodel", *words, *more]
    subprocess.run(whole, cwd=project.root, check=True, capture_output=True)


def test_psqlmodels_own_profile_is_gone_on_with(
    project: OldProject, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (project.root / "migrations").rename(project.root / "steps")
    first = project.root / "first"
    first.mkdir()
    (first / "people.py").write_text(MODELS)
    (first / "_private.py").write_text("raise RuntimeError('imported')\n")
    (project.root / "second.py").write_text(
        "from psqlmodel import Column, PSQLModel, table\n"
        "from psqlmodel.orm.types import boolean, integer\n" + MORE_MODELS
    )
    _save(project, "dev", "--models-path", "first", "second.py", "--migrations-path", "./steps")
    _save(project, "broken", "--models-path", "nowhere")
    kept = json.loads((tmp_path / ".psqlmodel" / "config.json").read_text())
    assert kept["default"] == "dev"
    assert isinstance(kept["profiles"]["dev"]["models_path"], list)
    _without(monkeypatch, *ENVIRONMENT)
    out = project.succeed("status")
    assert "(default profile)" in out or "profile" in out.splitlines()[0]
    assert "secret" not in out
    assert "Applied           2" in out
    assert "steps" in out
    assert "agree" in project.succeed("check")
    listed = json.loads(project.succeed("users", "--list", "--json"))["result"]["profiles"]
    assert [(one["name"], one["default"]) for one in listed] == [("broken", False), ("dev", True)]
    code, _, err = project.run("check", "--profile", "broken")
    assert (code, "nowhere" in err) == (3, True)
    # An own profile of that name comes first, and psqlmodel's file stays as it is.
    project.succeed("users", "--save", "dev", "--database", "elsewhere")
    assert project.run("status")[0] == 3
    assert json.loads((tmp_path / ".psqlmodel" / "config.json").read_text()) == kept


def test_the_file_can_be_imported(
    project: OldProject, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _save(project, "dev", "--models-path", "models")
    old = tmp_path / ".psqlmodel" / "config.json"
    moved = tmp_path / "moved.json"
    old.rename(moved)
    _without(monkeypatch, *ENVIRONMENT)
    assert project.run("status")[0] == 2
    project.succeed("users", "--import", str(moved))
    project.succeed("users", "--use", "dev")
    assert "Applied           2" in project.succeed("status")
    own = tmp_path / "config" / "config.json"
    assert stat.S_IMODE(own.stat().st_mode) == 0o600
    assert json.loads(own.read_text())["profiles"]["dev"]["password"] == "secret"


def test_where_the_models_are(project: OldProject, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command line, the configuration, the profile in force, then PSQL_MODELS_PATH."""
    assert "./models (2 tables)" in project.succeed("check")
    (project.root / "other.sql").write_text("CREATE TABLE people (id int);")
    assert project.run("check", "--models", "other.sql")[0] == 1
    (project.root / "psqlmigrate.toml").write_text('models = ["other.sql"]\n')
    assert project.run("check")[0] == 1
    (project.root / "psqlmigrate.toml").unlink()
    _save(project, "dev", "--models-path", "other.sql")
    _without(monkeypatch, *ENVIRONMENT[:-1])
    assert project.run("check")[0] == 1
    _save(project, "dev")
    assert "./models (2 tables)" in project.succeed("check")
    monkeypatch.setenv("PSQL_MODELS_PATH", "")
    assert project.run("check")[0] == 2
