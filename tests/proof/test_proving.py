"""A proof with rows: no silent loss, and what may fail is told, not hidden."""

from itertools import pairwise
from pathlib import Path

import pytest

from psqlmigrate.errors import ProofError, StatementError
from psqlmigrate.migrations.file import MigrationFile, read_file
from psqlmigrate.postgres.connect import connect, server_major
from psqlmigrate.postgres.introspect import introspect
from psqlmigrate.postgres.loading import load_script
from psqlmigrate.postgres.scratch import Scratch
from psqlmigrate.postgres.target import Target
from psqlmigrate.schema.catalog import Catalog
from psqlmigrate.schema.sqltext import printed
from psqlmigrate.schema.statement import Hazard, Statement
from psqlmigrate.service.canonical import canonical
from psqlmigrate.service.planning import Plan, plan
from psqlmigrate.service.proving import Proof, prove, prove_difference, prove_steps
from psqlmigrate.service.rehearsal import Claim, step_of_plan

VERSION = "20260101_000000"
TABLE = "CREATE TABLE t (id int PRIMARY KEY, a varchar(10), n int)"


def _catalog(scratch: Scratch, text: str) -> Catalog:
    with scratch.database() as connection:
        load_script(connection, text, "x")
        catalog = introspect(connection)
    return canonical(scratch, catalog)


def _generated(scratch: Scratch, before: str, after: str) -> Proof:
    """The proof of what the planner makes of two schemas."""
    return prove_difference(scratch, _catalog(scratch, before), _catalog(scratch, after))


def _planned(scratch: Scratch, before: str, up: Plan, down: Plan) -> Proof:
    """The proof of stated plans."""
    [proof] = prove_steps(scratch, _catalog(scratch, before), [step_of_plan(Claim(up, down))])
    return proof


def _statements(*texts: str, hazards: frozenset[Hazard] = frozenset()) -> Plan:
    return Plan(tuple(Statement(printed(text), None, hazards) for text in texts), ())


def _written(scratch: Scratch, folder: Path, before: str, up: str, down: str) -> Proof:
    """The proof of an SQL file that people wrote."""
    [proof] = prove(scratch, _catalog(scratch, before), [_file(folder, up, down)])
    return proof


def _file(folder: Path, up: str, down: str, head: str = "") -> MigrationFile:
    path = folder / f"{VERSION}_x.sql"
    path.write_text(f"{head}-- psqlmigrate: up\n{up};\n-- psqlmigrate: down\n{down};\n")
    return read_file(path)


def test_values_of_kept_columns_are_kept(scratch: Scratch) -> None:
    after = "CREATE TABLE t (id bigint PRIMARY KEY, a text, n int, more int DEFAULT 7)"
    proof = _generated(scratch, TABLE, after)
    assert proof.loses == ()
    assert proof.unfilled == ()
    assert [one.direction for one in proof.may_fail] == []


def test_a_dropped_column_and_table_are_named_as_lost(scratch: Scratch) -> None:
    before = f"{TABLE}; CREATE TABLE gone (a int)"
    proof = _generated(scratch, before, "CREATE TABLE t (id int PRIMARY KEY, n int)")
    assert proof.loses == (
        "rows of public.gone",
        "values of public.t.a",
        "column order of public.t",
    )


def test_a_cast_that_loses_is_named_as_lost(scratch: Scratch) -> None:
    proof = _generated(scratch, "CREATE TABLE t (a numeric)", "CREATE TABLE t (a bigint)")
    assert proof.loses == ("values of public.t.a",)


def test_a_column_that_becomes_a_computed_one_is_named_as_lost(scratch: Scratch) -> None:
    before = "CREATE TABLE t (a int, b int)"
    after = "CREATE TABLE t (a int, b int GENERATED ALWAYS AS (a) STORED)"
    assert _generated(scratch, before, after).loses == ("values of public.t.b",)
    assert _generated(scratch, after, before).loses == ()


