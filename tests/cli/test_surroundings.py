"""Every command where it is run: pipes, narrow terminals, other encodings, readers that go away."""

import fcntl
import json
import os
import pty
import re
import secrets
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Generator
from pathlib import Path

import pytest
from psycopg import sql

from cli.conftest import SHOP, begin, url_of
from cli.test_commands import PLAIN
from psqlmigrate.cli.app import program
from psqlmigrate.postgres.connect import connect
from psqlmigrate.postgres.target import Target, parse_url

# What changes the project would make the order of the tests matter.
FURTHER = {"downgrade": ("base", "--dry-run")}
COLOUR = re.compile(rb"\x1b\[(?:[0-9;]*;)?(?:3[0-9]|4[0-9]|9[0-7])(?:;[0-9;]*)?m")
ENDED = {0, 1}


@pytest.fixture(scope="module")
def place(
    server: Target, tmp_path_factory: pytest.TempPathFactory
) -> Generator[tuple[Path, dict[str, str]]]:
    """A migrated project, where a message and an object have names that ASCII does not."""
    folder = tmp_path_factory.mktemp("surroundings") / "project"
    folder.mkdir()
    (folder / "rows.json").write_text('{"customers": []}')
    text = SHOP.read_text()
    (folder / "schema.sql").write_text(f'{text}\nCREATE TABLE "Größe → …" (i int);\n')
    name = f"test_{secrets.token_hex(6)}"
    dropped = ("PG", "DB_", "PSQL_", "COLUMNS", "LC_", "LANG", "PYTHON", "GITHUB", "NO_COLOR")
    env = {key: value for key, value in os.environ.items() if not key.startswith(dropped)}
    env |= {
        "DATABASE_URL": url_of(server.database(name)),
        "PSQLMIGRATE_CONFIG_DIR": str(folder.parent / "config"),
        "TERM": "xterm-256color",
    }
    with connect(server) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        for words in (("init", "--models", "schema.sql"), ("autogenerate", "größer"), ("upgrade",)):
            _run(words, folder, env, check=True)
        _run(("users", "--save", "dev", "--host", "h"), folder, env, check=True)
        yield folder, env
        admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _words(command: str, env: dict[str, str]) -> tuple[str, ...]:
    begin(command, parse_url(env["DATABASE_URL"], "test"))
    return (command, *FURTHER.get(command, PLAIN[command]))


def _run(
    words: tuple[str, ...], folder: Path, env: dict[str, str], *, check: bool = False
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "psqlmigrate", *words],
        cwd=folder,
        env=env,
        check=check,
        capture_output=True,
        stdin=subprocess.DEVNULL,
    )


