"""dry-run, and check and verify where no database is."""

import json
from pathlib import Path

import pytest

from cli.conftest import Run
from psqlmigrate.postgres.connect import connect
from psqlmigrate.postgres.target import Target


def _write(project: Path, version: str, up: str, header: str = "") -> None:
    (project / "migrations").mkdir(exist_ok=True)
    (project / "migrations" / f"{version}_m.sql").write_text(
        f"{header}-- psqlmigrate: up\n{up}\n-- psqlmigrate: down\nSELECT 1;\n"
    )


def _edit(project: Path, old: str, new: str) -> None:
    path = project / "schema.sql"
    path.write_text(path.read_text().replace(old, new))


def test_dry_run_shows_and_runs_nothing(run: Run, project: Path, database: Target) -> None:
    run("init", "--models", "schema.sql")
    run("autogenerate", "first")
    run("upgrade")
    _edit(project, "name varchar(80) NOT NULL,", "")
    run("autogenerate", "drop name")
    _edit(project, "email text", "phone text, email text")
    run("autogenerate", "add phone")
    code, out, err = run("dry-run")
    assert (code, err) == (0, "")
    assert out == run("upgrade", "--dry-run")[1]
    assert out.index("DROP COLUMN name") < out.index("ADD COLUMN phone")
    assert "hazards: " in out
    assert "data loss" in out
    assert "2 would be applied, none left pending; nothing was run" in out
    assert "1 would be applied, 1 left pending" in run("dry-run", "+1")[1]
    result = json.loads(run("dry-run", "--json")[1])["result"]
    assert [one["message"] for one in result["migrations"]] == ["drop name", "add phone"]
    assert "data loss" in result["migrations"][0]["hazards"]
    with connect(database) as connection:
        rows = connection.execute("SELECT count(*) FROM _psqlmodel_migrations").fetchone()
        assert rows == (1,)
        connection.execute("SELECT name FROM customers")
    code, _, err = run("dry-run", "--forbid-hazard", "data-loss")
    assert code == 5
    assert "forbidden hazard" in err
    assert run("dry-run", "2099")[0] == 2
    assert run("upgrade")[0] == 0
    assert "nothing to do" in run("dry-run")[1]


@pytest.mark.usefixtures("project")
def test_the_way_down_has_a_certificate_that_tells_the_hazards_of_up(run: Run) -> None:
    run("init", "--models", "schema.sql")
    run("autogenerate", "first")
    run("upgrade")
    code, out, _ = run("downgrade", "--dry-run")
    assert code == 0
    assert "hazards not known: certificates tell those of up" in out.splitlines()[0]
    result = json.loads(run("downgrade", "--dry-run", "--json")[1])["result"]
    assert [one["certified"] for one in result["migrations"]] == [True]


def test_dry_run_before_anything_is_there(run: Run, project: Path, database: Target) -> None:
    assert run("dry-run")[1] == "nothing to do\n"
    _write(project, "20260101_000000", "CREATE TABLE a (i int);")
    code, out, _ = run("dry-run")
    assert code == 0
    assert "CREATE TABLE a (i int);" in out
    assert "hazards not known" in out
    with connect(database) as connection:
        found = connection.execute("SELECT to_regclass('_psqlmodel_migrations')").fetchone()
    assert found == (None,)


def test_dry_run_of_several_heads(run: Run, project: Path) -> None:
    _write(project, "20260101_000000", "SELECT 1;")
    for version in ("20260102_000000", "20260103_000000"):
        _write(project, version, "SELECT 2;", "-- depends_on: 20260101_000000\n")
    assert run("dry-run")[0] == 5
    assert "3 would be applied" in run("dry-run", "heads")[1]


def test_dry_run_without_a_database(call: Run) -> None:
    code, _, err = call("dry-run")
    assert code == 2
    assert "no database is named" in err


@pytest.fixture
def alone(call: Run) -> Run:
    """A project with a migration and without any database."""
    assert call("init", "--offline", "--models", "schema.sql")[0] == 0
    assert call("check")[0] == 1
    assert call("autogenerate", "first")[0] == 0
    return call


def test_check_without_a_database(alone: Run, project: Path) -> None:
    code, out, err = alone("check")
    assert (code, err) == (0, "")
    assert out == "models and migrations agree: schema.sql (2 tables), 1 migration\n"
    _edit(project, "email text", "phone text, email text")
    code, out, _ = alone("check")
    assert code == 1
    assert "+ phone" in out
    code, _, err = alone("check", "--baseline", "database")
    assert code == 2
    assert "no database is named" in err


def test_check_with_a_database_that_is_away(alone: Run) -> None:
    url = "postgresql://nobody:secret@127.0.0.1:1/none"
    code, out, _ = alone("check", "--url", url)
    assert code == 0
    assert "note: the database was not looked at: " in out
    assert "secret" not in out
    assert alone("check", "--url", url, "--baseline", "database")[0] == 3


def test_verify_without_a_database(alone: Run, project: Path) -> None:
    code, out, err = alone("verify")
    assert (code, err) == (0, "")
    assert out == (
        "1 migration (1 certified, 0 not), 0 findings (files only: no database is named)\n"
    )
    assert alone("verify", "--replay")[0] == 0
    path = next((project / "migrations").glob("*.py"))
    path.write_text(path.read_text() + "\n# edited\n")
    code, out, _ = alone("verify")
    assert code == 1
    assert "1 finding (files only" in out
    result = json.loads(alone("verify", "--json")[1])["result"]
    assert (result["database"], len(result["findings"])) == (False, 1)


def test_verify_offline(alone: Run) -> None:
    url = "postgresql://nobody@127.0.0.1:1/none"
    assert alone("verify", "--url", url)[0] == 3
    code, out, _ = alone("verify", "--url", url, "--offline")
    assert code == 0
    assert out == "1 migration (1 certified, 0 not), 0 findings (files only)\n"
    assert alone("verify", "--offline", "--accept", "2026")[0] == 2
    assert alone("verify", "--offline", "--certify")[0] == 2
