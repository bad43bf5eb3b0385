"""Every kind both ways: plan, apply, read back, equal; and the second plan is empty.

A case is a directory with before.sql and after.sql. Their first lines may say

-- requires: 18             the oldest major that has what the case is about
-- refused: its key         going to this state is refused, in these words
-- roles: app reader        roles that it names
-- labels                   the server must have providers of security labels

rows.sql is loaded into either state first, and check.sql has to select the same rows before and
after the plan.
"""

import os
import re
from collections.abc import Sequence
from contextlib import AbstractContextManager
from functools import lru_cache
from pathlib import Path

import pytest

from corpus_cases import provide
from psqlmigrate.errors import PlanRefusedError, SourceError
from psqlmigrate.postgres.connect import Connection, connect
from psqlmigrate.postgres.introspect import introspect
from psqlmigrate.postgres.loading import load_script, load_statements
from psqlmigrate.postgres.scratch import Scratch
from psqlmigrate.postgres.target import Target
from psqlmigrate.schema.catalog import Catalog
from psqlmigrate.schema.hashing import catalog_hash, sections
from psqlmigrate.schema.statement import Statement
from psqlmigrate.service.canonical import build, canonical
from psqlmigrate.service.planning import plan

CASES = sorted(path.parent for path in Path(__file__).parent.rglob("before.sql"))


def _name(case: Path) -> str:
    return f"{case.parent.name}-{case.name}"


@pytest.mark.parametrize("reverse", [False, True], ids=["forward", "reverse"])
@pytest.mark.parametrize("case", CASES, ids=_name)
def test_plan_converges(case: Path, any_scratch: Scratch, *, reverse: bool) -> None:
    paths = [case / name for name in ("before.sql", "after.sql")]
    if reverse:
        paths.reverse()
    provide(any_scratch, [path.read_text(encoding="utf-8") for path in paths])
    old, new = (_load(any_scratch, path) for path in paths)
    if refused := _header(paths[1], "refused"):
        with pytest.raises(PlanRefusedError, match=re.escape(refused)):
            plan(old, new)
        return
    statements = plan(old, new).statements
    with _blank(any_scratch, case, statements) as connection:
        build(connection, old)
        rows = _rows(connection, case)
        load_statements(connection, statements)
        assert _select(connection, case) == rows
        have = introspect(connection)
    assert set(have) ^ set(new) == set()
    assert catalog_hash(have) == catalog_hash(new)
    assert sections(have) == sections(new)
    assert plan(have, new).statements == ()
    assert statements != ()


def _blank(
    scratch: Scratch, case: Path, statements: Sequence[Statement]
) -> AbstractContextManager[Connection]:
    """An empty database: one that is new where it could make a difference, or all cases are run."""
    plain = all(one.transactional and not one.commits for one in statements)
    if plain and not (case / "rows.sql").exists() and "PSQLMIGRATE_ALL_CASES" not in os.environ:
        return scratch.undone()
    return scratch.database()


@lru_cache(maxsize=4)
def _load(scratch: Scratch, path: Path) -> Catalog:
    """The two states of a case are those of its way back."""
    with scratch.database() as connection:
        load_script(connection, path.read_text(encoding="utf-8"), path.name)
        catalog = introspect(connection)
    return canonical(scratch, catalog)


def _header(path: Path, name: str) -> str:
    found = re.search(rf"^-- {name}: (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return found.group(1).strip() if found else ""


def _rows(connection: Connection, case: Path) -> list[str]:
    if (case / "rows.sql").exists():
        load_script(connection, (case / "rows.sql").read_text(encoding="utf-8"), "rows.sql")
    return _select(connection, case)


def _select(connection: Connection, case: Path) -> list[str]:
    if not (case / "check.sql").exists():
        return []
    rows = connection.execute((case / "check.sql").read_bytes()).fetchall()
    return [str(row) for row in rows]


def test_rows_survive_a_change_of_type(database: Target, scratch: Scratch) -> None:
    case = Path(__file__).parent / "column" / "type_under_view"
    old, new = (_load(scratch, case / name) for name in ("before.sql", "after.sql"))
    with connect(database) as connection:
        build(connection, old)
        connection.execute("INSERT INTO t VALUES (7, 'x'); INSERT INTO u VALUES (7)")
        load_statements(connection, plan(old, new).statements)
        load_statements(connection, plan(new, old).statements)
        rows = connection.execute("SELECT a, b FROM w JOIN t USING (a) JOIN u USING (a)").fetchall()
    assert rows == [(7, "x")]


def test_a_sequence_goes_on_after_the_rows(database: Target, scratch: Scratch) -> None:
    case = Path(__file__).parent / "identity" / "position"
    old, new = (_load(scratch, case / name) for name in ("before.sql", "after.sql"))
    with connect(database) as connection:
        build(connection, old)
        load_script(connection, (case / "rows.sql").read_text(encoding="utf-8"), "rows.sql")
        for before, after in ((old, new), (new, old)):
            load_statements(connection, plan(before, after).statements)
            connection.execute("INSERT INTO s (x) VALUES (0)")
        last = connection.execute("SELECT max(id) FROM s").fetchone()
    assert last == (22,)


def test_a_field_that_is_too_long_is_not_cut(database: Target, scratch: Scratch) -> None:
    text = "CREATE TYPE ct AS (a varchar({})); CREATE TABLE t (x ct)"
    with scratch.database() as one, scratch.database() as other:
        load_script(one, text.format(9), "before.sql")
        load_script(other, text.format(3), "after.sql")
        old, new = introspect(one), introspect(other)
    with connect(database) as connection:
        build(connection, old)
        connection.execute("INSERT INTO t VALUES (ROW('abcd'))")
        with pytest.raises(SourceError, match="too long"):
            load_statements(connection, plan(old, new).statements)
