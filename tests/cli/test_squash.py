"""`squash`, and databases that have all, some or none of what was squashed."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from cli.conftest import Run
from faults.project import Project
from psqlmigrate.migrations.directory import read_directory
from psqlmigrate.postgres.connect import Connection

VERSIONS = [f"2026010{day}_000000" for day in range(1, 6)]
SQUASHED = "20260104_000001"
DDL = [
    (
        'CREATE TABLE "Users" (id int PRIMARY KEY, "full name" text, old int);',
        'DROP TABLE "Users";',
    ),
    ('ALTER TABLE "Users" DROP old;', 'ALTER TABLE "Users" ADD old int;'),
    (
        "INSERT INTO \"Users\" VALUES (1, 'a%b:c''d'), (2, E'\\\\ünï');",
        'DELETE FROM "Users" WHERE id IN (1, 2);',
    ),
    (
        'ALTER TABLE "Users" ADD age int NOT NULL DEFAULT 7;\nCREATE INDEX i ON "Users" (age);',
        'ALTER TABLE "Users" DROP age;',
    ),
    ("CREATE SCHEMA more;\nCREATE TABLE more.t (a int);", "DROP SCHEMA more CASCADE;"),
]


@pytest.fixture
def files(project: Path) -> Project:
    (project / "migrations").mkdir()
    return Project(project / "migrations")


def _sql(files: Project) -> None:
    for version, (up, down) in zip(VERSIONS, DDL, strict=True):
        files.sql(version, up, down)


def _python(files: Project) -> None:
    for version, (up, down) in zip(VERSIONS, DDL, strict=True):
        files.python(version, f"engine.execute({up!r})", f"engine.execute({down!r})")


KINDS = pytest.mark.parametrize("write", [_sql, _python], ids=["sql", "py"])
Write = Callable[[Project], None]


def _names(files: Project) -> list[str]:
    return [one.version for one in read_directory(files.path).files]


def _state(connection: Connection) -> tuple[list[tuple[object, ...]], list[tuple[object, ...]]]:
    columns = connection.execute(
        "SELECT table_schema, table_name, column_name, data_type, column_default"
        "  FROM information_schema.columns WHERE table_schema IN ('public', 'more')"
        "   AND table_name NOT LIKE '\\_psql%' ORDER BY 1, 2, ordinal_position"
    ).fetchall()
    rows: list[tuple[object, ...]] = []
    if any(name == "Users" for _, name, *_ in columns):
        rows = connection.execute('SELECT * FROM "Users" ORDER BY id').fetchall()
    return columns, rows


def _history(connection: Connection) -> dict[str, bool]:
    rows = connection.execute(
        "SELECT version, rolled_back_at IS NULL FROM _psqlmodel_migrations ORDER BY version"
    ).fetchall()
    return dict(rows)


def _well(run: Run, *words: str) -> str:
    code, out, err = run(*words)
    assert code == 0, (words, out, err)
    return out


@KINDS
@pytest.mark.parametrize("applied", range(6))
def test_every_state_of_a_database(
    run: Run, files: Project, connection: Connection, write: Write, applied: int
) -> None:
    """None (0), some, or all of four that are squashed; 5 has what comes after them, too."""
    write(files)
    if applied:
        _well(run, "upgrade", VERSIONS[applied - 1])
    out = _well(run, "squash", "first four", "--to", VERSIONS[3])
    assert out.startswith(f"squashed 4 migrations, {VERSIONS[0]} to {VERSIONS[3]}: 2 as a plan, ")
    assert _names(files) == [SQUASHED, VERSIONS[4]]
    _well(run, "verify")
    _well(run, "verify", "--replay")
    status = json.loads(_well(run, "status", "--json"))["result"]
    waiting = {0: [SQUASHED], 4: [], 5: []}.get(applied, VERSIONS[applied:4])
    later = [] if applied == 5 else [VERSIONS[4]]
    assert [one["version"] for one in status["pending"]] == [*waiting, *later]
    at = VERSIONS[applied - 1] if 0 < applied < 4 else SQUASHED if applied == 4 else ""
    assert status["current"] == ([at] if at else [] if not applied else [VERSIONS[4]])
    assert (status["unknown"], status["drift"] or []) == ([], [])
    _well(run, "upgrade")
    assert _well(run, "current") == f"{VERSIONS[4]}\n"
    columns, rows = _state(connection)
    assert [name for *_, name, _, _ in columns] == ["id", "full name", "age", "a"] or [
        one[2] for one in columns
    ] == ["a", "id", "full name", "age"]
    assert rows == [(1, "a%b:c'd", 7), (2, "\\ünï", 7)]
    known = _history(connection)
    assert known[SQUASHED]
    assert sorted(known) == sorted({SQUASHED, VERSIONS[4], *(VERSIONS[:4] if applied else [])})
    assert json.loads(_well(run, "status", "--json"))["result"]["applied"] == 2
    _well(run, "status", "--exit-code", "--no-models")
    _well(run, "verify")
    _well(run, "downgrade", SQUASHED)
    assert _well(run, "current") == f"{SQUASHED}\n"
    _well(run, "downgrade", "-1")
    assert _state(connection) == ([], [])
    assert not any(_history(connection).values())
    assert _well(run, "current").startswith("none")
    _well(run, "upgrade")
    assert _state(connection)[1] == rows
    _well(run, "downgrade", "base")
    assert _state(connection) == ([], [])


@KINDS
def test_everything_becomes_one(
    run: Run, files: Project, connection: Connection, write: Write
) -> None:
    write(files)
    result = json.loads(_well(run, "squash", "all of it", "--json"))["result"]
    assert result["replaced"] == VERSIONS
    [file] = read_directory(files.path).files
    assert file.version == "20260105_000001"
    assert {one.version: one.checksum for one in file.replaces} == {
        one.version: one.checksum for one in read_directory(files.path / "archive").files
    }
    assert file.text.count("old") == 0
    assert file.is_sql is (write is _sql)
    assert (files.path / "certificates" / f"{file.version}.json").is_file()
    assert not any(one.name.startswith(".") for one in (files.path / "certificates").iterdir())
    _well(run, "upgrade", "--strict")
    assert len(_state(connection)[1]) == 2


@pytest.mark.parametrize("words", [["--sql"], []])
def test_a_message_that_holds_anything(run: Run, files: Project, words: list[str]) -> None:
    _python(files)
    message = "a \"quoted\" 'one'\n-- psqlmigrate: down\n\\ % {} ü"
    _well(run, "squash", message, *words)
    [file] = read_directory(files.path).files
    assert (file.is_sql, file.message) == (bool(words), message)
    _well(run, "upgrade")


def test_two_squashes_of_one_migration(run: Run, files: Project) -> None:
    """Two checkouts squashed by themselves, and both results came together."""
    _sql(files)
    kept = {path: path.read_bytes() for path in files.path.iterdir()}
    _well(run, "squash", "short", "--to", VERSIONS[1])
    [short] = [path for path in files.path.iterdir() if "short" in path.name]
    text = short.read_bytes()
    for path, content in kept.items():
        path.write_bytes(content)
    short.unlink()
    _well(run, "squash", "long", "--to", VERSIONS[2])
    short.write_bytes(text)
    for words in (["upgrade"], ["status"], ["heads"]):
        code, _, err = run(*words)
        assert code == 5
        assert f"{VERSIONS[0]} was squashed twice: into {short.name} and " in err
    assert run("verify")[0] == 1


def test_versions_that_are_no_moments(run: Run, files: Project, connection: Connection) -> None:
    """The squashed one sorts after the others by its name, and all the same comes first."""
    for version, (up, down) in zip("12345", DDL, strict=True):
        files.sql(version, up, down)
    _well(run, "upgrade", "3")
    _well(run, "squash", "one", "--to", "4")
    _well(run, "upgrade")
    assert _well(run, "current") == "5\n"
    _well(run, "downgrade", "base")
    _well(run, "upgrade")
    assert _well(run, "current") == "5\n"
    assert len(_state(connection)[1]) == 2


@pytest.mark.parametrize("applied", [2, 4])
def test_downgrade_is_the_first_that_is_done(
    run: Run, files: Project, connection: Connection, applied: int
) -> None:
    _sql(files)
    _well(run, "upgrade", VERSIONS[applied - 1])
    _well(run, "squash", "one", "--to", VERSIONS[3])
    _well(run, "downgrade")
    assert _well(run, "current") == (
        f"{VERSIONS[0]}\n" if applied == 2 else "none: no migration is applied\n"
    )
    assert not _history(connection).get(SQUASHED)
    _well(run, "downgrade", "base")
    assert _state(connection) == ([], [])
    _well(run, "upgrade", "+1")
    assert _history(connection)[SQUASHED]


def test_autogenerate_and_check_go_on(run: Run, files: Project) -> None:
    _sql(files)
    _well(run, "upgrade")
    models = Path("wanted.sql")
    users = (
        'CREATE TABLE "Users" (id int PRIMARY KEY, "full name" text, age int NOT NULL DEFAULT 7);\n'
    )
    rest = 'CREATE INDEX i ON "Users" (age);\nCREATE SCHEMA more;\nCREATE TABLE more.t (a int);\n'
    models.write_text(users + rest)
    _well(run, "squash", "one", "--to", VERSIONS[3])
    result = json.loads(_well(run, "check", "--models", str(models), "--json"))["result"]
    assert result["objects"] == []
    models.write_text(users + rest + "CREATE TABLE x (a int);\n")
    _well(run, "autogenerate", "x", "--models", str(models))
    _well(run, "upgrade")
    _well(run, "status", "--exit-code", "--models", str(models))
    _well(run, "squash", "two")
    _well(run, "upgrade")
    _well(run, "status", "--exit-code", "--models", str(models))
    _well(run, "verify", "--replay")


def test_drift_is_still_seen(run: Run, files: Project, connection: Connection) -> None:
    _sql(files)
    _well(run, "upgrade")
    connection.execute('ALTER TABLE "Users" ADD by_hand int')
    _well(run, "squash", "one", "--to", VERSIONS[3])
    assert "by_hand" in _well(run, "status", "--full")
    _well(run, "upgrade")
    assert "by_hand" in _well(run, "status", "--full")


def test_migrations_before_a_squash_as_a_schema(run: Run, files: Project) -> None:
    _sql(files)
    wanted = {one: _well(run, "diff", "empty", f"migrations@{one}") for one in VERSIONS}
    _well(run, "squash", "one", "--to", VERSIONS[3])
    for version, text in wanted.items():
        assert _well(run, "diff", "empty", f"migrations@{version}") == text
    assert _well(run, "diff", "empty", f"migrations@{SQUASHED}") == wanted[VERSIONS[3]]


def test_nothing_to_squash(run: Run, files: Project) -> None:
    assert _well(run, "squash", "x") == "nothing to squash: 0 migrations\n"
    _sql(files)
    before = sorted(files.path.rglob("*"))
    out = _well(run, "squash", "x", "--from", VERSIONS[1], "--to", VERSIONS[1])
    assert out == "nothing to squash: 1 migration\n"
    assert sorted(files.path.rglob("*")) == before
    assert run("squash", " ")[0] == 2
    assert run("squash", "x", "--from", VERSIONS[3], "--to", VERSIONS[1])[0] == 2
    assert run("squash", "x", "--to", "1999")[0] == 2


def test_the_middle(run: Run, files: Project, connection: Connection) -> None:
    _sql(files)
    _well(run, "upgrade", VERSIONS[0])
    connection.execute("INSERT INTO \"Users\" VALUES (9, 'real', 3)")
    _well(run, "squash", "middle", "--from", VERSIONS[1], "--to", VERSIONS[3])
    assert _names(files) == [VERSIONS[0], SQUASHED, VERSIONS[4]]
    _well(run, "upgrade")
    assert [row[0] for row in _state(connection)[1]] == [1, 2, 9]
    _well(run, "downgrade", VERSIONS[0])
    assert _state(connection)[1] == [(9, "real", None)]


def test_squash_of_a_squash(run: Run, files: Project, connection: Connection) -> None:
    _sql(files)
    _well(run, "squash", "one", "--to", VERSIONS[1])
    _well(run, "squash", "two", "--to", VERSIONS[3])
    assert _names(files) == [SQUASHED, VERSIONS[4]]
    _well(run, "upgrade")
    assert set(_history(connection)) == {SQUASHED, VERSIONS[4]}
    _well(run, "verify")
    _well(run, "downgrade", "base")
    assert _state(connection) == ([], [])


@pytest.mark.parametrize("applied", range(1, 5))
def test_a_squash_of_a_squash_where_the_first_was_never_seen(
    run: Run, files: Project, connection: Connection, applied: int
) -> None:
    _sql(files)
    _well(run, "upgrade", VERSIONS[applied - 1])
    _well(run, "squash", "one", "--to", VERSIONS[1])
    _well(run, "squash", "two", "--to", VERSIONS[3])
    _well(run, "verify")
    _well(run, "upgrade")
    assert len(_state(connection)[1]) == 2
    assert _well(run, "current") == f"{VERSIONS[4]}\n"
    _well(run, "verify")
    _well(run, "downgrade", "base")
    assert not any(_history(connection).values())


@pytest.mark.parametrize("applied", [2, 3])
def test_a_squash_of_a_squash_where_the_first_was_applied(
    run: Run, files: Project, connection: Connection, applied: int
) -> None:
    _sql(files)
    _well(run, "squash", "one", "--to", VERSIONS[1])
    _well(run, "upgrade", f"+{applied - 1}")
    _well(run, "squash", "two", "--to", VERSIONS[3])
    _well(run, "upgrade")
    assert len(_state(connection)[1]) == 2
    _well(run, "downgrade", "base")
    assert not any(_history(connection).values())
    assert _state(connection) == ([], [])


def test_the_archive_is_needed_only_by_databases_that_have_some(
    run: Run, files: Project, connection: Connection
) -> None:
    _sql(files)
    _well(run, "upgrade", VERSIONS[1])
    _well(run, "squash", "one", "--to", VERSIONS[3])
    archive = files.path / "archive"
    archive.rename(files.path.parent / "away")
    for words in (["upgrade"], ["upgrade", "--dry-run"], ["downgrade"]):
        code, out, err = run(*words)
        assert (code, out) == (5, "")
        assert f"{VERSIONS[0]}, which {SQUASHED}_one.sql replaces, is needed and not in" in err
        assert f"psqlmigrate stamp {SQUASHED}" in err
    status = _well(run, "status")
    assert "restore the archive" in status
    assert "not known" in status
    assert "by hand" not in status
    code, out, _ = run("verify")
    assert code == 1
    assert "is needed and not in" in out
    (files.path.parent / "away").rename(archive)
    _well(run, "upgrade", VERSIONS[3])
    (archive).rename(files.path.parent / "away")
    _well(run, "upgrade")
    _well(run, "verify")
    assert len(_state(connection)[1]) == 2


def test_an_original_that_was_edited_is_refused(run: Run, files: Project) -> None:
    _sql(files)
    _well(run, "upgrade", VERSIONS[1])
    _well(run, "squash", "one", "--to", VERSIONS[3])
    path = files.path / "archive" / f"{VERSIONS[2]}_step.sql"
    path.write_text(path.read_text() + "\n-- edited\n")
    code, out, _ = run("verify")
    assert code == 1
    assert f"archive/{path.name}: it is not as it was" in out
    assert run("upgrade")[0] == 5


def test_what_was_edited_after_it_was_applied_is_told(run: Run, files: Project) -> None:
    _sql(files)
    _well(run, "upgrade")
    path = files.path / f"{VERSIONS[2]}_step.sql"
    path.write_text(path.read_text() + "\n-- edited\n")
    _well(run, "squash", "one", "--to", VERSIONS[3])
    code, out, _ = run("verify")
    assert code == 1
    assert f"{VERSIONS[2]}: it was edited after it was applied" in out
    code, _, err = run("upgrade")
    assert code == 5
    assert f"verify --accept {VERSIONS[2]}" in err
    _well(run, "verify", "--accept", VERSIONS[2])
    _well(run, "verify")
    _well(run, "upgrade")


def test_targets_that_name_a_part(run: Run, files: Project, connection: Connection) -> None:
    _sql(files)
    _well(run, "squash", "one", "--to", VERSIONS[3])
    _well(run, "upgrade", VERSIONS[1])  # the originals, up to there
    assert _history(connection) == {VERSIONS[0]: True, VERSIONS[1]: True}
    _well(run, "upgrade", VERSIONS[2][:8])
    _well(run, "downgrade", VERSIONS[0])
    assert _well(run, "current") == f"{VERSIONS[0]}\n"
    _well(run, "upgrade", SQUASHED)
    assert _history(connection)[SQUASHED]
    assert "nothing to do" in _well(run, "upgrade", VERSIONS[1])
    code, _, err = run("downgrade", VERSIONS[1])
    assert code == 2
    assert f"{VERSIONS[1]} is a part of {SQUASHED} here" in err
    assert "nothing to do" in _well(run, "downgrade", VERSIONS[3])
    out = _well(run, "show", VERSIONS[1])
    assert f"squashed into {SQUASHED}" in out
    assert "archive/" in out
    assert f"{SQUASHED}  one" in _well(run, "show", SQUASHED)
    assert run("verify", "--certify", VERSIONS[1])[0] == 2


def test_stamp(run: Run, files: Project, connection: Connection) -> None:
    _sql(files)
    _well(run, "upgrade")
    _well(run, "squash", "one", "--to", VERSIONS[3])
    out = _well(run, "stamp", "head")
    assert out == f"{SQUASHED}  marked as applied\n"
    _well(run, "status", "--exit-code", "--no-models")
    _well(run, "stamp", "base")
    assert not any(_history(connection).values())
    _well(run, "stamp", VERSIONS[1])
    assert [one for one, applied in _history(connection).items() if applied] == VERSIONS[:2]
    _well(run, "stamp", VERSIONS[3])
    assert _history(connection)[SQUASHED]
    assert _well(run, "current") == f"{SQUASHED}\n"
    _well(run, "stamp", SQUASHED, "--purge")
    assert _history(connection) == {SQUASHED: True}


def test_scripts(run: Run, files: Project, connection: Connection) -> None:
    _sql(files)
    _well(run, "squash", "one", "--to", VERSIONS[3])
    _play(connection, _well(run, "sql", "upgrade", f"base:{VERSIONS[1]}"))
    assert set(_history(connection)) == set(VERSIONS[:2])
    with pytest.raises(Exception, match="a part of migration"):
        _play(connection, _well(run, "sql"))
    connection.execute("ROLLBACK")
    connection.execute("SELECT pg_advisory_unlock_all()")
    _play(connection, _well(run, "sql", "upgrade", f"{VERSIONS[1]}:{VERSIONS[2]}"))
    _play(connection, _well(run, "sql", "upgrade", f"{VERSIONS[2]}:{SQUASHED}"))
    assert _well(run, "current") == f"{SQUASHED}\n"
    _play(connection, _well(run, "sql", "upgrade", f"{SQUASHED}:head"))
    _well(run, "upgrade")
    assert _well(run, "current") == f"{VERSIONS[4]}\n"
    _play(connection, _well(run, "sql", "downgrade", "head:base"))
    assert not any(_history(connection).values())
    assert _state(connection) == ([], [])


def _play(connection: Connection, script: str) -> None:
    text = "\n".join(one for one in script.splitlines() if not one.startswith("\\"))
    connection.execute(text.encode())


def test_a_child_may_name_a_part(run: Run, files: Project, connection: Connection) -> None:
    _sql(files)
    (files.path / f"{VERSIONS[4]}_step.sql").unlink()
    files.sql(
        VERSIONS[4], "CREATE TABLE z (a int);", "DROP TABLE z;", f"-- depends_on: {VERSIONS[3]}\n"
    )
    _well(run, "squash", "one", "--to", VERSIONS[3])
    assert "depends_on" in (files.path / f"{VERSIONS[4]}_step.sql").read_text()
    _well(run, "upgrade")
    assert _well(run, "current") == f"{VERSIONS[4]}\n"
    _well(run, "downgrade", "base")
    assert _state(connection) == ([], [])


def test_a_branch_that_comes_later_from_elsewhere(run: Run, files: Project) -> None:
    """A colleague's migration after a part of it arrives when the others are squashed already."""
    _sql(files)
    _well(run, "upgrade", VERSIONS[3])
    _well(run, "squash", "one", "--to", VERSIONS[3])
    files.sql(
        "20260109_000000",
        "CREATE TABLE z (a int);",
        "DROP TABLE z;",
        f"-- depends_on: {VERSIONS[1]}\n",
    )
    _well(run, "upgrade", "heads")
    _well(run, "verify", "--certify") and None
    code, out, _ = run("merge", "join")
    assert code == 0, out


