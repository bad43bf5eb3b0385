"""drift: what was changed by hand, SQL that undoes it, or a migration that keeps it."""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from cli.conftest import Run, url_of
from psqlmigrate.postgres.binaries import available_binaries
from psqlmigrate.postgres.connect import connect, server_major
from psqlmigrate.postgres.embedded import scratch_server
from psqlmigrate.postgres.target import Target
from psqlmigrate.service import generating

_PSQL = shutil.which("psql") or "psql"


@pytest.fixture
def migrated(run: Run) -> Run:
    run("init", "--models", "schema.sql")
    run("autogenerate", "first")
    assert run("upgrade")[0] == 0
    return run


def _execute(database: Target, *statements: str) -> None:
    with connect(database) as connection:
        for one in statements:
            connection.execute(one.encode())


def _psql(database: Target, script: str) -> None:
    subprocess.run(
        [_PSQL, "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", url_of(database)],
        input=script,
        text=True,
        check=True,
        capture_output=True,
    )


CHANGES = {
    "column": ("ALTER TABLE customers ADD extra text",),
    "dropped column": ("ALTER TABLE customers DROP name",),
    "type": ("ALTER TABLE customers ALTER name TYPE text",),
    "index": ('CREATE INDEX "An %s Index" ON customers (name)',),
    "dropped table": ("DROP TABLE orders CASCADE",),
    "type of a new kind": (
        "CREATE TYPE mood AS ENUM ('sad', 'it''s; fine')",
        "ALTER TABLE customers ADD mood mood NOT NULL DEFAULT 'sad'",
    ),
    "label": ("ALTER TYPE order_state ADD VALUE 'lost'",),
    "strange name": ('ALTER TABLE customers ADD "a\nb; DROP TABLE orders; --" int',),
    "trigger": (
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        "CREATE TRIGGER t BEFORE INSERT ON customers FOR EACH ROW EXECUTE FUNCTION f()",
    ),
    "key to a table made by hand": (
        "CREATE TABLE country (code text PRIMARY KEY)",
        "ALTER TABLE customers ADD country text REFERENCES country",
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_the_sql_restores_it(migrated: Run, database: Target, change: str) -> None:
    assert migrated("drift")[:1] == (0,)
    _execute(database, *CHANGES[change])
    code, out, err = migrated("drift")
    assert code == 1
    assert out.startswith("-- drift: ")
    assert "hint: psqlmigrate drift" in err
    _psql(database, out)
    code, out, _ = migrated("drift")
    assert (code, out.splitlines()[0][:12]) == (0, "-- no drift:")
    assert migrated("status", "--no-models", "--exit-code")[0] == 0


@pytest.mark.parametrize(
    ("change", "suffix"),
    [*((one, ".py") for one in CHANGES), ("strange name", ".sql"), ("label", ".sql")],
)
def test_a_migration_keeps_it(
    migrated: Run, database: Target, project: Path, change: str, suffix: str
) -> None:
    _execute(database, *CHANGES[change])
    before = migrated("snapshot", "database")[1]
    further = ("--sql",) if suffix == ".sql" else ()
    code, out, _ = migrated("drift", "--to-migration", "it's\nkept", *further)
    assert code == 0
    assert "certified" in out
    assert "recorded as applied" in out
    assert migrated("snapshot", "database")[1] == before
    assert migrated("drift")[0] == 0
    assert migrated("status", "--no-models", "--exit-code")[0] == 0
    assert migrated("verify", "--replay")[0] == 0
    assert "nothing to do" in migrated("upgrade")[1]
    assert len(list((project / "migrations").glob(f"*_it_s_kept*{suffix}"))) >= 1
    # The models do not have it yet, and check says so.
    assert migrated("check")[0] == 1
    assert migrated("downgrade", "base")[0] == 0
    assert migrated("upgrade")[0] == 0
    assert migrated("diff", "database", "migrations") == (0, "", "")
    assert migrated("drift")[0] == 0


def test_nothing_to_keep(migrated: Run, project: Path) -> None:
    files = sorted(project.rglob("migrations/*"))
    code, out, _ = migrated("drift", "--to-migration", "x")
    assert code == 0
    assert "no drift" in out
    assert sorted(project.rglob("migrations/*")) == files


def test_data_loss_is_marked(migrated: Run, database: Target) -> None:
    _execute(database, "ALTER TABLE customers ADD extra text")
    out = migrated("drift")[1]
    lines = out.splitlines()
    drop = next(i for i, line in enumerate(lines) if "DROP COLUMN extra" in line)
    assert "data loss" in lines[drop - 1]
    document = json.loads(migrated("drift", "--json")[1])
    assert document["ok"] is True
    hazards = [one["hazards"] for one in document["result"]["statements"]]
    assert ["data loss"] in [[h for h in one if h == "data loss"] for one in hazards]


def test_unmanaged_things_are_left_alone(migrated: Run, database: Target) -> None:
    _execute(
        database,
        "CREATE TABLE notes (id int PRIMARY KEY, t text)",
        "INSERT INTO notes VALUES (1, 'a')",
        "CREATE VIEW names AS SELECT name FROM customers",
    )
    code, out, err = migrated("drift")
    assert code == 0
    assert "2 objects that no migration made: left alone" in err
    _execute(database, "ALTER TABLE customers ALTER name SET DEFAULT 'x'")
    out = migrated("drift")[1]
    assert "notes" not in out
    _psql(database, out)
    with connect(database) as connection:
        assert connection.execute("SELECT count(*) FROM notes, names").fetchone() == (0,)
        assert connection.execute("SELECT t FROM notes").fetchone() == ("a",)


def test_an_unmanaged_view_is_made_again(migrated: Run, database: Target) -> None:
    _execute(
        database,
        "CREATE VIEW names AS SELECT name FROM customers",
        "DROP VIEW names",
        "ALTER TABLE customers ALTER name TYPE text",
        "CREATE VIEW names AS SELECT name FROM customers",
    )
    _psql(database, migrated("drift")[1])
    assert migrated("drift")[0] == 0
    _execute(database, "SELECT name FROM names")


def test_no_sql_where_an_unmanaged_view_needs_it(migrated: Run, database: Target) -> None:
    _execute(
        database,
        "ALTER TABLE customers ADD extra text",
        "CREATE VIEW extras AS SELECT extra FROM customers",
    )
    code, out, err = migrated("drift")
    assert code == 1
    assert "-- no SQL undoes it: " in out
    assert "extras" in out
    assert "DROP" not in out
    assert "--to-migration" in err
    _psql(database, out)
    assert migrated("drift", "--to-migration", "keep extra")[0] == 0
    assert migrated("drift")[0] == 0


def test_pending_migrations_do_not_count(migrated: Run, database: Target, project: Path) -> None:
    schema = project / "schema.sql"
    schema.write_text(
        schema.read_text().replace("name varchar(80)", "phone text, name varchar(80)")
    )
    assert migrated("autogenerate", "second", "--baseline", "migrations")[0] == 0
    code, out, _ = migrated("drift")
    assert code == 0, out
    _execute(database, "CREATE INDEX by_hand ON customers (name)")
    code, out, _ = migrated("drift")
    assert code == 1
    assert "phone" not in out
    files = sorted(project.rglob("migrations/**/*"))
    code, _, err = migrated("drift", "--to-migration", "x")
    assert code == 5
    assert "pending" in err
    assert sorted(project.rglob("migrations/**/*")) == files
    assert migrated("upgrade")[0] == 0
    assert migrated("drift", "--to-migration", "x")[0] == 0
    assert migrated("drift")[0] == 0


def test_a_database_without_a_history(run: Run) -> None:
    code, out, err = run("drift")
    assert (code, out) == (5, "")
    assert "has no history" in err
    assert "psqlmigrate init" in err
    document = json.loads(run("drift", "--json")[1])
    assert document["error"]["code"] == "not_initialized"
    run("init")
    assert run("drift")[0] == 0


def test_several_heads(migrated: Run, database: Target, project: Path) -> None:
    first = next((project / "migrations").glob("*_first.py")).name[:15]
    for number in (1, 2):
        (project / "migrations" / f"2099010{number}_000000_x.sql").write_text(
            f"-- depends_on: {first}\n-- psqlmigrate: up\nCREATE TABLE t{number} (i int);\n"
            f"-- psqlmigrate: down\nDROP TABLE t{number};\n"
        )
    assert migrated("drift")[0] == 0
    assert migrated("upgrade", "heads")[0] == 0
    _execute(database, "ALTER TABLE t2 ADD j int")
    code, out, _ = migrated("drift")
    assert code == 1
    assert "DROP COLUMN j" in out
    code, _, err = migrated("drift", "--to-migration", "x")
    assert code == 5
    assert "heads" in err


def test_schema_and_ignore(migrated: Run, database: Target, project: Path) -> None:
    _execute(database, "ALTER TABLE customers ADD extra text", "CREATE INDEX tmp_i ON orders (id)")
    _execute(database, "CREATE SCHEMA other")
    assert migrated("drift", "--schema", "other")[0] == 0
    config = project / "psqlmigrate.toml"
    config.write_text(config.read_text() + 'ignore = ["index:public.tmp_*"]\n')
    code, out, _ = migrated("drift")
    assert code == 1
    assert "tmp_i" not in out
    _psql(database, out)
    assert migrated("drift")[0] == 0
    _execute(database, "ALTER TABLE customers ADD extra text", "SELECT 'tmp_i'::regclass")
    assert migrated("drift", "--to-migration", "x")[0] == 0
    assert "tmp_i" not in next((project / "migrations").glob("*_x.py")).read_text()
    assert migrated("drift")[0] == 0


def test_an_edited_or_missing_file(migrated: Run, project: Path) -> None:
    path = next((project / "migrations").glob("*.py"))
    text = path.read_text()
    path.write_text(text + "\n# edited\n")
    assert migrated("drift")[0] == 5
    path.unlink()
    code, _, err = migrated("drift")
    assert code == 5
    assert "missing" in err
    path.write_text(text)
    assert migrated("drift")[0] == 0


def test_a_rename_keeps_the_data(migrated: Run, database: Target, project: Path) -> None:
    _execute(database, "ALTER TABLE customers RENAME name TO full_name")
    code, out, _ = migrated("drift", "--to-migration", "r", "--rename", "customers.name:full_name")
    assert code == 0, out
    assert " ~ public.customers.name is public.customers.full_name now" in out
    text = next((project / "migrations").glob("*_r.py")).read_text()
    assert "RENAME COLUMN" in text
    assert "DROP COLUMN" not in text
    assert migrated("drift")[0] == 0
    assert migrated("downgrade")[0] == 0
    assert migrated("upgrade")[0] == 0


def test_migrations_without_certificates(run: Run, database: Target, project: Path) -> None:
    run("init", "--models", "schema.sql")
    (project / "migrations" / "20260101_000000_a.sql").write_text(
        "-- psqlmigrate: up\nCREATE TABLE a (i int);\n-- psqlmigrate: down\nDROP TABLE a;\n"
    )
    _execute(database, "CREATE TABLE a (i int, j int)", "CREATE TABLE b (i int)")
    assert run("stamp", "head")[0] == 0
    code, out, _ = run("drift")
    assert code == 1
    assert "DROP COLUMN j" in out
    assert "b" not in [line.split()[-1] for line in out.splitlines() if "TABLE" in line]
    assert run("drift", "--to-migration", "j")[0] == 0
    assert run("drift")[0] == 0
    assert run("status", "--no-models", "--exit-code")[0] == 0


def test_nothing_stays_when_it_fails(migrated: Run, database: Target, project: Path) -> None:
    _execute(database, "ALTER TABLE customers ADD extra text")
    files = {path: path.read_bytes() for path in project.rglob("migrations/**/*") if path.is_file()}
    # The history cannot be written: the migration must not stay, either.
    _execute(
        database,
        "ALTER TABLE _psqlmodel_migrations ADD CONSTRAINT no CHECK (message <> 'x')",
    )
    code, _, err = migrated("drift", "--to-migration", "x")
    assert code == 3, err
    now = {path: path.read_bytes() for path in project.rglob("migrations/**/*") if path.is_file()}
    assert now == files


def test_an_empty_message_is_refused(migrated: Run, database: Target) -> None:
    _execute(database, "ALTER TABLE customers ADD extra text")
    code, out, err = migrated("drift", "--to-migration", "")
    assert (code, out) == (2, "")
    assert "the message is empty" in err
    assert migrated("drift")[0] == 1


def test_a_new_value_and_other_changes(migrated: Run, database: Target) -> None:
    """Two migrations; rows that the second one costs are no loss of the first."""
    _execute(
        database,
        "ALTER TYPE order_state ADD VALUE 'gone'",
        "ALTER TABLE orders ADD CONSTRAINT few CHECK (id < 3)",
        "ALTER TABLE customers DROP COLUMN name CASCADE",
    )
    code, out, err = migrated("drift", "--to-migration", "x")
    assert (code, err) == (0, ""), err
    assert out.count("wrote migrations/") in {1, 2}
    assert migrated("drift")[0] == 0
    assert migrated("downgrade", "base")[0] == 0
    assert migrated("upgrade")[0] == 0


def test_options_that_need_another(migrated: Run) -> None:
    assert migrated("drift", "--sql")[0] == 2
    assert migrated("drift", "--rename", "a:b")[0] == 2


def test_a_renamed_table(migrated: Run, database: Target, project: Path) -> None:
    _execute(
        database,
        "INSERT INTO customers (email, name) VALUES ('a@b', 'A')",
        'ALTER TABLE customers RENAME TO "Our Clients"',
    )
    code, out, err = migrated("drift")
    assert code == 1
    assert "-- perhaps a rename: " in out
    text = json.loads(migrated("drift", "--json")[1])["result"]["offers"][0]
    assert text in out
    assert "if it was renamed" in err
    code, out, err = migrated("drift", "--to-migration", "r", "--rename", text)
    assert code == 0, err
    made = next((project / "migrations").glob("*_r.py")).read_text()
    assert "RENAME TO" in made
    assert "DROP TABLE" not in made
    assert migrated("drift")[0] == 0
    assert migrated("downgrade")[0] == 0
    with connect(database) as connection:
        assert connection.execute("SELECT name FROM customers").fetchone() == ("A",)


def test_the_database_changes_meanwhile(
    migrated: Run, database: Target, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _execute(database, "ALTER TABLE customers ADD extra text")
    files = {path: path.read_bytes() for path in project.rglob("migrations/**/*") if path.is_file()}

    def between(*arguments: object, **given: object) -> object:
        made = generating.write_certified(*arguments, **given)  # type: ignore[arg-type]  # passed on
        _execute(database, "ALTER TABLE customers ADD more text")
        return made

    monkeypatch.setattr("psqlmigrate.service.drifting.write_certified", between)
    code, _, err = migrated("drift", "--to-migration", "x")
    assert code == 5
    assert "changed while the migration was written" in err
    now = {path: path.read_bytes() for path in project.rglob("migrations/**/*") if path.is_file()}
    assert now == files


def test_scratch_of_another_major(
    run: Run, database: Target, project: Path, server: Target
) -> None:
    with connect(server) as connection:
        here = server_major(connection)
    others = sorted({one.major for one in available_binaries()} - {here})
    if not others:
        pytest.skip("there is only one PostgreSQL here")
    with scratch_server(others[0]) as elsewhere:
        (project / "psqlmigrate.toml").write_text(
            f'scratch_url = "{url_of(elsewhere)}"\nmodels = ["schema.sql"]\n'
        )
        assert run("init")[0] == 0
        assert run("autogenerate", "first")[0] == 0
        assert run("upgrade")[0] == 0
        assert run("drift")[0] == 0
        for _ in range(2):
            _execute(database, *CHANGES["column"], *CHANGES["index"])
            code, out, _ = run("drift")
            assert code == 1
            _psql(database, out)
            assert run("drift")[0] == 0
        _execute(database, *CHANGES["column"], *CHANGES["index"])
        code, _, err = run("drift", "--to-migration", "x")
        assert code == 0, err
        assert run("drift")[0] == 0


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            ("DROP VIEW open_orders", "CREATE SEQUENCE open_orders"),
            "already exists (sequence public.open_orders, which no migration made)",
        ),
        (
            ("ALTER TYPE order_state RENAME TO other", "CREATE TABLE order_state (i int)"),
            'type "order_state" already exists (table public.order_state, which no migration made)',
        ),
        (
            (
                "ALTER TABLE orders DROP CONSTRAINT orders_pkey",
                "CREATE TABLE x (i int CONSTRAINT orders_pkey PRIMARY KEY)",
            ),
            "(constraint public.x.orders_pkey, which no migration made)",
        ),
    ],
)
def test_an_unmanaged_thing_has_the_name(
    migrated: Run, database: Target, changes: tuple[str, ...], words: str
) -> None:
    """The SQL is tried out: it would fail on what is left alone."""
    _execute(database, *changes)
    code, out, _ = migrated("drift")
    assert code == 1
    assert "-- no SQL undoes it: " in out
    assert words in out


