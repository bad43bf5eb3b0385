"""Passwords that the database holds are not read into a schema, and a plan says that they are missing."""

import re

import pytest
from psycopg import sql

from psqlmigrate.errors import PlanRefusedError, SourceError
from psqlmigrate.postgres.connect import Connection, connect
from psqlmigrate.postgres.introspect import introspect
from psqlmigrate.postgres.loading import load_script, load_statements
from psqlmigrate.postgres.scratch import Scratch
from psqlmigrate.postgres.target import Target
from psqlmigrate.schema.catalog import Catalog
from psqlmigrate.schema.identity import ObjectId
from psqlmigrate.schema.kinds.subscription import Subscription
from psqlmigrate.schema.serial import dump
from psqlmigrate.schema.statement import Hazard
from psqlmigrate.service.canonical import canonical
from psqlmigrate.service.planning import plan

_SECRETS = """
CREATE FOREIGN DATA WRAPPER w;
CREATE SERVER s FOREIGN DATA WRAPPER w;
CREATE USER MAPPING FOR public SERVER s OPTIONS ("user" 'me', password 'hidden', passcode 'hidden');
CREATE SUBSCRIPTION a CONNECTION 'host=x password=''hidden \\''hidden'' dbname=d' PUBLICATION p
  WITH (connect = false, slot_name = NONE);
CREATE SUBSCRIPTION b CONNECTION 'postgresql://me:hidden@x/d?sslpassword=hidden&connect_timeout=3'
  PUBLICATION p WITH (connect = false, slot_name = NONE);
CREATE SUBSCRIPTION c CONNECTION 'host=x dbname=d' PUBLICATION p
  WITH (connect = false, slot_name = NONE);
"""


def _read(scratch: Scratch, text: str) -> Catalog:
    with scratch.database() as connection:
        load_script(connection, text, "source")
        catalog = introspect(connection)
    return canonical(scratch, catalog)


def test_no_password_gets_out(any_scratch: Scratch) -> None:
    catalog, empty = _read(any_scratch, _SECRETS), _read(any_scratch, "")
    assert "hidden" not in dump(catalog)
    made = plan(empty, catalog).statements
    assert not any("hidden" in one.sql for one in made)
    asking = {str(one.subject) for one in made if Hazard.NEEDS_LOGIN in one.hazards}
    assert asking == {"s.public", "a", "b"}
    assert all(("by hand" in one.sql) == (Hazard.NEEDS_LOGIN in one.hazards) for one in made)
    connections = {one.name: one.connection for one in catalog if isinstance(one, Subscription)}
    assert connections == {
        "a": "host=x dbname=d",
        "b": "postgresql://me@x/d?connect_timeout=3",
        "c": "host=x dbname=d",
    }


def test_another_password_is_no_change(any_scratch: Scratch) -> None:
    one, other = (
        _read(any_scratch, _SECRETS),
        _read(any_scratch, _SECRETS.replace("hidden", "other")),
    )
    assert plan(one, other).statements == ()


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("SERVER s FOREIGN", "SERVER s TYPE 't' FOREIGN", "user mapping s.public"),
        ("host=x password", "host=y password", "subscription a: its connection has a password"),
    ],
)
def test_a_password_is_not_lost_by_a_plan(
    scratch: Scratch, before: str, after: str, words: str
) -> None:
    old, new = _read(scratch, _SECRETS), _read(scratch, _SECRETS.replace(before, after))
    with pytest.raises(PlanRefusedError, match=re.escape(words)):
        plan(old, new)


