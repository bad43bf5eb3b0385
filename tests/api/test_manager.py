"""MigrationManager: what its methods do, answer and raise."""

import threading
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from api.conftest import Manage, write
from psqlmigrate import (
    Engine,
    MigrationAlreadyAppliedError,
    MigrationConfig,
    MigrationDependencyError,
    MigrationError,
    MigrationManager,
    MigrationNotFoundError,
    RollbackError,
    SchemaDriftError,
    SchemaDriftWarning,
    SchemaHasher,
    StateCorruptionError,
    StateManager,
    create_engine,
)
from psqlmigrate.errors import AppliedFileError, DirtyError, SeedError, StatementError, UsageError


def test_the_whole_round(manage: Manage, engine: Engine, folder: Path) -> None:
    lines: list[str] = []
    manager = manage(models="schema.sql", migrations_path="./db/migrations", logger=lines.append)
    assert (folder / "db" / "migrations").is_dir()
    before = manager.status()
    assert (before.initialized, before.current_version, before.has_drift) == (True, None, True)
    assert manager.check()
    assert "+public.users" in manager.validate()
    made = manager.autogenerate("Add 'users' \"table\" 100% {x}")
    assert made
    assert made.path.parent == folder / "db" / "migrations"
    assert made.path.name.startswith(made.version)
    assert (made.message, made.certified) == ("Add 'users' \"table\" 100% {x}", True)
    assert "+public.users" in made.objects
    status = manager.status()
    assert (status.applied_count, status.pending_count, status.pending) == (0, 1, (made.version,))
    assert manager.upgrade() == 1
    assert manager.upgrade() == 0
    status = manager.status()
    assert (status.current_version, status.applied_count) == (made.version, 1)
    assert (status.pending_count, status.has_drift, status.drift_summary) == (0, False, None)
    assert manager.validate() == []
    assert not manager.check()
    assert manager.autogenerate("nothing") is None
    assert manager.current() == made.version
    assert manager.heads() == [made.version]
    assert manager.verify() == []
    (record,) = manager.history()
    assert list(record)[:6] == [
        "version",
        "message",
        "applied_at",
        "checksum",
        "execution_time_ms",
        "rolled_back_at",
    ]
    assert (record["version"], record["message"]) == (made.version, made.message)
    assert record["rolled_back_at"] is None
    assert engine.fetch_all("SELECT * FROM users") == []
    assert manager.downgrade("-1") == 1
    assert manager.history() == []
    (record,) = manager.history(everything=True)
    with pytest.raises(UsageError, match="-1 is below zero"):
        manager.history(-1)
    wrong: Any = "5"
    with pytest.raises(UsageError, match="'5' is no number"):
        manager.history(wrong)
    assert record["rolled_back_at"]
    assert any(f"{made.version} done in" in line for line in lines)
    assert not any("CREATE TABLE" in line for line in lines)