def test_a_serial_column_and_a_partition(run: Run, database: Target, project: Path) -> None:
    (project / "schema.sql").write_text(
        "CREATE TABLE m (i int) PARTITION BY LIST (i);\n"
        "CREATE TABLE m1 PARTITION OF m FOR VALUES IN (1);\nCREATE TABLE t (i int);\n"
    )
    assert run("init", "--models", "schema.sql")[0] == 0
    assert run("autogenerate", "first")[0] == 0
    assert run("upgrade")[0] == 0
    changes = (
        "CREATE TABLE m2 PARTITION OF m FOR VALUES IN (2)",
        "ALTER TABLE m ADD note text",
        "ALTER TABLE t ADD n serial",
        "INSERT INTO m VALUES (1, 'a'), (2, 'b')",
    )
    _execute(database, *changes)
    code, out, _ = run("drift")
    assert code == 1
    _psql(database, out)
    assert run("drift")[0] == 0
    with connect(database) as connection:
        assert connection.execute("SELECT i FROM m ORDER BY 1").fetchall() == [(1,), (2,)]
        assert connection.execute("SELECT to_regclass('t_n_seq')").fetchone() == (None,)
    _execute(database, *changes[1:3])
    assert run("drift", "--to-migration", "kept")[0] == 0
    assert run("drift")[0] == 0
    assert run("downgrade", "base")[0] == 0


