"""The engine: what it takes, what SQL means to it, and what it says of drift."""

import subprocess
import sys
import threading
import warnings
from pathlib import Path

import psycopg
import pytest

import psqlmigrate
from psqlmigrate import (
    Engine,
    MigrationConfig,
    MigrationError,
    SchemaDriftError,
    SchemaDriftWarning,
    create_engine,
    exceptions,
    migrations,
)
from psqlmigrate.errors import ConnectionFailedError, NoTargetError, UsageError


def _drift(url: str, **options: object) -> list[str]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        create_engine(url, config=MigrationConfig(**options)).close()  # type: ignore[arg-type]
    assert all(one.category is SchemaDriftWarning for one in caught)
    assert all(one.filename == __file__ for one in caught)
    return [str(one.message) for one in caught]


def test_without_params_percent_and_colon_are_data(engine: Engine) -> None:
    row = engine.fetch_one("SELECT '100%', ':x', '%s %(a)s', 'a'::text")
    assert row == ("100%", ":x", "%s %(a)s", "a")
    assert engine.fetch_one("SELECT %s, '%%'", ("it's",)) == ("it's", "%")
    assert engine.fetch_one("SELECT %(a)s", {"a": 5}) == (5,)


def test_every_method_of_a_migrations_engine(engine: Engine) -> None:
    engine.execute("CREATE TABLE t (a int); INSERT INTO t VALUES (1), (2); SELECT ';'")
    engine.execute_sql("INSERT INTO t VALUES (3)")
    assert engine.fetch_all("SELECT a FROM t ORDER BY a") == [(1,), (2,), (3,)]
    assert engine.fetch_one("SELECT a FROM t WHERE a = %s", [9]) is None
    assert engine.fetch_all("UPDATE t SET a = a") == []
    assert engine.execute("  ") is None
    cursor = engine.execute("SELECT 1 AS one")
    assert cursor
    assert cursor.description
    assert cursor.description[0].name == "one"
    assert engine.connection.autocommit


def test_errors_are_those_of_the_driver(engine: Engine) -> None:
    with pytest.raises(psycopg.errors.UndefinedTable):
        engine.execute("SELECT * FROM nowhere")
    with pytest.raises(UsageError, match="several statements with params"):
        engine.execute("SELECT %s; SELECT 2", (1,))
    for nothing in (5, None, ["SELECT 1"]):
        with pytest.raises(TypeError, match="SQL is text"):
            engine.execute(nothing)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    with pytest.raises(UsageError, match=r"unclosed|quote"):
        engine.execute("SELECT 1; SELECT 'x")
    assert engine.fetch_one("SELECT 1") == (1,)


def test_a_lost_or_closed_connection_is_opened_anew(engine: Engine) -> None:
    first = engine.connection.info.backend_pid
    with psycopg.connect(engine.connection.info.dsn, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s)", (first,))
    with pytest.raises(psycopg.OperationalError):
        engine.execute("SELECT 1")
    assert engine.fetch_one("SELECT 1") == (1,)
    engine.close()
    engine.close()
    assert engine.fetch_one("SELECT 2") == (2,)


def test_closing_rolls_back(engine: Engine) -> None:
    engine.execute("CREATE TABLE t (a int)")
    engine.execute("BEGIN; INSERT INTO t VALUES (1)")
    engine.close()
    assert engine.fetch_all("SELECT * FROM t") == []


def test_threads_share_one_connection(engine: Engine) -> None:
    found: list[object] = []

    def ask(number: int) -> None:
        query = "SELECT %s + pg_backend_pid()"
        found.extend(engine.fetch_one(query, (number,)) for _ in range(20))

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    pid = engine.connection.info.backend_pid
    assert set(found) == {(pid + number,) for number in range(4)}
    assert len(found) == 80


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
def test_urls_of_the_command_line(folder: Path, url: str, scheme: str) -> None:
    assert folder.is_dir()
    with create_engine(url.replace("postgresql", scheme)) as engine:
        assert engine.fetch_one("SELECT 1") == (1,)
        assert engine.target.source == "create_engine"


def test_a_wrong_url_is_told_at_once_and_never_repeated(folder: Path) -> None:
    assert folder.is_dir()
    with pytest.raises(UsageError) as caught:
        create_engine("mysql://me:hunter2@host/db")
    assert "from create_engine" in caught.value.message
    assert "hunter2" not in str(caught.value)
    with pytest.raises(NoTargetError):
        create_engine()