def test_init_warns_of_drift_only_if_it_shall(engine: Engine) -> None:
    with pytest.warns(SchemaDriftWarning, match=r"detected: .*\+public.users") as caught:
        MigrationManager(engine, MigrationConfig(models="schema.sql")).init()
    assert caught[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        MigrationManager(
            engine, MigrationConfig(models="schema.sql", auto_detect_changes=False)
        ).init()
        MigrationManager(engine).init()
    failing = MigrationManager(engine, MigrationConfig(models="schema.sql", fail_on_drift=True))
    with pytest.raises(SchemaDriftError):
        failing.init()
    with pytest.raises(SchemaDriftError) as error:
        failing.validate()
    assert "+public.users" in error.value.warnings
    assert "+public.users" in error.value.details


def test_init_writes_no_configuration(manage: Manage, folder: Path) -> None:
    manage()
    manage()
    assert sorted(path.name for path in folder.iterdir()) == ["migrations", "schema.sql"]


def test_names_of_tables_and_files(manage: Manage, engine: Engine, folder: Path) -> None:
    manager = manage(
        models="schema.sql",
        history_table_name="My History",
        state_table_name="my%state",
        state_file_name="state.json",
        version_format="%Y%m%d%H%M%S",
        history_schema="Own Schema",
    )
    made = manager.autogenerate("first")
    assert made
    assert made.version.isdigit()
    assert len(made.version) == 14
    assert manager.upgrade() == 1
    assert engine.fetch_one('SELECT count(*) FROM "Own Schema"."My History"') == (1,)
    assert engine.fetch_one('SELECT count(*) > 3 FROM "Own Schema"."my%%state"', ()) == (True,)
    assert (folder / "migrations" / "state.json").exists()
    assert "users" not in str(manager.validate())


def test_debug_tells_each_statement(
    manage: Manage, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(folder, "1", "CREATE TABLE a (x int);", "DROP TABLE a;")
    manage(debug=True).upgrade()
    err = capsys.readouterr().err
    assert "CREATE TABLE a (x int)" in err
    assert "[PSQLMIGRATE] applying 1_step.sql" in err
    lines: list[str] = []
    manager = manage(debug=True, logger=lines.append)
    manager.downgrade("base")
    assert any("DROP TABLE a" in line for line in lines)
    assert capsys.readouterr() == ("", "")


def test_a_logger_that_fails_stops_nothing(manage: Manage, folder: Path) -> None:
    def fail(line: str) -> None:
        raise ValueError(line)

    write(folder, "1", "CREATE TABLE a (x int);")
    manager = manage(logger=fail)
    with pytest.warns(RuntimeWarning, match="the logger failed"):
        assert manager.upgrade() == 1


def test_unknown_and_applied_versions(manage: Manage, folder: Path) -> None:
    manager = manage()
    write(folder, "20260101_000000", "CREATE TABLE a (x int);", "DROP TABLE a;")
    with pytest.raises(MigrationNotFoundError) as caught:
        manager.upgrade("20270101_000000")
    assert caught.value.version == "20270101_000000"
    for none in ("20270101_000000", "", "base"):
        for act in (manager.upgrade, manager.upgrade_async, manager.dry_run):
            with pytest.raises(MigrationNotFoundError):
                act(none)
    assert manager.history() == []
    assert manager.upgrade("2026") == 1
    with pytest.raises(MigrationAlreadyAppliedError) as again:
        manager.upgrade("20260101_000000")
    assert again.value.version == "20260101_000000"
    with pytest.raises(MigrationAlreadyAppliedError):
        manager.upgrade_async("20260101_000000")
    assert manager.upgrade("head") == manager.upgrade("heads") == manager.upgrade("+3") == 0


def test_dependencies(manage: Manage, folder: Path) -> None:
    manager = manage()
    write(folder, "1", "CREATE TABLE a (x int);")
    write(folder, "2", "CREATE TABLE b (x int);", header="-- depends_on: 0\n")
    with pytest.raises(MigrationDependencyError) as caught:
        manager.upgrade()
    assert (caught.value.version, caught.value.depends_on) == ("2", "0")
    assert caught.value.file_path == str(folder / "migrations" / "2_step.sql")
    write(folder, "1", "CREATE TABLE a (x int);", header="-- depends_on: 2\n")
    write(folder, "2", "CREATE TABLE b (x int);", header="-- depends_on: 1\n")
    with pytest.raises(MigrationDependencyError, match="in a circle") as caught:
        manager.upgrade()
    assert {caught.value.version, caught.value.depends_on} == {"1", "2"}
    write(folder, "1", "CREATE TABLE a (x int);")
    write(folder, "2", "CREATE TABLE b (x int);", header="-- depends_on: 1\n")
    write(folder, "3", "CREATE TABLE c (x int);", header="-- depends_on: 1\n")
    with pytest.raises(MigrationDependencyError, match="2 heads"):
        manager.upgrade()
    assert manager.heads() == ["2", "3"]
    assert manager.upgrade("heads") == 3
    assert manager.current() == "3"
    assert manager.status().current_versions == ("2", "3")


def test_files_of_applied_migrations(manage: Manage, folder: Path) -> None:
    """The reference's MigrationNotFoundError is a missing file."""
    manager = manage()
    path = write(folder, "1", "CREATE TABLE a (x int);", "DROP TABLE a;")
    manager.upgrade()
    path.write_text(path.read_text() + "\n-- edited\n")
    for act in (manager.upgrade, manager.downgrade, manager.upgrade_async):
        with pytest.raises(AppliedFileError, match="was edited") as edited:
            act()
        assert (edited.value.version, edited.value.file_path) == ("1", str(path))
        assert not isinstance(edited.value, MigrationNotFoundError)
    path.unlink()
    for act in (manager.upgrade, manager.downgrade, manager.upgrade_async):
        with pytest.raises(MigrationNotFoundError, match="file is missing") as missing:
            act()
        assert (missing.value.version, missing.value.exit_code) == ("1", 5)
        assert "verify --accept 1" in missing.value.hint


@pytest.mark.parametrize("target", [-1, 1, b"head", ["head"]])
def test_a_target_that_is_no_text(manage: Manage, target: object) -> None:
    manager = manage()
    for act in (manager.upgrade, manager.downgrade, manager.upgrade_async, manager.dry_run):
        with pytest.raises(UsageError, match="a target is text"):
            act(target)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def test_a_failing_way_down(manage: Manage, engine: Engine, folder: Path) -> None:
    manager = manage()
    path = write(folder, "1", "CREATE TABLE a (x int);", "DROP TABLE a; DROP TABLE nowhere;")
    manager.upgrade()
    with pytest.raises(RollbackError, match="nowhere") as caught:
        manager.downgrade()
    error = caught.value
    assert (error.version, error.file_path, error.sqlstate) == ("1", str(path), "42P01")
    assert isinstance(error.original_error, psycopg.errors.UndefinedTable)
    assert "1_step.sql:5" in error.details
    assert engine.fetch_all("SELECT * FROM a") == []
    assert manager.current() == "1"


def test_a_failing_way_up(manage: Manage, engine: Engine, folder: Path) -> None:
    manager = manage()
    write(folder, "1", "CREATE TABLE a (x int);")
    (folder / "migrations" / "2_bad.py").write_text(
        "from psqlmigrate import Migration\n\n\nclass Bad(Migration):\n    version = '2'\n\n"
        "    def up(self, engine):\n        engine.execute('CREATE TABLE b (x int)')\n"
        "        raise ValueError('not today')\n"
    )
    with pytest.raises(StatementError, match="not today") as caught:
        manager.upgrade()
    assert isinstance(caught.value.original_error, ValueError)
    assert not isinstance(caught.value, RollbackError)
    assert manager.current() == "1"
    assert engine.fetch_one("SELECT to_regclass('b')") == (None,)


def test_every_exception_is_a_migration_error() -> None:
    for one in (
        MigrationAlreadyAppliedError,
        MigrationDependencyError,
        MigrationNotFoundError,
        RollbackError,
        SchemaDriftError,
        StateCorruptionError,
    ):
        error = one("words")
        assert isinstance(error, MigrationError)
        told = (error.version, error.file_path, error.details, error.original_error)
        assert told == ("", "", "", None)


def test_broken_models_are_an_error_and_never_no_change(manage: Manage, folder: Path) -> None:
    manager = manage(models="schema.sql")
    (folder / "schema.sql").write_text("CREATE TABLE t (a no_such_type);")
    for ask in (manager.validate, manager.check, manager.status):
        with pytest.raises(MigrationError, match="no_such_type"):
            ask()
    with pytest.raises(MigrationError, match="no_such_type"):
        manager.autogenerate("x")


def test_stamp_sql_and_dry_run(manage: Manage, engine: Engine, folder: Path) -> None:
    manager = manage()
    write(folder, "1", "CREATE TABLE a (x int);", "DROP TABLE a;")
    write(folder, "2", "CREATE TABLE b (x int);", "DROP TABLE b;")
    told = manager.dry_run("1")
    assert [(one["version"], one["statements"]) for one in told] == [
        ("1", ["CREATE TABLE a (x int);"])
    ]
    text = manager.sql()
    assert "CREATE TABLE a" in text
    assert "DROP TABLE b" in manager.sql("downgrade")
    with pytest.raises(UsageError, match="sideways"):
        manager.sql("sideways")
    manager.stamp("1")
    assert manager.current() == "1"
    assert engine.fetch_one("SELECT to_regclass('a')") == (None,)
    assert manager.status().unknown == ()


def test_what_was_begun_is_resolved(manage: Manage, engine: Engine, folder: Path) -> None:
    manager = manage()
    engine.execute("CREATE TABLE log (a int)")
    dirty = "DO $$ BEGIN INSERT INTO log VALUES (1); COMMIT; PERFORM 1 / 0; END $$;"
    write(folder, "1", dirty, dirty, header="-- transactional: false\n")
    with pytest.raises(UsageError, match="1 is not half run"):
        manager.resolve("1", applied=True)
    for applied in (False, True):
        with pytest.raises(StatementError):
            manager.upgrade()
        with pytest.raises(DirtyError) as caught:
            manager.upgrade()
        manager.resolve(caught.value.version, applied=applied)
        assert manager.current() == ("1" if applied else None)
    assert manager.upgrade() == 0
    assert engine.fetch_all("SELECT a FROM log") == [(1,), (1,)]
    wrong: Any = "no"
    with pytest.raises(UsageError, match="'no' is neither"):
        manager.resolve("1", applied=wrong)


def test_renames(manage: Manage, engine: Engine, folder: Path) -> None:
    manager = manage(models="schema.sql")
    manager.autogenerate("first")
    manager.upgrade()
    engine.execute("INSERT INTO users VALUES (1, 'a@b')")
    text = (folder / "schema.sql").read_text()
    (folder / "schema.sql").write_text(text.replace("email", "mail"))
    assert manager.autogenerate("mail", renames={"public.users.email": "mail"})
    manager.upgrade()
    assert engine.fetch_all("SELECT mail FROM users") == [("a@b",)]


def test_a_change_in_several_files(manage: Manage, folder: Path) -> None:
    manager = manage(models="schema.sql")
    manager.autogenerate("first")
    manager.upgrade()
    text = (folder / "schema.sql").read_text()
    text = text.replace("'cross'", "'cross', 'glad'").replace(
        "feels mood", "feels mood DEFAULT 'glad'"
    )
    (folder / "schema.sql").write_text(text)
    made = manager.autogenerate("glad")
    assert made
    assert len(made.paths) == 2
    assert made.path == made.paths[-1]
    assert manager.heads() == [made.version]
    assert manager.upgrade() == 2


def test_an_open_transaction_of_the_engine(manage: Manage, engine: Engine, folder: Path) -> None:
    manager = manage(lock_wait=1)
    write(folder, "1", "CREATE TABLE a (x int);", "DROP TABLE a;")
    write(folder, "2", "ALTER TABLE a ADD y int;", "ALTER TABLE a DROP y;")
    engine.execute("BEGIN")
    engine.fetch_one("SELECT 1 FROM pg_catalog.pg_class")
    assert manager.upgrade("1") == 1
    engine.fetch_all("SELECT * FROM a")
    with pytest.raises(UsageError, match=r"public\.a locked"):
        manager.upgrade()
    with pytest.raises(psycopg.Error):
        engine.execute("SELECT 1/0")
    assert manager.downgrade() == 1  # what has failed keeps no locks
    engine.connection.rollback()
    assert manager.upgrade() == 2
    engine.close()
    assert manager.downgrade("base") == 2


def test_several_threads_upgrade_once(manage: Manage, engine: Engine, folder: Path) -> None:
    for number in range(1, 5):
        write(folder, str(number), f"CREATE TABLE t{number} (x int); SELECT pg_sleep(0.02);")
    managers = [manage() for _ in range(4)]
    counts: list[int] = []
    threads = [
        threading.Thread(target=lambda one=one: counts.append(one.upgrade())) for one in managers
    ]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sum(counts) == 4
    assert len(counts) == 4
    assert engine.fetch_one("SELECT count(*) FROM _psqlmodel_migrations") == (4,)


@pytest.mark.parametrize(
    "take", [MigrationManager, StateManager, SchemaHasher().hash_database_schema]
)
def test_what_is_no_engine_is_told(take: Callable[[object], object]) -> None:
    with pytest.raises(UsageError, match="takes psqlmigrate's engine"):
        take("postgresql://me@host/db")


def test_branches_are_merged_and_squashed(manage: Manage, engine: Engine, folder: Path) -> None:
    manager = manage()
    head = "-- depends_on: 20260101_000000\n"
    tables = {"20260101_000000": "a", "20260102_000000": "b", "20260103_000000": "c"}
    for version, name in tables.items():
        stated = head if name != "a" else ""
        text = f"{stated}-- psqlmigrate: up\nCREATE TABLE {name} (i int);\n"
        text += f"-- psqlmigrate: down\nDROP TABLE {name};\n"
        (folder / "migrations" / f"{version}_{name}.sql").write_text(text)
    assert manager.heads() == ["20260102_000000", "20260103_000000"]
    merged = manager.merge("join b and c")
    assert merged
    assert manager.merge("again") is None
    assert manager.upgrade() == 4
    squashed = manager.squash("first schema", first="20260101_000000", last=manager.heads()[0])
    assert squashed
    assert manager.upgrade() == 0
    assert manager.status().current_version == manager.heads()[0]
    assert manager.verify() == []
    assert [one[0] for one in engine.fetch_all("SELECT count(*) FROM a, b, c")] == [0]


def test_seeds_are_loaded_twice_and_are_there_once(
    manage: Manage, engine: Engine, folder: Path
) -> None:
    manager = manage()
    engine.execute("CREATE TABLE users (id int PRIMARY KEY, email text)")
    (folder / "migrations" / "seeds").mkdir()
    seeds = folder / "migrations" / "seeds" / "dev.json"
    seeds.write_text('{"users": [{"id": 1, "email": "a@example.com"}]}')
    first = manager.seed("dev", dry_run=True)
    assert first == manager.seed("dev")
    assert list(first.values()) == [{"inserted": 1, "updated": 0, "unchanged": 0}]
    again = manager.seed(file=seeds)
    assert list(again.values()) == [{"inserted": 0, "updated": 0, "unchanged": 1}]
    with pytest.raises(UsageError, match="prod"):
        manager.seed("prod")
    seeds.write_text('{"users": [{"id": "one"}]}')
    with pytest.raises(SeedError, match="users") as caught:
        manager.seed("dev")
    assert "id" in f"{caught.value.message}{caught.value.details}"


def test_a_file_in_the_place_of_the_directory(manage: Manage, folder: Path) -> None:
    (folder / "file").touch()
    manager = manage()
    manager.config.migrations_path = "file"
    for act in (manager.init, manager.status, manager.upgrade, manager.heads):
        with pytest.raises(UsageError, match="file is no directory"):
            act()


def test_a_directory_that_cannot_be_made_leaves_no_tables(engine: Engine) -> None:
    manager = MigrationManager(engine, MigrationConfig(migrations_path="/proc/nope"))
    with pytest.raises(UsageError, match="/proc/nope"):
        manager.init()
    assert engine.fetch_one("SELECT to_regclass('_psqlmodel_migrations')") == (None,)


def test_what_is_no_text_is_told_as_such(manage: Manage, engine: Engine) -> None:
    manager, wrong = manage(), 3
    nothing: Any = wrong
    for call in (manager.autogenerate, manager.merge, manager.squash, manager.stamp):
        with pytest.raises(UsageError, match="is text, and 3 is none"):
            call(nothing)
    with pytest.raises(UsageError, match='"nope" is no baseline'):
        manager.autogenerate("x", baseline="nope")
    with pytest.raises(UsageError, match="takes a MigrationConfig, and 3 is none"):
        MigrationManager(engine, nothing)


def test_an_empty_url_is_not_another_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://production/app")
    for empty in ("", "  "):
        with pytest.raises(UsageError, match="is empty"):
            create_engine(empty)
