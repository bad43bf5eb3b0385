"""What becomes of an index when the type of a column changes (manual, ALTER TABLE, Notes)."""

import re

from psqlmigrate.schema.statement import REBUILT, Hazard

# Of what pg_get_indexdef and pg_get_constraintdef print after USING.
_COLUMNS_ONLY = re.compile(r"[^(]*\([^()]*\)( INCLUDE \([^()]*\))?(?! WHERE )[^()]*")


def computes(columns: str) -> bool:
    """Whether an index has expressions, options of operators or a condition."""
    return _COLUMNS_ONLY.fullmatch(columns) is None


def adapted(*, rewritten: bool, reordered: bool, computed: bool, unique: bool) -> frozenset[Hazard]:
    """What it costs. An index that computes something is always built anew, others where needed."""
    hazards = REBUILT if not rewritten and (computed or reordered) else frozenset[Hazard]()
    if computed or (unique and reordered):
        hazards |= {Hazard.MAY_FAIL}
    return hazards
