"""What may be renamed, what follows from it, and what is offered."""

import pytest

from psqlmigrate.errors import PlanRefusedError, UsageError
from psqlmigrate.postgres.introspect import introspect
from psqlmigrate.postgres.loading import load_script, load_statements
from psqlmigrate.postgres.scratch import Scratch
from psqlmigrate.schema.catalog import Catalog
from psqlmigrate.schema.statement import Hazard
from psqlmigrate.service.canonical import build, canonical
from psqlmigrate.service.planning import plan
from psqlmigrate.service.renamepairs import Candidate, candidates
from psqlmigrate.service.renaming import Renamed, apply, back, settle


def _load(scratch: Scratch, text: str) -> Catalog:
    with scratch.database() as connection:
        load_script(connection, text, "test")
        catalog = introspect(connection)
    return canonical(scratch, catalog)


def _both(scratch: Scratch, before: str, after: str) -> tuple[Catalog, Catalog]:
    return _load(scratch, before), _load(scratch, after)


def _texts(renamed: Renamed) -> list[str]:
    return [str(one.sql) for one in renamed.statements]


def _offers(scratch: Scratch, before: str, after: str) -> list[str]:
    return [one.text for one in candidates(*_both(scratch, before, after))]


@pytest.mark.parametrize(
    ("before", "after", "text", "message"),
    [
        ("CREATE TABLE a (x int)", "CREATE TABLE b (x int)", "c:b", "nothing is called c"),
        ("CREATE TABLE a (x int)", "CREATE TABLE b (x int)", "a:c", "has no table public.c"),
        ("CREATE TABLE a (x int)", "CREATE TABLE a (x int)", "a:a", "its name already"),
        ("CREATE TABLE a (x int)", "CREATE TABLE b (x int)", "a:app.b", "another place"),
        ("CREATE TABLE a (x int)", "CREATE TABLE a (y int)", "a.x:b.y", "another place"),
        ("CREATE TABLE a (x int)", "CREATE TABLE a (y int)", "a.x:b.a.y.y", "another place"),
        ("CREATE TABLE a (x int); CREATE TABLE b (x int)", "CREATE TABLE b (x int)", "a:b", "way"),
        ("CREATE TABLE a (x int, y int)", "CREATE TABLE a (y int)", "a.x:y", "in the way"),
        (
            "CREATE TYPE e AS ENUM ('a', 'b')",
            "CREATE TYPE e AS ENUM ('b')",
            "e.a:b",
            "has b already",
        ),
        ("CREATE TYPE e AS ENUM ('a')", "CREATE TYPE e AS ENUM ('b')", "e.a:c", "has no c in"),
        (
            "CREATE TABLE a (x int); CREATE TABLE c () INHERITS (a)",
            "CREATE TABLE a (x int); CREATE TABLE c (y int) INHERITS (a)",
            "c.x:y",
            "cannot rename inherited column",
        ),
        ("CREATE TABLE a (x int)", "CREATE TABLE b (x int)", "a:b\npublic.a:c", "same thing"),
        (
            "CREATE TABLE a (x int); CREATE TABLE b (y int)",
            "CREATE TABLE c (x int)",
            "a:c\nb:c",
            "two renames want one name",
        ),
        (
            "CREATE TABLE a (k int GENERATED ALWAYS AS IDENTITY); CREATE TABLE b (y int)",
            "CREATE TABLE a_k_seq (y int)",
            "b:a_k_seq\na.k:k",
            "its name already",
        ),
    ],
)
def test_what_is_refused(
    scratch: Scratch, before: str, after: str, text: str, message: str
) -> None:
    with pytest.raises(UsageError, match=message) as caught:
        apply(scratch, *_both(scratch, before, after), text.splitlines())
    assert caught.value.exit_code == 2


def test_a_near_name_of_the_desired_schema_is_told(scratch: Scratch) -> None:
    base, desired = _both(scratch, "CREATE TABLE users ()", "CREATE TABLE people ()")
    with pytest.raises(UsageError) as caught:
        apply(scratch, base, desired, ["users:peopel"])
    assert caught.value.hint == "near names: public.people"


