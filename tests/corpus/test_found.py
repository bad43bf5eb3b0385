"""What is found in a database beside its schema: by name, never in silence."""

import re
from dataclasses import replace

import pytest
from psycopg import sql

from psqlmigrate.errors import PlanRefusedError
from psqlmigrate.postgres.connect import Connection, connect, server_major
from psqlmigrate.postgres.introspect import introspect
from psqlmigrate.postgres.loading import load_script, load_statements
from psqlmigrate.postgres.scratch import Scratch
from psqlmigrate.postgres.target import Target
from psqlmigrate.schema.catalog import Catalog
from psqlmigrate.schema.identity import ObjectId
from psqlmigrate.schema.kinds import KINDS
from psqlmigrate.schema.selection import Selection, only
from psqlmigrate.service.canonical import canonical
from psqlmigrate.service.planning import plan

_OTHERS = """
CREATE TABLE t (a int);
CREATE COLLATION co FROM "C";
CREATE CONVERSION cv FOR 'UTF8' TO 'LATIN1' FROM utf8_to_iso8859_1;
CREATE TEXT SEARCH TEMPLATE tt (LEXIZE = dsimple_lexize);
CREATE TEXT SEARCH DICTIONARY td (TEMPLATE = simple);
CREATE TEXT SEARCH PARSER tp (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end,
                              LEXTYPES = prsd_lextype);
CREATE TEXT SEARCH CONFIGURATION tc (COPY = english);
CREATE OPERATOR === (LEFTARG = int, RIGHTARG = int, FUNCTION = int4eq);
CREATE OPERATOR FAMILY fam USING btree;
CREATE OPERATOR CLASS cls FOR TYPE int USING btree FAMILY fam AS OPERATOR 1 <,
    FUNCTION 1 btint4cmp(int, int);
CREATE STATISTICS st ON a, (a + 1) FROM t;
CREATE TYPE rng AS RANGE (SUBTYPE = int4);
CREATE TYPE shell;
CREATE AGGREGATE ag (int) (SFUNC = int4pl, STYPE = int);
CREATE RULE ru AS ON INSERT TO t DO ALSO NOTHING;
CREATE ACCESS METHOD am TYPE INDEX HANDLER bthandler;
CREATE FUNCTION ef() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
CREATE EVENT TRIGGER et ON ddl_command_start EXECUTE FUNCTION ef();
CREATE PUBLICATION pub;
CREATE FOREIGN DATA WRAPPER fdw;
CREATE SERVER srv FOREIGN DATA WRAPPER fdw;
CREATE USER MAPPING FOR public SERVER srv;
CREATE FOREIGN TABLE ft (a int) SERVER srv;
ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO public;
CREATE TRUSTED LANGUAGE lang HANDLER plpgsql_call_handler;
CREATE TRANSFORM FOR int LANGUAGE lang (FROM SQL WITH FUNCTION prsd_lextype(internal));
"""

_NAMES = {
    "pg_collation": "collation public.co",
    "pg_conversion": "conversion public.cv",
    "pg_ts_template": "text search template public.tt",
    "pg_ts_dict": "text search dictionary public.td",
    "pg_ts_parser": "text search parser public.tp",
    "pg_ts_config": "text search configuration public.tc",
    "pg_operator": "operator public.===(integer,integer)",
    "pg_opfamily": "operator family public.fam USING btree",
    "pg_opclass": "operator class public.cls USING btree",
    "pg_statistic_ext": "statistics object public.st",
    "pg_am": "access method am",
    "pg_event_trigger": "event trigger et",
    "pg_publication": "publication pub",
    "pg_foreign_data_wrapper": "foreign-data wrapper fdw",
    "pg_foreign_server": "server srv",
    "pg_user_mapping": "user mapping public on server srv",
    "pg_default_acl": "default acl for role postgres on tables",
    "pg_language": "language lang",
}


def test_what_no_kind_has_read_is_named(any_database: Target) -> None:
    modelled = {kind.catalog for kind in KINDS}
    with connect(any_database) as connection:
        before = introspect(connection).unmodelled
        load_script(connection, _OTHERS, "others")
        found = introspect(connection).unmodelled
    assert before == ()
    missing = {name for catalog, name in _NAMES.items() if catalog not in modelled} - set(found)
    assert missing == set()
    assert len(found) == len(set(found))


def test_an_index_that_failed_to_build_is_built_anew(
    any_database: Target, any_scratch: Scratch
) -> None:
    with connect(any_database) as connection:
        load_script(connection, "CREATE TABLE t (a int); INSERT INTO t VALUES (1), (1)", "t")
        with pytest.raises(Exception, match="could not create unique index"):
            connection.execute("CREATE UNIQUE INDEX CONCURRENTLY i ON t (a)")
        live = canonical(any_scratch, introspect(connection))
        load_script(connection, "DELETE FROM t", "t")
        desired = _read(any_scratch, "CREATE TABLE t (a int); CREATE UNIQUE INDEX i ON t (a)")
        statements = plan(live, desired).statements
        assert [one.sql.split()[0] for one in statements] == ["DROP", "CREATE"]
        load_statements(connection, statements)
        assert introspect(connection) == desired
        assert plan(desired, live).statements == ()


