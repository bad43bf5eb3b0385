"""What every command has in common: JSON on stdout alone, in one shape, also for errors."""

import json
from pathlib import Path

import pytest

from cli.conftest import Run, begin
from psqlmigrate.cli.app import program
from psqlmigrate.postgres.target import Target

PLAIN = {
    "init": (),
    "status": (),
    "autogenerate": ("second",),
    "upgrade": (),
    "downgrade": (),
    "history": (),
    "show": ("20",),
    "validate": (),
    "check": (),
    "current": (),
    "stamp": ("head",),
    "sql": (),
    "heads": (),
    "merge": ("join",),
    "squash": ("one",),
    "diff": ("database", "models"),
    "snapshot": (),
    "verify": (),
    "resolve": ("half", "--rolled-back"),
    "dry-run": (),
    "drift": (),
    "seed": ("-f", "rows.json"),
    "ci": ("github",),
    "completion": ("bash",),
    "users": ("--list",),
}
WITHOUT_PROJECT = {"users", "ci", "completion"}
"""What they tell is the same whatever the project's configuration says."""


def _migrations() -> list[Path]:
    return [path for path in Path("migrations").iterdir() if path.suffix == ".py"]


def test_every_command_is_here() -> None:
    assert set(PLAIN) == set(program.commands)


@pytest.mark.parametrize("command", PLAIN)
def test_json_is_one_document(run: Run, database: Target, command: str) -> None:
    run("init", "--models", "schema.sql")
    run("autogenerate", "first")
    run("upgrade")
    begin(command, database)
    code, out, err = run(command, *PLAIN[command], "--json")
    answer = json.loads(out)
    assert (code, err) == (0, "")
    assert set(answer) == {"version", "command", "ok", "result"}
    assert (answer["version"], answer["command"], answer["ok"]) == (1, command, True)


@pytest.mark.parametrize("command", PLAIN)
def test_errors_are_json_too(run: Run, command: str) -> None:
    code, out, err = run(command, *PLAIN[command], "--json", "--config", "nowhere.toml")
    answer = json.loads(out)
    if command in WITHOUT_PROJECT:
        assert code == 0
        return
    assert (code, err, answer["ok"]) == (2, "", False)
    assert set(answer["error"]) == {"code", "message", "hint", "details"}
    assert "nowhere.toml" in answer["error"]["message"]


@pytest.mark.parametrize("command", ["check", "verify", "status", "validate", "diff"])
def test_what_was_found_is_ok_and_exits_with_1(run: Run, command: str) -> None:
    further = {
        "check": (),
        "verify": (),
        "status": ("--exit-code",),
        "validate": (),
        "diff": ("empty", "models", "--exit-code"),
    }
    run("init", "--models", "schema.sql")
    run("autogenerate", "first")
    if command == "verify":
        run("upgrade")
        _migrations()[0].write_text("# gone\n")
    if command == "check":
        for path in _migrations():
            path.unlink()
    code, out, _ = run(command, *further[command], "--json")
    assert code == 1
    assert json.loads(out)["ok"] is True