@pytest.mark.usefixtures("without_aggregates")
def test_what_no_copy_can_have(migrated: Run, database: Target) -> None:
    _execute(
        database,
        "CREATE AGGREGATE best(int) (SFUNC = int4larger, STYPE = int)",
        "CREATE VIEW bests AS SELECT best(id) FROM orders",
        "ALTER TABLE customers ADD extra text",
    )
    code, out, _ = migrated("drift")
    assert code == 1
    assert "-- not tried out" in out
    _psql(database, out)
    assert migrated("drift")[0] == 0


@pytest.mark.usefixtures("without_aggregates")
@pytest.mark.parametrize("known", [True, False])
def test_what_cannot_be_made_anew_is_told(migrated: Run, database: Target, known: bool) -> None:
    """A view that migrations made needs what psqlmigrate has no word for."""
    _execute(
        database,
        "CREATE AGGREGATE best(int) (SFUNC = int4larger, STYPE = int)",
        "DROP VIEW open_orders",
        "CREATE VIEW open_orders AS SELECT best(id) FROM orders",
    )
    if not known:
        _execute(database, "DELETE FROM _psqlmodel_schema_state")
    code, out, err = migrated("drift")
    assert (code, out) == (5, "")
    assert "the schema cannot be made anew: function public.best(integer) does not exist" in err
    assert "cannot make aggregate public.best(integer)" in err
    code, out, err = migrated("status", "--no-models", "--full")
    assert (code, err) == (0, "")
    assert "the schema cannot be made anew" in " ".join(out.split())
    assert ("~ public.open_orders" in out) == known
    assert ("not known" in out) != known


