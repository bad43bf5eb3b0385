"""The examples of psqlmodel's reference for its command line, in its order, with psqlmigrate's name.

A newcomer types them with tables that fit the reference's seed file.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.conftest import Run
from psqlmigrate.postgres.connect import connect
from psqlmigrate.postgres.target import Target
from psqlmigrate.service.bookkeeping import Tables
from psqlmigrate.service.locking import key_of

USERS = "CREATE TABLE users (id serial PRIMARY KEY, name varchar(80) NOT NULL{});\n"
EMAIL = ", email varchar(255)"
ROLES = "CREATE TABLE roles (id serial PRIMARY KEY, name varchar(80) NOT NULL);\n"
SEEDS = """\
{
  "users": [
    {"id": 1, "name": "Admin", "email": "admin@example.com"}
  ],
  "roles": [
    {"id": 1, "name": "admin"},
    {"id": 2, "name": "user"}
  ]
}
"""
_BRANCH = (
    "-- message: {0}\n-- depends_on: {1}\n-- psqlmigrate: up\n{2}\n-- psqlmigrate: down\n{3}\n"
)


@pytest.fixture
def type_(
    call: Run, project: Path, database: Target, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Run]:
    """Types a command in a folder with models, with the reference's environment."""
    values = {"PSQL_USER": "user", "PSQL_HOST": "host", "PSQL_PORT": "port", "PSQL_DB": "dbname"}
    for name, key in values.items():
        if key in database.params:
            monkeypatch.setenv(name, database.params[key])
    monkeypatch.setenv("PSQL_PASSWORD", "mypass")
    (project / "psqlmigrate.toml").write_text('models = ["schema.sql"]\n')
    (project / "schema.sql").write_text(USERS.format(""))
    yield call
    files = [path for path in project.rglob("*") if path.is_file()]
    assert not [path for path in files if b"mypass" in path.read_bytes()]


def _state(run: Run) -> dict[str, str]:
    """The second paragraph of `status`: what stands behind each of its words."""
    code, out, _ = run("status")
    assert code == 0
    found: dict[str, str] = {}
    for line in out.split("\n\n")[1].splitlines():
        word, value = re.split(r"  +", line.strip(), maxsplit=1)
        found[word] = value
    return found


def _generate(run: Run, project: Path, message: str) -> str:
    before = set(_files(project))
    code, out, err = run("autogenerate", message)
    assert (code, err) == (0, "")
    (path,) = set(_files(project)) - before
    assert f"wrote {path}" in out
    return path.name[:15]


def _files(project: Path) -> list[Path]:
    found = [*(project / "migrations").glob("*.py"), *(project / "migrations").glob("*.sql")]
    return sorted(path.relative_to(project) for path in found)


def _columns(database: Target, table: str) -> list[str]:
    query = (
        "SELECT column_name::text FROM information_schema.columns WHERE table_name = %s ORDER BY 1"
    )
    with connect(database) as connection:
        return [row[0] for row in connection.execute(query, (table,))]


def _rows(database: Target, query: str) -> list[tuple[object, ...]]:
    with connect(database) as connection:
        return connection.execute(query.encode()).fetchall()


def _migrated(run: Run, project: Path) -> tuple[str, str, str]:
    """A project with three migrations: users, their email, roles; all are applied."""
    assert run("init")[0] == 0
    schema = project / "schema.sql"
    first = _generate(run, project, "Create users")
    schema.write_text(USERS.format(EMAIL))
    second = _generate(run, project, "Add email column to users")
    schema.write_text(USERS.format(EMAIL) + ROLES)
    third = _generate(run, project, "Create roles")
    assert run("upgrade")[0] == 0
    return first, second, third


def test_the_quick_start(type_: Run, project: Path, database: Target) -> None:
    """Section 1."""
    assert type_("init")[0] == 0
    assert (project / "migrations").is_dir()
    assert _columns(database, "_psqlmodel_migrations")
    assert _columns(database, "_psqlmodel_schema_state")
    _generate(type_, project, "Create users")
    type_("upgrade")
    (project / "schema.sql").write_text(USERS.format(EMAIL))
    second = _generate(type_, project, "Add email column to users")
    assert _files(project)[-1].name == f"{second}_add_email_column_to_users.py"
    state = _state(type_)
    assert state["Initialized"] == "yes"
    assert state["Migrations path"] == "migrations"
    assert (state["Applied"], state["Pending"]) == ("1", "1")
    assert type_("upgrade")[0] == 0
    assert _columns(database, "users") == ["email", "id", "name"]
    state = _state(type_)
    assert state["Current version"].startswith(second)
    assert (state["Applied"], state["Pending"], state["Schema drift"]) == ("2", "0", "no")
    assert type_("downgrade", "-1")[0] == 0
    assert _columns(database, "users") == ["id", "name"]