def test_what_holds_on_to_an_object_is_named(connection: Connection) -> None:
    load_script(connection, "CREATE TABLE t (a int); CREATE TYPE shell", "t")
    load_script(connection, "CREATE VIEW v AS SELECT a FROM t", "v")
    live = introspect(connection)
    column = ObjectId("column", ("public", "t", "a"))
    held = replace(live, held={column: ("gadget g",)})
    load_script(connection, "DROP VIEW v; ALTER TABLE t ALTER a TYPE text", "t")
    with pytest.raises(PlanRefusedError, match=r"column public\.t\.a has to be changed.*gadget g"):
        plan(held, introspect(connection))
    assert plan(live, introspect(connection)).statements != ()


_PLACES = """
CREATE TABLE t (a int CONSTRAINT k PRIMARY KEY USING INDEX TABLESPACE {place}, b text) TABLESPACE {place};
CREATE INDEX i ON t (b) TABLESPACE {place} WHERE b <> ' WHERE ';
CREATE MATERIALIZED VIEW m TABLESPACE {place} AS SELECT a FROM t;
CREATE TABLE p (a int) PARTITION BY LIST (a) TABLESPACE {place};
"""


def test_tables_and_indexes_stay_in_their_tablespace(
    any_database: Target, any_scratch: Scratch
) -> None:
    place = f"place_{any_database.params['dbname']}"
    with connect(any_database) as connection:
        if server_major(connection) == 14:
            pytest.skip("no tablespace inside the data directory")
        connection.execute("SET allow_in_place_tablespaces = on")
        connection.execute(
            sql.SQL("CREATE TABLESPACE {} LOCATION ''").format(sql.Identifier(place))
        )
        try:
            there = _read(any_scratch, _PLACES.format(place=place))
            usual = _read(any_scratch, re.sub("( USING INDEX)? TABLESPACE {place}", "", _PLACES))
            for old, new in ((usual, there), (there, usual)):
                with any_scratch.database() as target:
                    load_statements(target, plan(introspect(target), old).statements)
                    load_statements(target, plan(old, new).statements)
                    assert introspect(target) == new
                assert plan(old, new).statements != ()
        finally:
            connection.execute(sql.SQL("DROP TABLESPACE {}").format(sql.Identifier(place)))


def test_a_table_that_is_not_looked_at_is_not_looked_at_in_a_publication(
    any_scratch: Scratch,
) -> None:
    text = """
CREATE SCHEMA public2; CREATE TABLE public2.other (a int PRIMARY KEY);
CREATE TABLE t (a int PRIMARY KEY);
CREATE PUBLICATION public FOR TABLE t, public2.other;"""
    found = only(_read(any_scratch, text), Selection(schemas=("public",)))
    assert ObjectId("publication table", ("public", "public", "t")) in found.objects
    assert ObjectId("publication table", ("public", "public2", "other")) not in found.objects
    assert canonical(any_scratch, found) == found
    table = ObjectId("table", ("public", "t"))
    assert ObjectId("schema", ("public",)) in found.edges[table]


def test_schemas_of_two_majors_do_not_compare(connection: Connection) -> None:
    here = introspect(connection)
    there = replace(here, objects={}, server_major=here.server_major - 1)
    with pytest.raises(PlanRefusedError, match="does not compare"):
        plan(here, there)


def _read(scratch: Scratch, text: str) -> Catalog:
    with scratch.database() as connection:
        load_script(connection, text, "source")
        catalog = introspect(connection)
    return canonical(scratch, catalog)


@pytest.mark.parametrize("name", ["citext", "hstore", "btree_gist", "isn", "ltree"])
def test_what_an_extension_brings_is_its_own(name: str, connection: Connection) -> None:
    before = introspect(connection)
    connection.execute(sql.SQL("CREATE EXTENSION {}").format(sql.Identifier(name)))
    after = introspect(connection)
    assert {one.kind for one in after if one not in set(before)} == {"extension", "comment"}
    assert after.unmodelled == ()


_ELSEWHERE = """
CREATE SCHEMA s; CREATE TYPE s.e AS ENUM ('a');
CREATE FUNCTION s.f(int) RETURNS s.e LANGUAGE sql IMMUTABLE AS 'SELECT NULL::s.e';
CREATE FUNCTION s.h(internal) RETURNS index_am_handler LANGUAGE internal AS 'bthandler';
CREATE FUNCTION s.l() RETURNS language_handler LANGUAGE c AS '$libdir/plpgsql', 'plpgsql_call_handler';
CREATE FUNCTION s.t(internal) RETURNS s.e LANGUAGE internal IMMUTABLE AS 'textin';
CREATE CAST (int AS s.e) WITH FUNCTION s.f(int);
CREATE ACCESS METHOD am TYPE INDEX HANDLER s.h;
CREATE LANGUAGE lang HANDLER s.l;
CREATE TRANSFORM FOR s.e LANGUAGE lang (TO SQL WITH FUNCTION s.t(internal));
"""


def test_what_is_in_no_schema_is_where_its_functions_are(connection: Connection) -> None:
    before = introspect(connection)
    load_script(connection, _ELSEWHERE, "elsewhere")
    after = introspect(connection)
    assert {"cast", "access method", "language", "transform"} < {one.kind for one in after}
    assert {one.id for one in only(after, Selection(schemas=("public",)))} == set(before.objects)
