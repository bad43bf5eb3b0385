"""Rows come into the tables in the right order, once, and only where they differ."""

import threading
import time

import pytest

from psqlmigrate.errors import LockError, SeedError, SeedRefusedError
from psqlmigrate.postgres.connect import connect
from psqlmigrate.service.locking import key_of, lock
from seed_files import Seeds

SHOP = """
CREATE TABLE roles (id serial PRIMARY KEY, name text NOT NULL UNIQUE);
CREATE TABLE users (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, email text NOT NULL UNIQUE,
    role_id int REFERENCES roles, note text DEFAULT 'none', made timestamptz DEFAULT now());
"""
USERS = """
users:
  - {id: 7, email: a@example.org, role_id: 2}
  - {id: 8, email: b@example.org, note: ""}
roles:
  - {id: 1, name: admin}
  - {id: 2, name: user}
"""


def test_on_every_major(any_seeds: Seeds) -> None:
    any_seeds.run(SHOP)
    assert any_seeds.counts(USERS) == {"public.roles": (2, 0, 0), "public.users": (2, 0, 0)}
    before = any_seeds.rows("SELECT u::text, u.xmin::text FROM users u")
    assert any_seeds.counts(USERS) == {"public.roles": (0, 0, 2), "public.users": (0, 0, 2)}
    assert any_seeds.rows("SELECT u::text, u.xmin::text FROM users u") == before
    assert any_seeds.rows("SELECT id, role_id, note FROM users ORDER BY 1") == [
        (7, 2, "none"),
        (8, None, ""),
    ]
    any_seeds.run("INSERT INTO users (email) VALUES ('c'); INSERT INTO roles (name) VALUES ('x')")
    assert any_seeds.rows("SELECT max(id) FROM users UNION ALL SELECT max(id) FROM roles") == [
        (9,),
        (3,),
    ]
    changed = USERS.replace("role_id: 2", "role_id: 1, note: new")
    assert any_seeds.counts(changed)["public.users"] == (0, 1, 1)
    assert any_seeds.counts("users: []\nroles: []", truncate=True) == {
        "public.users": (0, 0, 0),
        "public.roles": (0, 0, 0),
    }


def test_a_named_key_takes_no_numbers_the_second_time(seeds: Seeds) -> None:
    seeds.run(SHOP)
    text = "roles:\n  key: [name]\n  rows:\n  - name: admin\n  - name: user\n"
    assert seeds.counts(text) == {"public.roles": (2, 0, 0)}
    assert seeds.counts(text) == {"public.roles": (0, 0, 2)}
    assert seeds.rows("SELECT last_value FROM roles_id_seq") == [(2,)]


def test_references(seeds: Seeds) -> None:
    seeds.run(SHOP + "INSERT INTO roles (name) VALUES ('there')")
    text = """
users:
  key: email
  rows:
  - {email: a, role_id: {$ref: roles, name: new}}
  - {email: b, role_id: {$ref: public.roles, name: there}}
  - {email: c, role_id: null}
roles: {key: [name], rows: [{name: new}]}
"""
    assert seeds.counts(text) == {"public.roles": (1, 0, 0), "public.users": (3, 0, 0)}
    assert seeds.counts(text) == {"public.roles": (0, 0, 1), "public.users": (0, 0, 3)}
    assert seeds.rows(
        "SELECT email, r.name FROM users LEFT JOIN roles r ON r.id = role_id ORDER BY 1"
    ) == [("a", "new"), ("b", "there"), ("c", None)]


