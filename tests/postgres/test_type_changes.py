"""What is said of a change of type, against what PostgreSQL does: all pairs of many types."""

from itertools import product
from typing import Any

import pytest

from psqlmigrate.postgres.connect import connect
from psqlmigrate.postgres.target import Target
from psqlmigrate.schema.casts import conversion, keeps_values, rewrites
from psqlmigrate.schema.sqltext import Sql, ident, printed, sql

_VALUES = {
    "smallint": "{-32768,0,1,32767}",
    "integer": "{-2147483648,0,1,2147483647}",
    "bigint": "{-9223372036854775808,0,1,9223372036854775807}",
    "numeric": "{NaN,0,1.50,123456789012345678901234567890.123}",
    "numeric(8,2)": "{-999999.99,0,1.50,999999.99}",
    "numeric(10,2)": "{-99999999.99,0,99999999.99}",
    "numeric(12,4)": "{-99999999.9999,0,1.5}",
    "real": "{-Infinity,NaN,0.1,16777217}",
    "double precision": "{Infinity,0.1,9007199254740993}",
    "money": "{-92233720368547758.08,0,1.50}",
    "boolean": "{t,f}",
    "text": '{a,"a ",1,""}',
    "character varying": '{a,"a ",1,""}',
    "character varying(10)": '{abcdefghij,"a ",1,""}',
    "character varying(20)": '{abcdefghijklmnopqrst,"a ",""}',
    "character(5)": '{abcde,"a ",1}',
    "character(10)": '{abcdefghij,"a "}',
    "bpchar": '{a,"a "}',
    "name": "{a,abc}",
    "bit(4)": "{1010,0001}",
    "bit(8)": "{10101010}",
    "bit varying": '{1,"",101010101}',
    "bit varying(4)": '{1,"",1010}',
    "bit varying(8)": '{1,"",10101010}',
    "date": "{infinity,0001-01-01,5874897-12-31}",
    "timestamp without time zone": "{infinity,2024-03-31 02:30:00.123456}",
    "timestamp(3) without time zone": "{-infinity,2024-03-31 02:30:00.123}",
    "timestamp(6) without time zone": "{2024-03-31 02:30:00.123456}",
    "timestamp with time zone": "{2024-10-27 00:30:00.123456+00}",
    "timestamp(0) with time zone": "{2024-10-27 00:30:00+00}",
    "time without time zone": "{00:00:00,24:00:00,12:00:00.123456}",
    "time(2) without time zone": "{12:00:00.12}",
    "time with time zone": "{12:00:00.123456+02}",
    "interval": "{1 year 2 mons 3 days 04:05:06.789}",
    "interval(3)": "{1 year 04:05:06.789}",
    "interval day to second(3)": "{3 days 04:05:06.789}",
    "interval year to month": "{1 year 2 mons}",
    "inet": "{10.1.2.3/8,::1,10.0.0.0}",
    "cidr": "{10.0.0.0/8,::1}",
    "macaddr": "{08:00:2b:01:02:03}",
    "macaddr8": "{08:00:2b:01:02:03:04:05}",
    "json": '{"{\\"a\\": 1, \\"a\\": 2}",1}',
    "jsonb": '{"{\\"a\\": 2}",1}',
    "uuid": "{00000000-0000-0000-0000-000000000001}",
    "bytea": '{"\\\\x6100"}',
    "oid": "{0,4294967295}",
    "regclass": "{pg_class}",
    "point": '{"(1,2)"}',
    "int4range": '{"[1,5)",empty}',
    "int4multirange": '{"{[1,5)}"}',
    "public.mood": "{good,bad}",
    "integer[]": '{"{1,NULL}","{{1,2},{3,4}}"}',
    "bigint[]": '{"{1,NULL}"}',
    "boolean[]": '{"{t,f}"}',
    "text[]": '{"{a,NULL}"}',
    "character varying[]": '{"{a,NULL}"}',
    "character varying(10)[]": '{"{abcdefghij,NULL}"}',
    "character varying(20)[]": '{"{abcdefghijklmnopqrst}"}',
    "bit(4)[]": '{"{1010}"}',
    "bit varying(8)[]": '{"{10101010,1}"}',
    "numeric(8,2)[]": '{"{1.50}"}',
    "numeric(10,2)[]": '{"{1.50}"}',
    "uuid[]": '{"{00000000-0000-0000-0000-000000000001}"}',
    "public.mood[]": '{"{good}"}',
}
_MOST_TYPES = 31
_ONE_FAMILY = ("character", "numeric", "bit", "time", "interval", "text", "integer", "bigint")

