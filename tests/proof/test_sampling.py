"""Sample rows satisfy what the schema asks, and a table without any is named."""

import time

import pytest
from psycopg import sql

from psqlmigrate.postgres.connect import Connection, connect
from psqlmigrate.postgres.introspect import introspect
from psqlmigrate.postgres.loading import load_script
from psqlmigrate.postgres.target import Target
from psqlmigrate.schema.sqltext import ident
from psqlmigrate.service.sampling import Sample, Unfilled, fill

CASES = {
    "types": """
        CREATE TYPE mood AS ENUM ('sad', 'ok');
        CREATE TYPE pair AS (x int, y text);
        CREATE DOMAIN adult AS int CHECK (VALUE > 17);
        CREATE DOMAIN email AS text NOT NULL CHECK (VALUE ~ '^[a-z]+@[a-z]+\\.[a-z]{2,4}$');
        CREATE TABLE t (
            a smallint NOT NULL, b numeric(6, 2) NOT NULL, c varchar(5) NOT NULL, d char(3) NOT NULL,
            e mood NOT NULL, f adult NOT NULL, g email, h pair NOT NULL, i int[] NOT NULL,
            j int4range NOT NULL, k int4multirange NOT NULL, l jsonb NOT NULL, m uuid NOT NULL,
            n bit(3) NOT NULL, o bytea NOT NULL, p inet NOT NULL, q money NOT NULL, r xml,
            s interval NOT NULL, u timestamptz NOT NULL, v tsvector NOT NULL, w mood[] NOT NULL,
            x point NOT NULL, y boolean NOT NULL, z "char" NOT NULL);""",
    "checks": """
        CREATE TABLE t (
            status text NOT NULL CHECK (status IN ('new', 'done')), code text NOT NULL CHECK (length(code) = 3),
            price numeric CHECK (price > 0), low date NOT NULL, high date NOT NULL, CHECK (low < high),
            meta jsonb NOT NULL CHECK (jsonb_typeof(meta) = 'object'), mail text NOT NULL CHECK (mail LIKE '%@%'),
            a int, b int, c int, CHECK (num_nonnulls(a, b, c) = 1), zip text NOT NULL CHECK (zip ~ '^[0-9]{5}$'),
            doubled int GENERATED ALWAYS AS (base * 2) STORED CHECK (doubled > 10), base int NOT NULL);""",
    "keys": """
        CREATE TABLE parent (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, code text UNIQUE NOT NULL);
        CREATE TABLE child (parent_id bigint NOT NULL REFERENCES parent, k int CHECK (k > 100), PRIMARY KEY (parent_id, k));
        CREATE TABLE grandchild (p bigint NOT NULL, k int NOT NULL, code text NOT NULL REFERENCES parent (code),
            FOREIGN KEY (p, k) REFERENCES child, UNIQUE (p));
        CREATE TABLE many (a bigint REFERENCES parent, b text REFERENCES parent (code), PRIMARY KEY (a, b));
        CREATE TABLE once (mail text NOT NULL); CREATE UNIQUE INDEX ON once (lower(mail));
        CREATE TABLE booking (during tsrange NOT NULL, EXCLUDE USING gist (during WITH &&));""",
    "circles": """
        CREATE TABLE tree (id serial PRIMARY KEY, up int REFERENCES tree);
        CREATE TABLE ring (id serial PRIMARY KEY, next int NOT NULL REFERENCES ring);
        CREATE TABLE a (id int PRIMARY KEY, b int NOT NULL);
        CREATE TABLE b (id int PRIMARY KEY, a int NOT NULL REFERENCES a DEFERRABLE INITIALLY DEFERRED);
        ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES b;
        CREATE TABLE c (id int PRIMARY KEY, d int);
        CREATE TABLE d (id int PRIMARY KEY, c int NOT NULL REFERENCES c);
        ALTER TABLE c ADD FOREIGN KEY (d) REFERENCES d;""",
    "partitions": """
        CREATE TABLE p (id int, at date, kind text, PRIMARY KEY (id, at, kind)) PARTITION BY RANGE (at);
        CREATE TABLE p24 PARTITION OF p FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
        CREATE TABLE p25 PARTITION OF p FOR VALUES FROM ('2025-01-01') TO ('2026-01-01') PARTITION BY LIST (kind);
        CREATE TABLE p25a PARTITION OF p25 FOR VALUES IN ('a', 'zz');
        CREATE TABLE pd PARTITION OF p DEFAULT;
        CREATE TABLE h (id int PRIMARY KEY) PARTITION BY HASH (id);
        CREATE TABLE h0 PARTITION OF h FOR VALUES WITH (MODULUS 3, REMAINDER 0);
        CREATE TABLE refers (id int NOT NULL, at date NOT NULL, kind text NOT NULL, h int NOT NULL REFERENCES h,
            FOREIGN KEY (id, at, kind) REFERENCES p);""",
    "others": """
        CREATE TABLE base (a int NOT NULL, b text);
        CREATE TABLE derived (c int NOT NULL) INHERITS (base);
        CREATE TABLE nothing ();
        CREATE TABLE "Odd name" ("a b" int PRIMARY KEY, "select" text CHECK ("select" LIKE 'x%'));
        CREATE TABLE secret (a int);
        ALTER TABLE secret ENABLE ROW LEVEL SECURITY;
        ALTER TABLE secret FORCE ROW LEVEL SECURITY;
        CREATE TABLE one (b bool PRIMARY KEY CHECK (b));""",
}  # fmt: skip

