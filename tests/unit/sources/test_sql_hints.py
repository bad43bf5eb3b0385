"""Comments of renames find the statement, or the line in it, that they are about."""

import pytest

from psqlmigrate.errors import SourceError
from psqlmigrate.sources.sql_hints import hints_of

FROM = "-- psqlmigrate: renamed from"
SCRIPT = f"""
/* psqlmigrate: renamed from persons */
CREATE UNLOGGED TABLE IF NOT EXISTS app.People ( -- the people
    id int,   {FROM} number
    {FROM} e_mail, "E Mail"
    email text NOT NULL,
    tags text[], {FROM} labels
    price numeric(12, 2) CHECK (price > 0), -- not about psqlmigrate
    "Odd, Name" text DEFAULT ',(',{FROM} 'x'
    {FROM} old_check
    CONSTRAINT new_check CHECK (id > 0), UNIQUE (id)
); {FROM} x.users

CREATE TYPE mood AS ENUM ('sad', {FROM} 'b''ad'
    'it''s ok'); -- nothing
{FROM} "Pair"
CREATE TYPE pair AS (a int,
    {FROM} c
    b int);
{FROM} f
CREATE OR REPLACE FUNCTION s.g(a int) RETURNS int LANGUAGE sql AS $$ SELECT 1; {FROM} nobody $$;
CREATE UNIQUE INDEX CONCURRENTLY i ON t (a); {FROM} j
CREATE MATERIALIZED VIEW mv AS SELECT 1; {FROM} old_mv
CREATE CONSTRAINT TRIGGER tr AFTER INSERT ON s.t {FROM} old_tr
    FOR EACH ROW EXECUTE FUNCTION f();
{FROM} k
ALTER TABLE ONLY s.t
    ADD CONSTRAINT l UNIQUE (a);
ALTER TABLE t ADD COLUMN IF NOT EXISTS c2 int; {FROM} c1
CREATE SCHEMA new; {FROM} old
"""


def test_what_each_is_about() -> None:
    found = [(one.kind, one.names, one.former, one.label) for one in hints_of(SCRIPT, "x.sql")]
    people = ("app", "people")
    assert found == [
        ("table", people, ("persons",), ""),
        ("column", (*people, "id"), ("number",), ""),
        ("column", (*people, "email"), ("e_mail", "E Mail"), ""),
        ("column", (*people, "tags"), ("labels",), ""),
        ("column", (*people, "Odd, Name"), ("x",), ""),
        ("constraint", (*people, "new_check"), ("old_check",), ""),
        ("table", people, ("users",), ""),
        ("type", ("mood",), ("b'ad",), "sad"),
        ("type", ("pair",), ("Pair",), ""),
        ("type", ("pair",), ("c",), "b"),
        ("function", ("s", "g"), ("f",), ""),
        ("index", ("i",), ("j",), ""),
        ("materialized view", ("mv",), ("old_mv",), ""),
        ("trigger", ("s", "t", "tr"), ("old_tr",), ""),
        ("constraint", ("s", "t", "l"), ("k",), ""),
        ("column", ("t", "c2"), ("c1",), ""),
        ("schema", ("new",), ("old",), ""),
    ]
    assert hints_of(SCRIPT, "x.sql")[2].origin == "x.sql:5"


def test_a_script_without_any() -> None:
    assert (
        hints_of("CREATE TABLE t (a int); -- renamed from u\nSELECT '-- psqlmigrate: renamed'", "x")
        == ()
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("CREATE TABLE t (a int);\n\n-- psqlmigrate: renamed from b", "x.sql:3: .* belongs to nothing"),
        ("-- psqlmigrate: renamed from b\nSELECT 1", "belongs to nothing"),
        ("CREATE TABLE t (a int, UNIQUE (a) -- psqlmigrate: renamed from b\n)", "belongs to nothing"),
        ("CREATE TABLE t (a int\n-- psqlmigrate: renamed from b\n)", "belongs to nothing"),
        ("-- psqlmigrate: renamed b\nCREATE TABLE t (a int)", "x.sql:1: .* cannot be read"),
        ("-- psqlmigrate: renamed from\nCREATE TABLE t (a int)", "cannot be read"),
        ("-- psqlmigrate: renamed from a b\nCREATE TABLE t (a int)", "cannot be read"),
    ],
)  # fmt: skip
def test_what_is_no_hint(text: str, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        hints_of(text, "x.sql")
