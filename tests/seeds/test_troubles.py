"""What does not fit is told with file, line, table, row, column and reason; nothing is changed."""

import threading
from pathlib import Path

import pytest

from psqlmigrate.errors import MigrationError, SeedError, UsageError
from psqlmigrate.postgres.connect import connect
from psqlmigrate.service.seeds.reading import read
from psqlmigrate.service.seeds.troubles import MOST
from seed_files import Seeds


def test_every_bad_value(seeds: Seeds) -> None:
    seeds.run(
        "CREATE TABLE a (id int PRIMARY KEY, d date, n numeric(3,1));"
        "CREATE TABLE b (id int PRIMARY KEY, v bool)"
    )
    text = "a:\n- {id: 1, d: 2024-13-01}\n- {id: x, n: 1}\n- {id: 3, n: 1000}\n- {id: 4}\nb:\n- {id: 1, v: perhaps}\n"
    with pytest.raises(SeedError) as caught:
        seeds.load(text)
    lines = [one.split("rows.yaml:")[1] for one in caught.value.details.splitlines()]
    assert [one.rsplit(": ", 1)[0].split(": ")[:2] for one in lines[:3]] == [
        ["2", "a, row 1, column d"],
        ["3", "a, row 2, column id"],
        ["4", "a, row 3, column n"],
    ]
    assert lines[3] == '7: b, row 1, column v: invalid input syntax for type boolean: "perhaps"'
    assert caught.value.message.startswith("4 things in ")
    assert "nothing was changed" in caught.value.hint


def test_every_row_that_constraints_refuse(seeds: Seeds) -> None:
    seeds.run(
        "CREATE TABLE r (id int PRIMARY KEY);"
        "CREATE TABLE t (id int PRIMARY KEY, u text UNIQUE, n int NOT NULL CHECK (n > 0), r int REFERENCES r);"
        "INSERT INTO t VALUES (100, 'taken', 1)"
    )
    good = [f"- {{id: {n}, u: u{n}, n: 1}}" for n in range(1, 40)]
    bad = list(good)
    bad[4] = "- {id: 5, u: taken, n: 1}"
    bad[9] = "- {id: 10, u: u1, n: 1}"
    bad[20] = "- {id: 21, u: x, n: 0}"
    bad[38] = "- {id: 39, u: y, n: null}"
    with pytest.raises(SeedError) as caught:
        seeds.load("t:\n" + "\n".join(bad))
    told = caught.value.details.splitlines()
    assert [one.split(", ")[1].split(":")[0] for one in told] == [
        "row 5",
        "row 10",
        "row 21",
        "row 39",
    ]
    assert "Key (u)=(taken) already exists" in told[0]
    assert "Key (u)=(u1) already exists" in told[1]
    assert 'violates check constraint "t_n_check"' in told[2]
    assert "row 39, column n: null value" in told[3]
    assert "Failing row" not in caught.value.details
    assert seeds.rows("SELECT count(*) FROM t") == [(1,)]
    with pytest.raises(SeedError) as caught:
        seeds.load("t:\n" + "\n".join(good).replace("n: 1}", "n: 1, r: 9}", 3))
    assert len(caught.value.details.splitlines()) == 3
    assert (
        "column r: there is no such row in public.r (foreign key t_r_fkey)" in caught.value.details
    )
    with pytest.raises(SeedError, match=r"row 2.*violates check"):
        seeds.load("t: [{id: 1, n: 1}, {id: 100, n: -1}]")


