"""completion: the scripts for the shells, and what they complete, without any database."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cli.conftest import Run

BIN = Path(sys.executable).parent
Complete = Callable[..., list[str]]


@pytest.fixture
def env(project: Path) -> dict[str, str]:
    (project / "migrations").mkdir()
    for name in ("20260101_000000_first.sql", "20260102_000000_second.py", "notes.txt"):
        (project / "migrations" / name).write_text("this is not a migration(")
    return {
        **os.environ,
        "PATH": f"{BIN}:{os.environ['PATH']}",
        "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
    }


@pytest.fixture
def complete(env: dict[str, str]) -> Complete:
    """What bash offers for the last of the words, which may be empty; nothing is on stderr."""

    def ask(*words: str) -> list[str]:
        script = (
            'eval "$(psqlmigrate completion bash)"\n'
            'COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=()\n'
            "compopt() { :; }\n"
            '_psqlmigrate_completion psqlmigrate\nprintf "%s\\n" "${COMPREPLY[@]}"\n'
        )
        done = subprocess.run(
            [shutil.which("bash") or "bash", "-c", script, "bash", "psqlmigrate", *words],
            env=env,
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stderr == ""
        return done.stdout.split()

    return ask


def test_commands_and_options(complete: Complete) -> None:
    assert complete("up") == ["upgrade"]
    assert {"status", "drift", "dry-run", "completion"} <= set(complete(""))
    assert "--lock-wait" in complete("upgrade", "--l")
    assert complete("sql", "down") == ["downgrade"]
    assert complete("completion", "f") == ["fish"]
    assert complete("autogenerate", "x", "--baseline", "d") == ["database"]
    assert complete("upgrade", "--forbid-hazard", "data") == ["data-loss"]


def test_versions(complete: Complete) -> None:
    both = ["20260102_000000", "20260101_000000"]
    assert complete("upgrade", "2026") == both
    assert complete("show", "20260101") == ["20260101_000000"]
    assert complete("downgrade", "b") == ["base"]
    assert complete("stamp", "") == ["head", "heads", "base", *both]
    assert complete("verify", "--accept", "20260102") == ["20260102_000000"]
    assert complete("diff", "migrations@2026") == [f"migrations@{one}" for one in both]
    assert complete("diff", "empty", "da") == ["database"]


def test_environments(complete: Complete, project: Path) -> None:
    (project / "migrations" / "seeds").mkdir()
    for name in ("dev.json", "demo.yaml", "test.yml", "notes.txt"):
        (project / "migrations" / "seeds" / name).touch()
    assert complete("seed", "-e", "") == ["demo", "dev", "test"]
    assert complete("seed", "--env", "de") == ["demo", "dev"]
    assert complete("seed", "--migrations", "nowhere", "-e", "") == []


def test_another_directory(complete: Complete, project: Path) -> None:
    (project / "elsewhere").mkdir()
    (project / "elsewhere" / "20270101_000000_x.sql").touch()
    assert complete("show", "--migrations", "elsewhere", "2") == ["20270101_000000"]
    (project / "psqlmigrate.toml").write_text('migrations = "elsewhere"\n')
    assert complete("show", "2") == ["20270101_000000"]


def test_profiles(complete: Complete, call: Run) -> None:
    for name in ("dev", "prod"):
        assert call("users", "--save", name, "--host", "h", "--password-command", "false")[0] == 0
    assert complete("status", "--profile", "") == ["dev", "prod"]
    assert complete("users", "--use", "p") == ["prod"]


def test_nothing_is_said_when_nothing_is_known(
    complete: Complete, project: Path, tmp_path: Path
) -> None:
    (project / "psqlmigrate.toml").write_text("this is = = no TOML\n")
    config = tmp_path / "config"
    config.mkdir(exist_ok=True)
    (config / "config.json").write_text("{broken")
    assert complete("upgrade", "2026") == []
    assert complete("status", "--profile", "") == []
    shutil.rmtree(project / "migrations")
    (project / "psqlmigrate.toml").unlink()
    assert complete("show", "") == ["head", "base"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_takes_its_script(call: Run, env: dict[str, str], shell: str) -> None:
    code, out, err = call("completion", shell)
    assert (code, err) == (0, "")
    assert "_PSQLMIGRATE_COMPLETE" in out
    assert json.loads(call("completion", shell, "--json")[1])["result"]["shell"] == shell
    if program := shutil.which(shell):
        subprocess.run([program, "-n"], input=out, text=True, check=True)
    words = {"zsh": "psqlmigrate show 2026", "fish": "psqlmigrate show 2026", "bash": ""}[shell]
    if words:
        asked = {"_PSQLMIGRATE_COMPLETE": f"{shell}_complete", "COMP_WORDS": words}
        asked |= {"COMP_CWORD": "2026" if shell == "fish" else "2"}
        done = subprocess.run(
            [str(BIN / "psqlmigrate")],
            env={**env, **asked},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.stderr == ""
        assert "20260101_000000" in done.stdout
        assert "first.sql" in done.stdout