def test_references_by_several_columns_within_references(seeds: Seeds) -> None:
    seeds.run(
        "CREATE TABLE orgs (id serial PRIMARY KEY, name text UNIQUE);"
        "CREATE TABLE teams (id serial PRIMARY KEY, org int REFERENCES orgs, name text,"
        " code text UNIQUE, UNIQUE (org, name));"
        "CREATE TABLE members (name text PRIMARY KEY, team int REFERENCES teams,"
        " team_code text REFERENCES teams (code))"
    )
    text = """
members:
  - name: ann
    team: {$ref: teams, org: {$ref: orgs, name: one}, name: core}
    team_code: {$ref: teams, org: {$ref: orgs, name: two}, name: core}
teams:
  key: [org, name]
  rows:
  - {org: {$ref: orgs, name: one}, name: core, code: "1"}
  - {org: {$ref: orgs, name: two}, name: core, code: "2"}
orgs: {key: [name], rows: [{name: one}, {name: two}]}
"""
    assert list(seeds.counts(text)) == ["public.orgs", "public.teams", "public.members"]
    assert seeds.rows("SELECT * FROM members") == [("ann", 1, "2")]
    assert seeds.counts(text)["public.teams"] == (0, 0, 2)


@pytest.mark.parametrize("parent", ["int REFERENCES tree", "int NOT NULL REFERENCES tree"])
def test_a_table_that_refers_to_itself(seeds: Seeds, parent: str) -> None:
    seeds.run(f"CREATE TABLE tree (id serial PRIMARY KEY, name text UNIQUE, parent {parent})")
    plain = "tree:\n- {id: 5, name: leaf, parent: 4}\n- {id: 4, name: root, parent: 4}\n"
    assert seeds.counts(plain) == {"public.tree": (2, 0, 0)}
    named = """
tree:
  key: [name]
  rows:
  - {name: c, parent: {$ref: tree, name: b}}
  - {name: b, parent: {$ref: tree, name: a}}
  - {name: a, parent: {$ref: tree, name: root}}
"""
    assert seeds.counts(named) == {"public.tree": (3, 0, 0)}
    assert seeds.counts(named) == {"public.tree": (0, 0, 3)}
    assert seeds.rows(
        "SELECT t.name, p.name FROM tree t JOIN tree p ON p.id = t.parent ORDER BY 1"
    ) == [("a", "root"), ("b", "a"), ("c", "b"), ("leaf", "root"), ("root", "root")]


@pytest.mark.parametrize("parent", ["int REFERENCES tree", "int NOT NULL REFERENCES tree"])
def test_a_row_waits_for_one_that_it_names_by_its_number(seeds: Seeds, parent: str) -> None:
    seeds.run(f"CREATE TABLE tree (id int PRIMARY KEY, name text UNIQUE, parent {parent})")
    text = """
tree:
- {id: 4, name: d, parent: 3}
- {id: 3, name: c, parent: 2}
- {id: 2, name: b, parent: {$ref: tree, name: root}}
- {id: 1, name: root, parent: 1}
"""
    assert seeds.counts(text) == {"public.tree": (4, 0, 0)}
    assert seeds.counts(text) == {"public.tree": (0, 0, 4)}
    assert seeds.rows("SELECT id, parent FROM tree ORDER BY 1") == [(1, 1), (2, 1), (3, 2), (4, 3)]
    moved = text.replace("{$ref: tree, name: root}", "{$ref: tree, name: d}")
    assert seeds.counts(moved) == {"public.tree": (0, 1, 3)}


def test_rows_that_refer_to_each_other(seeds: Seeds) -> None:
    seeds.run("CREATE TABLE t (id serial PRIMARY KEY, n text UNIQUE, other int REFERENCES t)")
    text = """
t:
  key: [n]
  rows:
  - {n: a, other: {$ref: t, n: b}}
  - {n: b, other: {$ref: t, n: a}}
  - {n: me, other: {$ref: t, n: me}}
"""
    assert seeds.counts(text) == {"public.t": (3, 0, 0)}
    assert seeds.counts(text) == {"public.t": (0, 0, 3)}
    assert seeds.rows("SELECT t.n, o.n FROM t JOIN t o ON o.id = t.other ORDER BY 1") == [
        ("a", "b"),
        ("b", "a"),
        ("me", "me"),
    ]


