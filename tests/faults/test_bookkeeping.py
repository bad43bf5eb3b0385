"""Bookkeeping tables that are missing, unreadable, planted or another program's."""

import secrets
from collections.abc import Generator
from pathlib import Path

import pytest

from faults.project import Project, look
from psqlmigrate.errors import HistoryError
from psqlmigrate.postgres.connect import Connection, connect
from psqlmigrate.postgres.target import Target
from psqlmigrate.service import bookkeeping, history, journal, state
from psqlmigrate.service.attempt import Hooks
from psqlmigrate.service.bookkeeping import Found, Tables, create, create_lease, inspect
from psqlmigrate.service.holding import held
from psqlmigrate.service.journal import Seal

TABLES = Tables()

PSQLMODEL = """
CREATE SCHEMA migrations;
CREATE TABLE migrations._psqlmodel_migrations (
    version varchar(50) PRIMARY KEY, message text, applied_at timestamp DEFAULT now(),
    checksum varchar(64), execution_time_ms int, rolled_back_at timestamp);
CREATE TABLE migrations._psqlmodel_schema_state (
    object_type varchar(50), object_name varchar(255), schema_hash varchar(64),
    updated_at timestamptz, PRIMARY KEY (object_type, object_name));
INSERT INTO migrations._psqlmodel_migrations (version, message) VALUES ('1', 'one')"""


@pytest.fixture
def role(connection: Connection) -> Generator[str]:
    name = f"role_{secrets.token_hex(6)}"
    connection.execute(f"CREATE ROLE {name} LOGIN".encode())
    yield name
    connection.execute("RESET ROLE")
    connection.execute(f"DROP OWNED BY {name}; DROP ROLE {name}".encode())


def test_absent_is_not_an_error(connection: Connection) -> None:
    assert inspect(connection, TABLES) == Found()
    assert history.read(connection, TABLES) is None


def test_created_in_any_schema_and_by_any_name(connection: Connection) -> None:
    names = Tables('my "%s" schema', "a%b {}", "c'd", "e f")
    assert create(connection, names).complete
    assert create(connection, names).complete
    assert history.read(connection, names) == ()
    journal.write(connection, names, "stamped", "1", what="%s")
    assert journal.read(connection, names)[0].detail["what"] == "%s"


def test_a_psqlmodel_project_is_taken_over(connection: Connection) -> None:
    connection.execute(PSQLMODEL)
    names = Tables("migrations")
    found = create(connection, names)
    assert found.hash_column == "schema_hash"
    rows = history.read(connection, names)
    assert rows is not None
    assert (rows[0].version, rows[0].checksum, rows[0].is_applied) == ("1", None, True)
    state.write(connection, names, found, {("tables", "public.t"): "0" * 64}, ["1"])
    assert state.read(connection, names, found, ["1"]) == state.State(
        {("tables", "public.t"): "0" * 64}, current=True
    )


@pytest.mark.parametrize(
    ("planting", "words"),
    [
        (
            "CREATE VIEW _psqlmodel_migrations AS SELECT 'x'::text AS version",
            "is not a plain table",
        ),
        (
            "ALTER TABLE _psqlmodel_migrations ENABLE ROW LEVEL SECURITY",
            "has row security",
        ),
        (
            "CREATE RULE r AS ON INSERT TO _psqlmigrate_journal DO ALSO SELECT 1",
            "has rules",
        ),
        (
            "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; CREATE TRIGGER t BEFORE INSERT ON _psqlmodel_migrations EXECUTE FUNCTION f()",
            "has triggers",
        ),
        ("ALTER TABLE _psqlmodel_migrations DROP COLUMN checksum", "has no column checksum"),
        ("ALTER TABLE _psqlmodel_schema_state DROP COLUMN hash", "has no column hash"),
        ("COMMENT ON TABLE _psqlmigrate_journal IS 'format 2'", "format 2, this psqlmigrate"),
    ],
)
def test_what_we_did_not_make_is_refused(connection: Connection, planting: str, words: str) -> None:
    if "CREATE VIEW" not in planting:
        create(connection, TABLES)
    connection.execute(planting.encode())
    with pytest.raises(HistoryError, match=words):
        history.read(connection, TABLES)
    with pytest.raises(HistoryError, match=words):
        create(connection, TABLES)