def test_our_own_schema_is_not_taken_over(run: Run, database: Target, project: Path) -> None:
    (project / "psqlmigrate.toml").write_text('history_schema = "ops"\n')
    assert run("init")[0] == 0
    _execute(database, "CREATE TABLE t (i int)")
    assert run("drift", "--to-migration", "x", "--unmanaged")[0] == 0
    text = next((project / "migrations").glob("*_x.py")).read_text()
    assert "CREATE TABLE public.t" in text
    assert "ops" not in text


def test_unmanaged_things_are_taken_over(migrated: Run, database: Target, project: Path) -> None:
    _execute(
        database,
        "CREATE SCHEMA app",
        "CREATE TABLE app.notes (id serial PRIMARY KEY, t text)",
        "INSERT INTO app.notes (t) VALUES ('a')",
        "CREATE FUNCTION app.count() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM app.notes'",
        "CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY)",
        "ALTER TABLE orders ADD n bigint DEFAULT app.count()",
    )
    assert migrated("drift", "--unmanaged")[0] == 2
    # The body of the function says what it needs to nobody but PostgreSQL, when it runs.
    assert migrated("drift", "--to-migration", "x")[0] == 3
    code, out, err = migrated("drift", "--to-migration", "x", "--unmanaged")
    assert code == 0, err
    assert "app.notes" in out
    text = next((project / "migrations").glob("*_x.py")).read_text()
    assert "alembic" not in text
    assert migrated("drift")[0] == 0
    unmanaged = json.loads(migrated("status", "--json", "--no-models")[1])["result"]["unmanaged"]
    assert unmanaged == ["table public.alembic_version"]
    files = sorted(project.rglob("migrations/**/*"))
    code, out, _ = migrated("drift", "--to-migration", "again", "--unmanaged")
    assert (code, "no drift" in out) == (0, True)
    assert sorted(project.rglob("migrations/**/*")) == files
    with connect(database) as connection:
        assert connection.execute("SELECT t FROM app.notes").fetchone() == ("a",)


