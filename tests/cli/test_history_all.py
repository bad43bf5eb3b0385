"""`history` with all that was run, also what failed and what was rolled back."""

import json
from pathlib import Path
from typing import Any

import pytest

from cli.conftest import Run
from faults.project import Project
from psqlmigrate.postgres.connect import Connection

ONE, TWO = "20260101_000000", "20260102_000000"


@pytest.fixture
def files(project: Path) -> Project:
    (project / "migrations").mkdir()
    made = Project(project / "migrations")
    made.sql(ONE, "CREATE TABLE t (a int UNIQUE);", "DROP TABLE t;")
    made.sql(TWO, "INSERT INTO t VALUES (1), (1);")
    return made


def _rows(run: Run, *words: str) -> list[dict[str, Any]]:
    code, out, err = run("history", "--json", *words)
    assert (code, err) == (0, "")
    found: list[dict[str, Any]] = json.loads(out)["result"]["rows"]
    return found


def _states(run: Run, *words: str) -> list[tuple[str, str]]:
    return [(one["version"], one["state"]) for one in _rows(run, *words)]


def test_before_anything(run: Run, files: Project) -> None:
    assert files.path.is_dir()
    assert run("history")[1] == run("history", "--all")[1] == "no migration is applied\n"


def test_failed_and_rolled_back_runs(run: Run, files: Project) -> None:
    assert run("upgrade")[0] == 3
    assert run("downgrade", "base")[0] == 0
    assert run("upgrade", "+1")[0] == 0
    files.sql(TWO, "INSERT INTO t VALUES (1);", "SELECT 1 / 0;")
    assert run("upgrade")[0] == 0
    assert run("downgrade")[0] == 3
    assert _states(run) == [(TWO, "applied"), (ONE, "applied")]
    assert _states(run, "--all") == [
        (TWO, "failed"),
        (TWO, "applied"),
        (ONE, "applied"),
        (ONE, "rolled back"),
        (TWO, "failed"),
    ]
    assert _states(run, "--all", "--limit", "2") == [(TWO, "failed"), (TWO, "applied")]
    down, *_, up = _rows(run, "--all")
    assert (down["direction"], down["error"]) == ("down", "division by zero")
    assert up["direction"] == "up"
    assert up["error"] == 'duplicate key value violates unique constraint "t_a_key"'
    _, out, err = run("history", "--all")
    lines = out.splitlines()
    assert err == ""
    assert lines[0].split() == ["Version", "Message", "When", "(UTC)", "Took", "State"]
    assert lines[1].rstrip().endswith("failed to go back: division by zero")
    assert "failed: duplicate key value violates unique" in lines[5]
    assert " ms " in lines[4]
    assert "   rolled back 20" in lines[4]
    assert len(lines) == 6


def test_a_row_is_told_once(run: Run, files: Project) -> None:
    assert files.path.is_dir()
    for _ in range(3):
        run("upgrade", "+1")
        run("downgrade")
    assert _states(run) == []
    assert _states(run, "--all") == [(ONE, "rolled back")] * 3
    assert len({one["rolled_back_at"] for one in _rows(run, "--all")}) == 3


def test_stamped_and_purged(run: Run, files: Project) -> None:
    assert files.path.is_dir()
    run("upgrade", "+1")
    run("stamp", "base")
    run("stamp", "head", "--purge")
    assert _states(run) == [(TWO, "applied"), (ONE, "applied")]
    assert (ONE, "rolled back") in _states(run, "--all")


def test_without_a_journal_and_with_broken_files(
    run: Run, files: Project, connection: Connection
) -> None:
    run("upgrade", "+1")
    connection.execute("DROP TABLE _psqlmigrate_journal")
    assert _states(run, "--all") == [(ONE, "applied")]
    (files.path / "20260103_000000_broken.py").write_text("class (")
    assert _states(run, "--all") == [(ONE, "applied")]


@pytest.mark.parametrize("limit", ["0", "-1", "x"])
def test_a_limit_is_a_number_of_rows(run: Run, files: Project, limit: str) -> None:
    assert files.path.is_dir()
    assert run("history", "--limit", limit)[0] == 2


def test_what_was_squashed(run: Run, files: Project) -> None:
    files.sql(TWO, "CREATE TABLE u (a int);", "DROP TABLE u;")
    run("upgrade")
    assert run("squash", "both")[0] == 0
    squashed = "20260102_000001"
    assert _states(run) == [(TWO, "applied"), (ONE, "applied")]
    code, out, _ = run("upgrade")
    assert (code, out.splitlines()[0]) == (
        0,
        f" {squashed}  counts as applied: all that it replaces is",
    )
    assert _states(run) == [(squashed, "applied")]
    assert len(_states(run, "--all")) == 3
    assert f"applied, part of {squashed}" in run("history", "--all")[1]
    run("downgrade", "base")
    whole = [(squashed, "rolled back"), (TWO, "rolled back"), (ONE, "rolled back")]
    assert _states(run, "--all") == whole
    run("upgrade", ONE)
    run("upgrade")
    run("downgrade")
    # The rows have the last run of each; the earlier ones, reverted as one, are told all the same.
    found = _states(run, "--all")
    assert (found[:3], sorted(found[3:])) == (whole, sorted(whole))
