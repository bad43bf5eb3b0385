"""What the options of runs, and of what looks back at runs, let happen; what they refuse is elsewhere."""

import json
from pathlib import Path

import pytest

from cli.conftest import Run
from faults.project import Project
from psqlmigrate.postgres.connect import Connection, connect
from psqlmigrate.postgres.target import Target
from psqlmigrate.service.bookkeeping import Tables
from psqlmigrate.service.locking import key_of

_CONCURRENTLY = "CREATE INDEX CONCURRENTLY i ON t1 (a);", "DROP INDEX CONCURRENTLY i;"


@pytest.fixture
def files(project: Path) -> Project:
    (project / "migrations").mkdir()
    made = Project(project / "migrations")
    made.sql("20260101_000000", "CREATE TABLE t1 (a int);", "DROP TABLE t1;")
    made.sql("20260102_000000", "CREATE TABLE t2 (a int);", "DROP TABLE t2;")
    return made


def _indexes(connection: Connection) -> list[str]:
    query = (
        "SELECT indexname::text FROM pg_indexes WHERE schemaname = 'public' AND tablename ~ '^t'"
    )
    return [row[0] for row in connection.execute(query)]


def test_both_ways_without_a_transaction(run: Run, files: Project, connection: Connection) -> None:
    files.sql("20260103_000000", *_CONCURRENTLY)
    assert run("upgrade")[0] == 3
    assert run("upgrade", "--no-transaction")[0] == 0
    assert _indexes(connection) == ["i"]
    code, _, err = run("downgrade")
    assert code == 3
    assert "CONCURRENTLY cannot" in err
    assert _indexes(connection) == ["i"]
    assert run("downgrade", "--no-transaction")[0] == 0
    assert _indexes(connection) == []


def test_both_ways_without_the_lock(run: Run, files: Project, database: Target) -> None:
    assert files.path.is_dir()
    with connect(database) as other:
        other.execute("SELECT pg_advisory_lock(%s)", (key_of(Tables()).number,))
        assert run("upgrade", "--lock-wait", "0.1")[0] == 4
        assert run("upgrade", "--no-lock")[0] == 0
        assert run("downgrade", "--lock-wait", "0.1")[0] == 4
        assert run("downgrade", "--no-lock")[0] == 0
    assert run("upgrade", "--lock-wait", "5")[0] == 0
    assert run("downgrade", "--lock-wait", "5")[0] == 0


@pytest.mark.parametrize("option", ["--lock-wait", "--connect-wait"])
@pytest.mark.parametrize("seconds", ["nan", "-1", "soon"])
def test_what_is_no_length_of_time(run: Run, files: Project, option: str, seconds: str) -> None:
    assert files.path.is_dir()
    code, _, err = run("upgrade", option, seconds)
    assert code == 2
    assert f"invalid value for '{option}': '{seconds}' is " in err


def test_what_has_no_forbidden_hazard_is_run(run: Run, project: Path) -> None:
    run("init", "--models", "schema.sql")
    run("autogenerate", "first")
    assert run("upgrade", "--forbid-hazard", "data_loss", "--forbid-hazard", "Lossy-Cast")[0] == 0
    assert run("downgrade", "--forbid-hazard", "data loss")[0] == 5
    assert run("downgrade")[0] == 0
    assert run("downgrade", "--forbid-hazard", "data loss")[:2] == (0, "nothing to do, 1 pending\n")
    (project / "schema.sql").write_text("CREATE TABLE other (a int);\n")
    assert run("upgrade")[0] == 0
    assert "data loss" in run("autogenerate", "second")[1]
    assert run("upgrade", "--forbid-hazard", "table rewrite")[0] == 0


def test_what_comes_in_order_is_run(run: Run, files: Project) -> None:
    assert run("upgrade", "+1", "--strict-order")[0] == 0
    assert run("upgrade", "--strict-order")[0] == 0
    files.sql("20260101_120000", "SELECT 1;")
    assert run("upgrade", "--strict-order")[0] == 5
    assert run("upgrade")[0] == 0


def test_history_goes_back_as_far_as_it_is_asked(run: Run, files: Project) -> None:
    assert files.path.is_dir()
    run("upgrade")
    run("downgrade")

    def versions(*options: str) -> list[str]:
        rows = json.loads(run("history", *options, "--json")[1])["result"]["rows"]
        return [row["version"] for row in rows]

    assert versions() == ["20260101_000000"]
    assert set(versions("--all")) == {"20260102_000000", "20260101_000000"}
    run("upgrade")
    assert versions("--limit", "1") == ["20260102_000000"]
    assert versions("--limit", "5") == ["20260102_000000", "20260101_000000"]


def test_stamp_forgets_on_request(run: Run, files: Project, connection: Connection) -> None:
    run("upgrade")
    for path in files.path.glob("20260102*"):
        path.unlink()
    assert run("verify")[0] == 1
    assert run("stamp", "20260101", "--purge")[0] == 0
    assert run("verify")[0] == 0
    rows = connection.execute("SELECT version FROM public._psqlmodel_migrations").fetchall()
    assert rows == [("20260101_000000",)]


@pytest.mark.parametrize("baseline", ["database", "migrations"])
def test_the_baseline_can_be_chosen(run: Run, project: Path, baseline: str) -> None:
    run("init", "--models", "schema.sql")
    run("autogenerate", "first")
    run("upgrade")
    with (project / "schema.sql").open("a") as file:
        file.write("CREATE TABLE more (a int);\n")
    assert run("check", "--baseline", baseline)[0] == 1
    code, out, _ = run("autogenerate", "second", "--baseline", baseline)
    assert code == 0
    assert "+ public.more" in out
    assert ("baseline: 1 migration" in out) == (baseline == "migrations")
    assert run("upgrade")[0] == 0
    assert run("check", "--baseline", baseline)[0] == 0


@pytest.mark.parametrize("mode", ["disable", "require", "verify-full"])
def test_a_profile_keeps_its_sslmode(run: Run, mode: str) -> None:
    save = ("--host", "db.internal", "--database", "app", "--sslmode", mode)
    assert run("users", "--save", "there", *save)[0] == 0
    one = json.loads(run("users", "--show", "there", "--json")[1])["result"]["profiles"][0]
    assert one["sslmode"] == mode


def test_status_after_what_reaches_beyond_the_database(
    run: Run, files: Project, connection: Connection
) -> None:
    """It cannot be replayed in scratch, and is applied all the same."""
    name = "test_beyond_the_database"
    files.sql(
        "20260103_000000", f"CREATE ROLE {name}; CREATE INDEX i ON t1 (a);", f"DROP ROLE {name};"
    )
    assert run("upgrade")[0] == 0
    try:
        connection.execute("DROP INDEX i")
        code, out, _ = run("status")
        assert code == 0
        assert "Applied           3" in out
        assert "drift is not known: the migrations cannot be replayed" in " ".join(out.split())
    finally:
        assert run("downgrade")[0] == 0
