"""diff --prove: the plan is run in scratch with sample rows before it is printed."""

import json
from pathlib import Path

import pytest

from cli.conftest import Run
from psqlmigrate.postgres.connect import connect
from psqlmigrate.postgres.target import Target
from psqlmigrate.schema.catalog import Catalog
from psqlmigrate.service.planning import Plan, plan

BEFORE = "CREATE TABLE t (id int PRIMARY KEY, a text, b int CHECK (b > 0));\n"


@pytest.fixture
def compare(call: Run, project: Path) -> Run:
    def run(after: str, *options: str) -> tuple[int, str, str]:
        (project / "a.sql").write_text(BEFORE)
        (project / "b.sql").write_text(after)
        return call("diff", "a.sql", "b.sql", *options)

    return run


def test_a_plan_that_is_proven(compare: Run) -> None:
    after = BEFORE.replace("a text", "a text, c text")
    plain = compare(after)
    code, out, err = compare(after, "--prove")
    assert (code, out) == plain[:2]
    assert "ADD COLUMN c text" in out
    assert "proven on PostgreSQL" in err
    assert "proven" not in plain[2]


def test_it_says_what_is_lost_and_what_may_fail(compare: Run) -> None:
    code, out, err = compare(BEFORE.replace("a text, b int", "b int NOT NULL"), "--prove")
    assert code == 0
    assert "DROP COLUMN a" in out
    assert "the way back does not restore" in err
    assert "public.t.a" in err
    assert "may fail on existing rows: ALTER TABLE public.t" in err
    code, out, _ = compare(BEFORE.replace("a text, b int", "b int NOT NULL"), "--prove", "--json")
    proof = json.loads(out)["result"]["proof"]
    assert code == 0
    assert any("public.t.a" in one for one in proof["loses"])
    assert proof["may_fail"]


def test_hazards_stand_above_their_statements(compare: Run) -> None:
    code, out, _ = compare(BEFORE.replace("a text", "a bigint"))
    assert code == 0
    above, below = out.splitlines()[-2:]
    assert above == "-- long lock, lossy cast, table rewrite"
    assert below.startswith("ALTER TABLE public.t ALTER COLUMN a TYPE bigint")


def test_nothing_to_prove(compare: Run) -> None:
    assert compare(BEFORE, "--prove") == (0, "", "")
    assert compare(BEFORE, "--prove", "--exit-code")[0] == 0
    assert json.loads(compare(BEFORE, "--prove", "--json")[1])["result"]["proof"] is None


def test_the_exit_code_says_that_they_differ(compare: Run) -> None:
    assert compare(BEFORE.replace("a text", "a int"), "--prove", "--exit-code")[0] == 1


def test_values_of_an_enum_and_their_use(call: Run, project: Path) -> None:
    (project / "a.sql").write_text("CREATE TYPE e AS ENUM ('a'); CREATE TABLE t (x e);\n")
    (project / "b.sql").write_text(
        "CREATE TYPE e AS ENUM ('a', 'b'); CREATE TABLE t (x e DEFAULT 'b');\n"
    )
    code, out, err = call("diff", "a.sql", "b.sql", "--prove")
    assert (code, "ADD VALUE" in out, "proven" in err) == (0, True, True), err


def test_a_plan_that_is_wrong_is_not_printed(compare: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault is put into the plan that is proven: the server finds it."""

    def faulty(old: Catalog, new: Catalog) -> Plan:
        made = plan(old, new)
        return Plan((*made.statements, made.statements[0]), made.changes)

    monkeypatch.setattr("psqlmigrate.service.proving.plan", faulty)
    code, out, err = compare(BEFORE.replace("a text", "a text, c text"), "--prove")
    assert code == 3
    assert out == ""
    assert "already exists" in err


def test_against_a_database(run: Run, database: Target) -> None:
    with connect(database) as connection:
        connection.execute("CREATE ROLE prove_reader")
        try:
            connection.execute("CREATE TABLE t (i int); ALTER TABLE t ENABLE ROW LEVEL SECURITY")
            connection.execute("CREATE POLICY p ON t TO prove_reader USING (i > 0)")
            code, out, err = run("diff", "database", "schema.sql", "--prove")
        finally:
            connection.execute("DROP POLICY IF EXISTS p ON t; DROP ROLE prove_reader")
    assert code == 0, err
    assert "DROP TABLE public.t" in out
    assert "proven on" in err