def test_nothing_to_rename_needs_no_scratch(scratch: Scratch) -> None:
    base, desired = _both(scratch, "CREATE TABLE a ()", "CREATE TABLE b ()")
    renamed = apply(scratch, base, desired, [])
    assert renamed == Renamed(base)
    assert back(scratch, desired, renamed) == Renamed(desired)
    assert renamed.then(desired) == plan(base, desired)


def test_indexes_and_constraints_are_renamed_without_asking(scratch: Scratch) -> None:
    base, desired = _both(
        scratch,
        "CREATE TABLE t (a int PRIMARY KEY, b int CHECK (b > 0)); CREATE INDEX i ON t (b);"
        "CREATE INDEX other ON t (a)",
        "CREATE TABLE t (a int, b int, CONSTRAINT pk PRIMARY KEY (a), CONSTRAINT c CHECK (b > 0));"
        'CREATE INDEX "J" ON t (b); CREATE INDEX another ON t (a) WHERE b > 1',
    )
    renamed = apply(scratch, base, desired, [])
    assert _texts(renamed) == [
        "ALTER TABLE public.t RENAME CONSTRAINT t_b_check TO c",
        "ALTER INDEX public.t_pkey RENAME TO pk",
        'ALTER INDEX public.i RENAME TO "J"',
    ]
    assert not any(one.hazards for one in renamed.statements)
    assert not any(one.asked for one in renamed.names)
    assert [str(one.sql) for one in plan(renamed.catalog, desired).statements] == [
        "DROP INDEX public.other",
        "CREATE INDEX another ON public.t USING btree (a) WHERE (b > 1)",
    ]


def test_a_sequence_follows_only_a_confirmed_table(scratch: Scratch) -> None:
    base, desired = _both(
        scratch,
        "CREATE TABLE t (id serial)",
        "CREATE SEQUENCE s AS int; CREATE TABLE t (id int NOT NULL DEFAULT nextval('s'));"
        "ALTER SEQUENCE s OWNED BY t.id",
    )
    assert apply(scratch, base, desired, []).statements == ()
    assert Hazard.DATA_LOSS in plan(base, desired).hazards
    assert [one.text for one in candidates(base, desired)] == ["public.t_id_seq:s"]
    renamed = apply(scratch, base, desired, ["t_id_seq:s"])
    assert renamed.then(desired).statements == renamed.statements


def test_what_code_says_is_a_hazard(scratch: Scratch) -> None:
    before = """
CREATE SCHEMA s; CREATE TABLE t (a int CONSTRAINT c CHECK (a > 0)); CREATE VIEW v AS SELECT 1 AS x;
CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE TYPE e AS ENUM ('l');
CREATE INDEX i ON t (a); CREATE POLICY p ON t USING (true)"""
    after = """
CREATE SCHEMA s2; CREATE TABLE t2 (a2 int CONSTRAINT c2 CHECK (a2 > 0));
CREATE VIEW v2 AS SELECT 1 AS x; CREATE FUNCTION f2() RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE TYPE e AS ENUM ('l2'); CREATE INDEX i2 ON t2 (a2); CREATE POLICY p2 ON t2 USING (true)"""
    texts = ["s:s2", "t:t2", "t.a:a2", "t.c:c2", "v:v2", "f:f2", "e.l:l2", "i:i2", "t.p:p2"]
    renamed = apply(scratch, *_both(scratch, before, after), texts)
    harmless = [str(one.sql) for one in renamed.statements if not one.hazards]
    assert harmless == [
        "ALTER TABLE public.t RENAME CONSTRAINT c TO c2",
        "ALTER POLICY p ON public.t RENAME TO p2",
        "ALTER INDEX public.i RENAME TO i2",
    ]
    broken = [one for one in renamed.statements if one.hazards == {Hazard.BREAKS_CODE}]
    assert len(broken) == 6
    assert len(harmless) + len(broken) == len(renamed.statements)


