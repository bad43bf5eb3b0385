"""What a part of two schemas says of both: that they are compared as they are, or read again."""

from pathlib import Path

import pytest

from corpus_cases import provide
from psqlmigrate.errors import PlanRefusedError
from psqlmigrate.postgres.introspect import introspect
from psqlmigrate.postgres.loading import load_script
from psqlmigrate.postgres.scratch import Scratch
from psqlmigrate.schema.catalog import Catalog
from psqlmigrate.service.canonical import canonical
from psqlmigrate.service.planning import plan
from psqlmigrate.service.surroundings import is_settled

CASES = sorted(path.parent for path in Path(__file__).parent.rglob("before.sql"))[::5]

BALLAST = """
CREATE SCHEMA ballast;
CREATE TABLE ballast.a (id int PRIMARY KEY, b int, c varchar(5) CHECK (c IN ('x', 'y')));
CREATE TABLE ballast.b (id int PRIMARY KEY REFERENCES ballast.a, c text DEFAULT 'x');
CREATE VIEW ballast.v AS SELECT a.id, b.c FROM ballast.a JOIN ballast.b USING (id);
"""


def _name(case: Path) -> str:
    return f"{case.parent.name}-{case.name}"


def _load(scratch: Scratch, text: str) -> Catalog:
    with scratch.database() as connection:
        load_script(connection, BALLAST + text, "x")
        return introspect(connection)


@pytest.mark.parametrize("case", CASES, ids=_name)
def test_a_part_is_enough(case: Path, scratch: Scratch) -> None:
    texts = [(case / name).read_text(encoding="utf-8") for name in ("before.sql", "after.sql")]
    provide(scratch, texts)
    before, after = (_load(scratch, text) for text in texts)
    read: list[Catalog] = []

    def part(catalog: Catalog) -> Catalog:
        read.append(catalog)
        return canonical(scratch, catalog)

    settled = is_settled(before, after, part)
    assert all(one.id.path[0] != "ballast" for catalog in read for one in catalog if one.owners)
    whole = canonical(scratch, before), canonical(scratch, after)
    if settled:
        assert _outcome(before, after) == _outcome(*whole)
    else:
        assert whole != (before, after)


def _outcome(old: Catalog, new: Catalog) -> str:
    try:
        return "\n".join(one.sql for one in plan(old, new).statements)
    except PlanRefusedError as error:
        return str(error)