_CONSTRAINTS = """
UPDATE pg_constraint SET convalidated = false
 WHERE contype IN ('c', 'f') AND connamespace = 'public'::regnamespace AND conrelid <> 0
   AND conparentid = 0
RETURNING conrelid::regclass::text, conname"""


def validate(connection: Connection) -> int:
    """Lets PostgreSQL look at every constraint anew; how many there are."""
    with connection.transaction(force_rollback=True):
        found = connection.execute(_CONSTRAINTS).fetchall()
        for table, name in found:
            text = sql.SQL("ALTER TABLE {} VALIDATE CONSTRAINT {}")
            connection.execute(text.format(sql.SQL(table), sql.Identifier(name)))
    return len(found)


@pytest.mark.parametrize("case", CASES)
def test_every_table_is_filled(case: str, connection: Connection) -> None:
    load_script(connection, CASES[case], case)
    before = introspect(connection)
    sample = fill(connection)
    assert sample.unfilled == ()
    assert set(sample.rows) == _tables(connection)
    assert introspect(connection) == before
    validate(connection)


def test_every_major_takes_them(any_database: Target) -> None:
    with connect(any_database) as connection:
        load_script(connection, CASES["types"].replace("TABLE t ", "TABLE types "), "types")
        for case in ("checks", "keys", "circles", "partitions"):
            load_script(connection, CASES[case], case)
        assert fill(connection).unfilled == ()


def _tables(connection: Connection) -> set[str]:
    found = connection.execute(
        "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
    )
    return {ident("public", name) for (name,) in found}


def test_rows_are_ordinary_extreme_sparse_and_repeated(connection: Connection) -> None:
    connection.execute(
        "CREATE TABLE t (id serial PRIMARY KEY, v varchar(7), n int, x text, at timestamptz NOT NULL)"
    )
    assert fill(connection).rows == {"public.t": 4}
    rows = connection.execute("SELECT v, n, x, at::text FROM t ORDER BY id").fetchall()
    assert rows[0] == rows[3]
    assert "." in rows[0][3]
    assert rows[1][:2] == ("é" * 7, 2147483647)
    assert rows[2][:3] == (None, None, None)


