"""The files for continuous integration, each run as its system runs it.

What a runner brings is stood in for: the service's address is the test server's, and the program
that `pip install` shall bring is installed already, so that pip, without an index, finds it there.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from cli.conftest import Run, url_of
from psqlmigrate.postgres.connect import connect
from psqlmigrate.postgres.target import Target

ROOT = Path(__file__).parent.parent.parent
GIT = shutil.which("git") or "git"
BASH = shutil.which("bash") or "bash"
BIN = Path(sys.executable).parent


@pytest.fixture
def env(project: Path, tmp_path: Path) -> dict[str, str]:
    assert project.is_dir()
    dropped = ("PG", "DB_", "PSQL", "DATABASE", "GIT_", "GITHUB", "PIP_", "VIRTUAL_ENV")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(dropped)}
    bins = {key: value for key, value in os.environ.items() if key == "PSQLMIGRATE_PG_BIN"}
    return {
        **kept,
        **bins,
        "PATH": f"{BIN}:{os.environ['PATH']}",
        "PIP_NO_INDEX": "1",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_ROOT_USER_ACTION": "ignore",
        "PSQLMIGRATE_CONFIG_DIR": str(tmp_path / "config"),
        "HOME": str(tmp_path),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_AUTHOR_NAME": "A",
        "GIT_AUTHOR_EMAIL": "a@b",
        "GIT_COMMITTER_NAME": "A",
        "GIT_COMMITTER_EMAIL": "a@b",
    }


@pytest.fixture
def repository(call: Run, project: Path, env: Mapping[str, str]) -> Path:
    """A project with one migration that its models ask for, all of it committed."""
    assert call("init", "--offline", "--models", "schema.sql")[0] == 0
    assert call("autogenerate", "first")[0] == 0
    _git(env, "init", "-q", "-b", "main")
    _git(env, "add", "-A")
    _git(env, "commit", "-q", "-m", "first")
    return project


def _git(env: Mapping[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([GIT, *words], env=env, check=True, capture_output=True, text=True)


def _bash(script: str, env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [BASH, "-e", "-o", "pipefail", "-c", script],
        env=env,
        check=False,
        capture_output=True,
        text=True,
    )


def _add_column(project: Path) -> None:
    path = project / "schema.sql"
    path.write_text(path.read_text().replace("email text", "phone text, email text"))


def _recipe(call: Run, system: str) -> Any:
    code, out, err = call("ci", system)
    assert (code, err) == (0, "")
    return yaml.safe_load(out)


def _steps(job: Mapping[str, Any]) -> list[str]:
    return [one["run"] for one in job["steps"] if "run" in one]


def _run_all(steps: list[str], env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """One step after the other, as long as they go well."""
    done = _bash("true", env)
    for step in steps:
        done = _bash(step, env)
        if done.returncode:
            break
    return done


@pytest.mark.usefixtures("repository")
def test_github_checks(call: Run, env: dict[str, str], project: Path, database: Target) -> None:
    job = _recipe(call, "github")["jobs"]["check"]
    assert job["services"]["postgres"]["env"] == {"POSTGRES_PASSWORD": "postgres"}
    assert job["env"] == {"DATABASE_URL": "postgresql://postgres:postgres@localhost:5432/postgres"}
    env |= {"DATABASE_URL": url_of(database), "GITHUB_ACTIONS": "true"}
    env |= {"GITHUB_WORKSPACE": str(project)}
    done = _run_all(_steps(job), env)
    assert done.returncode == 0, done.stderr
    assert "Schema drift      no" in done.stdout
    with connect(database) as connection:
        assert connection.execute("SELECT count(*) FROM customers").fetchone() == (0,)
    _add_column(project)
    done = _run_all(_steps(job), env)
    assert done.returncode == 1
    assert "::error file=schema.sql,title=psqlmigrate check::" in done.stderr


@pytest.mark.usefixtures("repository")
def test_github_upgrades_the_default_branch(
    call: Run, env: dict[str, str], database: Target
) -> None:
    job = _recipe(call, "github")["jobs"]["upgrade"]
    assert job["needs"] == "check"
    assert "default_branch" in job["if"]
    assert job["env"] == {"DATABASE_URL": "${{ secrets.DATABASE_URL }}"}
    done = _run_all(_steps(job), {**env, "DATABASE_URL": url_of(database)})
    assert done.returncode == 0, done.stderr
    assert "1 applied, none pending" in done.stdout


def _db(prefix: str, database: Target) -> dict[str, str]:
    params = database.params
    names = {"HOST": "host", "PORT": "port", "USER": "user", "NAME": "dbname"}
    found = {f"{prefix}_{name}": str(params.get(key, "")) for name, key in names.items()}
    return {**found, f"{prefix}_PASSWORD": "unused"}


@pytest.mark.usefixtures("repository")
def test_gitlab_checks(call: Run, env: dict[str, str], project: Path, database: Target) -> None:
    pipeline = _recipe(call, "gitlab")
    assert pipeline["stages"] == ["check", "migrate"]
    job = pipeline["check-migrations"]
    assert job["variables"].keys() >= _db("DB", database).keys()
    env |= {**job["variables"], **_db("DB", database)}
    done = _bash("\n".join(job["script"]), env)
    assert done.returncode == 0, done.stderr
    _add_column(project)
    done = _bash("\n".join(job["script"]), env)
    assert done.returncode == 1
    assert "models and migrations differ" in done.stdout


@pytest.mark.usefixtures("repository")
def test_gitlab_applies_to_production_by_hand(
    call: Run, env: dict[str, str], database: Target
) -> None:
    job = _recipe(call, "gitlab")["apply-migrations"]
    assert [one["when"] for one in job["rules"]] == ["manual"]
    assert job["environment"] == {"name": "production"}
    production = _db("PROD_DB", database)
    variables = {
        name: production[text.removeprefix("$")] for name, text in job["variables"].items()
    }
    done = _bash("\n".join(job["script"]), {**env, **variables})
    assert done.returncode == 0, done.stderr
    assert "1 applied, none pending" in done.stdout


@pytest.fixture
def hooked(call: Run, repository: Path, env: dict[str, str]) -> Path:
    code, out, _ = call("ci", "pre-commit", "--output")
    assert (code, out) == (0, ".git/hooks/pre-commit written\n")
    assert os.access(repository / ".git" / "hooks" / "pre-commit", os.X_OK)
    assert env["PATH"].startswith(str(BIN))
    return repository


def _commit(env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    _git(env, "add", "schema.sql", "migrations")
    return subprocess.run(
        [GIT, "commit", "-m", "more"], env=env, check=False, capture_output=True, text=True
    )


def test_the_hook_blocks_and_passes(hooked: Path, call: Run, env: dict[str, str]) -> None:
    _add_column(hooked)
    done = _commit(env)
    assert done.returncode == 1
    assert "models and migrations differ" in done.stderr
    assert "the commit is blocked" in done.stderr
    assert call("autogenerate", "phone")[0] == 0
    done = _commit(env)
    assert done.returncode == 0, done.stderr
    assert "note:" not in done.stderr


def test_the_hook_sees_edited_files(hooked: Path, env: dict[str, str]) -> None:
    path = next((hooked / "migrations").glob("*.py"))
    path.write_text(path.read_text() + "# edited\n")
    done = _commit(env)
    assert done.returncode == 1
    assert "edited after it was certified" in done.stderr


def test_the_hook_names_what_is_not_added(hooked: Path, call: Run, env: dict[str, str]) -> None:
    _add_column(hooked)
    assert call("autogenerate", "phone")[0] == 0
    _git(env, "add", "schema.sql")
    done = _git(env, "commit", "-m", "more")
    assert "these files are not part of the commit:\n  migrations/" in done.stderr


def test_the_hook_without_the_database_or_the_program(hooked: Path, env: dict[str, str]) -> None:
    (hooked / "other.txt").write_text("x")
    _git(env, "add", "other.txt")
    away = {**env, "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}
    done = _git(away, "commit", "-m", "other")
    assert "only the files are verified" in done.stderr
    bare = {**env, "PATH": "/usr/bin:/bin"}
    (hooked / "schema.sql").write_text((hooked / "schema.sql").read_text() + "\n")
    done = _commit(bare)
    assert done.returncode == 1
    assert "psqlmigrate is not on the PATH" in done.stderr


def test_nothing_is_overwritten(call: Run, repository: Path) -> None:
    hook = repository / ".git" / "hooks" / "pre-commit"
    hook.write_text("mine")
    code, _, err = call("ci", "pre-commit", "-o")
    assert code == 2
    assert "there already" in err
    assert hook.read_text() == "mine"
    assert call("ci", "github", "--output")[0] == 0
    assert call("ci", "gitlab", "--output", "sub/ci.yml")[0] == 0
    text = (repository / ".github" / "workflows" / "migrations.yml").read_text()
    assert text == call("ci", "github")[1]
    assert json.loads(call("ci", "github", "--json")[1])["result"]["text"] == text
    assert (repository / "sub" / "ci.yml").is_file()


def test_outside_of_a_repository(
    call: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    code, _, err = call("ci", "pre-commit", "--output")
    assert code == 2
    assert "no git repository" in err
    assert call("ci", "nowhere")[0] == 2


def test_the_framework_s_hooks() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    assert [one["id"] for one in hooks] == ["psqlmigrate-check", "psqlmigrate-verify"]
    assert {one["entry"] for one in hooks} == {"psqlmigrate check", "psqlmigrate verify"}


@pytest.fixture
def framework(tmp_path: Path) -> Path:
    """pre-commit in an environment of its own."""
    home = tmp_path / "pre-commit-venv"
    subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
    done = subprocess.run(
        [str(home / "bin" / "pip"), "install", "-q", "pre-commit"], check=False, capture_output=True
    )
    if done.returncode:
        pytest.skip("pre-commit cannot be installed from the package index here")
    return home / "bin" / "pre-commit"


def test_with_the_framework(
    framework: Path, repository: Path, env: dict[str, str], tmp_path: Path
) -> None:
    source = tmp_path / "psqlmigrate-source"
    source.mkdir()
    for name in (".pre-commit-hooks.yaml", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source / name)
    shutil.copytree(ROOT / "src", source / "src")
    for words in (("init", "-q"), ("add", "-A"), ("commit", "-q", "-m", "x"), ("tag", "v1")):
        _git(env, "-C", str(source), *words)
    config = {
        "repos": [
            {
                "repo": str(source),
                "rev": "v1",
                "hooks": [
                    {"id": "psqlmigrate-check"},
                    {"id": "psqlmigrate-verify", "args": ["--offline"]},
                ],
            }
        ]
    }
    (repository / ".pre-commit-config.yaml").write_text(yaml.safe_dump(config))
    _git(env, "add", ".pre-commit-config.yaml")
    pip = {key: value for key, value in os.environ.items() if key.startswith("PIP_")}
    env = {key: value for key, value in env.items() if key != "PIP_NO_INDEX"} | pip
    env |= {"PRE_COMMIT_HOME": str(tmp_path / "pre-commit-home")}
    installed = subprocess.run(
        [str(framework), "install-hooks"], env=env, check=False, capture_output=True, text=True
    )
    if installed.returncode:
        pytest.skip(f"the hook's environment cannot be installed here: {installed.stdout[-500:]}")
    subprocess.run([str(framework), "install"], env=env, check=True, capture_output=True)
    _add_column(repository)
    done = _commit(env)
    assert done.returncode == 1
    assert "models and migrations differ" in done.stderr + done.stdout
    _git(env, "checkout", "HEAD", "--", "schema.sql")
    done = _commit(env)
    assert done.returncode == 0, done.stderr + done.stdout
