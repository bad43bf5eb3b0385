"""Any schema becomes any other, whatever kinds they are of, or the plan is refused."""

import os

import pytest

from property.wide import Wide
from psqlmigrate.errors import PlanRefusedError
from psqlmigrate.postgres.introspect import introspect
from psqlmigrate.postgres.loading import load_script
from psqlmigrate.postgres.scratch import Scratch
from psqlmigrate.schema.catalog import Catalog
from psqlmigrate.service.canonical import canonical
from psqlmigrate.service.proving import prove_difference

SEEDS = range(500 if os.environ.get("PSQLMIGRATE_ALL_FACTS") else 4)
"""`nox -s facts` has all of them."""


@pytest.mark.parametrize("seed", SEEDS)
def test_up_down_and_up_lead_where_they_should(seed: int, scratch: Scratch) -> None:
    old, new = (_load(scratch, Wide(2 * seed + side).text) for side in (0, 1))
    try:
        prove_difference(scratch, old, new)
    except PlanRefusedError as refused:
        pytest.skip(str(refused))


def _load(scratch: Scratch, text: str) -> Catalog:
    with scratch.database() as connection:
        load_script(connection, text, "x")
        found = introspect(connection)
    return canonical(scratch, found)