def test_labels_of_an_enum_with_rows(scratch: Scratch) -> None:
    before = """
CREATE TYPE e AS ENUM ('a', 'b', 'c'); CREATE TABLE t (x e DEFAULT 'a' CHECK (x <> 'b'), y e[]);
CREATE VIEW v AS SELECT x FROM t WHERE x = 'c'; CREATE INDEX i ON t (x) WHERE x = 'a'"""
    base, desired = _both(
        scratch,
        before,
        before.replace("'a'", "'-'").replace("'b'", "'a'").replace("'-'", "'It''s'"),
    )
    renamed = apply(scratch, base, desired, ["e.b:a", "public.e.'a':'It''s'"])
    up, down = renamed.then(desired), back(scratch, desired, renamed).then(base)
    assert up.statements == renamed.statements
    with scratch.database() as connection:
        build(connection, base)
        connection.execute("INSERT INTO t VALUES ('a', '{a,b}'), ('c', '{c}')")
        seen: list[list[tuple[str, ...]]] = []
        for target, statements in ((desired, up), (base, down), (desired, up)):
            load_statements(connection, statements.statements)
            assert introspect(connection) == target
            seen.append(connection.execute("SELECT x::text, y::text FROM t").fetchall())
    assert seen[0] == seen[2] == [("It's", "{It's,a}"), ("c", "{c}")]
    assert seen[1] == [("a", "{a,b}"), ("c", "{c}")]


def test_a_label_whose_former_name_is_used_again(scratch: Scratch) -> None:
    base, desired = _both(
        scratch,
        "CREATE TYPE e AS ENUM ('a', 'b'); CREATE TABLE t (x e)",
        "CREATE TYPE e AS ENUM ('z', 'b', 'a'); CREATE TABLE t (x e)",
    )
    renamed = apply(scratch, base, desired, ["e.a:z"])
    up, down = renamed.then(desired), back(scratch, desired, renamed).then(base)
    with scratch.database() as connection:
        build(connection, base)
        connection.execute("INSERT INTO t VALUES ('a'), ('b')")
        for target, statements in ((desired, up), (base, down)):
            load_statements(connection, statements.statements)
            assert introspect(connection) == target
        assert connection.execute("SELECT x::text FROM t").fetchall() == [("a",), ("b",)]


def test_the_way_back_from_a_stage_in_between(scratch: Scratch) -> None:
    base, desired = _both(
        scratch,
        "CREATE TYPE e AS ENUM ('a'); CREATE TABLE t (x e)",
        "CREATE TYPE f AS ENUM ('a', 'b'); CREATE TABLE u (x f DEFAULT 'b')",
    )
    renamed = apply(scratch, base, desired, ["t:u", "e:f"])
    changed = {one.subject: desired.objects[one.subject] for one in renamed.then(desired).statements
               if one.commits and one.subject}  # fmt: skip
    assert [oid.kind for oid in changed] == ["enum"]
    middle = Catalog({**renamed.catalog.objects, **changed}, renamed.catalog.edges)
    ups = renamed.then(middle), plan(middle, desired)
    downs = plan(desired, middle), back(scratch, middle, renamed).then(base)
    with scratch.database() as connection:
        build(connection, base)
        connection.execute("INSERT INTO t VALUES ('a')")
        for one, target in zip((*ups, *downs), (middle, desired, middle, base), strict=True):
            load_statements(connection, one.statements)
            assert introspect(connection) == target
        assert connection.execute("SELECT x::text FROM t").fetchall() == [("a",)]


def test_no_way_back_is_no_plan(scratch: Scratch) -> None:
    base, desired = _both(scratch, "CREATE TABLE a (x int)", "CREATE TABLE b (x int)")
    renamed = apply(scratch, base, desired, ["a:b"])
    child = "CREATE TABLE p (x int); CREATE TABLE b () INHERITS (p)"
    column = apply(scratch, _load(scratch, "CREATE TABLE b (y int)"), desired, ["b.y:x"])
    with pytest.raises(PlanRefusedError, match="cannot rename inherited"):
        back(scratch, _load(scratch, child), column)
    assert back(scratch, desired, renamed).then(base).statements


