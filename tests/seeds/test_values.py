"""Values of every type come in as they are written, and are the same the second time."""

import json

import psycopg
import pytest

from psqlmigrate.errors import SeedError
from seed_files import Seeds

TYPES = """
CREATE TYPE mood AS ENUM ('sad', 'o''k, "fine"');
CREATE TYPE pair AS (a int, b text);
CREATE TYPE nest AS (p pair, list int[]);
CREATE DOMAIN short AS varchar(3) CHECK (value <> 'no');
CREATE DOMAIN json_domain AS jsonb;
"""


@pytest.mark.parametrize(
    ("type_", "written", "text"),
    [
        ("numeric", "0.1", "0.1"),
        ("numeric", "1e400", "1" + "0" * 400),
        ("numeric", "12345678901234567890123456789.10", "12345678901234567890123456789.10"),
        ("numeric(6,2)", "1.005", "1.01"),
        ("numeric", ".nan", "NaN"),
        ("numeric", "-.inf", "-Infinity"),
        ("numeric", "1_000.5", "1000.5"),
        ("bigint", "9223372036854775807", "9223372036854775807"),
        ("int", "0x1F", "31"),
        ("int", "1_000", "1000"),
        ("int", "'12'", "12"),
        ("float8", "0.1", "0.1"),
        ("float8", ".inf", "Infinity"),
        ("float8", ".NaN", "NaN"),
        ("real", "1.0e+20", "1e+20"),
        ("money", "12.50", "$12.50"),
        ("text", "no", "no"),
        ("text", "01234", "01234"),
        ("text", "1.10", "1.10"),
        ("text", "2024-01-01", "2024-01-01"),
        ("text", "12:30:45", "12:30:45"),
        ("text", "'null'", "null"),
        ("text", "~", None),
        ("text", "''", ""),
        ("text", '"a\\tb\\\\N\\nü😀"', "a\tb\\N\nü😀"),
        ("text", r"'\N'", r"\N"),
        ("varchar(3)", "abc", "abc"),
        ("char(5)", "ab", "ab   "),
        ("bool", "yes", "true"),
        ("bool", "off", "false"),
        ("bool", "true", "true"),
        ("date", "2024-02-29", "2024-02-29"),
        ("date", ".inf", "infinity"),
        ("time", "12:30:45", "12:30:45"),
        ("timestamp", "2024-02-29 12:00:00.25", "2024-02-29 12:00:00.25"),
        ("timestamptz", "2001-12-14t21:59:43.10-05:00", "2001-12-15 02:59:43.1+00"),
        ("timestamptz", "2001-12-14 21:59:43.10 -5", "2001-12-15 02:59:43.1+00"),
        ("timestamp(0)", "2024-01-01 00:00:00.6", "2024-01-01 00:00:01"),
        ("interval", "1 year 2 days", "1 year 2 days"),
        ("uuid", "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
        ("bytea", "aGVsbG8=", "\\x68656c6c6f"),
        ("bytea", "!!binary aGVsbG8=", "\\x68656c6c6f"),
        ("bytea", "{$base64: deadbeef}", "\\x75e69d6de79f"),
        ("bytea", r"'\xdeadbeef'", "\\xdeadbeef"),
        ("bytea", "''", "\\x"),
        ("inet", "10.0.0.1/8", "10.0.0.1/8"),
        ("int4range", "'[1,5)'", "[1,5)"),
        ("int4multirange", "'{[1,2), [5,9)}'", "{[1,2),[5,9)}"),
        ("mood", "o'k, \"fine\"", "o'k, \"fine\""),
        ("int[]", "[1, null, 3]", "{1,NULL,3}"),
        ("int[]", "[]", "{}"),
        ("int[]", "'{1,2}'", "{1,2}"),
        ("int[][]", "[[1, 2], [3, 4]]", "{{1,2},{3,4}}"),
        ("text[]", "[a, 'b\"c', 'd\\e', 'f,g', '{h}', '', 'NULL', null]", None),
        ("varchar(3)[]", "[abc]", "{abc}"),
        ("mood[]", "[sad, 'o''k, \"fine\"']", '{sad,"o\'k, \\"fine\\""}'),
        ("box[]", "['(1,1),(0,0)', '(2,2),(0,0)']", "{(1,1),(0,0);(2,2),(0,0)}"),
        ("date[]", "[2024-01-01]", "{2024-01-01}"),
        ("bytea[]", "[aGVsbG8=]", '{"\\\\x68656c6c6f"}'),
        ("pair", "{a: 1, b: 'x\"\\ y'}", '(1,"x""\\\\ y")'),
        ("pair", "[1, null]", "(1,)"),
        ("pair", "{b: ''}", '(,"")'),
        ("pair[]", "[{a: 1, b: z}, [2, q]]", '{"(1,z)","(2,q)"}'),
        ("nest", "{p: {a: 1, b: 'q,\"'}, list: [1, 2]}", None),
        ("short", "abc", "abc"),
        ("jsonb", "{a: 1.10, b: [1, null, yes], c: '0', d: {}}", '{"a": 1.10, "b": [1, null, true], "c": "0", "d": {}}'),
        ("jsonb", "plain", '"plain"'),
        ("jsonb", "'{\"a\": 1}'", '"{\\"a\\": 1}"'),
        ("jsonb", "12345678901234567890.0", "12345678901234567890.0"),
        ("jsonb", "{a: 1e3, b: '1e3'}", '{"a": 1000, "b": "1e3"}'),
        ("text", "1e3", "1e3"),
        ("jsonb", "no", "false"),
        ("jsonb", "0x10", "16"),
        ("jsonb", "2024-01-01", '"2024-01-01"'),
        ("jsonb", "{$ref: '#/definitions/x'}", '{"$ref": "#/definitions/x"}'),
        ("json", "{b: 1, a: [ ]}", '{"b": 1, "a": []}'),
        ("jsonb[]", "[[1, 2], {a: 1}, x, null]", '{"[1, 2]","{\\"a\\": 1}","\\"x\\"",NULL}'),
        ("json_domain", "[1]", "[1]"),
        ("point", "'(1,2)'", "(1,2)"),
        ("bit(3)", "'101'", "101"),
        ("tsvector", "a b", "'a' 'b'"),
    ],
)  # fmt: skip
def test_yaml(seeds: Seeds, type_: str, written: str, text: str | None) -> None:
    seeds.run(TYPES + f"CREATE TABLE t (id int PRIMARY KEY, v {type_})")
    content = f"t:\n- id: 1\n  v: {written}\n"
    assert seeds.counts(content) == {"public.t": (1, 0, 0)}
    if text is not None:
        assert seeds.rows("SELECT v::text FROM t")[0][0] == text.rstrip(" ")
    assert seeds.counts(content) == {"public.t": (0, 0, 1)}


def test_quoted_parts(seeds: Seeds) -> None:
    seeds.run(TYPES + "CREATE TABLE t (id int PRIMARY KEY, v text[], n nest)")
    texts = ["a", 'b"c', "d\\e", "f,g", "{h}", "", "NULL", None, " x ", "(1)", "'"]
    row = {"id": 1, "v": texts, "n": {"p": {"a": None, "b": 'q,")\\'}, "list": [1, None]}}
    content = json.dumps({"t": [row]})
    assert seeds.counts(content, suffix="json") == {"public.t": (1, 0, 0)}
    assert seeds.rows("SELECT v, ((n).p).b, (n).list FROM t") == [(texts, 'q,")\\', [1, None])]
    assert seeds.counts(content, suffix="json") == {"public.t": (0, 0, 1)}


@pytest.mark.parametrize(
    ("type_", "written", "text"),
    [
        ("numeric", "0.1", "0.1"),
        ("numeric", "1e400", "1" + "0" * 400),
        ("numeric", '"NaN"', "NaN"),
        ("bigint", "9007199254740993", "9007199254740993"),
        ("text", "12345678901234567890.10", "12345678901234567890.10"),
        ("text", "true", "true"),
        ("bool", "1", "true"),
        ("jsonb", "9007199254740993", "9007199254740993"),
        ("jsonb", '{"a": 1e400}', '{"a": 1' + "0" * 400 + "}"),
        ("json", '{"a":  1E5}', '{"a": 1E5}'),
        ("jsonb", '"\\u00fc\\ud83d\\ude00"', '"ü😀"'),
    ],
)
def test_json(seeds: Seeds, type_: str, written: str, text: str) -> None:
    seeds.run(f"CREATE TABLE t (id int PRIMARY KEY, v {type_})")
    content = f'{{"t": [{{"id": 1, "v": {written}}}]}}'
    assert seeds.counts(content, suffix="json") == {"public.t": (1, 0, 0)}
    assert seeds.rows("SELECT v::text FROM t") == [(text,)]
    assert seeds.counts(content, suffix="json") == {"public.t": (0, 0, 1)}


@pytest.mark.parametrize(
    ("type_", "written", "reason"),
    [
        ("int", "abc", 'invalid input syntax for type integer: "abc"'),
        ("int", "3000000000", "out of range"),
        ("int", "1.0", "invalid input syntax"),
        ("int", "010", "not the same number in every YAML"),
        ("int", "1:30", "not the same number in every YAML"),
        ("int", "yes", 'invalid input syntax for type integer: "yes"'),
        ("int", "[1]", "a list, where integer is wanted"),
        ("int", "{a: 1}", "an object, where integer is wanted"),
        ("varchar(3)", "abcd", "value too long"),
        ("varchar(3)[]", "[abcd]", "value too long"),
        ("short", "abcd", "value too long"),
        ("short", "'no'", "violates check constraint"),
        ("text", "[a]", "a list, where text is wanted"),
        ("text", '"a\\0b"', "NUL"),
        ("mood", "glad", 'invalid input value for enum mood: "glad"'),
        ("bytea", "deadbeef", "can be hex or base64"),
        ("bytea", "hello", "not base64"),
        ("bytea", "[1]", "bytea is written in base64"),
        ("text", "!!binary aGk=", "!!binary, where text is wanted"),
        ("jsonb", "{a: .nan}", "JSON has no .nan"),
        ("jsonb", '"\\0"', "unsupported Unicode escape"),
        ("pair", "{c: 1}", 'pair has no field "c"'),
        ("pair", "[1]", "pair has 2 fields, not 1"),
        ("pair", "{a: x}", "invalid input syntax for type integer"),
        ("int[]", "[[1], [2, 3]]", "malformed array literal"),
        ("int[]", "[{$ref: t, id: 1}]", "a $ref can only be the whole value of a column"),
        ("int4range", "[1, 5]", "write it as a text"),
        ("date", "2024-02-30", "out of range"),
        ("date", "01/02/2024", "out of range"),
        ("int NOT NULL", "null", "null value in column"),
        ("int CHECK (v > 0)", "0", "violates check constraint"),
    ],
)
def test_refused(seeds: Seeds, type_: str, written: str, reason: str) -> None:
    seeds.run(TYPES + f"CREATE TABLE t (id int PRIMARY KEY, v {type_})")
    with pytest.raises(SeedError) as caught:
        seeds.load(f"t:\n- id: 2\n  v: {written}\n")
    assert reason in str(caught.value)
    assert "rows.yaml:2: t, row 1" in str(caught.value)
    assert seeds.rows("SELECT count(*) FROM t") == [(0,)]


def test_surrogates(seeds: Seeds) -> None:
    seeds.run("CREATE TABLE t (id int PRIMARY KEY, v text, j jsonb)")
    for column in "vj":
        with pytest.raises(SeedError, match="half of a surrogate pair"):
            seeds.load(json.dumps({"t": [{"id": 1, column: "\ud800"}]}), suffix="json")


def test_collations(seeds: Seeds) -> None:
    try:
        seeds.run(
            "CREATE COLLATION ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false)"
        )
    except psycopg.errors.FeatureNotSupported:
        pytest.skip("a server without ICU")
    seeds.run("CREATE TABLE t (name text COLLATE ci PRIMARY KEY, v text COLLATE ci)")
    assert seeds.counts("t: [{name: Ann, v: x}]") == {"public.t": (1, 0, 0)}
    assert seeds.counts("t: [{name: ANN, v: X}]") == {"public.t": (0, 1, 0)}
    assert seeds.rows("SELECT name, v FROM t") == [("Ann", "X")]
    with pytest.raises(SeedError, match=r"row 1 has the same \(name\)"):
        seeds.load("t: [{name: bob}, {name: BOB}]")


def test_types_of_extensions(seeds: Seeds) -> None:
    """Their operators are not on the search path, and must be those that the key has."""
    for name in ("citext", "hstore"):
        if not seeds.rows(f"SELECT FROM pg_available_extensions WHERE name = '{name}'"):
            pytest.skip(f"a server without {name}")
    seeds.run(
        "CREATE SCHEMA ext; CREATE EXTENSION citext SCHEMA ext; CREATE EXTENSION hstore SCHEMA ext;"
        "CREATE TABLE t (name ext.citext PRIMARY KEY, h ext.hstore, up ext.citext REFERENCES t)"
    )
    text = (
        "t: [{name: Ann, h: {a: 1, 'b\"\\': null, c: '=>'}}, {name: Bob, up: {$ref: t, name: ANN}}]"
    )
    assert seeds.counts(text) == {"public.t": (2, 0, 0)}
    assert seeds.counts(text.replace("Ann", "aNN")) == {"public.t": (0, 0, 2)}
    (row,) = seeds.rows("SELECT ext.hstore_to_json(h)::text FROM t WHERE name = 'Ann'")
    assert json.loads(row[0]) == {"a": "1", 'b"\\': None, "c": "=>"}
    with pytest.raises(SeedError, match="row 1 has the same"):
        seeds.load("t: [{name: x}, {name: X}]")