def test_a_long_chain(seeds: Seeds) -> None:
    seeds.run("CREATE TABLE t (id serial PRIMARY KEY, n int UNIQUE, up int REFERENCES t)")
    lines = [f"  - {{n: {n}, up: {{$ref: t, n: {n + 1}}}}}" for n in range(300)]
    text = "t:\n  key: [n]\n  rows:\n" + "\n".join(lines) + "\n  - {n: 300}\n"
    assert seeds.counts(text) == {"public.t": (301, 0, 0)}
    assert seeds.counts(text) == {"public.t": (0, 0, 301)}
    assert seeds.rows("SELECT count(*) FROM t JOIN t p ON p.id = t.up AND p.n = t.n + 1") == [
        (300,)
    ]


CIRCLE = """
CREATE TABLE a (id int PRIMARY KEY, b int {a});
CREATE TABLE b (id int PRIMARY KEY, a int {b});
ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES b {deferrable};
ALTER TABLE b ADD FOREIGN KEY (a) REFERENCES a;
"""


@pytest.mark.parametrize(
    "circle",
    [
        CIRCLE.format(a="", b="NOT NULL", deferrable=""),
        CIRCLE.format(a="NOT NULL", b="", deferrable=""),
        CIRCLE.format(a="NOT NULL", b="NOT NULL", deferrable="DEFERRABLE"),
        CIRCLE.format(a="", b="", deferrable=""),
    ],
)
def test_a_circle_of_tables(seeds: Seeds, circle: str) -> None:
    seeds.run(circle)
    text = "a: [{id: 1, b: 2}, {id: 3, b: 4}]\nb: [{id: 2, a: 3}, {id: 4, a: 1}]"
    assert sum(one[0] for one in seeds.counts(text).values()) == 4
    assert all(one == (0, 0, 2) for one in seeds.counts(text).values())
    assert seeds.rows("SELECT id, b FROM a ORDER BY 1") == [(1, 2), (3, 4)]
    changed = text.replace("{id: 1, b: 2}", "{id: 1, b: 4}")
    assert seeds.counts(changed)["public.a"] == (0, 1, 1)
    assert seeds.rows("SELECT b FROM a WHERE id = 1") == [(4,)]
    with pytest.raises(SeedError) as caught:
        seeds.load(text.replace("a: 3", "a: 99").replace("b: 4", "b: 98"))
    assert "no such row" in str(caught.value)
    assert seeds.rows("SELECT b FROM a WHERE id = 1") == [(4,)]


def test_a_circle_without_a_way_out(seeds: Seeds) -> None:
    seeds.run(CIRCLE.format(a="NOT NULL", b="NOT NULL", deferrable=""))
    with pytest.raises(SeedError) as caught:
        seeds.load("a: [{id: 1, b: 2}]\nb: [{id: 2, a: 1}]")
    assert "public.a (b) refers to public.b" in caught.value.details
    assert "public.b (a) refers to public.a" in caught.value.details
    assert "DEFERRABLE" in caught.value.hint


def test_a_circle_by_references(seeds: Seeds) -> None:
    seeds.run(
        "CREATE TABLE teams (id serial PRIMARY KEY, name text UNIQUE, boss int);"
        "CREATE TABLE people (id serial PRIMARY KEY, name text UNIQUE, team int NOT NULL"
        " REFERENCES teams);"
        "ALTER TABLE teams ADD FOREIGN KEY (boss) REFERENCES people DEFERRABLE"
    )
    text = """
people: {key: [name], rows: [{name: ann, team: {$ref: teams, name: core}}]}
teams: {key: [name], rows: [{name: core, boss: {$ref: people, name: ann}}]}
"""
    assert seeds.counts(text) == {"public.teams": (1, 0, 0), "public.people": (1, 0, 0)}
    assert seeds.counts(text) == {"public.teams": (0, 0, 1), "public.people": (0, 0, 1)}
    assert seeds.rows("SELECT p.name FROM teams t JOIN people p ON p.id = t.boss") == [("ann",)]


