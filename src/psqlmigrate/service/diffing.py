"""The difference of two schemas as a plan that was written from fixpoint text."""

from psqlmigrate.postgres.scratch import Scratch
from psqlmigrate.schema.catalog import Catalog
from psqlmigrate.service.canonical import canonical
from psqlmigrate.service.planning import Plan, plan


def compare(old: Catalog, new: Catalog, scratch: Scratch) -> Plan:
    """The plan from `old` to `new`; both are read again in scratch only if they differ.

    Raises PlanRefusedError, ScratchError.
    """
    if old == new:
        return Plan((), ())
    return plan(canonical(scratch, old), canonical(scratch, new))
