"""`merge` and what goes with several heads."""

import json
from itertools import pairwise
from pathlib import Path

import pytest

from cli.conftest import Run
from faults.project import Project
from psqlmigrate.migrations.directory import read_directory
from psqlmigrate.migrations.graph import Graph
from psqlmigrate.postgres.connect import Connection
from psqlmigrate.service.branching import branches_of, orders

ROOT, ONE, TWO, THREE = (f"2026010{day}_000000" for day in (1, 2, 3, 4))
AFTER_ROOT = f"-- depends_on: {ROOT}\n"


@pytest.fixture
def files(project: Path) -> Project:
    (project / "migrations").mkdir()
    made = Project(project / "migrations")
    made.sql(ROOT, 'CREATE TABLE "Main" (id int PRIMARY KEY, note text);', 'DROP TABLE "Main";')
    return made


def _branches(files: Project, one: tuple[str, str], two: tuple[str, str]) -> None:
    files.sql(ONE, *one, AFTER_ROOT)
    files.sql(TWO, *two, AFTER_ROOT)


def _peaceful(files: Project) -> None:
    _branches(
        files,
        ('ALTER TABLE "Main" ADD a int;', 'ALTER TABLE "Main" DROP a;'),
        ('ALTER TABLE "Main" ADD b int;', 'ALTER TABLE "Main" DROP b;'),
    )


def _columns(connection: Connection, table: str = "Main") -> set[str]:
    rows = connection.execute(
        "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0"
        " AND NOT attisdropped",
        (f'"{table}"',),
    )
    return {name for (name,) in rows}


def _made(files: Project) -> Path:
    [path] = [one for one in files.path.iterdir() if "join" in one.name]
    return path


def test_one_head_is_joined_already(run: Run, files: Project) -> None:
    before = sorted(files.path.iterdir())
    code, out, err = run("merge", "join")
    assert (code, err) == (0, "")
    assert out == f"nothing to merge: {ROOT} is the only head\n"
    assert sorted(files.path.iterdir()) == before
    code, out, _ = run("merge", "join", "--json")
    assert json.loads(out)["result"]["file"] is None


def test_no_migration_at_all(run: Run, project: Path) -> None:
    assert not (project / "migrations").exists()
    code, out, _ = run("merge", "join")
    assert (code, out) == (0, "no migrations\n")


@pytest.mark.parametrize("applied", [(), (ROOT,), (ROOT, ONE), (ROOT, TWO), ("heads",)])
def test_a_merge_in_every_state_of_a_database(
    run: Run, files: Project, connection: Connection, applied: tuple[str, ...]
) -> None:
    _peaceful(files)
    for target in applied:
        assert run("upgrade", target)[0] == 0
    assert run("upgrade")[0] == 5
    code, out, err = run("merge", "join \"it\" 'all' 100% \\ ünï")
    assert (code, err) == (0, "")
    assert "3 orders" not in out
    assert "2 orders of the branches lead to the same schema, on sample rows" in out
    version = _made(files).name[:15]
    assert run("heads")[1] == f"{version}  join \"it\" 'all' 100% \\ ünï\n"
    assert run("verify")[0] == 0
    assert run("verify", "--replay")[0] == 0
    code, out, err = run("upgrade")
    assert (code, err if not applied else "") == (0, "")
    assert run("current")[1] == f"{version}\n"
    assert _columns(connection) == {"id", "note", "a", "b"}
    assert run("status", "--exit-code", "--no-models")[0] == 0
    assert run("downgrade", ONE)[0] == 0
    assert _columns(connection) == {"id", "note", "a", "b"}  # the other branch stays
    assert run("downgrade", ROOT)[0] == 0
    assert _columns(connection) == {"id", "note"}
    assert run("upgrade")[0] == 0
    assert run("downgrade", "base")[0] == 0


