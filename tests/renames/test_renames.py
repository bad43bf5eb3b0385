"""Renames both ways with rows: up, down, up, and the schema is as stated each time."""

from collections import Counter
from pathlib import Path
from typing import LiteralString

import pytest
from psycopg import sql

from corpus_cases import provide
from psqlmigrate.postgres.connect import Connection
from psqlmigrate.postgres.introspect import introspect
from psqlmigrate.postgres.loading import load_script, load_statements
from psqlmigrate.postgres.scratch import Scratch
from psqlmigrate.schema.catalog import Catalog, diff
from psqlmigrate.schema.statement import Hazard
from psqlmigrate.service.canonical import build, canonical
from psqlmigrate.service.renaming import apply, back

CASES = sorted(path.parent for path in Path(__file__).parent.rglob("before.sql"))
COLUMNS_ADDED = {"new_column_of_the_old_name", "and_other_changes"}
LOSES_ON_THE_WAY_BACK = {"new_table_of_the_old_name", *COLUMNS_ADDED}

_TABLES = """
SELECT oid::pg_catalog.regclass::text, NULL FROM pg_catalog.pg_class
 WHERE relkind IN ('r', 'm') AND oid >= 16384 AND relnamespace <> 'pg_toast'::regnamespace"""
_SEQUENCES = """
SELECT s.oid::pg_catalog.regclass::text, d.refobjid::pg_catalog.regclass::text
  FROM pg_catalog.pg_class s LEFT JOIN pg_catalog.pg_depend d
    ON d.objid = s.oid AND d.deptype IN ('a', 'i') AND d.refobjsubid > 0
 WHERE s.relkind = 'S'"""


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_rows_survive_up_down_up(case: Path, any_scratch: Scratch) -> None:
    provide(any_scratch, [path.read_text(encoding="utf-8") for path in case.glob("*.sql")])
    base, desired = (_load(any_scratch, case / name) for name in ("before.sql", "after.sql"))
    renamed = apply(any_scratch, base, desired, (case / "renames.txt").read_text().splitlines())
    up = renamed.then(desired)
    down = back(any_scratch, desired, renamed).then(base)
    assert Hazard.DATA_LOSS not in up.hazards
    assert (Hazard.DATA_LOSS in down.hazards) == (case.name in LOSES_ON_THE_WAY_BACK)
    with any_scratch.database() as connection:
        build(connection, base)
        connection.execute((case / "rows.sql").read_text().encode())
        before = _rows(connection)
        for plan, target in ((up, desired), (down, base), (up, desired)):
            load_statements(connection, plan.statements)
            have = introspect(connection)
            if have != target:
                assert [str(one) for one in diff(canonical(any_scratch, have), target)] == []
            if target is base or case.name not in COLUMNS_ADDED:
                assert before <= _rows(connection)
    assert renamed.warnings == ()


def _load(scratch: Scratch, path: Path) -> Catalog:
    with scratch.database() as connection:
        load_script(connection, path.read_text(), path.name)
        catalog = introspect(connection)
    return canonical(scratch, catalog)


def _rows(connection: Connection) -> Counter[str]:
    """The rows of all tables, and the values of all sequences with the rows of their tables."""
    found: Counter[str] = Counter()
    for name, _ in connection.execute(_TABLES).fetchall():
        found.update(_texts(connection, "x::text", name))
    for name, owner in connection.execute(_SEQUENCES).fetchall():
        rows = _texts(connection, "x::text", owner) if owner else []
        found.update([" ".join([*_texts(connection, "last_value::text", name), *sorted(rows)])])
    return found


def _texts(connection: Connection, what: LiteralString, name: LiteralString) -> list[str]:
    query = sql.SQL("SELECT {} FROM ONLY {} x").format(sql.SQL(what), sql.SQL(name))
    return [row[0] for row in connection.execute(query)]
