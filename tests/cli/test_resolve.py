"""resolve: what is said of a migration that was begun and not finished."""

import json
from pathlib import Path

import pytest

from cli.conftest import Run, url_of
from faults.project import TABLES, Project
from psqlmigrate.migrations.directory import read_directory
from psqlmigrate.postgres.connect import Connection
from psqlmigrate.postgres.target import Target
from psqlmigrate.service import history, journal
from psqlmigrate.service.locking import key_of

DIRTY = "DO $$ BEGIN INSERT INTO log VALUES (1); COMMIT; PERFORM 1 / 0; END $$;"


@pytest.fixture
def dirty(run: Run, project: Path, connection: Connection) -> Project:
    (project / "migrations").mkdir()
    made = Project(project / "migrations")
    connection.execute("CREATE TABLE log (a int)")
    made.sql("20260101_000000", "SELECT 1;")
    made.sql("20260102_000000", DIRTY, DIRTY, "-- transactional: false\n")
    assert run("upgrade")[0] == 3
    return made


def _applied(connection: Connection) -> list[str]:
    return sorted(history.applied(history.read(connection, TABLES)))


def test_what_is_dirty_is_told_first_and_refused(run: Run, dirty: Project) -> None:
    assert dirty.path.is_dir()
    words = (
        "statement 1 of 20260102_000000, line 4, was begun, and nobody can tell whether it was done"
    )
    for command in (("upgrade",), ("downgrade",), ("upgrade", "20260101")):
        code, _, err = run(*command)
        assert code == 5
        assert words in err
        assert "psqlmigrate resolve --applied 20260102_000000, or --rolled-back" in err
    code, out, _ = run("status", "--no-models", "--exit-code")
    assert code == 1
    assert f"Dirty: {words}" in out
    assert out.index("Dirty") < out.index("Initialized")
    _, out, _ = run("status", "--no-models", "--json")
    (begun,) = json.loads(out)["result"]["begun"]
    assert begun == {
        "version": "20260102_000000",
        "direction": "up",
        "done": 0,
        "dirty": words,
    }
    assert json.loads(run("upgrade", "--json")[1])["error"]["code"] == "dirty"


def test_while_a_run_is_at_work_it_is_not_dirty(
    run: Run, dirty: Project, connection: Connection
) -> None:
    """It may just be at that statement: others wait for it."""
    assert dirty.path.is_dir()
    connection.execute("SELECT pg_advisory_lock(%s)", [key_of(TABLES).number])
    out = run("status", "--no-models")[1]
    assert "Dirty" not in out
    assert "note: a run is at work: pid " in out
    for command in ("upgrade", "downgrade"):
        code, _, err = run(command, "--lock-wait", "0.1")
        assert (code, "another run holds the lock" in err) == (4, True)


def test_a_role_that_may_not_read_the_journal(
    run: Run,
    dirty: Project,
    database: Target,
    connection: Connection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert dirty.path.is_dir()
    role = f"reader_{connection.info.backend_pid}"
    connection.execute(f"CREATE ROLE {role} LOGIN".encode())
    try:
        connection.execute(
            f"GRANT SELECT ON _psqlmodel_migrations, _psqlmodel_schema_state TO {role}".encode()
        )
        monkeypatch.setenv("DATABASE_URL", url_of(database).replace("//postgres@", f"//{role}@"))
        code, out, err = run("status", "--no-models")
        assert (code, err) == (0, "")
        assert "note: what is half run is not known: permission denied for table" in out
    finally:
        connection.execute(f"DROP OWNED BY {role}; DROP ROLE {role}".encode())


def test_resolved_as_applied(run: Run, dirty: Project, connection: Connection) -> None:
    code, out, err = run("resolve", "20260102", "--applied")
    assert (code, err) == (0, "")
    assert out == "20260102_000000  counts as applied\n"
    assert _applied(connection) == ["20260101_000000", "20260102_000000"]
    code, out, err = run("upgrade")
    assert (code, err) == (0, "")
    assert dirty.path.is_dir()
    assert run("downgrade")[0] == 3  # its way back is as dirty
    assert json.loads(run("resolve", "20260102", "--rolled-back", "--json")[1])["result"] == {
        "version": "20260102_000000",
        "applied": False,
    }
    assert _applied(connection) == ["20260101_000000"]


def test_resolved_as_rolled_back(run: Run, dirty: Project, connection: Connection) -> None:
    assert run("resolve", "20260102_000000", "--rolled-back")[0] == 0
    assert _applied(connection) == ["20260101_000000"]
    dirty.sql("20260102_000000", "CREATE TABLE t2 (a int);", "", "-- transactional: false\n")
    assert run("upgrade")[0] == 0
    assert "Half" not in run("status", "--no-models")[1]


def test_what_was_half_done_is_told(run: Run, dirty: Project) -> None:
    assert run("resolve", "20260102_000000", "--rolled-back")[0] == 0
    dirty.sql(
        "20260102_000000",
        "CREATE TABLE t2 (a int);\nSELECT 1 / 0;",
        "",
        "-- transactional: false\n",
    )
    assert run("upgrade")[0] == 3
    out = run("status", "--no-models")[1]
    assert "Half applied: 20260102_000000, 1 statement done; psqlmigrate upgrade goes on" in out


def test_only_what_is_half_run(run: Run, dirty: Project) -> None:
    assert dirty.path.is_dir()
    code, _, err = run("resolve", "20260101_000000", "--applied")
    assert code == 2
    assert "20260101_000000 is not half run" in err
    assert "these are: 20260102_000000" in err
    code, _, err = run("resolve", "20260102_000000")
    assert code == 2
    assert "give one of --applied and --rolled-back" in err
    both = run("resolve", "20260102_000000", "--rolled-back", "--applied")
    assert (both[0], both[1]) == (2, "")
    (dirty.path / "20260102_000000_step.sql").unlink()
    assert run("resolve", "20260102_000000", "--applied")[0] == 2
    assert run("resolve", "20260102_000000", "--rolled-back")[0] == 0


def test_with_a_squashed_one_go_its_parts(run: Run, project: Path, connection: Connection) -> None:
    (project / "migrations").mkdir()
    files = Project(project / "migrations")
    for n in "12":
        files.sql(f"2026010{n}_000000", f"CREATE TABLE t{n} (a int);", f"DROP TABLE t{n};")
    for words in (("upgrade",), ("squash", "one"), ("upgrade",)):
        assert run(*words)[0] == 0
    (squashed,) = read_directory(files.path).files
    note = {"number": 1, "outcome": "done", "direction": "down", "checksum": squashed.checksum}
    connection.execute(journal.noting(TABLES, squashed.version, [note]).encode())
    assert run("resolve", squashed.version, "--rolled-back")[0] == 0
    assert _applied(connection) == []
