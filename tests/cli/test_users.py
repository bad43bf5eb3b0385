import io
import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from psqlmigrate.cli.app import main

CANARY = "c4nary-Ü/@"


@pytest.fixture(autouse=True)
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("DATABASE_URL", "PSQLMIGRATE_URL", "PSQL_HOST", "DB_HOST"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setenv("PSQLMIGRATE_CONFIG_DIR", str(tmp_path / "config"))
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{CANARY}\n"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "config" / "config.json"


@pytest.fixture
def users(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Runs `users`; whatever it prints, the password is not in it."""

    def run(*words: str) -> tuple[int, str, str]:
        code = main(["users", *words])
        out, err = capsys.readouterr()
        assert CANARY not in out + err
        return code, out, err

    return run


Users = Callable[..., tuple[int, str, str]]


def _entry(config: Path, name: str) -> dict[str, Any]:
    entry: dict[str, Any] = json.loads(config.read_text())["profiles"][name]
    return entry


def test_list_looks_as_drawn(users: Users) -> None:
    users("--save", "dev", "--host", "localhost", "--database", "app_dev", "--username", "me")
    users("--save", "prod", "--host", "db.internal", "--database", "app", "--username", "deploy",
          "--password-command", "pass show", "--default")  # fmt: skip
    code, out, err = users("--list")
    assert (code, err) == (0, "")
    assert [line.split() for line in out.splitlines()] == [
        ["Name", "Host", "Port", "Database", "User", "Password"],
        ["dev", "localhost", "5432", "app_dev", "me", "none"],
        ["*", "prod", "db.internal", "5432", "app", "deploy", "command"],
    ]
    assert all(len(line) <= 80 for line in out.splitlines())
    assert "\x1b" not in out


def test_no_profile(users: Users) -> None:
    assert users("--list") == (0, "no profile is saved\n", "")
    assert json.loads(users("--list", "--json")[1])["result"] == {"profiles": []}


def test_a_password_from_stdin_is_never_shown(users: Users, config: Path) -> None:
    assert users("--save", "a", "--password-stdin")[0] == 0
    assert _entry(config, "a") == {"password": CANARY}
    for words in (["--list"], ["--show", "a"], ["--show", "a", "--json"], ["--use", "a"]):
        assert users(*words)[0] == 0
    row = json.loads(users("--show", "a", "--json")[1])["result"]["profiles"][0]
    assert (row["password"], row["default"]) == ("stored", True)


@pytest.mark.parametrize("given", ["", "\n", "\r\n", "p\udcff\n", "p\0q\n"])
def test_a_password_from_stdin_that_is_none(
    users: Users, config: Path, given: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A secret that a CI system did not set must not become a profile without a password."""
    monkeypatch.setattr("sys.stdin", io.StringIO(given, newline=""))
    code, out, err = users("--save", "a", "--password-stdin")
    assert (code, out) == (2, "")
    assert "the password from stdin" in err
    assert not config.exists()


def test_a_password_as_an_argument_is_warned_of(users: Users, config: Path) -> None:
    code, _, err = users("--save", "a", "--password", CANARY)
    assert code == 0
    assert "warning: other users of this machine can see the password in --password" in err
    assert _entry(config, "a") == {"password": CANARY}
    users("--save", "a", "--password", "")
    assert _entry(config, "a") == {}


def test_a_url_is_taken_apart(users: Users, config: Path) -> None:
    url = "postgresql://u:c4nary-%C3%9C%2F%40@h:5433/app?sslmode=verify-full"
    code, _, err = users("--save", "a", "--url", url, "--database", "other")
    assert code == 0
    assert "in --url" in err
    assert "note" not in err
    assert _entry(config, "a") == {
        "password": CANARY,
        "username": "u",
        "host": "h",
        "port": "5433",
        "database": "other",
        "sslmode": "verify-full",
    }
    assert users("--save", "a", "--url", "postgresql://h/?passfile=x")[0] == 2


def test_paths_hold_in_every_folder(users: Users, config: Path, tmp_path: Path) -> None:
    users("--save", "a", "--models-path", "./m", "--models", "x", "--migrations-path", "db")
    assert _entry(config, "a") == {
        "models_path": [str(tmp_path / "m")],
        "migrations_path": str(tmp_path / "db"),
    }


def test_changing_keeps_the_rest(users: Users, config: Path) -> None:
    users("--save", "a", "--host", "db", "--password-stdin")
    assert "is changed" in users("--save", "a", "--port", "5433")[1]
    assert _entry(config, "a") == {"host": "db", "password": CANARY, "port": 5433}


def test_a_server_that_is_not_authenticated(users: Users) -> None:
    assert "note: sslmode prefer does not prove" in users("--save", "a", "--host", "db")[2]
    assert users("--save", "a", "--host", "db", "-q")[2] == ""
    assert users("--save", "a", "--host", "localhost")[2] == ""


def test_use_says_what_shadows_it(users: Users, monkeypatch: pytest.MonkeyPatch) -> None:
    users("--save", "a")
    assert users("--use", "a") == (0, 'profile "a" is the default now\n', "")
    monkeypatch.setenv("DATABASE_URL", f"postgresql://u:{CANARY}@h/")
    assert users("--use", "a")[2] == "warning: DATABASE_URL in the environment comes first here\n"


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["--list", "--use", "a"],
        ["--list", "--host", "h"],
        ["--use", "a", "--default"],
        ["--list", "--profile", "a"],
        ["--save", "a", "--port", "0"],
        ["--save", "a", "--sslmode", "maybe"],
        ["--save", "a", "--password", CANARY, "--keyring"],
        ["--save", "a", "--password-stdin", "--password-command", "x"],
        ["--save", ""],
        ["--save", "--host", "h"],
        ["--use", "missing"],
        ["--show", "missing"],
        ["--remove", "missing"],
        ["--import", "missing.json"],
    ],
)
def test_wrong_use_changes_nothing(users: Users, config: Path, words: list[str]) -> None:
    users("--save", "near")
    before = config.read_bytes()
    code, out, err = users(*words)
    assert (code, out) == (2, "")
    assert "error: " in err
    assert config.read_bytes() == before


