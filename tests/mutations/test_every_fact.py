"""One fact of a schema changes: it is seen, planned, and proven there and back.

`facts.sql` has for each field of each kind statements that change just that in `base.sql`, or the
reason why there are none.
"""

import dataclasses
import os
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from psqlmigrate.postgres.connect import connect, server_major
from psqlmigrate.postgres.introspect import introspect
from psqlmigrate.postgres.loading import load_script
from psqlmigrate.postgres.scratch import Scratch
from psqlmigrate.postgres.target import Target
from psqlmigrate.schema.catalog import Catalog, diff
from psqlmigrate.schema.dbobject import DbObject
from psqlmigrate.schema.kinds import KINDS
from psqlmigrate.schema.serial import dump, load
from psqlmigrate.service.canonical import canonical
from psqlmigrate.service.planning import plan
from psqlmigrate.service.proving import prove_difference

HERE = Path(__file__).parent
BASE = (HERE / "base.sql").read_text()
OLDEST = 14


@dataclass(frozen=True)
class Fact:
    """A field of a kind, and the statements that change it; `excluded`: why there are none.

    `since`: the first major that has them.
    """

    kind: str
    field: str
    sql: str
    excluded: str
    since: int


def _facts() -> list[Fact]:
    blocks = re.split(r"^-- fact: ", (HERE / "facts.sql").read_text(), flags=re.MULTILINE)[1:]
    return [_fact(*block.split("\n", 1)) for block in blocks]


def _fact(name: str, rest: str) -> Fact:
    name, _, since = name.partition(", since ")
    kind, field = name.split(".")
    reason = re.match(r"-- excluded: (.+)", rest)
    sql = "" if reason else rest
    return Fact(kind, field, sql, reason[1] if reason else "", int(since or OLDEST))


FACTS = _facts()
EVERY = 1 if os.environ.get("PSQLMIGRATE_ALL_FACTS") else 12
"""Each of them takes its time: `nox -s facts` has all, other runs every twelfth."""
CHANGES = [one for one in FACTS if not one.excluded][::EVERY]


@dataclass(frozen=True)
class Base:
    """What the facts change, on a server of some major."""

    scratch: Scratch
    major: int
    text: str
    catalog: Catalog


@pytest.fixture(scope="module")
def base(server: Target, scratch: Scratch) -> Base:
    with connect(server) as connection:
        major = server_major(connection)
    lines = BASE.splitlines(keepends=True)
    text = "".join(line for line in lines if _since(line) <= major)
    return Base(scratch, major, text, _load(scratch, text))


def _since(line: str) -> int:
    found = re.search(r"-- since (\d+)$", line)
    return int(found[1]) if found else OLDEST


def _load(scratch: Scratch, text: str) -> Catalog:
    with scratch.database() as connection:
        load_script(connection, text, "x")
        catalog = introspect(connection)
    assert catalog.unmodelled == ()
    return canonical(scratch, catalog)


def test_every_field_of_every_kind_is_changed_or_excluded_with_a_reason() -> None:
    every = {
        (kind.kind, field.name)
        for kind in KINDS
        for field in dataclasses.fields(kind)
        if field.compare
    }
    assert {(one.kind, one.field) for one in FACTS} == every


def test_a_snapshot_of_every_kind_is_read_back(base: Base) -> None:
    kinds = {one.kind for one in base.catalog}
    assert {kind.kind for kind in KINDS} - kinds == {"security label"}  # needs a provider
    again = load(dump(base.catalog), "x")
    assert again == base.catalog
    for oid, one in base.catalog.objects.items():
        assert _all_fields(again.objects[oid]) == _all_fields(one)


def _all_fields(one: DbObject) -> tuple[object, ...]:
    return tuple(getattr(one, field.name) for field in dataclasses.fields(one))


@pytest.mark.parametrize(
    "fact", CHANGES, ids=lambda one: f"{one.kind}.{one.field}-{one.sql[:40].strip()}"
)
def test_one_fact(fact: Fact, base: Base) -> None:
    if base.major < fact.since:
        pytest.skip(f"needs PostgreSQL {fact.since}")
    scratch, before = base.scratch, base.catalog
    after = _load(scratch, f"{base.text};\n{fact.sql};")
    changes = diff(before, after)
    assert any(
        one.subject.kind == fact.kind
        and (
            one.before is None
            or one.after is None
            or getattr(one.before, fact.field) != getattr(one.after, fact.field)
        )
        for one in changes
    ), [str(one.subject.id) for one in changes]
    prove_difference(scratch, before, after)
    assert plan(before, after).statements
    assert plan(after, before).statements