def test_a_change_of_type_that_loses_nothing_is_not(scratch: Scratch) -> None:
    before = "CREATE TABLE t (a int, b timestamp, c numeric(10, 2), d char(3), e boolean)"
    after = "CREATE TABLE t (a bigint, b timestamptz, c numeric(12, 4), d varchar(3), e int)"
    assert _generated(scratch, before, after).loses == ()


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        (TABLE, TABLE.replace("n int", "n int NOT NULL"), "null values"),
        (TABLE, TABLE.replace("n int", "n int CHECK (n < 1)"), "violated by some row"),
        (TABLE, f"{TABLE}; CREATE UNIQUE INDEX i ON t (n)", "could not create unique index"),
        (TABLE, f"{TABLE}; CREATE INDEX i ON t ((n + 1))", "out of range"),
        (TABLE, TABLE.replace("varchar(10)", "varchar(3)"), "value too long"),
        (TABLE, TABLE.replace("varchar(10)", "int"), "invalid input syntax"),
        (TABLE, TABLE.replace("n int", "n smallint"), "out of range"),
        (TABLE, TABLE.replace("n int", "n int REFERENCES t"), "violates foreign key"),
        (TABLE, TABLE.replace("n int", "n int, m int NOT NULL"), "null values"),
        (TABLE, TABLE.replace("n int", "n int, g int GENERATED ALWAYS AS (n + 1) STORED"), "out of range"),
    ],
)  # fmt: skip
def test_what_rows_make_fail_is_told(
    scratch: Scratch, before: str, after: str, reason: str
) -> None:
    proof = _generated(scratch, before, after)
    assert any(reason in one.reason for one in proof.may_fail), proof.may_fail
    assert {one.table for one in proof.may_fail} == {"public.t"}


def test_rows_that_others_refer_to_can_be_taken_out(scratch: Scratch) -> None:
    before = f"{TABLE}; CREATE TABLE r (t int NOT NULL REFERENCES t); CREATE TABLE u (r int)"
    after = before.replace("n int", "n int NOT NULL")
    proof = _generated(scratch, before, after)
    assert [one.table for one in proof.may_fail] == ["public.t"]


def test_a_failure_without_a_hazard_is_an_error(scratch: Scratch) -> None:
    up = _statements("ALTER TABLE t ALTER n SET NOT NULL")
    down = _statements("ALTER TABLE t ALTER n DROP NOT NULL")
    with pytest.raises(ProofError, match=r"fails on rows in public\.t.*null values") as error:
        _planned(scratch, TABLE, up, down)
    assert error.value.details == "ALTER TABLE t ALTER n SET NOT NULL"


def test_a_failure_of_down_without_a_hazard_is_an_error(scratch: Scratch) -> None:
    before = TABLE.replace("n int", "n int NOT NULL")
    up = _statements("ALTER TABLE t ALTER n DROP NOT NULL", "UPDATE t SET n = NULL")
    down = _statements("ALTER TABLE t ALTER n SET NOT NULL")
    with pytest.raises(ProofError, match=r"down fails on rows|changes values"):
        _planned(scratch, before, up, down)


@pytest.mark.parametrize(
    ("up", "down", "words"),
    [
        (
            "ALTER TABLE t DROP a",
            "ALTER TABLE t ADD a varchar(10)",
            r"drops values of public\.t\.a",
        ),
        ("UPDATE t SET a = 'x'", "SELECT 1", r"changes values of public\.t\.a"),
        ("DELETE FROM t", "SELECT 1", r"changes rows of public\.t"),
        ("DROP TABLE t", TABLE, r"drops rows of public\.t"),
        ("ALTER TABLE t ALTER n TYPE int USING 0", "SELECT 1", r"changes values of public\.t\.n"),
        ("ALTER TYPE pair DROP ATTRIBUTE y", "SELECT 1", r"values of public\.c\.p"),
        ("SELECT 1", "UPDATE t SET n = id", r"down changes values of public\.t\.n"),
    ],
)
def test_no_loss_is_silent(scratch: Scratch, up: str, down: str, words: str) -> None:
    before = f"{TABLE}; CREATE TYPE pair AS (x int, y text); CREATE TABLE c (p pair NOT NULL)"
    with pytest.raises(ProofError, match=words):
        _planned(scratch, before, _statements(up), _statements(down))


def test_a_new_attribute_of_a_type_changes_no_value(scratch: Scratch) -> None:
    before = "CREATE TYPE pair AS (x int, y text); CREATE TABLE c (p pair NOT NULL, q pair)"
    assert _generated(scratch, before, before.replace("y text", "y text, z int")).loses == ()


def test_a_virtual_column_that_cannot_be_computed_stops_nothing(
    server: Target, scratch: Scratch
) -> None:
    with connect(server) as connection:
        if server_major(connection) < 18:
            pytest.skip("virtual columns came with 18")
    before = "CREATE TABLE t (a int, b int GENERATED ALWAYS AS (a + 1) VIRTUAL)"
    up, down = _statements("ALTER TABLE t ADD c int"), _statements("ALTER TABLE t DROP c")
    assert _planned(scratch, before, up, down).loses == ()