def test_rows_with_other_columns(seeds: Seeds) -> None:
    """In the file's order; what a row does not give has its default, and later stays."""
    seeds.run(
        "CREATE TYPE mood AS ENUM ('ok', 'bad'); CREATE DOMAIN tag AS varchar(5) DEFAULT 'dom';"
        "CREATE TABLE t (id serial PRIMARY KEY, k text UNIQUE, m mood DEFAULT 'bad', g tag,"
        " at timestamp DEFAULT now(), x numeric DEFAULT 1.50, r float8 NOT NULL DEFAULT random())"
    )
    text = """
t:
  key: [k]
  rows:
  - {k: one}
  - {k: two, m: ok, x: 12345678901234567890.123456789, at: 2024-01-01 10:00:00}
  - {k: three, id: 10}
  - {k: four}
  - {k: five, g: x}
"""
    assert seeds.counts(text) == {"public.t": (5, 0, 0)}
    assert seeds.rows("SELECT k, m::text, g, x::text FROM t ORDER BY id") == [
        ("three", "bad", "dom", "1.50"),
        ("one", "bad", "dom", "1.50"),
        ("two", "ok", "dom", "12345678901234567890.123456789"),
        ("four", "bad", "dom", "1.50"),
        ("five", "bad", "x", "1.50"),
    ]
    before = seeds.rows("SELECT * FROM t ORDER BY id")
    assert seeds.counts(text) == {"public.t": (0, 0, 5)}
    assert seeds.rows("SELECT * FROM t ORDER BY id") == before


def test_a_row_that_is_there_may_leave_required_columns_out(seeds: Seeds) -> None:
    seeds.run(
        "CREATE TABLE t (id int PRIMARY KEY, a text NOT NULL, b int); INSERT INTO t VALUES (1, 'x', 2)"
    )
    assert seeds.counts("t: [{id: 1, b: 3}]") == {"public.t": (0, 1, 0)}
    assert seeds.rows("SELECT * FROM t") == [(1, "x", 3)]


def test_only_the_key(seeds: Seeds) -> None:
    seeds.run("CREATE TABLE t (a int, b text, PRIMARY KEY (a, b))")
    text = "t: [{a: 1, b: x}, {a: 1, b: y}]"
    assert seeds.counts(text) == {"public.t": (2, 0, 0)}
    assert seeds.counts(text) == {"public.t": (0, 0, 2)}


def test_a_partitioned_table(any_seeds: Seeds) -> None:
    any_seeds.run(
        "CREATE TABLE p (id int, day date, v text, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);"
        "CREATE TABLE p1 PARTITION OF p FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');"
        "CREATE TABLE p2 (v text, day date NOT NULL, id int NOT NULL);"
        "ALTER TABLE p ATTACH PARTITION p2 FOR VALUES FROM ('2025-01-01') TO ('2026-01-01')"
    )
    text = "p: [{id: 1, day: 2024-05-01, v: a}, {id: 1, day: 2025-05-01, v: b}]"
    assert any_seeds.counts(text) == {"public.p": (2, 0, 0)}
    assert any_seeds.counts(text.replace("v: b", "v: c")) == {"public.p": (0, 1, 1)}
    with pytest.raises(SeedError, match="no partition of relation"):
        any_seeds.load("p: [{id: 1, day: 2030-05-01}]")
    assert any_seeds.counts("p: []", truncate=True) == {"public.p": (0, 0, 0)}
    assert any_seeds.rows("SELECT count(*) FROM p") == [(0,)]


def test_rows_of_a_child_are_not_the_parents(seeds: Seeds) -> None:
    seeds.run(
        "CREATE TABLE p (id int PRIMARY KEY, v text); CREATE TABLE c () INHERITS (p);"
        "INSERT INTO c VALUES (1, 'child')"
    )
    assert seeds.counts("p: [{id: 1, v: parent}]") == {"public.p": (1, 0, 0)}
    assert seeds.counts("p: []", truncate=True) == {"public.p": (0, 0, 0)}
    assert seeds.rows("SELECT * FROM p") == [(1, "child")]


