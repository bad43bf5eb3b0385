"""Of each statement of each case, on sample rows: what its hazards say is what PostgreSQL does, and no less."""

import os
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pytest

from corpus_cases import provide
from effects import Effect, effect
from psqlmigrate.errors import PlanRefusedError
from psqlmigrate.migrations.sent import Sent
from psqlmigrate.postgres.engine import Engine
from psqlmigrate.postgres.introspect import introspect
from psqlmigrate.postgres.loading import load_script
from psqlmigrate.postgres.scratch import Scratch
from psqlmigrate.schema.catalog import Catalog
from psqlmigrate.schema.statement import Statement
from psqlmigrate.service.planning import Plan, plan
from psqlmigrate.service.rehearsal import Claim, Step, rehearse
from psqlmigrate.service.sampling import fill

HERE = Path(__file__).parent
ALWAYS = {
    "column/type_under_indexes",
    "constraint/not_enforced",
    "constraint/validate",
    "partition/becomes",
}
EVERY = 1 if os.environ.get("PSQLMIGRATE_ALL_FACTS") else 60
"""`nox -s facts` has all of them."""

UNSEEN = {
    **dict.fromkeys(
        (
            "identity/moved_tree",
            "identity/moved_tree_keys",
            "identity/of_moved_tree",
            "partition/not_null_key_below",
            "partition/not_null_renamed",
            "partition/retyped_and_bound",
        ),
        "the table has no partition with rows when it changes",
    ),
    "security_label/on_all": "the materialized view reads no table",
    "domain/not_null_named": "no table has the domain",
    "foreign_table/family": "the default partition would be read, if there were one",
}
"""Cases with statements that say more than happens, with the reason."""

CASES = [
    case
    for number, case in enumerate(sorted(path.parent for path in HERE.rglob("before.sql")))
    if number % EVERY == 0 or case.relative_to(HERE).as_posix() in ALWAYS
]


@pytest.mark.parametrize("case", CASES, ids=lambda one: f"{one.parent.name}-{one.name}")
def test_hazards_say_what_happens(case: Path, scratch: Scratch) -> None:
    texts = [(case / name).read_text(encoding="utf-8") for name in ("before.sql", "after.sql")]
    provide(scratch, texts)
    before, after = (_load(scratch, text) for text in texts)
    told = case.relative_to(HERE).as_posix() not in UNSEEN
    for text, old, new in ((texts[0], before, after), (texts[1], after, before)):
        try:
            found = plan(old, new)
        except PlanRefusedError:
            continue
        if all(one.transactional and not one.commits for one in found.statements):
            wrong = _wrong(scratch, text, found)
            assert [one for one in wrong if told or " no " not in one] == []


def _wrong(scratch: Scratch, text: str, one: Plan) -> list[str]:
    with scratch.database() as connection:
        load_script(connection, text, "x")
        fill(connection)
        seen: dict[int, Effect] = {}

        def run(engine: Engine) -> None:
            for number, statement in enumerate(one.statements):
                sent = Sent(statement.sql, Path("x"), number)
                seen[number] = effect(connection, partial(engine.send, sent))

        # Where rows have to be taken out for one, they are run twice, and the last run counts.
        rehearse(connection, Step("x", Path("x"), run, run, claim=Claim(one, Plan((), ()))), "up")
    return [
        f"{statement.sql}: {word}"
        for number, statement in enumerate(one.statements)
        if not _reads_quickly(statement)
        for word in seen[number].wrong(statement.hazards)
    ]


def _reads_quickly(statement: Statement) -> bool:
    """The highest number that a sequence gave: nearly always its column has an index."""
    return statement.sql.startswith("SELECT pg_catalog.setval(")


def _load(scratch: Scratch, text: str) -> Catalog:
    with scratch.database() as connection:
        load_script(connection, text, "x")
        return introspect(connection)


def test_reasons_are_of_cases_that_are_there() -> None:
    known: Sequence[str] = [
        path.parent.relative_to(HERE).as_posix() for path in HERE.rglob("before.sql")
    ]
    assert {*UNSEEN, *ALWAYS} <= {*known}