def test_people_may_change_values_and_it_is_told(scratch: Scratch, tmp_path: Path) -> None:
    proof = _written(scratch, tmp_path, TABLE, "UPDATE t SET a = 'x'", "SELECT 1")
    assert proof.touched == ()
    assert proof.loses == ("values of public.t.a",)
    assert [one.sql for one in proof.statements] == ["UPDATE t SET a = 'x'"]


def test_a_rename_loses_nothing(scratch: Scratch, tmp_path: Path) -> None:
    up = "ALTER TABLE t RENAME a TO b; ALTER TABLE t RENAME TO u"
    down = "ALTER TABLE u RENAME TO t; ALTER TABLE t RENAME b TO a"
    assert _written(scratch, tmp_path, TABLE, up, down).loses == ()


def test_a_written_file_that_rows_make_fail_is_told(scratch: Scratch, tmp_path: Path) -> None:
    up, down = "ALTER TABLE t ALTER n SET NOT NULL", "ALTER TABLE t ALTER n DROP NOT NULL"
    proof = _written(scratch, tmp_path, TABLE, up, down)
    assert [(one.direction, one.table) for one in proof.may_fail] == [("up", "public.t")]


@pytest.mark.parametrize("state", ["P0001", "0A000", "21000", "54000"])
def test_what_speaks_of_rows_in_another_way_is_told(
    scratch: Scratch, tmp_path: Path, state: str
) -> None:
    raising = f"RAISE 'no n' USING ERRCODE = '{state}'"
    up = f"DO $$ BEGIN IF EXISTS (SELECT FROM t WHERE n IS NULL) THEN {raising}; END IF; END $$"
    proof = _written(scratch, tmp_path, TABLE, up, "SELECT 1")
    assert [(one.table, one.reason) for one in proof.may_fail] == [("public.t", "no n")]


def test_two_files_are_proven_one_after_the_other(scratch: Scratch, tmp_path: Path) -> None:
    first = _file(tmp_path, "CREATE TABLE u (a int NOT NULL)", "DROP TABLE u")
    path = tmp_path / "20260101_000001_y.sql"
    path.write_text(
        "-- psqlmigrate: up\nALTER TABLE u DROP a;\n-- psqlmigrate: down\nALTER TABLE u ADD a int;\n"
        "UPDATE u SET a = 0;\nALTER TABLE u ALTER a SET NOT NULL;\n"
    )
    one, two = prove(scratch, (), [first, read_file(path)])
    assert one.loses == ()
    assert two.loses == ("values of public.u.a",)
    assert two.after != one.after == two.before


@pytest.mark.parametrize(
    ("after", "loses"),
    [
        ("a varchar(10), n int NOT NULL", ()),
        ("a varchar(10)", ("values of public.t.n",)),
        ("a varchar(10), n smallint", ()),
    ],
)
def test_what_a_later_step_does_to_rows_is_no_loss_of_an_earlier_one(
    scratch: Scratch, after: str, loses: tuple[str, ...]
) -> None:
    first, between = "CREATE TYPE m AS ENUM ('a')", "CREATE TYPE m AS ENUM ('a', 'b')"
    table = "; CREATE TABLE t (id int PRIMARY KEY, kind m, {})"
    before = table.format("a varchar(10), n int")
    catalogs = [
        _catalog(scratch, text)
        for text in (first + before, between + before, between + table.format(after))
    ]
    steps = [step_of_plan(Claim(plan(old, new), plan(new, old))) for old, new in pairwise(catalogs)]
    one, two = prove_steps(scratch, catalogs[0], steps, catalogs[-1])
    assert one.loses == ()
    assert two.loses == loses


def test_an_enum_type_is_swapped_and_its_rows_kept(scratch: Scratch) -> None:
    before = "CREATE TYPE m AS ENUM ('a', 'b', 'c'); CREATE TABLE t (m m NOT NULL, n m[])"
    proof = _generated(scratch, before, before.replace("'a', 'b', 'c'", "'a', 'c'"))
    assert {one.reason for one in proof.may_fail} == {'invalid input value for enum m: "b"'}
    assert proof.loses == ()


def test_columns_of_parents_and_partitions_are_explained_by_the_parents_statement(
    scratch: Scratch,
) -> None:
    before = """
        CREATE TABLE p (a int, b text) PARTITION BY LIST (a);
        CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1, 2);
        CREATE TABLE base (c int, d int); CREATE TABLE derived () INHERITS (base)"""
    after = before.replace(", b text", "").replace(", d int", "")
    proof = _generated(scratch, before, after)
    lost = {"values of public.p1.b", "values of public.base.d", "values of public.derived.d"}
    assert lost <= set(proof.loses)