def test_a_url_that_is_no_text(folder: Path) -> None:
    with pytest.raises(UsageError, match="no text"):
        create_engine(folder)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def test_without_a_url_it_is_the_command_lines_database(
    folder: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert folder.is_dir()
    monkeypatch.setenv("DATABASE_URL", url)
    with create_engine() as engine:
        assert engine.fetch_one("SELECT current_database()") == (engine.target.params["dbname"],)


def test_nothing_is_connected_before_it_is_needed(folder: Path) -> None:
    assert folder.is_dir()
    engine = create_engine("postgresql://me:hunter2@127.0.0.1:9/none")
    with pytest.raises(ConnectionFailedError) as caught:
        engine.execute("SELECT 1")
    assert "hunter2" not in str(caught.value) + caught.value.hint + repr(engine)


def test_drift_is_a_warning_where_models_are_configured(folder: Path, url: str) -> None:
    assert _drift(url) == []
    (folder / "psqlmigrate.toml").write_text('models = ["schema.sql"]')
    (told,) = _drift(url)
    assert told.startswith("[PSQLMIGRATE] Schema drift detected: ")
    assert "+public.users" in told
    assert ". Run '" in told
    with create_engine(url, check_schema_drift=False) as engine:
        engine.execute((folder / "schema.sql").read_text())
    assert _drift(url) == []
    with create_engine(url) as engine:
        engine.execute("ALTER TABLE users ALTER email DROP NOT NULL")
    (told,) = _drift(url, models="schema.sql")
    assert "detected: ~public.users. Run '" in told


def test_drift_is_an_error_on_demand(url: str, folder: Path) -> None:
    assert folder.is_dir()
    with pytest.raises(SchemaDriftError) as caught:
        create_engine(url, config=MigrationConfig(models="schema.sql", fail_on_drift=True))
    assert "+public.users" in caught.value.warnings
    config = MigrationConfig(debug=True)
    with pytest.raises(SchemaDriftError):
        create_engine(url, config=config, models=["schema.sql"], fail_on_drift=True)
    assert config == MigrationConfig(debug=True)
    assert not config.fail_on_drift


def test_drift_is_told_to_the_logger_as_well(folder: Path, url: str) -> None:
    assert folder.is_dir()
    lines: list[str] = []
    told = _drift(url, models=["schema.sql"], logger=lines.append)
    assert lines == told
    assert len(lines) == 1


def test_models_that_cannot_be_read_are_told_and_never_no_change(folder: Path, url: str) -> None:
    (folder / "shop.py").write_text("import no_such_module_here\n")
    (told,) = _drift(url, models="shop", python=sys.executable)
    assert "not compared" in told
    assert "no_such_module_here" in told
    (told,) = _drift(url, models="missing.sql")
    assert "missing.sql" in told
    with pytest.raises(MigrationError, match="no_such_module_here"):
        create_engine(
            url, config=MigrationConfig(models="shop", python=sys.executable, fail_on_drift=True)
        )


def test_an_unreachable_database_is_told_too(folder: Path) -> None:
    assert folder.is_dir()
    (told,) = _drift("postgresql://me:hunter2@127.0.0.1:9/none", models="schema.sql")
    assert "not compared: cannot connect" in told
    assert "hunter2" not in told


def test_what_psqlmodels_migrations_export_is_here() -> None:
    for name in ("SchemaHasher", "SchemaDiffer", "StateManager", "MigrationStatus"):
        assert getattr(psqlmigrate, name).__name__ == name
    assert migrations.Migration is psqlmigrate.Migration
    assert migrations.DataMigration is psqlmigrate.DataMigration
    assert len(exceptions.__all__) == 7
    for name in exceptions.__all__:
        assert getattr(exceptions, name) is getattr(psqlmigrate, name)


def test_importing_the_package_imports_no_driver() -> None:
    program = (
        "import sys, psqlmigrate; names = set(psqlmigrate.__all__) - {'__version__'};"
        "assert not {'psycopg', 'rich', 'click'} & set(sys.modules);"
        "[getattr(psqlmigrate, name) for name in names]; assert 'psycopg' in sys.modules;"
        "assert not {'rich', 'click'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
    with pytest.raises(AttributeError, match="nonsense"):
        psqlmigrate.nonsense  # noqa: B018