_TRY = r"""
CREATE TYPE public.mood AS ENUM ('good', 'bad');
CREATE FUNCTION public.tried(old text, vals text, there text, back text,
    OUT error text, OUT fails boolean, OUT rewritten boolean, OUT differs boolean)
LANGUAGE plpgsql AS $$
DECLARE node oid; had text[]; have text[];
BEGIN
    EXECUTE format('CREATE TABLE public.t (n int GENERATED ALWAYS AS IDENTITY, x %s)', old);
    EXECUTE format('INSERT INTO public.t (x) SELECT v::%s FROM unnest(%L::text[]) v', old, vals);
    INSERT INTO public.t (x) VALUES (NULL);
    SELECT array_agg(x::text ORDER BY n) INTO had FROM public.t;
    node := pg_relation_filenode('public.t');
    fails := false;
    BEGIN
        EXECUTE there;
    EXCEPTION WHEN OTHERS THEN
        fails := true;
        TRUNCATE public.t;
        node := pg_relation_filenode('public.t');
        EXECUTE there;
    END;
    rewritten := node <> pg_relation_filenode('public.t');
    BEGIN
        EXECUTE back;
        SELECT array_agg(x::text ORDER BY n) INTO have FROM public.t;
        differs := had IS DISTINCT FROM have;
    EXCEPTION WHEN OTHERS THEN
        differs := true;
    END;
    RAISE EXCEPTION USING ERRCODE = 'P0999';
EXCEPTION
    WHEN SQLSTATE 'P0999' THEN NULL;
    WHEN OTHERS THEN error := SQLERRM;
END $$"""

_ZONES = {"timestamp without time zone", "timestamp with time zone"}


def _pairs() -> list[tuple[str, str]]:
    """Pairs of different types: the plain ones with all, others with their like."""
    bare = [one for one in _VALUES if "(" not in one and not one.endswith("[]")][:_MOST_TYPES]
    return [
        (old, new)
        for old, new in product(_VALUES, repeat=2)
        if old != new
        and ((old in bare and new in bare) or any(old[:4] == new[:4] == f[:4] for f in _ONE_FAMILY)
             or old.endswith("[]") or (new.endswith("[]") and old in {"text", "integer"}))
    ]  # fmt: skip


def _change(old: str, new: str) -> Sql:
    using = conversion(ident("x"), old, new)
    change = sql("ALTER TABLE public.t ALTER COLUMN x TYPE {}", printed(new))
    return sql("{} USING {}", change, using) if using else change


def _said(old: str, new: str) -> tuple[bool, bool]:
    return rewrites(old, new), not keeps_values(old, new)


@pytest.fixture
def tried(database: Target) -> dict[tuple[str, str], tuple[Any, ...]]:
    pairs = _pairs()
    rows = [(old, _VALUES[old], _change(old, new), _change(new, old)) for old, new in pairs]
    query = """
SELECT t.* FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[]) WITH ORDINALITY
                AS u(old, vals, there, back, n)
  CROSS JOIN LATERAL public.tried(old, vals, there, back) t ORDER BY n"""
    with connect(database) as connection:
        connection.execute(_TRY)
        found = connection.execute(query, [list(one) for one in zip(*rows, strict=True)])
        return dict(zip(pairs, found.fetchall(), strict=True))


def test_postgresql_does_what_is_said(tried: dict[tuple[str, str], tuple[Any, ...]]) -> None:
    wrong: list[str] = []
    for (old, new), (error, fails, rewritten, differs) in tried.items():
        rewrite, lossy = _said(old, new)
        name = f"{old} -> {new}"
        if error is not None:
            wrong.append(f"{name} is refused: {error}")
            continue
        # With the time zone UTC both have the same bytes.
        zones = {old.replace("(", " ").split()[0], new.replace("(", " ").split()[0]} == {
            "timestamp"
        }
        if rewrite != rewritten and not (zones and ("with " in old) != ("with " in new)):
            wrong.append(f"{name} is {'' if rewritten else 'not '}rewritten")
        if not lossy and (fails or differs):
            wrong.append(f"{name} {'fails' if fails else 'loses values'}")
    assert wrong == []
    assert len(tried) > 1000


_CASTS = """
SELECT pg_catalog.format_type(castsource, NULL), pg_catalog.format_type(casttarget, NULL),
       castcontext::text
  FROM pg_catalog.pg_cast c
  JOIN pg_catalog.pg_type s ON s.oid = castsource
 WHERE c.oid < 16384 AND castsource <> casttarget AND s.typname !~ '^pg_'"""


def test_every_cast_is_used(any_server: Target) -> None:
    with connect(any_server) as connection:
        found = [one for one in connection.execute(_CASTS) if not _of_some_majors(*one[:2])]
    wrong = [
        (old, new, context)
        for old, new, context in found
        if "::text" in (using := str(conversion(ident("x"), old, new)))
        or (using == "None") != (context != "e" or new in {"text", "character varying"})
    ]
    assert wrong == []


def _of_some_majors(old: str, new: str) -> bool:
    numbers = {"smallint", "integer", "bigint"}
    return {old, new} - numbers == {"bytea"} or (old, new) == ("path", "point")