@pytest.mark.parametrize(
    ("rename", "body", "said"),
    [
        ("users:people", "SELECT count(*) FROM users", True),
        ("users:people", "SELECT count(*) FROM people -- no users_", False),
        ("users:people", "SELECT count(*) FROM superusers", False),
        ("people.mail:email", "SELECT mail FROM people", True),
        ("people.mail:email", "SELECT mail FROM letters", False),
        ("e.old:new", "SELECT ''old''::e", True),
    ],
)
def test_a_body_in_a_string_that_says_the_former_name(
    scratch: Scratch, rename: str, body: str, *, said: bool
) -> None:
    after = f"""
CREATE TABLE people (email text); CREATE TYPE e AS ENUM ('new');
CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS '{body}';
CREATE FUNCTION g() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT count(*) FROM people users; END"""
    old, _, new = rename.rpartition(".")[2].partition(":")
    tables, rest = after.split("CREATE FUNCTION f", 1)
    tables = tables.replace(f" {new} ", f" {old} ").replace(f"({new} ", f"({old} ")
    before = (
        tables.replace(f"'{new}'", f"'{old}'")
        + "CREATE FUNCTION f"
        + rest.replace("people users", "users" if old == "users" else "people users")
    )
    renamed = apply(scratch, *_both(scratch, before, after), [rename])
    assert bool(renamed.warnings) == said
    if said:
        assert "function public.f() still says" in renamed.warnings[0]
        assert len(renamed.warnings) == 1


WIDE = "id bigint, mail text, born date, n numeric"


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (f"CREATE TABLE a ({WIDE})", f"CREATE TABLE b ({WIDE})", ["public.a:b"]),
        (f"CREATE TABLE a ({WIDE})", f"CREATE TABLE b ({WIDE}, x int)", ["public.a:b"]),
        (f"CREATE TABLE a ({WIDE})", "CREATE TABLE b (id bigint, x int, y int)", []),
        ("CREATE TABLE a (id bigint)", "CREATE TABLE b (id bigint)", []),
        (f"CREATE TABLE a ({WIDE})", f"CREATE TABLE b ({WIDE}); CREATE TABLE c ({WIDE})", []),
        (f"CREATE TABLE a ({WIDE}); CREATE TABLE c ({WIDE})", f"CREATE TABLE b ({WIDE})", []),
        (
            f"CREATE TABLE a ({WIDE})",
            f"CREATE TABLE b ({WIDE}) PARTITION BY LIST (id)",
            [],
        ),
        ("CREATE TABLE t (a int, mail text)", "CREATE TABLE t (a int, email text)",
         ["public.t.mail:email"]),
        ("CREATE TABLE t (mail text, a int)", "CREATE TABLE t (a int, email text)",
         ["public.t.mail:email"]),
        ("CREATE TABLE t (mail text, a int)", "CREATE TABLE t (a int, notes text)", []),
        ("CREATE TABLE t (a int, mail text)", "CREATE TABLE t (a int, mail2 int)", []),
        ("CREATE TABLE t (a int, total numeric(10,2))",
         "CREATE TABLE t (a int, amount numeric(12,2))", ["public.t.total:amount"]),
        ("CREATE TABLE t (a int, b text)", "CREATE TABLE t (a int, c text, d text)", []),
        ("CREATE TABLE t (fore text, a int, last text)", "CREATE TABLE t (first text, a int, surname text)",
         ["public.t.fore:first", "public.t.last:surname"]),
        ("CREATE TABLE p (a int, b text); CREATE TABLE c () INHERITS (p)",
         "CREATE TABLE p (a int, d text); CREATE TABLE c () INHERITS (p)", ["public.p.b:d"]),
        ("CREATE TYPE e AS ENUM ('a', 'b', 'c')", "CREATE TYPE e AS ENUM ('a', 'New', 'c')",
         ["public.e.b:'New'"]),
        ("CREATE TYPE e AS ENUM ('a', 'b')", "CREATE TYPE e AS ENUM ('a', 'c', 'd')", []),
        ("CREATE TYPE e AS ENUM ('a', 'b')", "CREATE TYPE e AS ENUM ('b', 'a')", []),
        ("CREATE TYPE e AS ENUM ('a', 'b')", "CREATE TYPE f AS ENUM ('a', 'b')", ["public.e:f"]),
        ("CREATE TYPE c AS (a int, b text)", "CREATE TYPE c AS (a int, d text)",
         ["public.c.b:d"]),
        ("CREATE TYPE c AS (a int, b text)", "CREATE TYPE c AS (a int, d date)", []),
        ("CREATE SEQUENCE order_numbers", "CREATE SEQUENCE order_number",
         ["public.order_numbers:order_number"]),
        ("CREATE SEQUENCE orders", "CREATE SEQUENCE bills", []),
        ("CREATE VIEW v AS SELECT 1 AS x", "CREATE VIEW w AS SELECT 1 AS x", ["public.v:w"]),
        ("CREATE VIEW v AS SELECT 1 AS x", "CREATE VIEW w AS SELECT 2 AS x", []),
        ("CREATE FUNCTION f(int) RETURNS int LANGUAGE sql AS 'SELECT 1'",
         "CREATE FUNCTION g(int) RETURNS int LANGUAGE sql AS 'SELECT 1'",
         ["public.f(integer):g"]),
        ("CREATE FUNCTION f(int) RETURNS int LANGUAGE sql AS 'SELECT 1'",
         "CREATE FUNCTION g(text) RETURNS int LANGUAGE sql AS 'SELECT 1'", []),
        ("CREATE SCHEMA a; CREATE TABLE a.t (); CREATE TABLE a.u ()",
         "CREATE SCHEMA b; CREATE TABLE b.t (); CREATE TABLE b.u ()", ["a:b"]),
        ("CREATE SCHEMA a; CREATE TABLE public.a (x int)", "CREATE SCHEMA b", []),
        ("CREATE TABLE t (a int); CREATE INDEX i ON t (a)",
         "CREATE TABLE t (a int); CREATE INDEX j ON t (a)", []),
    ],
)  # fmt: skip
def test_candidates(scratch: Scratch, before: str, after: str, expected: list[str]) -> None:
    assert _offers(scratch, before, after) == expected