def test_hostile_names(seeds: Seeds) -> None:
    seeds.run(
        'CREATE SCHEMA "we.ird";'
        'CREATE TABLE "we.ird"."ta""b;le %s" ("id:%(x)s" int PRIMARY KEY, "naïve "" %" text, "on" int);'
        'CREATE TABLE "dot.ted" (id int PRIMARY KEY, "select" text);'
        'CREATE TABLE "Mixed" ("Id" serial PRIMARY KEY, "parent.id" int REFERENCES "Mixed")'
    )
    text = """
'"we.ird"."ta""b;le %s"':
  - {'id:%(x)s': 1, 'naïve " %': "o'r %s \\\\ \\n\\t", on: 3}
dot.ted:
  - {id: 1, select: x}
Mixed:
  - {Id: 2, parent.id: {$ref: Mixed, Id: 1}}
  - {Id: 1}
"""
    assert all(one[0] for one in seeds.counts(text).values())
    assert not any(one[0] or one[1] for one in seeds.counts(text).values())
    assert seeds.rows('SELECT * FROM "we.ird"."ta""b;le %s"') == [(1, "o'r %s \\ \n\t", 3)]


def test_other_schemas(seeds: Seeds) -> None:
    seeds.run("CREATE SCHEMA app; CREATE TABLE app.users (id int PRIMARY KEY)")
    assert seeds.counts("app.users: [{id: 1}]") == {"app.users": (1, 0, 0)}
    with pytest.raises(SeedError) as caught:
        seeds.load("users: [{id: 1}]")
    assert "app.users" in caught.value.hint
    configured = Seeds(seeds.folder, seeds.database, schemas=("app",))
    assert configured.counts("users: [{id: 1}]") == {"app.users": (0, 0, 1)}
    seeds.run("CREATE TABLE users (id int PRIMARY KEY)")
    both = Seeds(seeds.folder, seeds.database, schemas=("app", "public"))
    with pytest.raises(SeedError, match=r"can be app\.users or public\.users"):
        both.load("users: [{id: 1}]")


def test_sequences(any_seeds: Seeds) -> None:
    any_seeds.run(
        "CREATE TABLE t (a serial PRIMARY KEY, b int GENERATED ALWAYS AS IDENTITY (INCREMENT BY 10),"
        " c int GENERATED BY DEFAULT AS IDENTITY (INCREMENT BY -1 MAXVALUE 100 MINVALUE -100 START 100),"
        " d bigserial, e serial, f bigserial);"
        "CREATE SEQUENCE free; ALTER TABLE t ADD g int DEFAULT nextval('free');"
        "SELECT setval('t_d_seq', 50)"
    )
    text = "t: [{a: 3, b: 25, c: -4, d: 20, f: 900000000000, g: 8}, {a: 2, b: 1, c: 7, d: 1}]"
    moved = any_seeds.load(text).sequences
    assert set(moved) == {f"public.t_{one}_seq" for one in "abcf"} | {"public.free"}
    assert any_seeds.rows(
        "SELECT nextval('t_a_seq'), nextval('t_b_seq'), nextval('t_c_seq'), nextval('t_d_seq'),"
        " nextval('t_e_seq'), nextval('t_f_seq'), nextval('free')"
    ) == [(4, 41, -5, 51, 3, 900000000002, 10)]
    assert any_seeds.load(text).sequences == ()


def test_numbers_that_a_double_precision_does_not_have(seeds: Seeds) -> None:
    seeds.run(
        "CREATE TABLE t (id bigserial PRIMARY KEY); CREATE TABLE m (id bigserial PRIMARY KEY)"
    )
    assert seeds.load("t: [{id: 9007199254740993}]\nm: [{id: 9223372036854775807}]")
    assert seeds.rows("SELECT nextval('t_id_seq')") == [(9007199254740994,)]
    assert seeds.rows("SELECT last_value FROM m_id_seq") == [(9223372036854775807,)]