@pytest.mark.parametrize("pooler", ["auto", "transaction"])
def test_a_lease_that_we_did_not_make_is_refused(
    connection: Connection, database: Target, role: str, pooler: str
) -> None:
    """One that somebody planted would keep every run waiting, or call what he likes."""
    create_lease(connection, TABLES)
    with connect(database, pooler=pooler) as other:
        connection.execute(f"ALTER TABLE _psqlmigrate_lease OWNER TO {role}".encode())
        with pytest.raises(HistoryError, match=f"belongs to {role}"), held(other, TABLES, 0, print):
            pass
        connection.execute(
            "ALTER TABLE _psqlmigrate_lease OWNER TO CURRENT_USER;"
            "CREATE RULE r AS ON UPDATE TO _psqlmigrate_lease DO ALSO SELECT 1"
        )
        with pytest.raises(HistoryError, match="has rules"), held(other, TABLES, 0, print):
            pass


@pytest.mark.parametrize("pooler", ["auto", "transaction"])
def test_whoever_fills_tables_need_not_own_the_books(
    connection: Connection, database: Target, role: str, pooler: str
) -> None:
    create(connection, TABLES)
    owner = f"{role}_owner"
    connection.execute(
        f"CREATE ROLE {owner}; ALTER TABLE _psqlmigrate_journal OWNER TO {owner};"
        f"GRANT CREATE ON SCHEMA public TO {role}".encode()
    )
    stranger = Target({**database.params, "user": role}, "test")
    try:
        with connect(stranger, pooler=pooler) as other:
            with held(other, TABLES, 0, print, only_reading=True) as found:
                assert found.complete
            with pytest.raises(HistoryError, match="of whom"), held(other, TABLES, 0, print):
                create(other, TABLES)
    finally:
        connection.execute(f"DROP OWNED BY {owner}; DROP ROLE {owner}".encode())


def test_a_stranger_owns_the_table(connection: Connection, role: str) -> None:
    """Also for a superuser, who passes for a member of every role."""
    create(connection, TABLES)
    connection.execute(f"ALTER TABLE _psqlmodel_migrations OWNER TO {role}".encode())
    with pytest.raises(HistoryError, match=f"belongs to {role}"):
        history.read(connection, TABLES)
    connection.execute(f"GRANT {role} TO CURRENT_USER".encode())
    assert history.read(connection, TABLES) == ()


@pytest.mark.parametrize(
    "planting",
    [
        "CREATE INDEX ON _psqlmodel_migrations (evil('x'))",
        "CREATE INDEX ON _psqlmodel_migrations (version) WHERE evil('x') = ''",
        "CREATE STATISTICS s ON (evil('x')), (evil('y')) FROM _psqlmodel_migrations",
        "ALTER TABLE _psqlmodel_migrations ADD CHECK (evil('x') = '')",
        "CREATE TABLE child () INHERITS (_psqlmodel_migrations); CREATE INDEX ON child (evil('x'))",
        "CREATE DOMAIN d AS text; ALTER TABLE _psqlmodel_migrations ALTER message TYPE d",
    ],
)
def test_whoever_reads_runs_nothing_of_a_strangers(
    connection: Connection, role: str, planting: str
) -> None:
    """PostgreSQL computes constants when it plans: as whoever reads, here a superuser."""
    create(connection, TABLES)
    connection.execute(
        "CREATE FUNCTION evil(text) RETURNS text IMMUTABLE LANGUAGE plpgsql AS $$BEGIN "
        f"IF current_user <> '{role}' THEN RAISE 'evil ran'; END IF; RETURN ''; END$$;"
        f"ALTER TABLE _psqlmodel_migrations OWNER TO {role};"
        f"GRANT CREATE ON SCHEMA public TO {role}; SET ROLE {role}; {planting}; RESET ROLE".encode()
    )
    with pytest.raises(HistoryError, match="what their owner likes"):
        history.read(connection, TABLES, only_reading=True)


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE _psqlmigrate_journal ALTER detail TYPE text",
        "ALTER TABLE _psqlmodel_migrations ALTER version TYPE int USING 1",
        "ALTER TABLE _psqlmodel_migrations ALTER applied_at DROP DEFAULT, ALTER applied_at TYPE bool USING true",
    ],
)
def test_a_column_of_another_type(connection: Connection, change: str) -> None:
    create(connection, TABLES)
    connection.execute(change.encode())
    with pytest.raises(HistoryError, match="has another type for"):
        history.read(connection, TABLES)