def test_the_symbols_of_drift(type_: Run, project: Path, database: Target) -> None:
    """Section 1: +table, -table, ~table."""
    _migrated(type_, project)
    assert type_("validate") == (0, "models and database agree\n", "")
    with connect(database) as connection:
        connection.execute("ALTER TABLE users ALTER name TYPE text")
        connection.execute("CREATE TABLE by_hand (i int)")
        connection.execute("DROP TABLE roles")
    code, out, _ = type_("validate")
    assert code == 1
    warnings = out.splitlines()
    assert "-public.by_hand" in warnings
    assert any(line.startswith("+public.roles") for line in warnings)
    assert any(line.startswith("~public.users") for line in warnings)
    assert _state(type_)["Schema drift"].startswith("yes")


def test_the_core_commands(type_: Run, project: Path, database: Target) -> None:
    """Section 9, its first table."""
    first, second, third = _migrated(type_, project)
    code, out, _ = type_("history")
    lines = out.splitlines()
    assert code == 0
    assert [line.split()[0] for line in lines[1:]] == [third, second, first]
    assert "Add email column to users" in lines[2]
    assert type_("downgrade", first)[0] == 0
    assert _columns(database, "users") == ["id", "name"]
    assert type_("upgrade", second)[0] == 0
    assert _columns(database, "users") == ["email", "id", "name"]
    assert _columns(database, "roles") == []
    assert type_("downgrade", "base")[0] == 0
    assert _columns(database, "users") == []


def test_the_commands_that_alembics_users_know(type_: Run, project: Path, database: Target) -> None:
    """Section 9, its second table."""
    type_("init")
    assert type_("check")[0] == 1
    version = _generate(type_, project, "Create users")
    assert type_("check")[0] == 0
    code, out, _ = type_("sql")
    assert code == 0
    assert type_("sql", "upgrade") == (0, out, "")
    assert "CREATE TABLE public.users" in out
    assert "DROP TABLE" not in out
    assert _columns(database, "users") == []
    assert type_("stamp", version)[0] == 0
    assert type_("current") == (0, f"{version}\n", "")
    assert _columns(database, "users") == []


def test_verify_and_heads(type_: Run, project: Path) -> None:
    """Section 9, its third table, and section 10: nothing was modified after it was applied."""
    *_, third = _migrated(type_, project)
    code, out, _ = type_("heads")
    assert code == 0
    assert out.startswith(third)
    assert type_("verify")[0] == 0
    file = project / _files(project)[0]
    file.write_text(file.read_text() + "# edited\n")
    code, out, _ = type_("verify")
    assert code == 1
    assert file.name in out


def test_merge(type_: Run, project: Path) -> None:
    *_, third = _migrated(type_, project)
    for number, table in enumerate(("a", "b"), 1):
        text = _BRANCH.format(
            f"branch {table}", third, f"CREATE TABLE {table} (i int);", f"DROP TABLE {table};"
        )
        (project / "migrations" / f"2098010{number}_000000_{table}.sql").write_text(text)
    code, out, err = type_("heads")
    assert code == 0
    assert out.count("2098010") == 2
    assert "merge" in err
    assert type_("upgrade")[0] == 5
    assert type_("merge", "Join the branches")[0] == 0
    assert len(type_("heads")[1].splitlines()) == 1
    assert type_("upgrade")[0] == 0
    assert _state(type_)["Pending"] == "0"


def test_squash_all(type_: Run, project: Path, database: Target) -> None:
    """Section 11."""
    _migrated(type_, project)
    code, _, err = type_("squash", "Initial schema")
    assert (code, err) == (0, "")
    (only,) = _files(project)
    assert only.name.endswith("_initial_schema.py")
    assert type_("upgrade")[0] == 0
    state = _state(type_)
    assert (state["Pending"], state["Schema drift"]) == ("0", "no")
    assert type_("verify")[0] == 0
    assert type_("downgrade", "base")[0] == 0
    assert _columns(database, "users") == []
    assert type_("upgrade")[0] == 0
    assert _columns(database, "users") == ["email", "id", "name"]


