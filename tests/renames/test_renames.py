"""Renames both ways with rows: up, down, up, and the schema is as stated each time."""

from collections import Counter
from pathlib import Path

import pytest
from psycopg import sql

from psqlmigrate.postgres.connect import Connection
from psqlmigrate.postgres.introspect import introspect
from psqlmigrate.postgres.loading import load_script, load_statements
from psqlmigrate.postgres.scratch import Scratch
from psqlmigrate.postgres.target import Target
from psqlmigrate.schema.catalog import Catalog, diff
from psqlmigrate.schema.statement import Hazard
from psqlmigrate.service.canonical import build, canonical
from psqlmigrate.service.renaming import apply, back

CASES = sorted(path.parent for path in Path(__file__).parent.rglob("before.sql"))
COLUMNS_ADDED = {"new_column_of_the_old_name", "and_other_changes"}
LOSES_ON_THE_WAY_BACK = {"new_table_of_the_old_name", *COLUMNS_ADDED}

_CARRIERS = """
SELECT n.nspname, c.relname, c.relkind = 'S' FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('r', 'S', 'm') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"""


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_rows_survive_up_down_up(case: Path, any_server: Target) -> None:
    scratch = Scratch(any_server)
    base, desired = (_load(scratch, case / name) for name in ("before.sql", "after.sql"))
    renamed = apply(scratch, base, desired, (case / "renames.txt").read_text().splitlines())
    up = renamed.then(desired)
    down = back(scratch, desired, renamed).then(base)
    assert Hazard.DATA_LOSS not in up.hazards
    assert (Hazard.DATA_LOSS in down.hazards) == (case.name in LOSES_ON_THE_WAY_BACK)
    with scratch.database() as connection:
        build(connection, base)
        connection.execute((case / "rows.sql").read_text().encode())
        before = _rows(connection)
        for plan, target in ((up, desired), (down, base), (up, desired)):
            load_statements(connection, plan.statements)
            have = introspect(connection)
            if have != target:
                assert [str(one) for one in diff(canonical(scratch, have), target)] == []
            if target is base or case.name not in COLUMNS_ADDED:
                assert before <= _rows(connection)
    assert renamed.warnings == ()


def _load(scratch: Scratch, path: Path) -> Catalog:
    with scratch.database() as connection:
        load_script(connection, path.read_text(), path.name)
        catalog = introspect(connection)
    return canonical(scratch, catalog)


def _rows(connection: Connection) -> Counter[str]:
    """The rows of all tables and the values of all sequences, whatever these are called."""
    found: Counter[str] = Counter()
    for schema, name, is_sequence in connection.execute(_CARRIERS).fetchall():
        what = sql.SQL("last_value::text" if is_sequence else "x::text")
        query = sql.SQL("SELECT {} FROM ONLY {} x").format(what, sql.Identifier(schema, name))
        found.update(row[0] for row in connection.execute(query))
    return found
