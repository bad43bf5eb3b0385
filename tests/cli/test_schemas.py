"""Which schemas are compared, what is left alone, and what people are told about it."""

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cli.conftest import Run, url_of
from psqlmigrate.postgres.connect import connect
from psqlmigrate.postgres.target import Target


def _first(run: Run) -> None:
    assert run("init", "--models", "schema.sql")[0] == 0
    assert run("autogenerate", "first")[0] == 0
    assert run("upgrade")[0] == 0


def _sql(database: Target, text: str) -> None:
    with connect(database) as connection:
        connection.execute(text.encode())


def _add(project: Path, text: str) -> None:
    with (project / "schema.sql").open("a") as file:
        file.write(text)


def _status(run: Run, *options: str) -> dict[str, object]:
    result: dict[str, object] = json.loads(run("status", "--json", *options)[1])["result"]
    return result


def _drift(run: Run, *options: str) -> list[tuple[str, str, str]]:
    found = json.loads(run("status", "--json", *options)[1])["result"]["drift"]
    return [(one["object"]["symbol"], one["object"]["name"], one["found"]) for one in found]


@pytest.mark.parametrize("options", [(), ("--no-models",)])
def test_status_finds_what_was_changed_by_hand(
    run: Run, database: Target, options: tuple[str, ...]
) -> None:
    _first(run)
    assert _drift(run, *options) == []
    _sql(database, "ALTER TABLE customers ALTER created_at DROP DEFAULT")
    by_hand = "database, not in any migration"
    assert _drift(run, *options) == [("~", "public.customers", by_hand)]
    code, out, _ = run("status", "--full", "--exit-code", *options)
    assert code == 1
    assert "~ created_at   - default now()" in out
    _sql(database, "DROP VIEW open_orders; CREATE INDEX mine ON orders (total)")
    assert _drift(run, *options) == [
        ("~", "public.customers", by_hand),
        ("+", "public.mine", by_hand),
        ("-", "public.open_orders", by_hand),
    ]


def test_what_no_migration_made_is_unmanaged(run: Run, database: Target) -> None:
    _sql(database, "CREATE TABLE legacy (a int); CREATE INDEX ON legacy (a)")
    _first(run)
    result = _status(run)
    assert result["unmanaged"] == ["table public.legacy"]
    assert result["drift"] == []
    assert "1 object" in run("status")[1]
    assert run("check")[0] == 0
    assert "nothing to do" in run("autogenerate", "again")[1]
    assert run("validate") == (1, "-index public.legacy_a_idx\n-public.legacy\n", "")


def test_orphans_are_dropped_on_request(run: Run, project: Path, database: Target) -> None:
    _first(run)
    _sql(database, "CREATE TABLE legacy (a int)")
    code, out, _ = run("autogenerate", "tidy up", "--drop-orphans")
    assert code == 0
    assert "- public.legacy   table, 1 column" in out
    assert "data loss" in out
    text = next((project / "migrations").glob("*tidy_up.py")).read_text()
    assert "DROP TABLE public.legacy" in text
    assert run("upgrade")[0] == 0
    assert _status(run)["unmanaged"] == []


def test_the_baseline_is_the_database_once_all_is_applied(run: Run, project: Path) -> None:
    _first(run)
    _add(project, "CREATE TABLE more (a int);")
    code, out, _ = run("check")
    assert code == 1
    assert "+ public.more   table, 1 column" in out
    assert "1 migration applied" in run("autogenerate", "second")[1]
    assert "2 migrations" in run("check")[1]
    assert "1 migration applied" not in run("check")[1]
    code, _, err = run("check", "--baseline", "database")
    assert code == 2
    assert "1 migration not applied" in err


def test_a_change_by_hand_does_not_hide_a_missing_migration(
    run: Run, project: Path, database: Target
) -> None:
    _first(run)
    _sql(database, "CREATE INDEX totals ON orders (total)")
    _add(project, "CREATE INDEX totals ON orders (total);")
    code, out, _ = run("check")
    assert code == 1
    assert "+ public.totals" in out
    assert "note: 1 object differs in the database" in out
    assert run("check", "--baseline", "database")[0] == 0


def test_check_needs_no_database(call: Run) -> None:
    assert call("init", "--offline", "--models", "schema.sql")[0] == 0
    assert call("check")[0] == 1
    assert call("autogenerate", "first")[0] == 0
    assert call("check")[0] == 0
    code, out, _ = call("check", "--url", "postgresql://nobody@127.0.0.1:1/none")
    assert code == 0
    assert "the database was not looked at" in out