def test_squash_a_range(type_: Run, project: Path) -> None:
    """Section 11."""
    first, second, third = _migrated(type_, project)
    assert type_("squash", "Initial schema", "--from", first, "--to", second)[0] == 0
    kept, made = sorted(_files(project), key=lambda one: one.name.endswith("_initial_schema.py"))
    assert kept.name.startswith(third)
    assert made.name.endswith("_initial_schema.py")
    assert type_("upgrade")[0] == 0
    assert _state(type_)["Pending"] == "0"
    assert type_("check")[0] == 0


def test_dry_run(type_: Run, project: Path, database: Target) -> None:
    type_("init")
    _generate(type_, project, "Create users")
    code, out, _ = type_("dry-run")
    assert code == 0
    assert "CREATE TABLE public.users" in out
    assert _columns(database, "users") == []
    assert _state(type_)["Pending"] == "1"


def test_seed(type_: Run, project: Path, database: Target) -> None:
    """Section 11, with its seed file."""
    _migrated(type_, project)
    folder = project / "migrations" / "seeds"
    folder.mkdir()
    (folder / "dev.json").write_text(SEEDS)
    assert type_("seed", "-e", "dev")[0] == 0
    users = [(1, "Admin", "admin@example.com")]
    assert _rows(database, "SELECT id, name, email FROM users") == users
    assert _rows(database, "SELECT id, name FROM roles ORDER BY 1") == [(1, "admin"), (2, "user")]
    further = {"roles": [{"id": 3, "name": "guest"}]}
    (project / "path" / "to").mkdir(parents=True)
    (project / "path" / "to" / "seeds.json").write_text(json.dumps(further))
    assert type_("seed", "-f", "path/to/seeds.json")[0] == 0
    assert _rows(database, "SELECT count(*) FROM roles") == [(3,)]
    assert type_("seed", "-e", "dev")[0] == 0
    assert _rows(database, "SELECT count(*) FROM roles") == [(3,)]


def test_profiles(type_: Run) -> None:
    """Section 9, its last table."""
    save = ("--host", "localhost", "--database", "myapp", "--username", "user")
    assert type_("users", "--save", "mydb", *save)[0] == 0
    assert type_("users", "--save", "other", *save)[0] == 0
    code, out, _ = type_("users", "--list")
    assert code == 0
    assert "mydb" in out
    assert "other" in out
    assert type_("users", "--use", "mydb")[0] == 0
    assert re.search(r"^ \* +mydb ", type_("users", "--list")[1], re.MULTILINE)
    assert type_("users", "--remove", "other")[0] == 0
    assert "other" not in type_("users", "--list")[1]


def test_without_a_transaction(type_: Run, project: Path, database: Target) -> None:
    """Section 10: for DDL that cannot run in transactions."""
    _migrated(type_, project)
    (project / "migrations" / "20990101_000000_index.py").write_text(
        "from psqlmigrate import Migration\n\n\nclass Index(Migration):\n"
        '    version = "20990101_000000"\n    message = "index"\n\n'
        "    def up(self, engine):\n"
        '        engine.execute("CREATE INDEX CONCURRENTLY by_name ON users (name)")\n\n'
        "    def down(self, engine):\n"
        '        engine.execute("DROP INDEX CONCURRENTLY by_name")\n'
    )
    code, _, err = type_("upgrade")
    assert code == 3
    assert "CONCURRENTLY cannot" in err
    assert _rows(database, "SELECT to_regclass('by_name')") == [(None,)]
    assert type_("upgrade", "--no-transaction")[0] == 0
    assert _rows(database, "SELECT to_regclass('by_name')::text") == [("by_name",)]


def test_without_the_lock(type_: Run, project: Path, database: Target) -> None:
    """Section 10: concurrent runs are prevented, unless somebody wants them."""
    _migrated(type_, project)
    type_("downgrade", "-1")
    with connect(database) as other:
        other.execute("SELECT pg_advisory_lock(%s)", (key_of(Tables()).number,))
        assert type_("upgrade", "--lock-wait", "0")[0] == 4
        assert _columns(database, "roles") == []
        assert type_("upgrade", "--no-lock")[0] == 0
    assert _columns(database, "roles") == ["id", "name"]