def test_without_a_transaction_an_invalid_index_is_taken_away(
    scratch: Scratch, tmp_path: Path
) -> None:
    up, down = "CREATE UNIQUE INDEX CONCURRENTLY i ON t (n)", "DROP INDEX CONCURRENTLY i"
    file = _file(tmp_path, up, down, "-- transactional: false\n")
    [proof] = prove(scratch, _catalog(scratch, TABLE), [file])
    assert [one.reason for one in proof.may_fail] == ['could not create unique index "i"']
    assert [one.name for one in proof.touched] == ["public.i"]


def test_a_down_that_does_not_lead_back_is_an_error(scratch: Scratch, tmp_path: Path) -> None:
    with pytest.raises(ProofError, match=r"down does not lead where it should: .*public\.t\.b"):
        _written(scratch, tmp_path, TABLE, "ALTER TABLE t ADD b int", "SELECT 1")


def test_a_python_file_without_down_is_named(scratch: Scratch, tmp_path: Path) -> None:
    path = tmp_path / f"{VERSION}_x.py"
    path.write_text(
        "from psqlmigrate import Migration\n\n\nclass X(Migration):\n"
        f'    version = "{VERSION}"\n\n    def up(self, engine):\n        engine.execute("SELECT 1")\n'
    )
    with pytest.raises(ProofError, match="has no down"):
        prove(scratch, (), [read_file(path)])


def test_an_error_that_is_not_of_rows_names_file_and_line(scratch: Scratch, tmp_path: Path) -> None:
    with pytest.raises(StatementError, match=r"20260101_000000_x\.sql:2: .*nothing"):
        _written(scratch, tmp_path, TABLE, "DROP TABLE nothing", "SELECT 1")


def test_a_plan_that_does_not_reach_the_models_is_an_error(
    scratch: Scratch, tmp_path: Path
) -> None:
    wanted = _catalog(scratch, f"{TABLE}; CREATE TABLE u ()")
    file = _file(tmp_path, "SELECT 1", "SELECT 1")
    with pytest.raises(ProofError, match=r"up does not lead where it should: .*public\.u"):
        prove(scratch, _catalog(scratch, TABLE), [file], wanted=wanted)


def test_tables_without_rows_are_in_the_proof(scratch: Scratch, tmp_path: Path) -> None:
    before = "CREATE TABLE t (a int NOT NULL CHECK (a > 5 AND a < 3))"
    proof = _written(scratch, tmp_path, before, "SELECT 1", "SELECT 1")
    assert [one.table for one in proof.unfilled] == ["public.t"]


@pytest.mark.parametrize(
    "base",
    [
        "CREATE DOMAIN d AS int NOT NULL",
        "CREATE DOMAIN e AS int CHECK (VALUE IS NOT NULL); CREATE DOMAIN d AS e",
    ],
)
def test_a_column_of_a_strict_domain_may_fail(scratch: Scratch, base: str) -> None:
    proof = _generated(scratch, f"{base}; {TABLE}", f"{base}; {TABLE[:-1]}, x d)")
    assert [(one.direction, one.table) for one in proof.may_fail] == [("up", "public.t")]


def test_a_computed_column_that_becomes_plain_says_what_is_lost(scratch: Scratch) -> None:
    before = "CREATE TABLE t (id int PRIMARY KEY, n int GENERATED ALWAYS AS (id * 2) STORED)"
    after = "CREATE TABLE t (id int PRIMARY KEY, n bigint)"
    drop, _ = plan(_catalog(scratch, before), _catalog(scratch, after)).statements
    assert drop.hazards == {Hazard.DATA_LOSS}


def test_what_may_fail_names_the_table_that_it_is_about(scratch: Scratch) -> None:
    """A cast that fails names no table, and another schema has one of that name."""
    others = 'CREATE TABLE public.t (id int PRIMARY KEY, a text); CREATE SCHEMA "S1"; '
    before, after = (
        f'{others}CREATE TABLE "S1".t (id int PRIMARY KEY, a {kind})' for kind in ("text", "int")
    )
    proof = _generated(scratch, before, after)
    assert [(one.direction, one.table) for one in proof.may_fail] == [("up", '"S1".t')]


def test_the_table_whose_rows_are_in_the_way_is_named(scratch: Scratch, tmp_path: Path) -> None:
    """The statement fails on rows of the table that it names second."""
    before = """CREATE TABLE target (n int); CREATE TABLE "Source" (id int PRIMARY KEY, a text NOT NULL)"""
    up = """INSERT INTO target SELECT a::int FROM "Source" WHERE a <> '"target" is no int'"""
    proof = _written(scratch, tmp_path, before, up, "DELETE FROM target")
    assert [one.table for one in proof.may_fail] == ['public."Source"']
