import json
import os
import re
import signal
import stat
import subprocess
import sys
from pathlib import Path

import click
import pytest

import psqlmigrate
from psqlmigrate.cli import app
from psqlmigrate.cli.app import main, program
from psqlmigrate.errors import LockError, MigrationFileError

CANARY = "c4nary"


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HOME", "XDG_STATE_HOME", "PSQLMIGRATE_CONFIG_DIR"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> list[BaseException]:
    """A command `fail` that raises what is put in here."""
    errors: list[BaseException] = []

    def fail(*, json: bool) -> None:  # noqa: ARG001 - Click gives it
        raise errors[0]

    command = click.Command("fail", callback=fail, params=[click.Option(["--json"], is_flag=True)])
    monkeypatch.setitem(program.commands, "fail", command)
    return errors


def _run(*words: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "psqlmigrate", *words],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **(env or {})},
    )


def test_an_error_is_told_on_stderr(
    failing: list[BaseException], capsys: pytest.CaptureFixture[str]
) -> None:
    failing.append(MigrationFileError("m.py:3: broken", hint="repair it", details="one\ntwo"))
    assert main(["fail"]) == 3
    assert capsys.readouterr() == ("", "error: m.py:3: broken\n  one\n  two\n\nhint: repair it\n")


def test_an_error_as_json(failing: list[BaseException], capsys: pytest.CaptureFixture[str]) -> None:
    failing.append(LockError("taken", hint="wait"))
    assert main(["fail", "--json"]) == 4
    out, err = capsys.readouterr()
    error = {"code": "locked", "message": "taken", "hint": "wait", "details": ""}
    assert json.loads(out) == {"version": 1, "command": "fail", "ok": False, "error": error}
    assert not err


def test_no_message_shows_a_password(
    failing: list[BaseException], capsys: pytest.CaptureFixture[str]
) -> None:
    failing.append(
        MigrationFileError(
            f"postgresql://u:{CANARY}@h/app",
            hint=f"password={CANARY}",
            details=f"password='{CANARY}'",
        )
    )
    assert main(["fail"]) + main(["fail", "--json"]) == 6
    assert CANARY not in "".join(capsys.readouterr())


@pytest.mark.parametrize(
    ("error", "code", "text"),
    [
        (KeyboardInterrupt(), 130, "interrupted"),
        (click.Abort(), 130, "interrupted"),
        (PermissionError(13, "Permission denied", "m.py"), 3, "error: m.py: Permission denied"),
        (SystemExit(7), 7, ""),
        (SystemExit(), 0, ""),
    ],
)
def test_other_ways_to_end(
    failing: list[BaseException],
    capsys: pytest.CaptureFixture[str],
    error: BaseException,
    code: int,
    text: str,
) -> None:
    failing.append(error)
    assert main(["fail"]) == code
    assert capsys.readouterr().err.strip() == text


def test_a_bug_goes_to_a_file_without_passwords(
    failing: list[BaseException],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("PSQL_PASSWORD", CANARY)
    failing.append(RuntimeError(f"lost {CANARY}"))
    assert main(["fail"]) == 70
    out, err = capsys.readouterr()
    assert "error: this is a bug in psqlmigrate: RuntimeError: lost ********" in err
    assert "Traceback" not in out + err
    (log,) = (tmp_path / "home").rglob("bug-*.log")
    assert str(log) in err
    assert "Traceback" in log.read_text()
    assert CANARY not in log.read_text() + out + err
    assert stat.S_IMODE(log.stat().st_mode) == 0o600


def test_a_bug_without_a_place_for_its_file(
    failing: list[BaseException], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "home").touch()
    failing.append(RuntimeError("x"))
    assert main(["fail"]) == 70
    assert "could not be written" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "message", "hint"),
    [
        (["statsu"], "no such command 'statsu'", ""),
        (["status", "--ful"], "no such option", "did you mean --full"),
        (["status", "extra"], "got unexpected extra argument", "psqlmigrate status --help"),
        (["--nope"], "no such option", "psqlmigrate --help"),
        (["show"], "missing argument", "psqlmigrate show --help"),
    ],
)
def test_wrong_use(
    words: list[str], message: str, hint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 2
    err = capsys.readouterr().err
    assert err.startswith(f"error: {message}")
    assert f"hint: {hint}" in err
    assert main([*words, "--json"]) == 2
    document = json.loads(capsys.readouterr().out)
    assert (document["ok"], document["error"]["code"]) == (False, "usage")


def test_json_behind_two_dashes_is_an_argument(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", "a", "--", "--json"]) == 2
    assert capsys.readouterr().out == ""


def test_without_a_command_there_is_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "Usage: psqlmigrate" in capsys.readouterr().err


def test_version_and_module() -> None:
    done = _run("--version")
    assert (done.returncode, re.sub(r"\d", "0", done.stdout)) == (0, "psqlmigrate 0.0.0\n")


def test_a_closed_pipe_is_quiet() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-m", "psqlmigrate", "--help"],
        stdout=writer,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, b"")


@pytest.mark.parametrize(
    ("number", "code", "word"),
    [
        (signal.SIGTERM, 143, "terminated"),
        (signal.SIGINT, 130, "interrupted"),
        (signal.SIGHUP, 129, "hung up"),
    ],
)
def test_signals(number: signal.Signals, code: int, word: str) -> None:
    script = (
        "import click, sys, time\n"
        "from psqlmigrate.cli.app import program, run\n"
        "def wait():\n    print('ready', flush=True)\n    time.sleep(60)\n"
        "program.add_command(click.Command('wait', callback=wait))\n"
        "sys.argv = ['psqlmigrate', 'wait']\nrun()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(number)
        _, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (code, f"{word}\n")


def test_a_stream_that_cannot_show_a_name() -> None:
    done = _run("show", "ä\udcff→", env={"PYTHONIOENCODING": "ascii"})
    assert done.returncode in {2, 3}
    assert "Traceback" not in done.stderr
    assert "bug" not in done.stderr


def test_help_pays_for_click_only() -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "psqlmigrate", "--help"],
        capture_output=True,
        text=True,
        check=True,
    )
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    costly = {"psycopg", "rich", "yaml", "tomllib", "json", "difflib", "platformdirs", "shutil"}
    assert "psqlmigrate.cli.app" in imported
    assert not imported & costly


def test_the_version_of_the_package() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+", psqlmigrate.__version__)
    with pytest.raises(AttributeError):
        _ = psqlmigrate.nothing


def test_only_one_place_reports(failing: list[BaseException]) -> None:
    assert app.main is main
    failing.append(GeneratorExit())
    assert main(["fail"]) == 70