def test_autogenerate_and_check_go_on_after_a_merge(run: Run, files: Project) -> None:
    _peaceful(files)
    models = Path("wanted.sql")
    models.write_text('CREATE TABLE "Main" (id int PRIMARY KEY, note text, a int, b int);\n')
    assert run("autogenerate", "more", "--models", str(models))[0] == 5
    assert run("merge", "join")[0] == 0
    assert run("check", "--models", str(models))[0] == 0
    models.write_text('CREATE TABLE "Main" (id int PRIMARY KEY, note text, a int, b int, c int);\n')
    assert run("autogenerate", "more", "--models", str(models))[0] == 0
    assert run("upgrade")[0] == 0
    [last] = run("heads")[1].splitlines()
    assert last.endswith("more")
    assert run("verify")[0] == 0


def test_an_sql_file_on_request(run: Run, files: Project) -> None:
    _peaceful(files)
    code, out, _ = run("merge", "join", "--sql", "--json")
    result = json.loads(out)["result"]
    assert code == 0
    assert (result["heads"], result["orders"], result["shared"]) == ([ONE, TWO], 2, [])
    path = Path(result["file"])
    assert path.suffix == ".sql"
    assert f"-- depends_on: {ONE}, {TWO}" in path.read_text()
    assert (files.path / "certificates" / f"{result['version']}.json").is_file()
    assert run("upgrade")[0] == 0


def test_the_merge_comes_after_heads_of_the_future(run: Run, files: Project) -> None:
    _branches(files, ("SELECT 1;", ""), ("SELECT 2;", ""))
    files.sql("29991231_235959", "SELECT 3;", "", AFTER_ROOT)
    assert run("merge", "join")[0] == 0
    assert _made(files).name.startswith("30000101_000000")


def _refused(run: Run, files: Project) -> str:
    before = sorted(files.path.rglob("*"))
    code, out, err = run("merge", "join")
    assert (code, out) == (5, "")
    assert err.startswith("error: the order of the branches matters: ")
    assert "nothing was written" in err
    assert sorted(files.path.rglob("*")) == before
    return err


def test_both_add_one_column(run: Run, files: Project) -> None:
    add = ('ALTER TABLE "Main" ADD a int;', 'ALTER TABLE "Main" DROP a;')
    _branches(files, add, add)
    err = _refused(run, files)
    assert f"column public.Main.a: {ONE}, {TWO}" in err
    assert f'{TWO}_step.sql fails after {ONE}: column "a" of relation "Main" already exists' in err


def test_the_last_one_wins(run: Run, files: Project) -> None:
    text = "CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT {}';"
    _branches(files, (text.format(1), "SELECT 1;"), (text.format(2), "SELECT 1;"))
    err = _refused(run, files)
    assert f"function public.f(): {ONE}, {TWO}" in err


def test_an_order_that_cannot_run(run: Run, files: Project) -> None:
    _branches(
        files,
        ('ALTER TABLE "Main" RENAME note TO remark;', ""),
        ('CREATE INDEX i ON "Main" (note);', "DROP INDEX i;"),
    )
    err = _refused(run, files)
    assert f'{TWO}_step.sql fails after {ONE}: column "note" does not exist' in err


def test_a_copy_of_a_table_sees_the_order(run: Run, files: Project) -> None:
    _branches(
        files,
        ('CREATE TABLE copy (LIKE "Main");', "DROP TABLE copy;"),
        ('ALTER TABLE "Main" ADD b int;', 'ALTER TABLE "Main" DROP b;'),
    )
    assert f"column public.copy.b: {ONE}" in _refused(run, files)


def test_rows_see_the_order(run: Run, files: Project) -> None:
    _branches(
        files,
        ("UPDATE \"Main\" SET note = 'one';", ""),
        ("UPDATE \"Main\" SET note = 'two';", ""),
    )
    assert f"values of public.Main.note: {ONE}, {TWO}" in _refused(run, files)