_FOUND = """\
-- message: found
-- psqlmigrate: up
CREATE TABLE IF NOT EXISTS public.found (id serial PRIMARY KEY, name varchar(80));
-- psqlmigrate: down
DROP TABLE IF EXISTS public.found;
"""


@pytest.fixture
def finding(run: Run, project: Path, database: Target) -> Callable[[str], None]:
    """Applies a migration that finds the table of its CREATE … IF NOT EXISTS, made otherwise."""

    def applying(columns: str) -> None:
        folder = project / "migrations"
        folder.mkdir()
        (folder / "20250101_000000_found.sql").write_text(_FOUND)
        (project / "schema.sql").write_text(
            "CREATE TABLE found (id serial PRIMARY KEY, name varchar(80));"
        )
        _execute(database, f"CREATE TABLE found ({columns})")
        run("init", "--models", "schema.sql")
        assert run("upgrade")[0] == 0

    return applying


def test_what_a_migration_found_is_its_own(
    finding: Callable[[str], None], run: Run, project: Path
) -> None:
    """psqlmodel's migrations are all written IF NOT EXISTS, and its 0.6 forgot what it had run."""
    finding("id serial PRIMARY KEY, name varchar(80)")
    code, out, _ = run("check")
    assert (code, "models and migrations agree" in out) == (0, True)
    assert "Unmanaged" not in run("status")[1]
    code, out, err = run("drift")
    assert (code, "note" in err) == (0, False), out + err
    (project / "schema.sql").write_text(
        "CREATE TABLE found (id serial PRIMARY KEY, name varchar(90));"
    )
    assert run("autogenerate", "wider")[0] == 0
    assert run("upgrade")[0] == 0
    assert run("check")[0] == 0