def test_a_sequence_that_ends_before(seeds: Seeds) -> None:
    seeds.run(
        "CREATE SEQUENCE s AS smallint; CREATE TABLE t (id int PRIMARY KEY DEFAULT nextval('s'));"
        "CREATE SEQUENCE u INCREMENT 10 MAXVALUE 15; CREATE TABLE v (id int PRIMARY KEY DEFAULT nextval('u'))"
    )
    seeds.load("t: [{id: 100000}, {id: 5}]\nv: [{id: 13}]")
    assert seeds.rows("SELECT nextval('s')") == [(6,)]
    assert seeds.rows("SELECT last_value FROM u") == [(13,)]


def test_never_lowered_below_what_others_take(seeds: Seeds) -> None:
    seeds.run("CREATE TABLE t (id serial PRIMARY KEY)")
    taken: list[int] = []
    stop = threading.Event()

    def take() -> None:
        with connect(seeds.database) as connection:
            while not stop.is_set():
                row = connection.execute("SELECT nextval('t_id_seq')").fetchone()
                taken.append(row[0] if row else 0)

    other = threading.Thread(target=take)
    other.start()
    try:
        for _ in range(20):
            reached = seeds.rows("SELECT last_value FROM t_id_seq")[0][0]
            seeds.load(f"t: [{{id: {reached + 40}}}]")
    finally:
        stop.set()
        other.join()
    assert len(set(taken)) == len(taken)
    assert taken == sorted(taken)


def test_a_dry_run_changes_nothing(seeds: Seeds) -> None:
    seeds.run(SHOP + "CREATE TABLE counts (n int)")
    text = """
users: {key: [email], rows: [{email: a, role_id: {$ref: roles, name: x}}, {email: b}]}
roles: {key: [name], rows: [{name: x}]}
"""
    assert seeds.counts(text, dry_run=True) == {
        "public.roles": (1, 0, 0),
        "public.users": (2, 0, 0),
    }
    assert seeds.rows("SELECT count(*) FROM users") == [(0,)]
    assert seeds.rows("SELECT a.is_called, b.is_called FROM roles_id_seq a, users_id_seq b") == [
        (False, False)
    ]
    seeds.load(text)
    assert seeds.counts(text, dry_run=True, truncate=True)["public.users"] == (2, 0, 0)
    assert seeds.rows("SELECT count(*), max(id) FROM users") == [(2, 2)]
    assert seeds.rows("SELECT last_value FROM users_id_seq") == [(2,)]
    with pytest.raises(SeedError):
        seeds.load("users: [{id: 5}]", dry_run=True)
    assert seeds.rows("SELECT count(*) FROM pg_class WHERE relname LIKE '_psqlm%'") == [(0,)]


def test_truncate(seeds: Seeds) -> None:
    seeds.run(SHOP + "CREATE TABLE logs (id int PRIMARY KEY, user_id bigint REFERENCES users)")
    seeds.run("INSERT INTO users (email) SELECT 'old ' || g FROM generate_series(1, 5) g")
    text = "users: {key: [email], rows: [{email: new}]}\nlogs: []"
    result = seeds.load(text, truncate=True)
    assert [one.table for one in result.tables] == ["public.users", "public.logs"]
    assert seeds.rows("SELECT id, email FROM users") == [(1, "new")]
    with pytest.raises(SeedRefusedError) as caught:
        seeds.load("users: []", truncate=True)
    assert caught.value.exit_code == 5
    assert "public.logs refers to them" in caught.value.details
    with pytest.raises(SeedError):
        seeds.load(text.replace("email: new", "email: null"), truncate=True)
    assert seeds.rows("SELECT id, email FROM users") == [(1, "new")]