def test_an_empty_migration(run: Run, project: Path) -> None:
    run("init")
    assert run("autogenerate", "by hand", "--empty", "--sql")[0] == 0
    path = next((project / "migrations").glob("*by_hand.sql"))
    assert path.read_text().count("psqlmigrate:") == 2
    assert run("upgrade")[0] == 0


def test_indexes_are_built_concurrently_on_request(
    run: Run, project: Path, database: Target
) -> None:
    _first(run)
    _add(project, "CREATE INDEX totals ON orders (total); CREATE TABLE n (a int UNIQUE);")
    code, out, _ = run("autogenerate", "totals", "--concurrently")
    assert code == 0
    assert "cannot run in a transaction" in out
    built = next((project / "migrations").glob("*totals_indexes.py")).read_text()
    assert "transactional = False" in built
    assert "CREATE INDEX CONCURRENTLY totals" in built
    assert "DROP INDEX CONCURRENTLY public.totals" in built
    assert run("upgrade")[0] == 0
    assert run("downgrade", "-2")[0] == 0
    assert run("upgrade")[0] == 0
    assert run("check")[0] == 0
    with connect(database) as connection:
        query = "SELECT indisvalid FROM pg_index WHERE indexrelid = 'totals'::regclass"
        assert connection.execute(query).fetchone() == (True,)


def test_a_snapshot_stands_for_its_schema(run: Run, project: Path) -> None:
    _first(run)
    code, out, _ = run("snapshot")
    assert code == 0
    (project / "then.json").write_text(out)
    assert run("snapshot", "models")[1] == out
    assert run("diff", "then.json", "models", "--exit-code") == (0, "", "")
    _add(project, "CREATE TABLE more (a int);")
    assert "CREATE TABLE public.more" in run("diff", "then.json", "models")[1]
    assert "DROP TABLE public.more" in run("diff", "models", "then.json")[1]
    (project / "bad.json").write_text('{"format": 1}')
    code, _, err = run("diff", "bad.json", "models")
    assert code == 5
    assert "bad.json is no snapshot" in err


def test_migrations_until_a_version(run: Run, project: Path) -> None:
    _first(run)
    version = run("current")[1].strip()
    _add(project, "CREATE TABLE more (a int);")
    run("autogenerate", "second")
    assert "CREATE TABLE public.more" in run("diff", f"migrations@{version}", "migrations")[1]
    assert run("diff", "migrations@1999", "migrations")[0] == 2
    assert run("diff", "nonsense", "empty")[0] == 2


def test_what_is_ignored_stays_as_it_is(run: Run, project: Path, database: Target) -> None:
    _first(run)
    with (project / "psqlmigrate.toml").open("a") as file:
        file.write('ignore = ["view", "index:*_tmp", "audit.*"]\n')
    _add(
        project,
        "CREATE SCHEMA audit; CREATE TABLE audit.log (a int); CREATE VIEW v AS SELECT 1 AS a;"
        "CREATE INDEX orders_tmp ON orders (total);",
    )
    code, out, _ = run("check")
    assert code == 1
    assert [line for line in out.splitlines() if line.startswith(" ")] == [" + audit   schema"]
    _sql(database, "DROP VIEW open_orders")
    assert _drift(run, "--no-models") == []


def test_only_the_schemas_that_are_named(run: Run, project: Path) -> None:
    _add(project, "CREATE SCHEMA other; CREATE TABLE other.t (a int);")
    out = run("diff", "empty", "schema.sql", "--schema", "other")[1]
    assert "CREATE TABLE other.t" in out
    assert "public." not in out


def test_models_and_migrations_of_a_profile(
    call: Run, project: Path, database: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "schema.sql").rename(project / "other.sql")
    save = ("users", "--save", "dev", "--default", "--models-path", "other.sql")
    assert call(*save, "--migrations-path", "steps", "--url", url_of(database))[0] == 0
    assert call("init")[0] == 0
    assert call("autogenerate", "first")[0] == 0
    assert len(list((project / "steps").glob("*_first.py"))) == 1
    assert call("upgrade")[0] == 0
    assert call("check")[0] == 0
    monkeypatch.setenv("DATABASE_URL", url_of(database))
    assert "no models are named" in call("check")[2]


