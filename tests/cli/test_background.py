"""upgrade --background, status --job, and the settings logger and debug."""

import json
import re
import time
from pathlib import Path

import pytest

from cli.conftest import Run


def _write(version: str, up: str) -> None:
    Path("migrations").mkdir(exist_ok=True)
    Path(f"migrations/{version}_step.sql").write_text(
        f"-- message: step {version}\n-- psqlmigrate: up\n{up}\n-- psqlmigrate: down\n"
    )


def _ended(run: Run, job: str) -> tuple[int, str]:
    end = time.monotonic() + 30
    while True:
        code, out, err = run("status", "--job", job)
        assert err == ""
        if ": running, " not in out:
            return code, out
        assert time.monotonic() < end
        time.sleep(0.05)


def test_it_prints_the_id_alone(run: Run) -> None:
    run("init")
    _write("1", "CREATE TABLE a (x int);")
    code, out, err = run("upgrade", "--background")
    job = out.strip()
    assert (code, len(job), out.count("\n")) == (0, 36, 1)
    assert err == f"hint: psqlmigrate status --job {job}\n"
    code, out = _ended(run, job)
    assert code == 0
    assert re.fullmatch(rf"job {job}: completed, 1 migration applied in \d s\n", out)
    assert run("current")[1] == "1\n"
    assert run("upgrade", "--background", "-q")[2] == ""


def test_a_target_and_options(run: Run) -> None:
    run("init")
    _write("1", "CREATE TABLE a (x int);")
    _write("2", "CREATE TABLE b (x int);")
    code, out, _ = run("upgrade", "+1", "--background", "--strict", "--json")
    job = json.loads(out)["result"]["job"]
    assert code == 0
    assert _ended(run, job)[0] == 0
    code, out, _ = run("status", "--job", job, "--json")
    answer = json.loads(out)
    result = answer["result"]
    assert (answer["command"], answer["ok"]) == ("status", True)
    assert (result["status"], result["count"], result["total"], result["target"]) == (
        "completed",
        1,
        1,
        "+1",
    )
    assert result["finished_at"] >= result["started_at"]
    assert run("current")[1] == "1\n"


def test_a_job_that_fails_is_exit_1(run: Run) -> None:
    run("init")
    _write("1", "CREATE TABLE a (x int);")
    _write("2", "CREATE TABLE b (x no_such_type);")
    job = run("upgrade", "--background")[1].strip()
    code, out = _ended(run, job)
    assert code == 1
    assert out.startswith(f"job {job}: failed, 1 of 2 migrations applied")
    assert 'type "no_such_type" does not exist' in out
    assert "migrations/2_step.sql:3" in out
    assert "\nhint: " in out
    code, out, _ = run("status", "--job", job, "--json")
    result = json.loads(out)["result"]
    assert (code, result["code"]) == (1, "statement")


def test_what_makes_no_job(run: Run, call: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    run("init")
    code, _, err = run("upgrade", "no_such", "--background")
    assert (code, "no_such" in err) == (2, True)
    code, _, err = run("status", "--job", "nothing")
    assert code == 2
    assert 'no background job "nothing"' in err
    assert run("upgrade", "--background", "--dry-run")[0] == 2
    assert run("status", "--job", "x", "--full")[0] == 2
    _write("1", "CREATE TABLE a (x int);")
    assert run("upgrade", "--background", "--forbid-hazard", "nonsense")[0] == 2
    monkeypatch.setenv("DATABASE_URL", "postgresql://me@127.0.0.1:9/none")
    code, out, err = call("upgrade", "--background")
    assert (code, out) == (3, "")
    assert "cannot connect" in err


def test_the_settings_logger_and_debug(run: Run, project: Path) -> None:
    run("init")
    _write("1", "CREATE TABLE a (x int);")
    (project / "my_logging.py").write_text(
        "from pathlib import Path\n\n\ndef keep(line: str) -> None:\n"
        "    with Path('log.txt').open('a') as file:\n        file.write(line + '\\n')\n"
    )
    settings = Path("psqlmigrate.toml")
    settings.write_text('logger = "my_logging:keep"\ndebug = true\n')
    code, out, err = run("upgrade")
    assert code == 0
    assert "1 applied" in out
    assert "CREATE TABLE a (x int)" in err  # as with --verbose
    lines = Path("log.txt").read_text().splitlines()
    assert lines[:2] == ["1 migration to run", "applying 1_step.sql"]
    assert "  1: CREATE TABLE a (x int)" in lines
    assert lines[-1].startswith("1 done in ")


@pytest.mark.parametrize(
    ("logger", "words"),
    [
        ("my_logging", "module:function"),
        ("nowhere_here:keep", "No module named"),
        ("json:keep", "no attribute"),
        ("sys:path", "no function"),
    ],
)
def test_a_logger_that_cannot_be_had(run: Run, logger: str, words: str) -> None:
    run("init")
    _write("1", "CREATE TABLE a (x int);")
    Path("psqlmigrate.toml").write_text(f'logger = "{logger}"\n')
    code, _, err = run("upgrade")
    assert (code, words in err) == (2, True)
    assert run("current")[1].startswith("none")