@pytest.mark.parametrize(
    "text",
    [
        "CREATE SUBSCRIPTION a CONNECTION 'host=x' PUBLICATION p",
        "CREATE SUBSCRIPTION a CONNECTION 'host=x' PUBLICATION p WITH (connect = false)",
        "CREATE SUBSCRIPTION a CONNECTION 'connect = false slot_name = NONE' PUBLICATION p",
        "CREATE SUBSCRIPTION a CONNECTION '' PUBLICATION p WITH (connect = off, slot_name = 'x')",
        "ALTER SUBSCRIPTION a ENABLE",
        "ALTER SUBSCRIPTION a REFRESH PUBLICATION",
        "ALTER SUBSCRIPTION a SET (slot_name = 'taken')",
    ],
)
def test_no_scratch_database_reaches_a_publisher(connection: Connection, text: str) -> None:
    with pytest.raises(SourceError, match=r"schema\.sql:1: the subscription would reach"):
        load_script(connection, text, "schema.sql")


def test_a_scratch_database_with_subscriptions_is_dropped(server: Target, scratch: Scratch) -> None:
    text = """
CREATE SUBSCRIPTION a CONNECTION '' PUBLICATION p WITH (connect = false, slot_name = NONE);
CREATE FUNCTION f() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''no''; END';
CREATE EVENT TRIGGER e ON ddl_command_start EXECUTE FUNCTION f();"""
    with scratch.database() as connection:
        load_script(connection, text, "source")
        name = connection.info.dbname
    with connect(server.database("postgres")) as admin:
        assert not admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone()


def test_who_may_not_read_subscriptions_has_them_named(any_database: Target) -> None:
    role = f"reader_{any_database.params['dbname']}"
    with connect(any_database) as connection:
        load_script(connection, _SECRETS, "source")
        name = sql.Identifier(role)
        connection.execute(sql.SQL("CREATE ROLE {}").format(name))
        try:
            connection.execute(sql.SQL("SET ROLE {}").format(name))
            found = introspect(connection)
            connection.execute("RESET ROLE")
        finally:
            connection.execute("RESET ROLE")
            connection.execute(sql.SQL("DROP ROLE {}").format(name))
            for one in "abc":
                connection.execute(sql.SQL("DROP SUBSCRIPTION {}").format(sql.Identifier(one)))
    assert set(found.unmodelled) >= {"subscription a", "subscription b", "subscription c"}
    assert ObjectId("server", ("s",)) in found.objects


def test_what_belongs_to_an_extension_is_left_out(any_database: Target) -> None:
    text = """
CREATE EXTENSION postgres_fdw;
CREATE TABLE t (a int, b int);
CREATE RULE r AS ON DELETE TO t DO INSTEAD NOTHING;
CREATE STATISTICS st ON a, b FROM t;
CREATE TEXT SEARCH CONFIGURATION c (COPY = english);
CREATE SERVER s FOREIGN DATA WRAPPER postgres_fdw;
ALTER EXTENSION postgres_fdw ADD TABLE t;
ALTER EXTENSION postgres_fdw ADD TEXT SEARCH CONFIGURATION c;
ALTER EXTENSION postgres_fdw ADD SERVER s;"""
    with connect(any_database) as connection:
        load_script(connection, text, "source")
        found = introspect(connection)
    assert {one.kind for one in found} == {"schema", "extension", "comment"}
    assert found.unmodelled == ()


def test_an_event_trigger_does_not_fire_on_its_own_plan(any_scratch: Scratch) -> None:
    text = """
CREATE TABLE t (a int);
CREATE FUNCTION f() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''no''; END';
CREATE EVENT TRIGGER e ON ddl_command_start EXECUTE FUNCTION f();
COMMENT ON TABLE t IS 't';"""
    off = text.replace("COMMENT ON TABLE t IS 't'", "ALTER EVENT TRIGGER e DISABLE")
    after = _read(any_scratch, off.replace("(a int)", "(a bigint, b int)"))
    before, empty = (
        _read(any_scratch, text.replace("COMMENT ON TABLE t IS 't';", "")),
        _read(any_scratch, ""),
    )
    with any_scratch.database() as connection:
        for one, other in ((empty, before), (before, after), (after, before), (before, empty)):
            load_statements(connection, plan(one, other).statements)
            assert introspect(connection) == other
