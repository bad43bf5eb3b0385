"""The journal says of everything that was done to a database who did it, where, with what and when."""

import json
import secrets
import socket
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from cli.conftest import Run, url_of
from faults.project import Project
from psqlmigrate.postgres.connect import Connection
from psqlmigrate.postgres.target import Target

ONE, TWO, THREE = "20260101_000000", "20260102_000000", "20260103_000000"


@pytest.fixture
def steps(project: Path, run: Run) -> Project:
    made = Project(project / "migrations")
    assert run("init")[0] == 0
    made.sql(ONE, "CREATE TABLE t (a int PRIMARY KEY);", "DROP TABLE t;")
    (project / "rows.json").write_text('{"t": [{"a": 1}]}')
    return made


def _entries(connection: Connection) -> list[tuple[str, str | None, dict[str, Any]]]:
    return connection.execute(
        "SELECT event, version, detail FROM _psqlmigrate_journal"
        " WHERE at BETWEEN now() - interval '1 hour' AND now() ORDER BY id"
    ).fetchall()


def test_who_did_what(run: Run, steps: Project, connection: Connection) -> None:
    assert run("upgrade")[0] == 0
    assert run("seed", "-f", "rows.json", "--dry-run")[0] == 0
    assert run("seed", "-f", "rows.json")[0] == 0
    steps.sql(TWO, "SELECT 1 / 0;")
    assert run("upgrade")[0] == 3
    steps.sql(TWO, "SELECT 1;", "SELECT 1 / 0;")
    assert run("upgrade")[0] == 0
    assert run("downgrade")[0] == 3
    assert run("stamp", ONE)[0] == 0
    last = steps.sql(THREE, "CREATE TABLE u ();\nSELECT 1 / 0;", header="-- transactional: false\n")
    assert run("upgrade")[0] == 3
    assert run("resolve", THREE, "--rolled-back")[0] == 0
    last.unlink()
    assert run("stamp", ONE)[0] == 0
    assert run("downgrade", "base")[0] == 0
    found = _entries(connection)
    assert [(event, about) for event, about, _ in found] == [
        ("applied", ONE),
        ("seeded", None),
        ("failed", TWO),
        ("applied", TWO),
        ("failed", TWO),
        ("stamped", None),
        ("applied", TWO),
        ("statement", THREE),
        ("failed", THREE),
        ("resolved", THREE),
        ("stamped", None),
        ("reverted", ONE),
    ]
    row = connection.execute("SELECT session_user").fetchone()
    who = {"role": row and row[0], "host": socket.gethostname(), "tool": version("psqlmigrate")}
    for event, _, detail in found:
        assert who.items() <= detail.items(), event
        timed = event in {"applied", "reverted", "failed", "seeded"}
        assert isinstance(detail.get("took_ms"), int) == timed, event
    assert found[1][2]["file"] == "rows.json"
    assert found[1][2]["rows"][0]["inserted"] == 1
    assert found[2][2]["sqlstate"] == "22012"


def test_history_tells_it(run: Run, steps: Project) -> None:
    assert run("upgrade")[0] == 0
    assert run("downgrade")[0] == 0
    assert run("stamp", "head")[0] == 0
    steps.sql(TWO, "SELECT 1 / 0;")
    assert run("upgrade")[0] == 3
    rows = json.loads(run("history", "--all", "--json")[1])["result"]["rows"]
    assert [one["state"] for one in rows] == ["failed", "applied", "rolled back"]
    assert {one["host"] for one in rows} == {socket.gethostname()}
    assert {one["tool"] for one in rows} == {version("psqlmigrate")}
    assert all(one["role"] for one in rows)
    assert isinstance(rows[0]["execution_time_ms"], int)
    told = run("history", "--all", "-v")[1]
    assert told.count(f" on {socket.gethostname()}, ") == 3
    assert socket.gethostname() not in run("history", "--all")[1]


def test_a_run_that_is_rolled_back_leaves_no_line_of_success(
    run: Run, steps: Project, project: Path, connection: Connection
) -> None:
    assert steps.path.is_dir()
    assert run("upgrade")[0] == 0
    (project / "rows.json").write_text('{"t": [{"a": 1}, {"a": "x"}]}')
    assert run("seed", "-f", "rows.json")[0] == 3
    assert run("seed", "-f", "rows.json", "--dry-run")[0] == 3
    found = _entries(connection)
    assert [event for event, _, _ in found] == ["applied", "seed failed"]
    assert found[1][2]["file"] == "rows.json"
    assert "rows.json" in found[1][2]["message"]
    assert isinstance(found[1][2]["took_ms"], int)


def test_a_role_that_only_seeds_leaves_no_line(
    run: Run, steps: Project, connection: Connection, database: Target
) -> None:
    assert steps.path.is_dir()
    assert run("upgrade")[0] == 0
    role = f"loader_{secrets.token_hex(4)}"
    connection.execute(
        f"CREATE ROLE {role} LOGIN; GRANT SELECT, INSERT, UPDATE ON t TO {role}".encode()
    )
    try:
        url = url_of(database).replace(database.params["user"] + "@", f"{role}@")
        code, _, err = run("seed", "-f", "rows.json", "--url", url)
        assert (code, err) == (0, "")
    finally:
        connection.execute(f"DROP OWNED BY {role}; DROP ROLE {role}".encode())
    assert connection.execute("SELECT a FROM t").fetchall() == [(1,)]
    assert [event for event, _, _ in _entries(connection)] == ["applied"]
