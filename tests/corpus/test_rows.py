"""Every case both ways on sample rows: what both schemas have keeps its values, or a hazard says so."""

import os
from pathlib import Path

import pytest

from corpus_cases import provide
from psqlmigrate.errors import PlanRefusedError, StatementError
from psqlmigrate.postgres.introspect import introspect
from psqlmigrate.postgres.loading import load_script
from psqlmigrate.postgres.scratch import Scratch
from psqlmigrate.schema.catalog import Catalog
from psqlmigrate.service.planning import Plan, plan
from psqlmigrate.service.proving import explains
from psqlmigrate.service.rehearsal import Claim, rehearse, step_of_plan
from psqlmigrate.service.rows.losses import losses
from psqlmigrate.service.rows.snapshots import snapshot
from psqlmigrate.service.sampling import fill

EVERY = 1 if os.environ.get("PSQLMIGRATE_ALL_CASES") else 3
"""`nox -s cases` has all, other runs every third."""
CASES = sorted(path.parent for path in Path(__file__).parent.rglob("before.sql"))[::EVERY]


def _name(case: Path) -> str:
    return f"{case.parent.name}-{case.name}"


@pytest.mark.parametrize("case", CASES, ids=_name)
def test_rows_are_kept_or_a_hazard_says_so(case: Path, scratch: Scratch) -> None:
    texts = [(case / name).read_text(encoding="utf-8") for name in ("before.sql", "after.sql")]
    provide(scratch, texts)
    before, after = (_load(scratch, text) for text in texts)
    for text, old, new in ((texts[0], before, after), (texts[1], after, before)):
        try:
            found = plan(old, new)
        except PlanRefusedError:
            continue
        _check(scratch, text, found)


def _check(scratch: Scratch, text: str, one: Plan) -> None:
    with scratch.database() as connection:
        load_script(connection, text, "x")
        sample = fill(connection)
        assert [one for one in sample.unfilled if one.reason != "it has no partition"] == []
        base = snapshot(connection)
        try:
            done = rehearse(connection, step_of_plan(Claim(one, Plan((), ()))), "up")
        except StatementError as error:
            pytest.fail(f"{error}: {error.details}")
        found = losses(connection, base, snapshot(connection), done.removed)
    assert [str(loss) for loss in found if not explains(one, loss)] == []


def _load(scratch: Scratch, text: str) -> Catalog:
    with scratch.database() as connection:
        load_script(connection, text, "x")
        return introspect(connection)
