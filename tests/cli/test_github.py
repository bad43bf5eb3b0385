"""In GitHub Actions: annotations at the right lines, and no command that others wrote."""

import json
import re
from pathlib import Path

import pytest

from cli.conftest import Run
from psqlmigrate.errors import MigrationFileError, StatementError
from psqlmigrate.output import github
from psqlmigrate.postgres.connect import connect
from psqlmigrate.postgres.target import Target

BAD = "20260101_000000_bad.sql"


@pytest.fixture
def actions(monkeypatch: pytest.MonkeyPatch, project: Path) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_WORKSPACE", str(project.parent))


def _commands(text: str) -> list[str]:
    """The lines that the runner would obey: it trims them, and reads both of its forms."""
    lines = re.split(r"\r\n|\r|\n", text)
    return [line for line in lines if line.strip().startswith("::") or "##[" in line]


def _bad(project: Path, text: str) -> None:
    (project / "migrations").mkdir(exist_ok=True)
    (project / "migrations" / BAD).write_text(f"-- psqlmigrate: up\n{text}\n-- psqlmigrate: down\n")


@pytest.mark.usefixtures("actions")
def test_an_error_of_a_migration(run: Run, project: Path) -> None:
    _bad(project, "SELECT 1;\nSELECT 100 %\n 0;")
    code, out, err = run("upgrade")
    assert code == 3
    assert _commands(out) == []
    [line] = _commands(err)
    head, _, message = line.removeprefix("::").partition("::")
    assert head == f"error file=project/migrations/{BAD},line=3,title=psqlmigrate upgrade"
    assert message.startswith("division by zero%0A")
    assert "SELECT 100 %25" in message


@pytest.mark.usefixtures("actions")
def test_json_stays_alone_on_stdout(run: Run, project: Path) -> None:
    _bad(project, "SELECT 1/0;")
    code, out, err = run("upgrade", "--json")
    assert code == 3
    assert json.loads(out)["ok"] is False
    assert len(_commands(err)) == 1
    assert run("verify", "--json")[0] == 0


@pytest.mark.usefixtures("actions")
def test_a_syntax_error(call: Run, project: Path) -> None:
    (project / "migrations").mkdir()
    path = project / "migrations" / "20260101_000000_a.py"
    path.write_text("x = 1\nclass A(:\n")
    [line] = _commands(call("verify")[2])
    assert line.startswith(
        "::error file=project/migrations/20260101_000000_a.py,line=2,col=9,title=psqlmigrate verify"
    )
    [line] = _commands(call("heads")[2])
    assert ",line=2,col=9,title=psqlmigrate heads::" in line


@pytest.mark.usefixtures("actions")
def test_findings_of_check_and_verify(call: Run, project: Path) -> None:
    code, out, err = call("check", "--models", "schema.sql")
    assert code == 1
    assert _commands(out) == []
    [line] = _commands(err)
    assert line.startswith("::error file=project/schema.sql,title=psqlmigrate check::models and")
    assert "+ public.customers" in line
    call("autogenerate", "first", "--models", "schema.sql")
    path = next((project / "migrations").glob("*.py"))
    path.write_text(path.read_text() + "# edited\n")
    code, out, err = call("verify")
    assert code == 1
    [line] = _commands(err)
    assert line.startswith(f"::error file=project/migrations/{path.name},title=psqlmigrate verify")
    assert "certified%0A  psqlmigrate verify --certify" in line


@pytest.mark.usefixtures("actions")
def test_drift_and_validate(run: Run, database: Target) -> None:
    run("init", "--models", "schema.sql")
    run("autogenerate", "first")
    run("upgrade")
    assert _commands(run("check")[2]) == []
    with connect(database) as connection:
        connection.execute("ALTER TABLE customers ADD extra text")
    [line] = _commands(run("drift")[2])
    assert line == (
        "::error title=psqlmigrate drift::the database was changed by hand: ~ public.customers"
    )
    [line] = _commands(run("status", "--exit-code", "--no-models")[2])
    assert line.startswith("::error title=psqlmigrate status::0 pending, 1 of drift in ")
    [line] = _commands(run("validate")[2])
    assert line.endswith("::models and database differ: ~public.customers")


HOSTILE = "x\n::set-env name=A::b\r\n  ::add-mask::c\r::stop-commands::d\n y ##[add-path]e"