def test_what_cannot_be_filled_is_named_with_its_reason(connection: Connection) -> None:
    load_script(
        connection,
        """
        CREATE TABLE never (a int PRIMARY KEY CHECK (a > 5 AND a < 3));
        CREATE TABLE needs (a int NOT NULL REFERENCES never);
        CREATE TABLE empty_parts (a int) PARTITION BY LIST (a);
        CREATE TABLE fine (a int REFERENCES never);
        """,
        "x",
    )
    assert fill(connection) == Sample(
        {"public.fine": 4},
        (
            Unfilled("public.empty_parts", "it has no partition"),
            Unfilled("public.needs", "public.never has no row that it could refer to"),
            Unfilled(
                "public.never",
                'new row for relation "never" violates check constraint "never_a_check"',
            ),
        ),
    )


def test_triggers_run_and_are_set_aside_only_where_they_let_nothing_in(
    connection: Connection,
) -> None:
    load_script(
        connection,
        """
        CREATE TABLE seen (name text);
        CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN INSERT INTO seen VALUES (TG_TABLE_NAME); RETURN NEW; END $$;
        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN RAISE EXCEPTION 'never'; END $$;
        CREATE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
        CREATE TABLE noted (a int); CREATE TABLE refused (a int NOT NULL); CREATE TABLE swallowed (a int);
        CREATE TRIGGER n AFTER INSERT ON noted FOR EACH ROW EXECUTE FUNCTION note();
        CREATE TRIGGER r BEFORE INSERT ON refused FOR EACH ROW EXECUTE FUNCTION refuse();
        CREATE TRIGGER s BEFORE INSERT ON swallowed FOR EACH ROW EXECUTE FUNCTION swallow();
        ALTER TABLE swallowed ENABLE ALWAYS TRIGGER s;
        """,
        "x",
    )
    before = introspect(connection)
    sample = fill(connection)
    assert sample.unfilled == ()
    assert (sample.rows["public.refused"], sample.rows["public.swallowed"]) == (4, 4)
    seen = connection.execute("SELECT count(*) FROM seen WHERE name = 'noted'").fetchone()
    assert seen == (4,)
    assert introspect(connection) == before


def test_a_trigger_that_never_ends_costs_seconds_not_hours(connection: Connection) -> None:
    load_script(
        connection,
        """
        CREATE FUNCTION sleep() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN PERFORM pg_sleep(60); RETURN NEW; END $$;
        CREATE TABLE slow (a int);
        CREATE TRIGGER s BEFORE INSERT ON slow FOR EACH ROW EXECUTE FUNCTION sleep();
        CREATE TABLE zlast (a int);
        """,
        "x",
    )
    begin = time.monotonic()
    sample = fill(connection, limit_s=1)
    assert time.monotonic() - begin < 15
    assert {*sample.rows, *(one.table for one in sample.unfilled)} == {
        "public.slow",
        "public.zlast",
    }


def test_tables_with_rows_keep_them_and_are_referred_to(connection: Connection) -> None:
    load_script(
        connection,
        "CREATE TABLE p (id int PRIMARY KEY); INSERT INTO p VALUES (77);"
        " CREATE TABLE c (p int NOT NULL REFERENCES p)",
        "x",
    )
    assert fill(connection).rows == {"public.c": 4}
    assert connection.execute("SELECT DISTINCT p FROM c").fetchall() == [(77,)]
    assert connection.execute("SELECT count(*) FROM p").fetchone() == (1,)


def test_many_tables_take_seconds(connection: Connection) -> None:
    texts = ["CREATE TABLE t0 (id serial PRIMARY KEY)"]
    texts += [
        f"CREATE TABLE t{i} (id serial PRIMARY KEY, code varchar(20) NOT NULL UNIQUE,"
        " amount numeric(10, 2) CHECK (amount >= 0), state text NOT NULL CHECK (state IN ('a', 'b')),"
        f" before int NOT NULL REFERENCES t{i - 1}, half int REFERENCES t{i // 2})"
        for i in range(1, 400)
    ]
    connection.execute("; ".join(texts).encode())
    begin = time.monotonic()
    sample = fill(connection)
    assert time.monotonic() - begin < 15
    assert sum(sample.rows.values()) == 1600
    assert validate(connection) == 399 * 4