def test_a_column_with_a_dot_in_its_name(run: Run, files: Project) -> None:
    files.sql(ROOT, 'CREATE TABLE t ("a.b" int); INSERT INTO t VALUES (0);', "DROP TABLE t;")
    _branches(files, ('UPDATE t SET "a.b" = 1;', ""), ('UPDATE t SET "a.b" = 2;', ""))
    assert f"values of public.t.a.b: {ONE}, {TWO}" in _refused(run, files)


def test_numbers_of_a_sequence_and_random_values_are_no_conflict(run: Run, files: Project) -> None:
    files.sql(
        ROOT,
        "CREATE TABLE kinds (id serial PRIMARY KEY, name text, at timestamptz DEFAULT now(), r text);",
        "DROP TABLE kinds;",
    )
    insert = "INSERT INTO kinds (name, r) VALUES ('{}', gen_random_uuid()::text);"
    _branches(files, (insert.format("a"), ""), (insert.format("b"), ""))
    code, _, err = run("merge", "join")
    assert (code, err) == (0, "")


def test_what_fails_on_rows_by_itself_is_no_conflict(run: Run, files: Project) -> None:
    _branches(
        files,
        ('ALTER TABLE "Main" ADD a int NOT NULL;', 'ALTER TABLE "Main" DROP a;'),
        ('ALTER TABLE "Main" ADD b int;', 'ALTER TABLE "Main" DROP b;'),
    )
    code, out, _ = run("merge", "join")
    assert code == 0
    assert "lead to the same schema, and back\n" in out


def test_a_branch_that_never_runs_is_refused(run: Run, files: Project) -> None:
    _branches(files, ("SELECT 1 / 0;", ""), ("SELECT 1;", ""))
    code, out, err = run("merge", "join")
    assert (code, out) == (3, "")
    assert f"{ONE}_step.sql fails, and no other branch has to do with it: division by zero" in err


def test_what_branches_leave_alike_is_settled_by_the_merge(run: Run, files: Project) -> None:
    same = (
        "CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 7';",
        "DROP FUNCTION f();",
    )
    _branches(files, same, same)
    for version in (ROOT, ONE, TWO):
        assert run("verify", "--certify", version)[0] == 0
    code, out, _ = run("verify")
    assert code == 1
    assert f"function public.f() is touched by parallel branches: {ONE} and {TWO}" in out
    code, out, _ = run("merge", "join")
    assert code == 0
    assert "all leave function public.f() alike" in out
    assert f"note: the down of {ONE}_step.sql fails after that of {TWO}: function f() does" in out
    assert run("verify")[0] == 0
    assert run("upgrade", "--strict")[0] == 0
    assert run("status", "--exit-code", "--no-models")[0] == 0


def test_three_heads_of_two_splits(run: Run, files: Project, connection: Connection) -> None:
    _peaceful(files)
    files.sql(
        THREE,
        'ALTER TABLE "Main" ADD c int;',
        'ALTER TABLE "Main" DROP c;',
        f"-- depends_on: {ONE}\n",
    )
    files.sql("20260105_000000", "SELECT 1;", "", f"-- depends_on: {ONE}\n")
    code, out, err = run("heads")
    assert code == 0
    assert len(out.splitlines()) == 3
    assert f"3 heads, split after {ROOT}, {ONE}" in err
    assert "psqlmigrate merge" in err
    code, out, _ = run("merge", "join", "--json")
    assert code == 0
    assert len(json.loads(out)["result"]["heads"]) == 3
    assert run("upgrade")[0] == 0
    assert _columns(connection) == {"id", "note", "a", "b", "c"}


def test_every_pair_of_many_branches_is_run_both_ways_round(files: Project) -> None:
    names = [f"2026020{day}_000000" for day in range(1, 7)]
    for name in names:
        files.sql(name, "SELECT 1;", "", AFTER_ROOT)
    graph = Graph(read_directory(files.path).files)
    found = [[one.version for one in order] for order in orders(graph, branches_of(graph))]
    assert all(sorted(one) == names for one in found)
    for one in names:
        for other in names:
            if one != other:
                assert any(way.index(one) < way.index(other) for way in found)
    assert [file.version for file in graph.order if file.version != ROOT] in found
    assert all(one != other for one, other in pairwise(found))