def test_unknown_names_have_near_ones(users: Users) -> None:
    users("--save", "prod")
    assert users("--use", "prdo") == (
        2,
        "",
        'error: no profile named "prdo"\n\nhint: did you mean "prod"?\n',
    )
    document = json.loads(users("--use", "prdo", "--json")[1])
    assert (document["command"], document["error"]["code"]) == ("users", "profile")


def test_a_damaged_file(users: Users, config: Path) -> None:
    users("--save", "a")
    config.write_text("{")
    assert users("--save", "b")[0] == 5
    assert config.read_text() == "{"


def test_a_file_that_others_can_read(users: Users, config: Path) -> None:
    users("--save", "a", "--password-stdin")
    config.chmod(0o644)
    assert "warning: " in users("--list")[2]


def test_names_cannot_command_the_terminal(users: Users) -> None:
    users("--save", "\x1b[31m[red]x\n")
    out = users("--list")[1] + users("--use", "\x1b[31m[red]x\n")[1]
    assert "\x1b" not in out
    assert "\\x1b[31m[red]x\\n" in out


def test_import(users: Users, config: Path, tmp_path: Path) -> None:
    content = {"profiles": {"a": {"host": "db", "password": CANARY}, "b": {}}, "default": "a"}
    (tmp_path / "other.json").write_text(json.dumps(content))
    assert users("--import", "other.json")[0] == 0
    assert _entry(config, "a") == {"host": "db", "password": CANARY}
    assert "default" not in json.loads(config.read_text())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"profiles": {\n"a": oops}}', "line 2, column 6"),
        ("[]", "not an object"),
        ('{"profiles": {"a": 1}}', 'the profile "a" is not an object'),
        ('{"a": {"host": "db"}}', "has no profile in it"),
    ],
)
def test_what_cannot_be_imported(users: Users, tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "other.json").write_text(text)
    code, out, err = users("--import", "other.json")
    assert (code, out) == (2, "")
    assert "other.json" in err
    assert words in err
    assert "left as it is" not in err
    assert users("--list")[1] == "no profile is saved\n"


def test_a_missing_keyring_is_told_before_a_password_is_asked_for(
    users: Users, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    code, _, err = users("--save", "a", "--keyring", "--password-stdin")
    assert (code, "not installed" in err) == (2, True)
    assert sys.stdin.read() == f"{CANARY}\n"


def test_the_keyring(users: Users, config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept: dict[tuple[str, str], str] = {}
    monkeypatch.setitem(
        sys.modules,
        "keyring",
        SimpleNamespace(
            set_password=lambda service, name, password: kept.update({(service, name): password}),
            delete_password=lambda service, name: kept.pop((service, name)),
        ),
    )
    assert users("--save", "a", "--keyring", "--password-stdin")[0] == 0
    assert kept == {("psqlmigrate", "a"): CANARY}
    assert _entry(config, "a") == {"keyring": True}
    assert users("--remove", "a")[0] == 0
    assert not kept


def test_a_keyring_that_fails(users: Users, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_service: str, _name: str, password: str) -> None:
        raise RuntimeError(password)

    monkeypatch.setitem(sys.modules, "keyring", SimpleNamespace(set_password=fail))
    code, _, err = users("--save", "a", "--keyring", "--password-stdin")
    assert (code, "RuntimeError" in err) == (2, True)
    monkeypatch.setitem(sys.modules, "keyring", None)
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{CANARY}\n"))
    assert "not installed" in users("--save", "a", "--keyring", "--password-stdin")[2]


@pytest.mark.parametrize("typed", [CANARY, ""])
def test_a_terminal_asks_without_echo(config: Path, typed: str) -> None:
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "psqlmigrate", "users", "--save", "a"],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    ) as process:
        os.close(theirs)
        shown = b""
        while b"Password" not in shown or not shown.endswith(b": "):
            shown += os.read(ours, 1000)
        os.write(ours, f"{typed}\n".encode())
        assert process.wait(30) == 0
    shown += os.read(ours, 1000)
    os.close(ours)
    assert CANARY.encode() not in shown
    assert b'profile "a" is saved' in shown
    assert _entry(config, "a") == ({"password": CANARY} if typed else {})


def test_whoever_connects_is_warned_too(
    users: Users, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ("--host", "127.0.0.1", "--port", "1", "--default", "--password-stdin")
    assert users("--save", "dev", *where)[0] == 0
    config.chmod(0o640)
    for words in (("current",), ("current", "--profile", "dev", "--json")):
        assert main([*words]) == 3
        assert "warning: " in (err := capsys.readouterr().err)
        assert "chmod 600" in err
    assert main(["current", "--url", "postgresql://x@127.0.0.1:1/x"]) == 3
    assert "chmod 600" not in capsys.readouterr().err