def test_roles_that_are_missing_are_made_in_scratch(call: Run, project: Path) -> None:
    _add(project, "CREATE POLICY p ON orders TO somebody_new USING (true);")
    call("init", "--offline", "--models", "schema.sql")
    assert call("autogenerate", "first")[0] == 0
    assert call("check")[0] == 0


def test_a_frozen_moment_is_refused(run: Run, project: Path) -> None:
    _add(project, "CREATE TABLE frozen (at timestamptz DEFAULT 'now');")
    code, _, err = run("check", "--models", "schema.sql")
    assert code == 3
    assert "default public.frozen.at" in err
    assert "write now()" in err


@pytest.mark.parametrize(
    ("column", "default"),
    [
        ("date", "'today'"),
        ("timestamptz", "' Tomorrow'"),
        ("timestamp", "'yesterday'::date"),
        ("time", "'now'"),
    ],
)
def test_a_frozen_day_is_refused(run: Run, project: Path, column: str, default: str) -> None:
    today = datetime.now(UTC)
    _add(project, f"CREATE TABLE frozen (a int, at {column} DEFAULT {default});")
    code, _, err = run("check", "--models", "schema.sql")
    assert code == 3
    assert "default public.frozen.at" in err
    assert "CURRENT_DATE" in err
    text = f"CREATE TABLE written (at date DEFAULT '{today:%Y-%m-%d}', w text DEFAULT 'today');"
    (project / "schema.sql").write_text(text)
    assert run("check", "--models", "schema.sql")[0] == 1


def test_a_damaged_state_file_is_left_alone(run: Run, project: Path) -> None:
    _first(run)
    path = project / "migrations" / ".schema_state.json"
    assert '"table:public.customers": "sha256:' in path.read_text()
    path.write_text("{")
    _add(project, "CREATE TABLE more (a int);")
    code, out, err = run("autogenerate", "second")
    assert (code, out) == (5, "")
    assert ".schema_state.json is damaged" in err
    assert path.read_text() == "{"
    assert len(list((project / "migrations").glob("*.py"))) == 1