def test_the_columns_of_constraints_and_domains(seeds: Seeds) -> None:
    seeds.run(
        "CREATE DOMAIN pos AS int CHECK (value > 0); CREATE DOMAIN small AS pos CHECK (value < 10);"
        "CREATE TABLE t (gone int, id int PRIMARY KEY, p pos, s small, l pos[], a int, b int, u int,"
        " CHECK (a < b), CHECK (a > 0)) ;"
        "ALTER TABLE t DROP COLUMN gone; CREATE UNIQUE INDEX ON t (u);"
        "CREATE TABLE parts (id int PRIMARY KEY, v int CHECK (v > 0)) PARTITION BY RANGE (id);"
        "CREATE TABLE part (v int CONSTRAINT parts_v_check CHECK (v > 0), id int NOT NULL);"
        "ALTER TABLE parts ATTACH PARTITION part FOR VALUES FROM (0) TO (9)"
    )
    wrong = ["p: 0", "s: 10", "a: 3, b: 2", "a: 0, b: 2", "u: 1"]
    rows = [f"- {{id: {n}, {one}}}" for n, one in enumerate(wrong, 1)]
    with pytest.raises(SeedError) as caught:
        seeds.load("t:\n- {id: 0, u: 1}\n" + "\n".join(rows) + "\nparts: []")
    told = [one.split(": ")[1] for one in caught.value.details.splitlines()]
    columns = ("p", "s", "a, b", "a", "u")
    assert told == [f"t, row {n}, column {one}" for n, one in enumerate(columns, 2)]
    with pytest.raises(SeedError, match="t, row 1, column l: "):
        seeds.load("t: [{id: 1, l: [1, 0]}]")
    with pytest.raises(SeedError, match="parts, row 1, column v: "):
        seeds.load("parts: [{id: 1, v: 0}]")


def test_bounded(seeds: Seeds) -> None:
    seeds.run("CREATE TABLE t (id int PRIMARY KEY)")
    with pytest.raises(SeedError) as caught:
        seeds.load("t:\n" + "\n".join(f"- {{id: x{n}}}" for n in range(1000)))
    assert len(caught.value.details.splitlines()) == MOST
    assert "20 or more" in caught.value.message


def test_a_self_reference_that_leads_nowhere(seeds: Seeds) -> None:
    seeds.run("CREATE TABLE t (id int PRIMARY KEY, up int REFERENCES t, n text)")
    with pytest.raises(SeedError) as caught:
        seeds.load("t: [{id: 1, up: 2}, {id: 2, up: 9}, {id: 3, up: 3}]")
    assert "row 2, column up: there is no such row in public.t" in str(caught.value)
    for extra in ("", ", {id: 3, up: {$ref: t, n: a}}"):
        with pytest.raises(SeedError) as caught:
            seeds.load(f"t: [{{id: 1, n: a}}, {{id: 2, up: {{$ref: t, n: zzz}}}}{extra}]")
        assert 'row 2, column up: $ref: there is no public.t with n = "zzz"' in str(caught.value)


def test_references_that_fail(seeds: Seeds) -> None:
    seeds.run(
        "CREATE TABLE r (id int PRIMARY KEY, n text, i int); INSERT INTO r VALUES (1, 'a'), (2, 'a');"
        "CREATE TABLE two (a int, b int, PRIMARY KEY (a, b));"
        "CREATE TABLE t (id int PRIMARY KEY, r int REFERENCES r)"
    )
    for reference, reason in {
        "{$ref: r, n: a}": '2 rows are public.r with n = "a"',
        "{$ref: r, n: b}": 'there is no public.r with n = "b"',
        "{$ref: rr, n: b}": 'there is no table "rr"; did you mean r?',
        "{$ref: r, nn: b}": 'public.r has no column "nn"',
        "{$ref: r}": "names no column of public.r",
        "{$ref: r, n: null}": "no row is found by a null in n",
        "{$ref: 7, n: b}": "$ref takes the name of a table",
        "{$ref: two, a: 1}": "has a primary key of several columns",
        "{$reff: r, n: b}": "an object, where integer is wanted",
        "{$ref: r, n: {$ref: r, id: 7}}": "there is no public.r with n = the row",
        "{$ref: r, i: x}": "invalid input syntax for type integer",
    }.items():
        with pytest.raises(SeedError) as caught:
            seeds.load(f"t: [{{id: 1, r: {reference}}}]")
        assert reason in str(caught.value) + caught.value.hint, reference