def test_triggers_policies_and_what_they_keep_out(seeds: Seeds) -> None:
    seeds.run(
        "CREATE TABLE t (id int PRIMARY KEY, v text);"
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS"
        " $$BEGIN IF new.v = 'out' THEN RETURN NULL; END IF; new.v := upper(new.v); RETURN new; END$$;"
        "CREATE TRIGGER tr BEFORE INSERT OR UPDATE ON t FOR EACH ROW EXECUTE FUNCTION f()"
    )
    (table,) = seeds.load("t: [{id: 1, v: a}, {id: 2, v: out}]").tables
    assert (table.inserted, table.kept_out) == (1, 1)
    assert seeds.rows("SELECT * FROM t") == [(1, "A")]


def test_what_a_trigger_makes_the_same_again_is_unchanged(seeds: Seeds) -> None:
    seeds.run(
        "CREATE TABLE t (id int PRIMARY KEY, v text, w int);"
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS"
        " $$BEGIN IF new.v = 'no' THEN RETURN NULL; END IF; new.v := lower(new.v); RETURN new; END$$;"
        "CREATE TRIGGER tr BEFORE INSERT OR UPDATE ON t FOR EACH ROW EXECUTE FUNCTION f();"
        "INSERT INTO t VALUES (3, 'x', 1)"
    )
    text = "t: [{id: 1, v: Ann, w: 1}, {id: 2, v: bob, w: 1}, {id: 3, v: no}]"
    assert seeds.counts(text) == {"public.t": (2, 0, 0)}
    (table,) = seeds.load(text).tables
    assert (table.updated, table.unchanged, table.kept_out) == (0, 2, 1)
    assert seeds.counts(text.replace("Ann, w: 1", "Ann, w: 2")) == {"public.t": (0, 1, 1)}
    assert seeds.rows("SELECT id, v, w FROM t ORDER BY 1") == [
        (1, "ann", 2),
        (2, "bob", 1),
        (3, "x", 1),
    ]


def test_a_deferred_trigger_fails_the_file(seeds: Seeds) -> None:
    seeds.run(
        "CREATE TABLE t (id int PRIMARY KEY);"
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE 'not so'; END$$;"
        "CREATE CONSTRAINT TRIGGER tr AFTER INSERT ON t INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION f()"
    )
    with pytest.raises(SeedError, match="not so"):
        seeds.load("t: [{id: 1}]")
    with pytest.raises(SeedError, match="not so"):
        seeds.load("t: [{id: 1}]", dry_run=True)
    assert seeds.rows("SELECT count(*) FROM t") == [(0,)]


def test_updates_name_only_columns_that_change(seeds: Seeds) -> None:
    seeds.run(
        "CREATE TABLE t (id int PRIMARY KEY, a int, b int); INSERT INTO t VALUES (1, 1, 1), (2, 2, 2);"
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE 'a is touched'; END$$;"
        "CREATE TRIGGER tr BEFORE UPDATE OF a ON t FOR EACH ROW EXECUTE FUNCTION f()"
    )
    assert seeds.counts("t: [{id: 1, a: 1, b: 5}, {id: 2, a: 2}]") == {"public.t": (0, 1, 1)}


def test_an_always_identity_beside_the_key(seeds: Seeds) -> None:
    seeds.run(SHOP)
    text = "users: {key: [email], rows: [{id: 5, email: a, note: x}]}"
    assert seeds.counts(text) == {"public.users": (1, 0, 0)}
    assert seeds.counts(text.replace("note: x", "note: y")) == {"public.users": (0, 1, 0)}
    with pytest.raises(SeedError, match=r"row 1, column id: it is GENERATED ALWAYS"):
        seeds.load(text.replace("id: 5", "id: 6"))


def test_a_deferrable_key(seeds: Seeds) -> None:
    seeds.run("CREATE TABLE t (id int PRIMARY KEY DEFERRABLE INITIALLY DEFERRED, v int)")
    assert seeds.counts("t: [{id: 1, v: 1}]") == {"public.t": (1, 0, 0)}
    assert seeds.counts("t: [{id: 1, v: 2}]") == {"public.t": (0, 1, 0)}