def _in_terminal(words: tuple[str, ...], folder: Path, env: dict[str, str]) -> tuple[int, bytes]:
    """What a terminal of 40 columns gets, and the exit code."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 40, 0, 0))
    with subprocess.Popen(
        [sys.executable, "-m", "psqlmigrate", *words],
        cwd=folder,
        env=env,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    ) as process:
        os.close(theirs)
        found = b""
        try:
            while chunk := os.read(ours, 65536):
                found += chunk
        except OSError:  # Linux' answer when the other side is closed
            pass
        code = process.wait(timeout=60)
    os.close(ours)
    return code, found


def test_every_command_is_tried() -> None:
    assert set(PLAIN) == set(program.commands)


@pytest.mark.parametrize("command", PLAIN)
def test_an_ascii_pipe(command: str, place: tuple[Path, dict[str, str]]) -> None:
    folder, env = place
    env = {**env, "LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    done = _run(_words(command, env), folder, env)
    assert done.returncode in ENDED, done.stderr
    for text in (done.stdout, done.stderr):
        assert not re.search("[\u2500-\u257f\x1b]", text.decode())
        assert b"Traceback" not in text
        assert b"\\u2026" not in text


@pytest.mark.parametrize("command", PLAIN)
def test_a_narrow_terminal_without_colour(command: str, place: tuple[Path, dict[str, str]]) -> None:
    folder, env = place
    code, text = _in_terminal(_words(command, env), folder, {**env, "NO_COLOR": "1"})
    assert code in ENDED, text
    assert b"\x1b[" not in text
    assert b"Traceback" not in text
    if command in {"history", "heads", "current"}:
        assert re.search(rb"[0-9]{8}_[0-9]{6}", text)


@pytest.mark.parametrize("command", PLAIN)
def test_a_reader_that_goes_away(command: str, place: tuple[Path, dict[str, str]]) -> None:
    folder, env = place
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-m", "psqlmigrate", *_words(command, env)],
        cwd=folder,
        env=env,
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=writer,
        stderr=subprocess.PIPE,
    )
    os.close(writer)
    assert done.returncode in {0, 141}, done.stderr
    assert b"Traceback" not in done.stderr
    assert b"ignored" not in done.stderr
    assert b"bug" not in done.stderr


@pytest.mark.parametrize("command", PLAIN)
def test_nowhere_to_write(command: str, place: tuple[Path, dict[str, str]]) -> None:
    folder, env = place
    done = subprocess.run(
        ["/bin/sh", "-c", 'exec "$@" >&-', "sh", sys.executable, "-m", "psqlmigrate", *_words(command, env)],
        cwd=folder,
        env=env,
        check=False,
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )  # fmt: skip
    assert done.returncode in ENDED, done.stderr
    assert b"Traceback" not in done.stderr


def test_errors_in_those_places(place: tuple[Path, dict[str, str]]) -> None:
    folder, env = place
    code, text = _in_terminal(("show", "2→"), folder, {**env, "NO_COLOR": "1"})
    assert (code, b"error: no migration" in text) == (2, True)
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-m", "psqlmigrate", "show", "9"], cwd=folder, env=env, check=False, stderr=writer
    )  # fmt: skip
    os.close(writer)
    assert done.returncode == 2


@pytest.mark.parametrize("closed", ["stdout", "stderr"])
def test_a_run_goes_on_without_readers(
    closed: str, place: tuple[Path, dict[str, str]], database: Target, tmp_path: Path
) -> None:
    _, env = place
    (tmp_path / "migrations").mkdir()
    for number in (1, 2, 3):
        (tmp_path / "migrations" / f"2026010{number}_000000_m.sql").write_text(
            f"-- psqlmigrate: up\nCREATE TABLE t{number} (i int);\n"
            f"-- psqlmigrate: down\nDROP TABLE t{number};\n"
        )
    env = {**env, "DATABASE_URL": url_of(database)}
    reader, writer = os.pipe()
    os.close(reader)
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, closed: writer}
    done = subprocess.run(
        [sys.executable, "-m", "psqlmigrate", "upgrade", "--verbose"],
        cwd=tmp_path,
        env=env,
        check=False,
        **streams,  # type: ignore[call-overload]  # the streams by name
    )
    os.close(writer)
    assert done.returncode == (141 if closed == "stdout" else 0)
    status = _run(("status", "--no-models", "--exit-code"), tmp_path, env)
    assert status.returncode == 0, status.stdout
    assert b"Applied           3" in status.stdout


def test_characters_that_an_encoding_lacks(place: tuple[Path, dict[str, str]]) -> None:
    folder, env = place
    env = {**env, "LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    done = _run(("check", "--models", "nowhere.sql"), folder, env)
    assert done.returncode == 2
    done = _run(("status",), folder, env)
    assert done.stdout.isascii()
    assert b"->" in done.stdout or b"\\xf6" in done.stdout


def test_arguments_are_utf_8_everywhere(place: tuple[Path, dict[str, str]], tmp_path: Path) -> None:
    folder, env = place
    env = {**env, "LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    env["PSQLMIGRATE_CONFIG_DIR"] = str(tmp_path)
    done = _run(("users", "--save", "größer", "--host", "h", "--username", "ü"), folder, env)
    assert done.returncode == 0, done.stderr
    saved = json.loads((tmp_path / "config.json").read_text())["profiles"]
    assert saved["größer"]["username"] == "ü"
    done = _run(("users", "--save", "x", "--host", "\udcff"), folder, env)
    assert done.returncode == 2
    assert b"host is no text" in done.stderr
    done = _run(("users", "--list"), folder, env)
    assert done.returncode == 0


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
@pytest.mark.parametrize(
    "words",
    [("diff", "empty", "models"), ("sql",), ("snapshot",), ("show", "20", "--json"), ("drift",)],
)
def test_data_is_utf_8_everywhere(
    encoding: str, words: tuple[str, ...], place: tuple[Path, dict[str, str]]
) -> None:
    """SQL and JSON with other characters would be other SQL and JSON."""
    folder, env = place
    plain = _run(words, folder, env)
    done = _run(words, folder, {**env, "PYTHONIOENCODING": encoding})
    assert done.stdout == plain.stdout
    assert "Größe → …" in done.stdout.decode() or words == ("drift",)


@pytest.fixture
def slow(tmp_path: Path) -> Path:
    """Models that take their time."""
    path = tmp_path / "models.py"
    path.write_text("import time\ntime.sleep(3)\nraise SystemExit('so slow')\n")
    return path


def test_a_person_sees_that_it_works(slow: Path, place: tuple[Path, dict[str, str]]) -> None:
    folder, env = place
    words = ("check", "--models", str(slow))
    code, text = _in_terminal(words, folder, env)
    assert code == 3, text
    assert b"comparing models and migrations" in text
    assert COLOUR.search(text)
    # What was shown is gone before the error is told: erased, and the cursor is back.
    shown, _, rest = text.rpartition(b"comparing models and migrations")
    assert b"\x1b[?25h" in rest
    assert b"\x1b[2K" in rest
    assert rest.index(b"\x1b[2K") < rest.index(b"error:")
    assert b"error:" not in shown
    _, text = _in_terminal((*words, "--quiet"), folder, env)
    assert b"comparing" not in text
    done = _run(words, folder, env)
    assert b"comparing" not in done.stderr + done.stdout


def test_what_is_quick_shows_nothing(place: tuple[Path, dict[str, str]]) -> None:
    folder, env = place
    began = time.monotonic()
    _, text = _in_terminal(("verify", "--offline"), folder, env)
    if time.monotonic() - began < 1:
        assert b"verifying" not in text


def test_no_color_leaves_no_escapes(place: tuple[Path, dict[str, str]]) -> None:
    folder, env = place
    for words in (("history",), ("users", "--list")):
        assert b"\x1b[" in _in_terminal(words, folder, env)[1]
        assert b"\x1b[" not in _in_terminal((*words, "--no-color"), folder, env)[1]


def test_lines_do_not_end_in_blanks(place: tuple[Path, dict[str, str]]) -> None:
    folder, env = place
    for words in (("history",), ("status", "--full"), ("users", "--list")):
        out = _run(words, folder, env, check=True).stdout.decode()
        assert [line for line in out.splitlines() if line != line.rstrip()] == []


@pytest.mark.parametrize(
    ("words", "code"),
    [(("status",), 3), (("status", "--json"), 3), (("snapshot",), 3), (("nope", "--json"), 2)],
)
def test_a_full_disk(words: tuple[str, ...], code: int, place: tuple[Path, dict[str, str]]) -> None:
    folder, env = place
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "psqlmigrate", *words],
            cwd=folder, env=env, check=False, stdout=full, stderr=subprocess.PIPE,
        )  # fmt: skip
        assert done.returncode == code
        assert done.stderr.startswith(b"error: ")
        assert b"Traceback" not in done.stderr
        both = subprocess.run(
            [sys.executable, "-m", "psqlmigrate", "nope"],
            cwd=folder, env=env, check=False, stdout=full, stderr=full,
        )  # fmt: skip
    assert both.returncode == 2