@pytest.mark.usefixtures("actions")
def test_nothing_that_others_wrote_is_a_command(run: Run, project: Path, database: Target) -> None:
    with connect(database) as connection:
        connection.execute(b'CREATE TABLE "%b" (i int)' % HOSTILE.encode())
    run("init", "--models", "schema.sql")
    outputs = [
        run("validate"),
        run("check", "--baseline", "database"),
        run("status", "--full"),
        run("status", "--json"),
        run("show", HOSTILE),
        run("show", HOSTILE, "--json"),
        run(HOSTILE),
        run("diff", "empty", HOSTILE),
    ]
    quoted = HOSTILE.replace("\n", "\\n").replace("\r", "\\r")
    (project / "migrations" / BAD).write_text(
        f'-- message: "{quoted}"\n-- psqlmigrate: up\n'
        "DO $$ BEGIN RAISE EXCEPTION E'" + quoted + "'; END $$;\n-- psqlmigrate: down\n"
    )
    outputs += [run("status"), run("show", "20260101"), run("dry-run"), run("heads")]
    outputs += [run("upgrade"), run("upgrade", "--json"), run("verify")]
    for _, out, err in outputs:
        assert _commands(out) == []
        for line in _commands(err):
            assert line.startswith("::error ")
            assert line.count("::") == 2 or HOSTILE[:1] in line
            assert "##[" not in line
    message = json.loads(outputs[-2][1])["error"]["message"]
    assert message == HOSTILE


def test_elsewhere_nothing_changes(
    run: Run, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    _bad(project, "DO $$ BEGIN RAISE EXCEPTION E'a\\n::b'; END $$;")
    err = run("upgrade")[2]
    assert "::error" not in err
    assert "\n::b" in err


def test_the_escaping_of_the_runner(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path))
    line = github.annotation(
        "50%\r\na:b,c", "up", file=str(tmp_path / "a, b:%\n.sql"), line=3, column=7
    )
    assert line == (
        "::error file=a%2C b%3A%25%0A.sql,line=3,col=7,title=psqlmigrate up::50%25%0D%0Aa:b,c"
    )
    assert github.annotation("m", "", file="/elsewhere/x.sql") == (
        "::error file=/elsewhere/x.sql,title=psqlmigrate::m"
    )


def test_json_errors_say_where(run: Run, project: Path) -> None:
    _bad(project, "SELECT 1;\nINSERT INTO nowhere VALUES (1);")
    error = json.loads(run("upgrade", "--json")[1])["error"]
    assert error["code"] == "statement"
    assert (error["version"], error["sqlstate"]) == ("20260101_000000", "42P01")
    assert (Path(error["file"]).name, error["line"]) == (BAD, 3)
    assert {"message", "hint", "details"} <= set(error)
    _bad(project, "SELECT 'open;")
    error = json.loads(run("upgrade", "--json")[1])["error"]
    assert (Path(error["file"]).name, error["line"]) == (BAD, 2)
    (project / "migrations" / BAD).unlink()
    (project / "migrations" / "20260101_000000_a.py").write_text("\n\nx = (\n")
    error = json.loads(run("upgrade", "--json")[1])["error"]
    assert (error["code"], error["line"], error["column"]) == ("migration_file", 3, 5)
    error = json.loads(run("show", "2027", "--json")[1])["error"]
    assert "file" in error
    (project / "migrations" / "20260101_000000_a.py").unlink()
    error = json.loads(run("show", "2027", "--json")[1])["error"]
    assert (error["code"], error["version"]) == ("unknown_version", "2027")
    assert "file" not in error
    (project / "broken.sql").write_text("CREATE TABLE a (i int);\n\nCREATE TABLE b (i nope);\n")
    error = json.loads(run("check", "--models", "broken.sql", "--json")[1])["error"]
    assert (Path(error["file"]).name, error["line"]) == ("broken.sql", 3)
    (project / "models.py").write_text("x = 1\n1 / 0\n")
    error = json.loads(run("check", "--models", "models.py", "--json")[1])["error"]
    assert (error["code"], Path(error["file"]).name, error["line"]) == ("models", "models.py", 2)


def test_a_seed_file(
    run: Run, project: Path, database: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    with connect(database) as connection:
        connection.execute(b"CREATE TABLE t (id int PRIMARY KEY, n int)")
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    for text, line in (
        ("t:\n- {id: 1}\n- {id: x}\n", 3),
        ("t:\n- {id: 1, n: y}\n- {id: x}\n", 2),
        ("t:\n- [\n", 3),
    ):
        (project / "rows.yaml").write_text(text)
        code, out, err = run("seed", "-f", "rows.yaml", "--json")
        error = json.loads(out)["error"]
        assert code == 3
        assert (Path(error["file"]).name, error["line"]) == ("rows.yaml", line)
        assert f"::error file=rows.yaml,line={line},title=psqlmigrate seed::" in err


def test_errors_without_a_place() -> None:
    assert MigrationFileError("m").file_path == ""
    assert StatementError("m").at("f", 3).line == 3
