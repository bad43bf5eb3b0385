"""What upgrade, downgrade and show say, to people, to pipes and to programs."""

import json
import time
from pathlib import Path

import pytest

from cli.conftest import Run
from faults.processes import on_terminal, started, wait_for
from faults.project import Project
from psqlmigrate.postgres.connect import Connection, connect
from psqlmigrate.postgres.target import Target


@pytest.fixture
def files(project: Path) -> Project:
    (project / "migrations").mkdir()
    made = Project(project / "migrations")
    made.sql("20260101_000000", "CREATE TABLE t1 (a int);", "DROP TABLE t1;")
    made.sql("20260102_000000", "CREATE TABLE t2 (a int);\nSELECT 1;", "DROP TABLE t2;")
    return made


def test_a_row_for_each_migration(run: Run, files: Project) -> None:
    assert files.path.is_dir()
    code, out, err = run("upgrade")
    lines = out.splitlines()
    assert (code, err) == (0, "")
    assert lines[0].startswith(" 20260101_000000  step 20260101_000000  ")
    assert lines[0].endswith(" ms")
    assert lines[2] == "2 applied, none pending"
    code, out, err = run("downgrade", "base", "-q")
    assert [line.split()[0] for line in out.splitlines()[:2]] == [
        "20260102_000000",
        "20260101_000000",
    ]
    assert out.splitlines()[2] == "2 reverted, 2 pending"


def test_verbose_shows_each_statement(run: Run, files: Project) -> None:
    assert files.path.is_dir()
    _, out, err = run("upgrade", "-v")
    lines = [line.split() for line in err.splitlines()]
    assert [line[0] for line in lines] == ["1", "1", "2"]
    assert "CREATE TABLE t2 (a int)" in err
    assert all(line[-1] == "ms" for line in lines)
    assert "SELECT" not in out


def test_json_is_one_complete_document(run: Run, files: Project) -> None:
    files.sql("20260103_000000", "SELECT 1 / 0;")
    code, out, _ = run("upgrade", "20260102", "--json")
    result = json.loads(out)["result"]
    assert code == 0
    assert [one["version"] for one in result["ran"]] == ["20260101_000000", "20260102_000000"]
    assert result["uncertified"] == ["20260101_000000", "20260102_000000"]
    assert (result["direction"], result["pending"]) == ("up", 1)
    assert result["by_others"] == result["late"] == result["differing"] == []
    code, out, err = run("upgrade", "--json")
    assert (code, json.loads(out)["ok"], err) == (3, False, "")


def test_a_failure_as_people_see_it(run: Run, files: Project) -> None:
    path = files.sql(
        "20260103_000000", "CREATE TABLE t3 (a int UNIQUE);\nINSERT INTO t3\n  VALUES (1), (1);"
    )
    again = "put it right, then run upgrade again"
    code, out, err = run("upgrade")
    assert code == 3
    assert [line.split()[0] for line in out.splitlines()] == ["20260101_000000", "20260102_000000"]
    assert err.splitlines() == [
        " 20260103_000000  step 20260103_000000    failed, rolled back",
        "",
        'error: duplicate key value violates unique constraint "t3_a_key"',
        f"  migrations/{path.name}:4",
        "    INSERT INTO t3",
        "  Key (a)=(1) already exists.  23505",
        "",
        f"hint: nothing of this migration is in the database; 2 before it are; {again}",
    ]


def test_a_dry_run(run: Run, files: Project) -> None:
    files.python("20260103_000000", "engine.fetch_one('SELECT 1')")
    code, out, _ = run("upgrade", "--dry-run")
    assert code == 0
    assert "CREATE TABLE t2 (a int);\nSELECT 1;" in out
    assert "hazards not known: no certificate" in out
    assert "known only in the database" in out
    assert "3 would be applied, none left pending; nothing was run" in out
    result = json.loads(run("upgrade", "+1", "--dry-run", "--json")[1])["result"]
    assert result["migrations"][0]["statements"][0]["sql"] == "CREATE TABLE t1 (a int);"
    assert result["pending"] == 2
    assert run("current")[1].startswith("none")
    assert run("downgrade", "--dry-run")[1] == "nothing to do\n"


def test_refusals(run: Run, files: Project) -> None:
    assert run("upgrade", "--forbid-hazard", "data-loss")[0] == 5
    code, _, err = run("upgrade", "--forbid-hazard", "data los")
    assert code == 2
    assert "table rewrite" in err
    assert run("upgrade", "20260102")[0] == 0
    files.sql("20260101_120000", "SELECT 1;")
    assert run("upgrade", "--strict-order")[0] == 5
    code, _, err = run("upgrade", "--strict")
    assert code == 0
    assert "warning: 20260101_120000 is older than what was applied before" in err
    assert "20260101_120000 has no certificate for its present text" in err
    for n in "12":
        files.sql(f"2026020{n}_000000", "SELECT 1;", header="-- depends_on: 20260102_000000\n")
    code, _, err = run("upgrade")
    assert code == 5
    assert "merge" in err
    assert "the target heads" in err
    assert run("upgrade", "heads")[0] == 0


def test_strict_says_what_differs(run: Run, project: Path, database: Target) -> None:
    assert run("init", "--models", "schema.sql")[0] == 0
    assert run("autogenerate", "first")[0] == 0
    assert run("upgrade", "--strict")[0] == 0
    assert run("downgrade", "base", "--strict")[0] == 0
    path = next((project / "migrations" / "certificates").glob("*.json"))
    content = json.loads(path.read_text())
    content["objects"][0]["after"] = "sha256:" + "0" * 64
    path.write_text(json.dumps(content))
    code, _, err = run("upgrade", "--strict")
    assert code == 3
    assert content["objects"][0]["name"] in err
    assert run("status", "--json", "--no-models")[0] == 0
    code, _, err = run("upgrade")
    assert code == 0
    assert "is not as the certificate of" in err
    with connect(database) as connection:
        assert connection.execute("SELECT to_regclass('customers') IS NOT NULL").fetchone() == (
            True,
        )


