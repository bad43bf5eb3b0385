"""Partitions that the models have no words for: what is stated of their parent reaches them."""

import pytest

from psqlmigrate.postgres.connect import Connection
from psqlmigrate.postgres.introspect import introspect
from psqlmigrate.postgres.loading import load_script
from psqlmigrate.postgres.scratch import Scratch
from psqlmigrate.schema.catalog import Catalog, diff
from psqlmigrate.schema.selection import Coverage, merged
from psqlmigrate.service.canonical import canonical, completed
from psqlmigrate.service.planning import plan

COVERAGE = Coverage(
    frozenset({"table without partition", "column", "constraint", "index of table", "default"})
)
PARENT = "CREATE TABLE p (day date NOT NULL, a int, b text) PARTITION BY RANGE (day);"
PARTITIONS = """
CREATE TABLE p_1 PARTITION OF p FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE TABLE p_2 PARTITION OF p FOR VALUES FROM ('2027-01-01') TO ('2028-01-01')
    PARTITION BY RANGE (day);
CREATE TABLE p_2_1 PARTITION OF p_2 FOR VALUES FROM ('2027-01-01') TO ('2027-07-01');
"""
INDEXES = {
    "none": "",
    "one": "CREATE INDEX i ON p (a);",
    "another": "CREATE UNIQUE INDEX i ON p (day, b) INCLUDE (a);",
    "key": "ALTER TABLE p ADD PRIMARY KEY (day);",
    "column": "ALTER TABLE p ADD c int DEFAULT 1; CREATE INDEX j ON p (c); ALTER TABLE p DROP b;",
    "type": "ALTER TABLE p ALTER a TYPE bigint, ALTER b SET NOT NULL, ADD CHECK (a > 0);",
}


def _catalog(scratch: Scratch, text: str) -> Catalog:
    with scratch.database() as connection:
        load_script(connection, text, "x")
        return introspect(connection)


@pytest.mark.parametrize("after", INDEXES)
@pytest.mark.parametrize("before", INDEXES)
def test_what_is_stated_of_a_parent_reaches_its_partitions(
    connection: Connection, scratch: Scratch, before: str, after: str
) -> None:
    load_script(connection, PARENT + PARTITIONS + INDEXES[before], "x")
    base = canonical(scratch, introspect(connection))
    stated = canonical(scratch, _catalog(scratch, PARENT + INDEXES[after]))
    desired = completed(scratch, base, merged(base, stated, COVERAGE))
    assert desired is not None
    found = plan(base, desired)
    assert bool(found.statements) == (before != after)
    for statement in found.statements:
        load_script(connection, f"{statement.sql};", "plan")
    reached = canonical(scratch, introspect(connection))
    wanted = canonical(scratch, _catalog(scratch, PARENT + PARTITIONS + INDEXES[after]))
    assert {str(one.subject) for one in diff(reached, wanted)} == set()
    assert diff(reached, merged(reached, stated, COVERAGE)) == ()


def test_a_new_value_of_an_enum_is_used_at_once(any_scratch: Scratch) -> None:
    text = "CREATE TYPE mood AS ENUM ('sad'{}); CREATE TABLE t (m mood DEFAULT '{}')"
    texts = text.format("", "sad"), text.format(", 'glad'", "glad")
    base, desired = (canonical(any_scratch, _catalog(any_scratch, one)) for one in texts)
    assert completed(any_scratch, base, desired) == desired
