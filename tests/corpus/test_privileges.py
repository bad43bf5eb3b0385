"""What of privileges a copy in scratch cannot show: who has granted them, and who looks."""

from pathlib import Path

import pytest
from psycopg import sql

from psqlmigrate.postgres.connect import Connection
from psqlmigrate.postgres.introspect import introspect
from psqlmigrate.postgres.loading import load_script, load_statements
from psqlmigrate.postgres.scratch import Scratch
from psqlmigrate.schema.catalog import Catalog, diff
from psqlmigrate.schema.selection import ALL_CONCERNS, EXACTLY, Coverage, merged
from psqlmigrate.service.planning import plan

HERE = Path(__file__).parent / "grant"


@pytest.fixture(autouse=True)
def _roles(scratch: Scratch) -> None:  # pyright: ignore[reportUnusedFunction]
    for role in ("app", "reader", "other"):
        scratch.create_role(role)


def _loaded(connection: Connection, text: str) -> Catalog:
    load_script(connection, text, "the test")
    return introspect(connection)


def _of(scratch: Scratch, text: str) -> Catalog:
    with scratch.database() as connection:
        return _loaded(connection, text)


@pytest.mark.parametrize("name", ["granted_by_another", "granted_by_another_alone"])
def test_what_another_role_has_granted_is_taken_away(scratch: Scratch, name: str) -> None:
    before, after = ((HERE / name / f"{one}.sql").read_text() for one in ("before", "after"))
    wanted = _of(scratch, after)
    with scratch.database() as connection:
        load_statements(connection, plan(_loaded(connection, before), wanted).statements)
        assert introspect(connection) == wanted


def test_what_stays_of_a_chain_of_grants_is_granted_again(scratch: Scratch) -> None:
    chain = """
CREATE TABLE t (a int); GRANT SELECT ON t TO app WITH GRANT OPTION;
SET ROLE app; GRANT SELECT ON t TO reader WITH GRANT OPTION;
SET ROLE reader; GRANT SELECT ON t TO other; RESET ROLE"""
    wanted = _of(scratch, "CREATE TABLE t (a int); GRANT SELECT ON t TO app, other")
    with scratch.database() as connection:
        load_statements(connection, plan(_loaded(connection, chain), wanted).statements)
        assert introspect(connection) == wanted


def test_two_roles_see_the_same_owner(scratch: Scratch) -> None:
    text = "CREATE TABLE t (a int); ALTER TABLE t OWNER TO app; CREATE TABLE u (a int)"
    with scratch.database() as connection:
        mine = _loaded(connection, text)
        connection.execute("SET ROLE app")
        theirs = introspect(connection)
        assert {one.kind for one in theirs} != {one.kind for one in mine} or theirs != mine
        row = connection.execute("SELECT session_user::text").fetchone()
        assert row is not None
        connection.reader = row[0]
        assert introspect(connection) == mine


def test_a_role_of_any_name_is_quoted(scratch: Scratch) -> None:
    name = 'a "strange"; role'
    scratch.create_role(name)
    quoted = sql.Identifier(name).as_string(None)
    wanted = _of(
        scratch,
        f"CREATE TABLE t (a int); GRANT SELECT ON t TO {quoted};"
        f" ALTER DEFAULT PRIVILEGES FOR ROLE {quoted} GRANT SELECT ON TABLES TO PUBLIC;"
        f" CREATE VIEW v AS SELECT 1 AS a; ALTER VIEW v OWNER TO {quoted}",
    )
    with scratch.database() as connection:
        load_statements(connection, plan(introspect(connection), wanted).statements)
        assert introspect(connection) == wanted


GIVING = "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO reader;"
BASE = f"""{GIVING} CREATE TABLE t (a int, b int); GRANT UPDATE (a, b) ON t TO app;
CREATE TABLE u (a int); ALTER TABLE u OWNER TO app;"""


def _merged(scratch: Scratch, stated: str, coverage: Coverage) -> tuple[Catalog, Catalog]:
    return (base := _of(scratch, BASE)), merged(base, _of(scratch, stated), coverage)


def _converges(scratch: Scratch, wanted: Catalog) -> None:
    with scratch.database() as connection:
        base = _loaded(connection, BASE)
        load_statements(connection, plan(base, wanted).statements)
        assert diff(introspect(connection), wanted) == ()


def test_a_source_that_says_nothing_of_privileges_leaves_them(scratch: Scratch) -> None:
    stated = "CREATE TABLE t (a int, c int); CREATE TABLE u (a int); CREATE TABLE fresh (a int)"
    _, wanted = _merged(scratch, stated, Coverage())
    found = {str(one.id): one for one in wanted if one.concern}
    assert sorted(found) == [
        "all schemas.tables",
        "table.public.fresh",
        "table.public.t",
        "table.public.u",
    ]
    granted = {entry for one in wanted for entry in getattr(one, "granted", ())}
    assert ("app", "UPDATE", "a") in granted
    assert ("app", "UPDATE", "b") not in granted
    _converges(scratch, wanted)


def test_what_is_stated_of_one_object_counts_for_that_alone(scratch: Scratch) -> None:
    stated = "CREATE TABLE t (a int, b int); GRANT INSERT ON t TO other; CREATE TABLE u (a int)"
    base, wanted = _merged(scratch, stated, Coverage())
    changed = [str(one.subject.id) for one in diff(base, wanted)]
    assert changed == ["table.public.t"]
    _converges(scratch, wanted)


def test_a_database_states_its_privileges_all(scratch: Scratch) -> None:
    stated = "CREATE TABLE t (a int, b int); CREATE TABLE u (a int); CREATE TABLE fresh (a int)"
    _, wanted = _merged(scratch, stated, EXACTLY)
    assert not [one for one in wanted if one.concern]
    _converges(scratch, wanted)


def test_concerns_that_are_not_compared_stay(scratch: Scratch) -> None:
    stated = "CREATE TABLE t (a int, b int); CREATE TABLE u (a int)"
    base, wanted = _merged(scratch, stated, Coverage(exact=True, apart=ALL_CONCERNS))
    assert diff(base, wanted) == ()