def test_waits_for_an_upgrade(seeds: Seeds) -> None:
    seeds.run("CREATE TABLE t (id int PRIMARY KEY)")
    with (
        connect(seeds.database) as other,
        lock(other, key_of(seeds.space.tables), 0, print),
        pytest.raises(LockError, match="another run holds the lock"),
    ):
        seeds.load("t: [{id: 1}]", lock_wait=0.2)
    assert seeds.counts("t: [{id: 1}]") == {"public.t": (1, 0, 0)}


def test_waits_for_a_table(seeds: Seeds) -> None:
    seeds.run("CREATE TABLE t (id int PRIMARY KEY)")
    with connect(seeds.database) as other:
        other.execute("BEGIN; LOCK TABLE t")
        with pytest.raises(LockError, match=r"could not get a lock on public\.t held by pid"):
            seeds.load("t: [{id: 1}]", lock_wait=0.3)
        threading.Timer(0.6, lambda: other.execute("COMMIT")).start()
        start = time.monotonic()
        assert seeds.counts("t: [{id: 1}]", lock_wait=20) == {"public.t": (1, 0, 0)}
        assert time.monotonic() - start > 0.4


def test_many_rows_of_many_shapes(seeds: Seeds) -> None:
    """Columns that alternate from row to row are no slower than others."""
    seeds.run("CREATE TABLE t (id int PRIMARY KEY, a int, b int DEFAULT 5, up int REFERENCES t)")
    rows = [
        '{{"id": {}, "{}": 1, "up": {}}}'.format(n, "ab"[n % 2], 20_000 - n or "null")
        for n in range(1, 20_001)
    ]
    text = '{"t": [' + ",\n".join(rows) + "]}"
    start = time.monotonic()
    assert seeds.counts(text, suffix="json") == {"public.t": (20_000, 0, 0)}
    assert seeds.counts(text, suffix="json") == {"public.t": (0, 0, 20_000)}
    assert time.monotonic() - start < 20


def test_a_table_with_many_columns(seeds: Seeds) -> None:
    names = [f"c{n}" for n in range(1500)]
    seeds.run(f"CREATE TABLE t (id int PRIMARY KEY, {', '.join(f'{one} int' for one in names)})")
    text = f"t: [{{id: 1, {', '.join(f'{one}: 1' for one in names)}}}]"
    assert seeds.counts(text) == {"public.t": (1, 0, 0)}
    assert seeds.counts(text) == {"public.t": (0, 0, 1)}


def test_two_at_once(seeds: Seeds) -> None:
    """One waits for the other, and then finds its rows."""
    seeds.run("CREATE TABLE t (id serial PRIMARY KEY, n int UNIQUE)")
    text = "t: {key: [n], rows: [" + ", ".join(f"{{n: {n}}}" for n in range(300)) + "]}"
    counts: list[tuple[int, int, int]] = []
    (seeds.folder / "other").mkdir()
    pair = [seeds, Seeds(seeds.folder / "other", seeds.database)]
    threads = [
        threading.Thread(target=lambda one=one: counts.append(one.counts(text)["public.t"]))
        for one in pair
    ]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(counts) == [(0, 0, 300), (300, 0, 0)]


def test_rules_and_foreign_tables(seeds: Seeds) -> None:
    seeds.run(
        "CREATE TABLE t (id int PRIMARY KEY, v int);"
        "CREATE RULE r AS ON INSERT TO t WHERE new.v = 0 DO INSTEAD NOTHING;"
        "CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w;"
        "CREATE FOREIGN TABLE far (id int) SERVER s"
    )
    (table,) = seeds.load("t: [{id: 1, v: 0}, {id: 2, v: 1}]").tables
    assert (table.inserted, table.kept_out) == (1, 1)
    assert seeds.rows("SELECT id FROM t") == [(2,)]
    with pytest.raises(SeedError, match=r"public\.far is a foreign table"):
        seeds.load("far: [{id: 1}]")