@pytest.mark.parametrize(
    ("text", "reason", "hint"),
    [
        ("user: []", 'there is no table "user"', "did you mean users?"),
        ("Users: []", 'there is no table "Users"', "did you mean users?"),
        ("nix.users: []", 'there is no table "nix.users"', ""),
        ("users: [{id: 1, nmae: x}]", 'public.users has no column "nmae"', "did you mean name?"),
        ("users: [{id: 1, ctid: x}]", 'has no column "ctid"', ""),
        ("users: [{id: 1, up: x}]", "up is generated from other columns", "leave it out"),
        ("users: [{name: x}]", "row 1, column id: it is part of the key", "another key"),
        ("users: [{id: null}]", "column id: it is part of the key, and cannot be null", ""),
        (
            "users: {key: [name], rows: []}",
            "no unique constraint or index",
            "unique are (id), (email)",
        ),
        ("users: {key: [part], rows: []}", "no unique constraint or index", ""),
        ("users: {key: [expr], rows: []}", "no unique constraint or index", ""),
        ("users: {key: [emial], rows: []}", 'its key has no column "emial"', "email"),
        ("users: {key: [email], rows: [{email: null}]}", "cannot be null", ""),
        ("users: []\npublic.users: []", "is users again", ""),
        ("bare: [{a: 1}]", "public.bare has no primary key", '"key"'),
        ("v: []", "public.v is a view", "seeds go into tables"),
        ("_psqlmodel_migrations: []", "psqlmigrate's own", ""),
        ("pg_catalog.pg_class: []", "there is no table", ""),
        ("users: [{id: 1}, {id: 1}]", "row 2: row 1 has the same (id)", ""),
        ("users: [{id: 1}, {id: '01', name: x}]", "row 2: row 1 has the same (id)", ""),
    ],
)
def test_names_and_keys(seeds: Seeds, text: str, reason: str, hint: str) -> None:
    seeds.run(
        "CREATE TABLE users (id int PRIMARY KEY, name text, email text UNIQUE, part int, expr text,"
        " up text GENERATED ALWAYS AS (upper(name)) STORED);"
        "CREATE UNIQUE INDEX ON users (part) WHERE part > 0; CREATE UNIQUE INDEX ON users (lower(expr));"
        "CREATE TABLE bare (a int); CREATE VIEW v AS SELECT 1 AS id;"
        "CREATE TABLE _psqlmodel_migrations (version varchar(50) PRIMARY KEY, message text,"
        " applied_at timestamptz, checksum text, execution_time_ms int, rolled_back_at timestamptz)"
    )
    with pytest.raises(SeedError) as caught:
        seeds.load(text)
    assert caught.value.exit_code == 3
    assert reason in str(caught.value)
    assert hint in caught.value.hint
    assert "rows.yaml:" in str(caught.value)


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("x.json", "", "the file is empty"),
        ("x.json", "null", "the file is null"),
        ("x.json", "[]", "the file is a list"),
        ("x.json", '"x"', "the file is a single value"),
        ("x.json", '{"a": [\n}', "x.json:2: not JSON"),
        ("x.json", '{"a": []} 1', "not JSON: expected nothing more"),
        ("x.json", '{"a": [],}', "not JSON"),
        ("x.json", '{"a": 1}', "a is a single value, not a list of rows"),
        ("x.json", '{"a": [\n1]}', "x.json:2: a row 1 is a single value"),
        ("x.json", '{"a": [{}]}', "a row 1 is empty"),
        ("x.json", '{"a": [{"b": NaN}]}', "NaN is not JSON"),
        ("x.json", '{"a": [],\n"a": []}', 'x.json:2: "a" is there twice'),
        ("x.json", '{"a": [\n\n{"b": 1, "b": 2}]}', 'x.json:3: "b" is there twice'),
        ("x.json", '{"a": [{"b": {"c": 1, "c": 2}}]}', '"c" is there twice'),
        ("x.json", '{"a": {"key": ["x"]}}', "a has no rows"),
        ("x.json", '{"a": {"row": []}}', 'did you mean "rows"?'),
        ("x.json", '{"a": {"key": [], "rows": []}}', "a key that is no list of columns"),
        ("x.json", '{"a": {"key": ["b", "b"], "rows": []}}', "names a column of its key twice"),
        ("x.json", '{"a": ' + "[" * 100_000, "nested too deeply"),
        ("x.json", b"\xff\xfe{\x00}\x00", "not UTF-8"),
        ("x.json", b'{"a": [\n\xe4]}', "x.json:2: not UTF-8"),
        ("x.yaml", " \n", "the file is empty"),
        ("x.yaml", "# nothing\n", "the file is null"),
        ("x.yaml", "- a", "the file is a list"),
        ("x.yml", "a: [", "not YAML"),
        (
            "x.yaml",
            "a: []\nb: !!python/object:os.system {}",
            "x.yaml:2: the tag !!python/object:os.system",
        ),
        ("x.yaml", "a: [{b: !!python/name:os.system }]", "the tag !!python/name:os.system"),
        ("x.yaml", "a: !mine []", "the tag !mine"),
        ("x.yaml", "a: []\na: []", 'x.yaml:2: "a" is there twice'),
        ("x.yaml", "a:\n- b: 1\n  b: 2", 'x.yaml:3: "b" is there twice'),
        ("x.yaml", "a: []\n---\nb: []", "a second document begins"),
        ("x.yaml", "a: &a [*a]", "an alias stands inside what it names"),
        ("x.yaml", "a: [{? [1] : 2}]", "a name must be a text"),
        ("x.yaml", "a: [{b: " + "[" * 5000, "nesting"),
        ("x.yaml", "a:", "a is null, not a list of rows"),
    ],
)
def test_files(tmp_path: Path, name: str, content: str | bytes, reason: str) -> None:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(SeedError) as caught:
        read(path)
    assert reason in caught.value.message
    assert caught.value.message.startswith(str(path))