def test_two_runs_at_once_never_write_the_same_change_twice(run: Run, project: Path) -> None:
    run("init", "--models", "schema.sql")
    command = [sys.executable, "-m", "psqlmigrate", "autogenerate", "first"]
    processes = [
        subprocess.Popen(command, cwd=project, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(3)
    ]
    results = [(one.communicate(timeout=120), one.returncode) for one in processes]
    written = list((project / "migrations").glob("*_first.py"))
    assert len(written) == 1
    assert run("upgrade")[0] == 0
    assert run("check")[0] == 0
    for (_, err), code in results:
        assert code in {0, 5}
        assert code == 0 or b"another run has changed" in err


CHAIN = (
    "CREATE SCHEMA app; CREATE TABLE app.t (a int, c int REFERENCES customers);"
    "CREATE VIEW app.z AS SELECT a FROM app.t; CREATE VIEW app.b AS SELECT a FROM app.z;"
)


@pytest.mark.parametrize("options", [(), ("--no-models",)])
def test_status_of_views_on_views(
    run: Run, project: Path, database: Target, options: tuple[str, ...]
) -> None:
    _add(project, CHAIN)
    _first(run)
    _sql(database, "CREATE OR REPLACE VIEW app.z AS SELECT a FROM app.t WHERE a > 0")
    assert _drift(run, *options) == [("~", "app.z", "database, not in any migration")]


@pytest.mark.parametrize("options", [(), ("--no-models",)])
def test_status_of_one_schema(
    run: Run, project: Path, database: Target, options: tuple[str, ...]
) -> None:
    _add(project, CHAIN)
    _first(run)
    assert _drift(run, "--schema", "app", *options) == []
    _sql(database, "ALTER TABLE customers ALTER created_at DROP DEFAULT; CREATE TABLE mine (a int)")
    assert _drift(run, "--schema", "app", *options) == []
    assert _status(run, "--schema", "app", *options)["unmanaged"] == []
    _sql(database, "ALTER TABLE app.t ALTER a SET NOT NULL")
    by_hand = [("~", "app.t", "database, not in any migration")]
    assert _drift(run, "--schema", "app", *options) == by_hand


COMPARING = {
    "status": ("status",),
    "status without models": ("status", "--no-models"),
    "check": ("check",),
    "autogenerate": ("autogenerate", "second"),
    "drift": ("drift",),
    "validate": ("validate",),
    "diff": ("diff", "models", "database"),
    "snapshot": ("snapshot", "database"),
}


def test_a_schema_that_nobody_has_is_an_error(run: Run, project: Path, database: Target) -> None:
    assert run("init", "--from-database", "--schema", "pubic")[0] == 2
    _add(project, "CREATE SCHEMA billing; CREATE TABLE billing.t (a int);")
    _first(run)
    for command in COMPARING.values():
        code, out, err = run(*command, "--schema", "biling")
        assert (code, out) == (2, ""), command
        assert 'there is no schema "biling" in ' in err
        assert "did you mean billing?" in err
        assert run(*command, "--schema", "billing")[0] == 0
    _sql(database, "DROP SCHEMA billing CASCADE")
    for command in (("status", "--no-models"), ("drift",)):
        assert run(*command, "--schema", "billing")[0] in {0, 1}


def test_the_configuration_may_name_a_schema_that_comes_later(run: Run, project: Path) -> None:
    _first(run)
    with (project / "psqlmigrate.toml").open("a") as file:
        file.write('schemas = ["public", "later"]\n')
    for command in COMPARING.values():
        assert run(*command)[0] == 0, command
    text = (project / "psqlmigrate.toml").read_text()
    (project / "psqlmigrate.toml").write_text(text.replace('"public", "later"', '"pubic"'))
    assert "did you mean public?" in run("check")[2]


@pytest.mark.parametrize("certified", [False, True])
def test_what_a_migration_found_is_managed(
    run: Run, project: Path, database: Target, *, certified: bool
) -> None:
    run("init", "--models", "schema.sql")
    (project / "schema.sql").write_text("CREATE TABLE found (a int);")
    (project / "migrations" / "20250101_000000_found.sql").write_text(
        "-- psqlmigrate: up\nCREATE TABLE IF NOT EXISTS found (a int);\n"
        "-- psqlmigrate: down\nDROP TABLE found;\n"
    )
    if certified:
        assert run("verify", "--certify", "20250101_000000")[0] == 0
    _sql(database, "CREATE TABLE found (a int); CREATE TABLE mine (a int)")
    assert run("upgrade")[0] == 0
    for options in ((), ("--no-models",)):
        result = _status(run, *options)
        assert (result["unmanaged"], result["drift"]) == (["table public.mine"], [])
    assert json.loads(run("drift", "--json")[1])["result"]["unmanaged"] == ["table public.mine"]
    _sql(database, "ALTER TABLE found ADD b int")
    assert _drift(run, "--no-models") == [("~", "public.found", "database, not in any migration")]


PARTITIONED = "CREATE TABLE events (id int, at date) PARTITION BY RANGE (at);"
PARTITION = (
    "CREATE TABLE events_25 PARTITION OF events FOR VALUES FROM ('{}-01-01') TO ('{}-12-31')"
)


def test_a_partition_made_by_hand_keeps_its_rows(run: Run, project: Path, database: Target) -> None:
    """Partitions come and go with time, and dropping one takes its rows: each is unmanaged."""
    _add(project, PARTITIONED)
    _first(run)
    _sql(database, PARTITION.format(2025, 2025))
    _sql(database, "INSERT INTO events VALUES (1, '2025-02-03')")
    _stays_unmanaged(run)
    # A change of the parent reaches it; it does not become the migration's by that.
    _add(project, "ALTER TABLE events ADD note text;")
    assert run("autogenerate", "note")[0] == 0
    assert run("upgrade")[0] == 0
    _stays_unmanaged(run)
    later = project / "migrations" / "29990101_000000_by_hand.sql"
    later.write_text("-- psqlmigrate: up\nALTER TABLE events ADD more text;\n")
    _add(project, "ALTER TABLE events ADD more text;")
    assert run("upgrade")[0] == 0
    _stays_unmanaged(run)
    with connect(database) as connection:
        assert connection.execute("SELECT count(*) FROM events").fetchone() == (1,)


def _stays_unmanaged(run: Run) -> None:
    for options in ((), ("--no-models",)):
        result = _status(run, *options)
        assert (result["unmanaged"], result["drift"]) == (["table public.events_25"], [])
    drift = json.loads(run("drift", "--json")[1])["result"]
    assert (drift["unmanaged"], drift["objects"]) == (["table public.events_25"], [])
    assert run("check")[0] == 0
    assert "nothing to do" in run("autogenerate", "again")[1]
    assert "nothing to do" in run("autogenerate", "again", "--baseline", "database")[1]


def test_a_view_that_says_a_new_name_stays_unmanaged(
    run: Run, project: Path, database: Target
) -> None:
    _add(project, "CREATE TABLE books (name text);")
    _first(run)
    _sql(database, "CREATE VIEW mine AS SELECT name FROM books")
    text = (project / "schema.sql").read_text()
    (project / "schema.sql").write_text(text.replace("books (name", "books (title"))
    assert run("autogenerate", "rename", "--rename", "books.name:title")[0] == 0
    assert run("upgrade")[0] == 0
    assert _status(run)["unmanaged"] == ["view public.mine"]
    assert "nothing to do" in run("autogenerate", "again")[1]


def test_validate_follows_hints_of_former_names(run: Run, project: Path) -> None:
    _add(project, "CREATE TABLE people (nick text);\nCREATE TABLE kept (\n  a int\n);\n")
    _first(run)
    text = (project / "schema.sql").read_text()
    text = text.replace(
        "CREATE TABLE people", "-- psqlmigrate: renamed from people\nCREATE TABLE humans"
    )
    text = text.replace("  a int\n", "  b int -- psqlmigrate: renamed from a\n")
    (project / "schema.sql").write_text(text)
    code, out, _ = run("validate")
    assert code == 1
    assert out.splitlines() == [
        "~public.humans (public.people is public.humans now)",
        "~public.kept (public.kept.a is public.kept.b now)",
    ]
    assert run("autogenerate", "names")[0] == 0
    assert run("upgrade")[0] == 0
    assert run("validate")[0] == 0


def test_a_name_that_postgresql_cuts_is_told_and_no_change(run: Run, project: Path) -> None:
    name = "a_table_whose_name_has_far_more_letters_than_postgresql_would_ever_keep"
    _add(project, f"\nCREATE TABLE {name} (a int);\nCREATE INDEX {name}_a ON {name} (a);")
    run("init", "--models", "schema.sql")
    code, _, err = run("autogenerate", "first")
    assert (code, "are one name to PostgreSQL" in err) == (3, True)
    text = (project / "schema.sql").read_text()
    (project / "schema.sql").write_text(text.replace(f"{name}_a ", "shorter "))
    code, out, _ = run("autogenerate", "first")
    assert code == 0
    assert f'"{name}" has 71 bytes, and PostgreSQL cuts it to "{name[:63]}"' in out
    assert run("upgrade")[0] == 0
    code, out, _ = run("check")
    assert code == 0
    assert f'cuts it to "{name[:63]}"' in out
    assert "nothing to do" in run("autogenerate", "again")[1]
    assert run("status", "--exit-code")[0] == 0


def test_changes_are_told_in_words_and_names_as_sql_has_them(run: Run, project: Path) -> None:
    text = """
        CREATE SCHEMA "S1";
        CREATE TABLE "S1"."Order" (id int GENERATED ALWAYS AS IDENTITY, "group" int DEFAULT 1);
        CREATE TABLE "S1".kid () INHERITS ("S1"."Order");
        COMMENT ON COLUMN "S1"."Order"."group" IS 'x';
        COMMENT ON SCHEMA "S1" IS 'x';
    """
    (project / "schema.sql").write_text(text)
    run("init", "--models", "schema.sql")
    run("autogenerate", "first")
    assert run("upgrade")[0] == 0
    for old, new in (
        ("DEFAULT 1", "NOT NULL DEFAULT 2"), ("ALWAYS", "BY DEFAULT"), ("IS 'x'", "IS 'y'")
    ):  # fmt: skip
        text = text.replace(old, new)
    (project / "schema.sql").write_text(text)
    code, out, _ = run("check")
    assert code == 1
    assert ' ~ "S1"."Order"\n' in out
    assert '~ "group"   not null no → yes, comment x → y, default 1 → 2' in out
    assert "~ id   generated always → by default" in out
    assert "~ comment   x → y" in out
    assert "own" not in out
    names = {one["name"] for one in json.loads(run("check", "--json")[1])["result"]["objects"]}
    assert names >= {"S1", "S1.Order", "S1.kid"}
    with (project / "psqlmigrate.toml").open("a") as file:
        file.write("""ignore = ['table:"S1".*', "schema:S1"]\n""")
    assert run("check")[0] == 0