def test_what_a_migration_found_is_otherwise(finding: Callable[[str], None], run: Run) -> None:
    finding("id serial PRIMARY KEY, name varchar(70)")
    code, out, _ = run("drift")
    assert code == 1
    assert "ALTER TABLE public.found ALTER COLUMN name TYPE character varying(80)" in out
    assert "1 object changed in the database by hand" in run("status")[1]
    assert run("check")[0] == 0
    assert run("drift", "--to-migration", "narrower")[0] == 0
    assert run("check")[0] == 1


def test_what_no_migration_replays_stays_unmanaged(
    run: Run, project: Path, database: Target
) -> None:
    """What cannot be replayed tells nothing of what was found: it is as it was before."""
    folder = project / "migrations"
    folder.mkdir()
    (folder / "20250101_000000_found.sql").write_text(
        _FOUND.replace("CREATE TABLE IF", "SELECT * FROM by_hand;\nCREATE TABLE IF")
    )
    _execute(database, "CREATE TABLE by_hand (id int)", "CREATE TABLE found (id int)")
    run("init", "--models", "schema.sql")
    assert run("upgrade")[0] == 0
    assert run("drift")[0] == 0
    code, out, _ = run("status", "--no-models")
    assert (code, "Unmanaged         2 objects" in out) == (0, True), out