def test_a_bomb_of_aliases(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 30)]
    path.write_text("\n".join(lines))
    with pytest.raises(SeedError, match="more than a million values"):
        read(path)


def test_anchors_and_merges(seeds: Seeds) -> None:
    seeds.run("CREATE TABLE t (id int PRIMARY KEY, a text, b text)")
    seeds.load(
        "t:\n- &base {id: 1, a: x, b: y}\n- {<<: *base, id: 2, a: z}\n- {id: 3, <<: [*base]}"
    )
    assert seeds.rows("SELECT * FROM t") == [(1, "x", "y"), (2, "z", "y"), (3, "x", "y")]


def test_a_byte_order_mark_and_line_ends(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_bytes(b'\xef\xbb\xbf{"a": [\r\n{"b": 1}]}\r\n')
    (table,) = read(path).tables
    assert (table.name, table.rows[0].line) == ("a", 2)


@pytest.mark.parametrize("name", ["x.txt", "x", "missing.json", "folder.json", "a\0b.json"])
def test_paths(tmp_path: Path, name: str) -> None:
    (tmp_path / "x.txt").write_text("{}")
    (tmp_path / "folder.json").mkdir()
    with pytest.raises(UsageError):
        read(tmp_path / name)


def test_without_the_right(seeds: Seeds) -> None:
    seeds.run(
        "CREATE TABLE t (id int PRIMARY KEY); CREATE ROLE seed_reader LOGIN; GRANT SELECT ON t TO seed_reader"
    )
    try:
        reader = seeds.as_role("seed_reader")
        with pytest.raises(SeedError) as caught:
            reader.load("t: [{id: 1}]")
        assert "permission denied for table t" in str(caught.value)
    finally:
        seeds.run("DROP OWNED BY seed_reader; DROP ROLE seed_reader")


def test_a_lost_connection(seeds: Seeds) -> None:
    seeds.run(
        "CREATE TABLE t (id int PRIMARY KEY); CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS"
        " $$BEGIN PERFORM pg_sleep(20); RETURN new; END$$;"
        "CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()"
    )

    def kill() -> None:
        with connect(seeds.database) as other:
            while not other.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep'"
            ).fetchall():
                pass

    killer = threading.Thread(target=kill)
    killer.start()
    with pytest.raises(MigrationError, match="the connection was lost"):
        seeds.load("t: [{id: 1}]")
    killer.join()
    assert seeds.rows("SELECT count(*) FROM t") == [(0,)]