def test_without_the_squash_an_older_checkout_goes_on(run: Run, files: Project) -> None:
    _sql(files)
    _well(run, "upgrade", VERSIONS[3])
    _well(run, "squash", "one", "--to", VERSIONS[3])
    for path in (files.path / "archive").glob("*.sql"):
        path.rename(files.path / path.name)
    (files.path / f"{SQUASHED}_one.sql").unlink()
    _well(run, "upgrade")


def test_an_original_that_comes_back(run: Run, files: Project) -> None:
    _sql(files)
    _well(run, "squash", "one", "--to", VERSIONS[3])
    path = files.path / "archive" / f"{VERSIONS[2]}_step.sql"
    again = files.path / path.name
    again.write_bytes(path.read_bytes())
    _well(run, "verify")
    assert not again.exists()
    again.write_text(path.read_text() + "-- other\n")
    code, _, err = run("status")
    assert code == 5
    assert f"{again.name} was squashed into {SQUASHED}_one.sql, and is not as it was then" in err
    assert run("verify")[0] == 1


def test_verify_names_originals_that_are_missing(run: Run, files: Project) -> None:
    _sql(files)
    _well(run, "squash", "one", "--to", VERSIONS[2])
    _well(run, "squash", "two", "--to", VERSIONS[3])
    archive = files.path / "archive"
    (archive / f"{VERSIONS[1]}_step.sql").unlink()
    code, out, _ = run("verify")
    assert code == 1
    assert f"{VERSIONS[1]}: {SQUASHED}_two.sql replaces it, and it is not in archive/" in out
    assert "restore it from version control" in out
    archive.rename(files.path.parent / "away")
    assert f"note: archive/ has none of the migrations that {SQUASHED}_two.sql" in _well(
        run, "verify"
    )
