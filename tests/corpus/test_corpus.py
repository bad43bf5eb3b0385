"""Every kind both ways: plan, apply, read back, equal; and the second plan is empty."""

from pathlib import Path

import pytest

from psqlmigrate.postgres.connect import connect
from psqlmigrate.postgres.introspect import introspect
from psqlmigrate.postgres.loading import load_script, load_statements
from psqlmigrate.postgres.scratch import Scratch
from psqlmigrate.postgres.target import Target
from psqlmigrate.schema.catalog import Catalog
from psqlmigrate.schema.hashing import catalog_hash, sections
from psqlmigrate.service.canonical import build, canonical
from psqlmigrate.service.planning import plan

CASES = sorted(path.parent for path in Path(__file__).parent.rglob("before.sql"))


def _name(case: Path) -> str:
    return f"{case.parent.name}-{case.name}"


@pytest.mark.parametrize("reverse", [False, True], ids=["forward", "reverse"])
@pytest.mark.parametrize("case", CASES, ids=_name)
def test_plan_converges(case: Path, any_server: Target, *, reverse: bool) -> None:
    scratch = Scratch(any_server)
    names = ("after.sql", "before.sql") if reverse else ("before.sql", "after.sql")
    old, new = (_load(scratch, case / name) for name in names)
    with scratch.database() as connection:
        build(connection, old)
        load_statements(connection, plan(old, new).statements)
        have = introspect(connection)
    assert set(have) ^ set(new) == set()
    assert catalog_hash(have) == catalog_hash(new)
    assert sections(have) == sections(new)
    assert plan(have, new).statements == ()
    assert plan(old, new).statements != ()


def _load(scratch: Scratch, path: Path) -> Catalog:
    with scratch.database() as connection:
        load_script(connection, path.read_text(encoding="utf-8"), path.name)
        catalog = introspect(connection)
    return canonical(scratch, catalog)


def test_rows_survive_a_change_of_type(database: Target, server: Target) -> None:
    scratch = Scratch(server)
    case = Path(__file__).parent / "column" / "type_under_view"
    old, new = (_load(scratch, case / name) for name in ("before.sql", "after.sql"))
    with connect(database) as connection:
        build(connection, old)
        connection.execute("INSERT INTO t VALUES (7, 'x'); INSERT INTO u VALUES (7)")
        load_statements(connection, plan(old, new).statements)
        load_statements(connection, plan(new, old).statements)
        rows = connection.execute("SELECT a, b FROM w JOIN t USING (a) JOIN u USING (a)").fetchall()
    assert rows == [(7, "x")]