def test_long_and_strange_values_stay_on_one_line(seeds: Seeds) -> None:
    seeds.run("CREATE TABLE t (id int PRIMARY KEY)")
    with pytest.raises(SeedError) as caught:
        seeds.load('t: [{id: "a\\e[31m\\n' + "b" * 10_000 + '"}, {id: x}]')
    assert len(caught.value.details) < 1000
    assert len(caught.value.details.splitlines()) == 2
    assert "\\x1b" in caught.value.details


def test_a_policy_keeps_rows_out(seeds: Seeds) -> None:
    seeds.run(
        "CREATE TABLE t (id int PRIMARY KEY, v int); CREATE ROLE seed_writer LOGIN;"
        "GRANT SELECT, INSERT, UPDATE ON t TO seed_writer; ALTER TABLE t ENABLE ROW LEVEL SECURITY;"
        "CREATE POLICY p ON t TO seed_writer USING (v < 10)"
    )
    try:
        writer = seeds.as_role("seed_writer")
        assert writer.counts("t: [{id: 1, v: 1}]") == {"public.t": (1, 0, 0)}
        with pytest.raises(SeedError, match="row 2: new row violates row-level security policy"):
            writer.load("t: [{id: 1, v: 2}, {id: 2, v: 20}]")
        with pytest.raises(SeedError, match=r"rows\.yaml: permission denied for table t"):
            writer.load("t: []", truncate=True)
    finally:
        seeds.run("DROP OWNED BY seed_writer; DROP ROLE seed_writer")


def test_a_statement_timeout_is_not_the_rows(seeds: Seeds) -> None:
    seeds.run(
        "CREATE TABLE t (id int PRIMARY KEY); CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS"
        " $$BEGIN PERFORM pg_sleep(2); RETURN new; END$$;"
        "CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()"
    )
    slow = Seeds(seeds.folder, seeds.database, statement_timeout=0.3)
    with pytest.raises(
        SeedError, match=r"rows\.yaml: canceling statement due to statement timeout"
    ):
        slow.load("t: [{id: 1}, {id: 2}]")


def test_a_read_only_database(seeds: Seeds) -> None:
    seeds.run("CREATE TABLE t (id int PRIMARY KEY)")
    name = seeds.database.params["dbname"]
    seeds.run(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
    with pytest.raises(SeedError, match="read-only transaction"):
        seeds.load("t: [{id: 1}]")


def test_rows_that_an_alias_takes_from_elsewhere(seeds: Seeds) -> None:
    seeds.run(
        "CREATE TABLE a (id int PRIMARY KEY, j jsonb); CREATE TABLE b (LIKE a INCLUDING ALL); CREATE TABLE c (LIKE a INCLUDING ALL)"
    )
    text = "a: &rows [&row {id: 1, j: &long {key: [id], rows: [{id: 7}]}}]\nb: *rows\nc: *long"
    assert seeds.counts(text) == {
        "public.a": (1, 0, 0),
        "public.b": (1, 0, 0),
        "public.c": (1, 0, 0),
    }
    assert seeds.rows("SELECT id FROM c") == [(7,)]
    text = "a: &form {key: id, rows: &rows [{id: 2}]}\nb: {<<: *form, key: [id]}\nc: [{id: 3, j: *form}, {id: 4, j: *rows}]"
    seeds.load(text)
    assert seeds.rows("SELECT id FROM b ORDER BY id") == [(1,), (2,)]
    assert seeds.rows("SELECT j::text FROM c WHERE id IN (3, 4) ORDER BY id") == [
        ('{"key": "id", "rows": [{"id": 2}]}',),
        ('[{"id": 2}]',),
    ]