def test_the_order_of_a_new_database_is_one_of_them(run: Run, files: Project) -> None:
    """Neither branch first, but one after the other by version."""
    files.sql("20260110_000000", "CREATE TABLE t (a int);", "DROP TABLE t;", AFTER_ROOT)
    files.sql("20260112_000000", "DROP TABLE t;", "", "-- depends_on: 20260110_000000\n")
    files.sql(
        "20260111_000000",
        "DO $$ BEGIN IF to_regclass('t') IS NOT NULL THEN RAISE 'in between'; END IF; END $$;",
        "",
        AFTER_ROOT,
    )
    assert "20260111_000000_step.sql fails after 20260110_000000: in between" in _refused(
        run, files
    )


def test_without_a_database_and_with_roles_that_only_others_have(call: Run, files: Project) -> None:
    role = '"nobody here: ü"'
    _branches(
        files,
        (f'GRANT SELECT ON "Main" TO {role};', f'REVOKE SELECT ON "Main" FROM {role};'),
        (f'GRANT INSERT ON "Main" TO {role};', f'REVOKE INSERT ON "Main" FROM {role};'),
    )
    code, out, err = call("merge", "join")
    assert (code, err) == (0, ""), out
    code, out, err = call("squash", "all of it")
    assert (code, err) == (0, ""), out
    [file] = read_directory(files.path).files
    assert file.text.count("GRANT") == 2


def test_a_branch_that_fails_by_itself_is_named(run: Run, files: Project) -> None:
    _peaceful(files)
    files.sql(TWO, 'ALTER TABLE "Main" ADD b int;\nSELECT nothing_here();', "", AFTER_ROOT)
    code, _, err = run("merge", "join")
    assert code == 3
    assert f"{TWO}_step.sql fails, and no other branch has to do with it" in err
    assert "nothing_here() does not exist" in err
    assert "order" not in err
    assert "step.sql:5" in err
    assert not list(files.path.glob("*join*"))


def test_what_is_left_after_all_are_reverted(run: Run, files: Project) -> None:
    guarded = (
        "DO $$ BEGIN IF to_regclass('v') IS NULL THEN DROP TABLE w; END IF; END $$; DROP TABLE u;"
    )
    _branches(
        files,
        ("CREATE TABLE w (); CREATE TABLE u ();", guarded),
        ("CREATE TABLE v ();", "DROP TABLE v;"),
    )
    code, out, _ = run("merge", "join")
    assert code == 0
    assert "note: table public.w is not as it was when all branches are reverted" in out
    assert ", and back" not in out


def test_a_down_that_fails_by_itself(run: Run, files: Project) -> None:
    _branches(
        files, ("CREATE TABLE u ();", "SELECT 1;"), ("CREATE TABLE v ();", "DROP TABLE nowhere;")
    )
    code, out, _ = run("merge", "join", "--json")
    assert code == 0
    [note] = json.loads(out)["result"]["notes"]
    assert note == f'the down of {TWO}_step.sql fails: table "nowhere" does not exist'


def test_without_a_down_the_way_back_is_not_whole(run: Run, files: Project) -> None:
    _peaceful(files)
    (files.path / f"{TWO}_step.sql").unlink()
    files.python(TWO, "engine.execute('CREATE TABLE v ()')", "raise NotImplementedError")
    path = files.path / f"{TWO}_step.py"
    text = path.read_text().replace("    def down", f"    depends_on = {ROOT!r}\n\n    def other")
    path.write_text(text)
    code, out, _ = run("merge", "join")
    assert code == 0
    assert "note: not every migration has a down" in out