def test_every_candidate_can_be_asked_for(scratch: Scratch) -> None:
    base, desired = _both(
        scratch,
        f"CREATE SCHEMA s; CREATE TABLE s.a (); CREATE TABLE s.b (); CREATE TABLE s2 ({WIDE});"
        "CREATE TYPE e AS ENUM ('a', 'b'); CREATE VIEW mail AS SELECT 1 AS x",
        f"CREATE SCHEMA r; CREATE TABLE r.a (); CREATE TABLE r.b (); CREATE TABLE t2 ({WIDE});"
        "CREATE TYPE e AS ENUM ('a', 'c'); CREATE VIEW post AS SELECT 1 AS x",
    )
    offers = candidates(base, desired)
    assert [one.score for one in offers] == [1.0] * 4
    renamed = apply(scratch, base, desired, [one.text for one in offers])
    assert renamed.then(desired).statements == renamed.statements


SWAPPED = (
    f"CREATE TABLE a ({WIDE}, x text); CREATE TABLE b (k int, l int, x text)",
    f"CREATE TABLE b ({WIDE}, y text); CREATE TABLE a (k int, l int, x text)",
)


def test_answers_bring_up_further_questions(scratch: Scratch) -> None:
    base, desired = _both(
        scratch,
        f"CREATE TABLE users ({WIDE}, fore text); CREATE TYPE e AS ENUM ('a', 'b')",
        f"CREATE TABLE people ({WIDE}, first text); CREATE TYPE e AS ENUM ('a', 'c')",
    )
    asked: list[str] = []

    def ask(one: Candidate) -> bool:
        asked.append(one.text)
        return "e.b" not in one.text

    renamed, left = settle(scratch, base, desired, [], ask)
    assert asked == ["public.e.b:c", "public.users:people", "public.users.fore:first"]
    assert left == ()
    assert _texts(renamed) == [
        "ALTER TABLE public.users RENAME COLUMN fore TO first",
        "ALTER TABLE public.users RENAME TO people",
    ]


def test_a_candidate_says_the_name_of_the_base(scratch: Scratch) -> None:
    base, desired = _both(scratch, *SWAPPED)
    renamed, left = settle(scratch, base, desired, ["a:b", "b:a"])
    assert [one.text for one in left] == ["public.a.x:y"]
    again, none = settle(scratch, base, desired, ["a:b", "b:a", left[0].text])
    assert none == ()
    assert again.then(desired).statements == again.statements
    assert len(again.statements) == len(renamed.statements) + 1
