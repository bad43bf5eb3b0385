"""seed, as people and programs run it."""

import json
import threading
from pathlib import Path

import pytest

from cli.conftest import Run
from faults.processes import started, wait_for
from psqlmigrate.postgres.connect import Connection
from psqlmigrate.postgres.target import Target

# The example of psqlmodel's manual, to the letter.
EXAMPLE = """{
  "users": [
    {"id": 1, "name": "Admin", "email": "admin@example.com"}
  ],
  "roles": [
    {"id": 1, "name": "admin"},
    {"id": 2, "name": "user"}
  ]
}
"""


@pytest.fixture
def folder(project: Path, connection: Connection) -> Path:
    connection.execute(
        "CREATE TABLE users (id serial PRIMARY KEY, name text, email text UNIQUE);"
        "CREATE TABLE roles (id serial PRIMARY KEY, name text)"
    )
    made = project / "migrations" / "seeds"
    made.mkdir(parents=True)
    (made / "dev.json").write_text(EXAMPLE)
    return made


def test_the_example(run: Run, folder: Path, connection: Connection) -> None:
    code, out, err = run("seed", "-e", "dev")
    assert (code, err) == (0, "")
    assert [line.split() for line in out.splitlines()] == [
        ["Table", "Inserted", "Updated", "Unchanged"],
        ["public.users", "1", "0", "0"],
        ["public.roles", "2", "0", "0"],
        [],
        ["migrations/seeds/dev.json:", "3", "inserted"],
    ]
    code, out, _ = run("seed", "-f", str(folder / "dev.json"))
    assert code == 0
    assert out.splitlines()[-1] == "migrations/seeds/dev.json: nothing to change"
    row = connection.execute("SELECT nextval('roles_id_seq'), nextval('users_id_seq')").fetchone()
    assert row == (3, 2)


def test_json(run: Run, folder: Path) -> None:
    assert folder.is_dir()
    code, out, err = run("seed", "-e", "dev", "--json")
    result = json.loads(out)["result"]
    assert (code, err) == (0, "")
    assert result["tables"][1] == {
        "table": "public.roles", "inserted": 2, "updated": 0, "unchanged": 0, "kept_out": 0
    }  # fmt: skip
    assert result["sequences"] == ["public.users_id_seq", "public.roles_id_seq"]
    assert result["dry_run"] is False
    (folder / "bad.yaml").write_text("users: [{id: x}]")
    code, out, _ = run("seed", "-e", "bad", "--json")
    error = json.loads(out)["error"]
    assert (code, error["code"]) == (3, "seed")
    assert 'users, row 1, column id: invalid input syntax for type integer: "x"' in error["message"]


def test_verbose_names_sequences(run: Run, folder: Path) -> None:
    assert folder.is_dir()
    out = run("seed", "-e", "dev", "-v")[1]
    assert "advanced public.users_id_seq\nadvanced public.roles_id_seq\n" in out


def test_says_what_it_waits_for(run: Run, folder: Path, connection: Connection) -> None:
    assert folder.is_dir()
    connection.execute("BEGIN; LOCK TABLE roles")
    threading.Timer(2.5, lambda: connection.execute("COMMIT")).start()
    code, out, err = run("seed", "-e", "dev")
    assert code == 0
    assert "waiting 1" in err
    assert "for a lock on public.roles held by pid" in err
    assert out.endswith("3 inserted\n")


def test_a_process_that_is_killed_leaves_nothing(
    folder: Path, database: Target, connection: Connection
) -> None:
    connection.execute(
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS"
        " $$BEGIN PERFORM pg_sleep(60); RETURN new; END$$;"
        "CREATE TRIGGER tr BEFORE INSERT ON roles FOR EACH ROW EXECUTE FUNCTION f()"
    )
    process = started(database, folder.parent, "seed", "-e", "dev")
    sleeping = "SELECT pid FROM pg_stat_activity WHERE wait_event = 'PgSleep'"
    wait_for(connection, sleeping)
    process.kill()
    process.communicate()
    gone = f"SELECT 1 WHERE NOT EXISTS ({sleeping})"
    wait_for(connection, gone)
    assert connection.execute("SELECT count(*) FROM users").fetchone() == (0,)
    connection.execute("DROP TRIGGER tr ON roles")
    process = started(database, folder.parent, "seed", "-e", "dev")
    out, _ = process.communicate(timeout=30)
    assert process.returncode == 0
    assert out.endswith("3 inserted\n")