def test_show_in_words(run: Run, files: Project) -> None:
    assert files.path.is_dir()
    run("upgrade", "+1")
    first = run("show", "20260101")[1]
    assert "State         applied 20" in first
    assert "After         nothing" in first
    assert "-- psqlmigrate: up\nCREATE TABLE t1 (a int);" in first
    assert "-- psqlmigrate: down\nDROP TABLE t1;" in first
    second = run("show", "20260102")[1]
    assert "State         pending on " in second
    assert "After         20260101_000000" in second
    run("downgrade")
    assert "State         pending, reverted 20" in run("show", "20260101")[1]


def test_show_without_a_database(call: Run, files: Project, project: Path) -> None:
    code, out, _ = call("show", "20260102")
    assert code == 0
    assert "not known: no database is named" in out
    assert "SELECT 1;" in out
    code, out, _ = call("show", "20260102", "--json", "--url", "postgresql://x@127.0.0.1:1/x")
    result = json.loads(out)["result"]
    assert code == 0
    assert result["applied"] is None
    assert "cannot connect" in result["state"]
    assert result["parents"] == ["20260101_000000"]
    assert result["hazards"] is None
    assert call("show", "2027")[0] == 2
    assert files.path.parent == project


def test_show_has_the_certificate(run: Run, project: Path) -> None:
    run("init", "--models", "schema.sql")
    run("autogenerate", "first")
    version = next((project / "migrations").glob("*.py")).name[:15]
    out = run("show", version)[1]
    assert "proven on PostgreSQL" in out
    assert " + public.customers   table" in out
    result = json.loads(run("show", version, "--json")[1])["result"]
    assert result["touched"][0]["symbol"] == "+"
    assert result["up"]["statements"]
    certificate = json.loads((project / "migrations/certificates" / f"{version}.json").read_text())
    hazards = {one for statement in certificate["statements"] for one in statement["hazards"]}
    assert result["hazards"] == sorted(hazards)
    assert len(result["touched"]) == len(certificate["objects"])


_RUNS = (
    "SELECT 1 FROM pg_stat_activity WHERE query LIKE '%pg_sleep(2.5)%' AND pid <> pg_backend_pid()"
)


def test_a_terminal_sees_what_takes_long(
    database: Target, connection: Connection, files: Project
) -> None:
    files.sql("20260103_000000", "SELECT pg_sleep(2.5);")
    code, out, err = on_terminal(
        database, files.path, "upgrade", meanwhile=lambda: wait_for(connection, _RUNS)
    )
    assert code == 0
    assert "20260103_000000  step 20260103_000000   2 s  SELECT pg_sleep(2.5)" in err
    assert "20260101_000000" not in err
    assert out.splitlines()[-1] == "3 applied, none pending"
    assert not connection.execute(
        "SELECT 1 FROM pg_stat_activity WHERE application_name = 'psqlmigrate watch'"
    ).fetchone()


def test_a_terminal_sees_who_is_in_the_way(
    database: Target, connection: Connection, files: Project
) -> None:
    """Without lock_timeout the session waits itself, and only a watcher can tell for whom."""
    files.sql(
        "20260103_000000",
        "CREATE INDEX CONCURRENTLY i ON t1 (a);",
        header="-- transactional: false\n",
    )
    with connect(database, name="reader") as reader:
        reader.execute("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1")

        def release() -> None:
            wait_for(connection, "SELECT 1 FROM pg_locks WHERE NOT granted")
            time.sleep(2.5)
            reader.execute("COMMIT")

        code, _, err = on_terminal(database, files.path, "upgrade", meanwhile=release)
    assert code == 0
    assert " s for a transaction held by pid" in err
    assert "(reader, idle in transaction for" in err


def test_a_pipe_is_told_what_is_waited_for(
    database: Target, connection: Connection, files: Project
) -> None:
    connection.execute("CREATE TABLE t9 (a int)")
    files.sql("20260103_000000", "ALTER TABLE t9 ADD b int;")
    with connect(database, name="reader") as reader:
        reader.execute("BEGIN; LOCK TABLE t9 IN ACCESS SHARE MODE")
        process = started(database, files.path, "upgrade")
        wait_for(connection, "SELECT 1 FROM pg_class WHERE relname = 't2'")
        time.sleep(2.5)
        reader.execute("COMMIT")
        out, err = process.communicate(timeout=20)
    assert process.returncode == 0
    (line,) = err.splitlines()
    assert line.startswith(" 20260103_000000  step 20260103_000000   waiting 1")
    assert "s for a lock on public.t9 held by pid" in line
    assert out.splitlines()[-1] == "3 applied, none pending"


def test_quiet_says_nothing_of_it(database: Target, connection: Connection, files: Project) -> None:
    files.sql("20260103_000000", "SELECT pg_sleep(2.5);")
    code, out, err = on_terminal(
        database, files.path, "upgrade", "-q", meanwhile=lambda: wait_for(connection, _RUNS)
    )
    assert (code, err) == (0, "")
    assert len(out.splitlines()) == 4


def test_a_migration_without_a_way_back(run: Run, files: Project) -> None:
    path = files.python("20260103_000000", "engine.execute('SELECT 1')")
    path.write_text(path.read_text().partition("    def down")[0])
    assert run("upgrade")[0] == 0
    code, _, err = run("downgrade")
    assert code == 3
    assert f"error: {path.name} has no down" in err
    assert run("current")[1] == "20260103_000000\n"