WORDS = {
    "ALTER TABLE customers DISABLE TRIGGER t": "enabled → disabled",
    "ALTER TABLE customers ENABLE ALWAYS TRIGGER t": "enabled → enabled always",
    "ALTER TABLE customers ALTER name SET STATISTICS 500": "statistics default → 500",
    "ALTER TABLE customers ALTER name SET STORAGE EXTERNAL": "storage default → external",
    "ALTER TABLE customers ALTER name SET COMPRESSION pglz": "compression default → pglz",
    "ALTER TABLE orders REPLICA IDENTITY FULL": "replica identity default → full",
    "ALTER TABLE loose SET UNLOGGED": "persistence logged → unlogged",
    "ALTER SEQUENCE counter SET UNLOGGED": "persistence logged → unlogged",
    "ALTER TABLE customers ALTER id SET GENERATED BY DEFAULT": "generated always → by default",
    "DROP POLICY p ON orders; CREATE POLICY p ON orders FOR SELECT": "command all → select",
}
MORE = """
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER t BEFORE INSERT ON customers FOR EACH ROW EXECUTE FUNCTION f();
CREATE TABLE loose (a int); CREATE SEQUENCE counter; CREATE POLICY p ON orders;
"""


def test_letters_of_catalogs_are_told_in_words(run: Run, project: Path, database: Target) -> None:
    (project / "schema.sql").write_text((project / "schema.sql").read_text() + MORE)
    run("init", "--models", "schema.sql")
    run("autogenerate", "first")
    assert run("upgrade")[0] == 0
    for change, words in WORDS.items():
        with connect(database) as connection:
            if "UNLOGGED" in change and "SEQUENCE" in change and server_major(connection) < 15:
                continue
        _execute(database, *change.split("; "))
        assert words in run("drift")[1], change
        _psql(database, run("drift")[1])
        assert run("drift")[0] == 0