def test_dry_run_and_truncate(run: Run, folder: Path, connection: Connection) -> None:
    assert folder.is_dir()
    out = run("seed", "-e", "dev", "--dry-run")[1]
    assert out.endswith("dev.json: 3 would be inserted; nothing was changed\n")
    assert connection.execute("SELECT count(*) FROM users").fetchone() == (0,)
    connection.execute("INSERT INTO users (name) VALUES ('old')")
    out = run("seed", "-e", "dev", "--truncate")[1]
    assert out.endswith("dev.json: tables emptied first, 3 inserted\n")
    assert connection.execute("SELECT name FROM users").fetchall() == [("Admin",)]
    connection.execute("CREATE TABLE logs (u int REFERENCES users)")
    code, _, err = run("seed", "-e", "dev", "--truncate")
    assert code == 5
    assert "public.logs refers to them (logs_u_fkey)" in err


def test_which_file(run: Run, folder: Path, project: Path) -> None:
    for arguments, says in (
        ((), "no seed file is named\n\nhint: give -e ENV (dev) or -f FILE"),
        (("-e", "dve"), 'no seed file for "dve" in migrations/seeds\n\nhint: did you mean dev?'),
        (("-e", "dev.json"), "did you mean dev?"),
        (("-e", "dev", "-f", "x.json"), "-e and -f exclude each other"),
        (("-e", "../seeds/dev"), "is no name of an environment"),
        (("-e", ""), "is no name of an environment"),
        (("-f", "none.json"), "none.json: No such file or directory"),
        (("-f", "schema.sql"), "schema.sql is no seed file"),
        (("-f", ""), "is no seed file"),
    ):
        code, out, err = run("seed", *arguments)
        assert (code, out) == (2, ""), arguments
        assert says in err, arguments
    (folder / "dev.yml").write_text("users: []")
    code, _, err = run("seed", "-e", "dev")
    assert code == 2
    assert "migrations/seeds has dev.json and dev.yml" in err
    (folder / "dev.json").unlink()
    assert run("seed", "-e", "dev")[0] == 0
    assert run("seed", "-f", "migrations/seeds/dev.yml")[0] == 0
    code, _, err = run("seed", "-e", "x", "--migrations", str(project / "elsewhere"))
    assert code == 2
    assert "it would be x.json, x.yaml or x.yml" in err


def test_several_troubles_as_people_see_them(run: Run, folder: Path) -> None:
    (folder / "bad.yaml").write_text("users:\n- id: 1\n  name: [x]\n- {id: two}\n")
    code, out, err = run("seed", "-e", "bad")
    assert (code, out) == (3, "")
    assert err.splitlines() == [
        "error: 2 things in migrations/seeds/bad.yaml do not fit",
        "  migrations/seeds/bad.yaml:2: users, row 1, column name: a list, where text is wanted",
        '  migrations/seeds/bad.yaml:4: users, row 2, column id: invalid input syntax for type integer: "two"',
        "",
        "hint: nothing was changed; put the file right, then run seed again",
    ]


def test_no_database(call: Run, project: Path) -> None:
    (project / "x.json").write_text("{}")
    code, _, err = call("seed", "-f", "x.json")
    assert code == 2
    assert "no database is named" in err


def test_a_file_without_tables(run: Run, project: Path) -> None:
    (project / "x.json").write_text("{}")
    assert run("seed", "-f", "x.json") == (0, "x.json names no tables: nothing to do\n", "")
    assert run("seed", "-f", "x.json", "--truncate")[0] == 0


def test_another_environment_of_the_schema(run: Run, folder: Path, connection: Connection) -> None:
    connection.execute("CREATE SCHEMA app; CREATE TABLE app.users (id int PRIMARY KEY)")
    (folder / "app.yaml").write_text("users: [{id: 1}]")
    assert "app.users" in run("seed", "-e", "app", "--schema", "app")[1]
    assert connection.execute("SELECT count(*) FROM app.users").fetchone() == (1,)


def test_rows_with_control_characters(run: Run, folder: Path, connection: Connection) -> None:
    connection.execute('CREATE TABLE "a\x1b[31m" (id int PRIMARY KEY)')
    (folder / "x.json").write_text(json.dumps({"a\x1b[31m": [{"id": 1}]}))
    code, out, _ = run("seed", "-e", "x")
    assert code == 0
    assert "\x1b" not in out