def test_a_history_that_cannot_be_read_is_not_empty(
    connection: Connection, database: Target, role: str
) -> None:
    create(connection, TABLES)
    with connect(Target({**database.params, "user": role}, "test")) as other:
        with pytest.raises(HistoryError, match="permission denied") as caught:
            history.read(other, TABLES)
        assert "SELECT" in caught.value.hint
        connection.execute(f"GRANT SELECT ON _psqlmodel_migrations TO {role}".encode())
        assert history.read(other, TABLES) == ()


def test_tables_that_cannot_be_made(connection: Connection, database: Target, role: str) -> None:
    connection.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    with (
        connect(Target({**database.params, "user": role}, "test")) as other,
        pytest.raises(HistoryError, match="cannot create the bookkeeping tables") as caught,
    ):
        create(other, TABLES)
    assert "GRANT CREATE" in caught.value.hint


def test_operators_in_public_are_not_called(connection: Connection) -> None:
    """CVE-2018-1058: `varchar = varchar` in public would fit better than pg_catalog's."""
    create(connection, TABLES)
    connection.execute(
        "CREATE FUNCTION bad(varchar, varchar) RETURNS bool LANGUAGE plpgsql AS "
        "'BEGIN RAISE ''trapped''; END';"
        "CREATE OPERATOR public.= (LEFTARG = varchar, RIGHTARG = varchar, FUNCTION = bad);"
        "CREATE OPERATOR public.<> (LEFTARG = varchar, RIGHTARG = varchar, FUNCTION = bad)"
    )
    found = inspect(connection, TABLES)
    hashes = {("tables", "public.t"): "0" * 64}
    for _ in range(2):
        state.write(connection, TABLES, found, hashes, ())
    connection.execute("INSERT INTO _psqlmodel_migrations (version, checksum) VALUES ('1', 'x')")
    history.undo(connection, TABLES, "1", claimed=True)
    history.stamp(connection, TABLES, (), purge=False)
    with connection.transaction():
        row = connection.execute("SELECT pg_current_xact_id()::text").fetchone() or ("",)
        seal = Seal("1", up=False, transaction=row[0], lock=None)
        for one in journal.sealing(TABLES, seal, 1):
            connection.execute(one.encode())
    assert len(journal.read(connection, TABLES, "reverted")) == 1


def test_state_is_replaced_and_long_names_are_cut(connection: Connection) -> None:
    found = create(connection, TABLES)
    long = [("tables", "x" * 300 + end) for end in "ab"]
    state.write(connection, TABLES, found, dict.fromkeys([*long, ("t", "old")], "1" * 64), ["1"])
    state.write(connection, TABLES, found, dict.fromkeys(long, "2" * 64), ["1"])
    recorded = state.read(connection, TABLES, found, ["1"])
    assert recorded is not None
    assert set(recorded.hashes.values()) == {"2" * 64}
    assert {name for _, name in recorded.hashes} == {state.stored_name(name) for _, name in long}
    assert all(len(name) == 255 for _, name in recorded.hashes)
    assert bookkeeping.FORMAT == 1


def test_what_the_role_may_not_do_is_told(
    connection: Connection, database: Target, role: str, tmp_path: Path
) -> None:
    create(connection, TABLES)
    grants = "GRANT SELECT, INSERT, UPDATE ON _psqlmodel_migrations, _psqlmigrate_journal TO {0}"
    connection.execute(f"{grants.format(role)}; GRANT CREATE ON SCHEMA public TO {role}".encode())
    project = Project(tmp_path)
    project.sql("1", "CREATE TABLE t1 (a int)")
    with connect(Target({**database.params, "user": role}, "test")) as other:
        runner = project.runner(other, hooks=Hooks(look=look))
        with pytest.raises(HistoryError, match="permission denied for table") as caught:
            runner.upgrade()
    assert "SELECT, INSERT, UPDATE and DELETE" in caught.value.hint
    assert history.applied(history.read(connection, TABLES)) == frozenset()
