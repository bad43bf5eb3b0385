"""The statements of a plan as a script for psql."""

from collections.abc import Iterable, Iterator

from psqlmigrate.schema.statement import Statement


def script_lines(statements: Iterable[Statement]) -> Iterator[str]:
    """Each statement below its hazards."""
    for one in statements:
        if one.hazards:
            yield f"-- {', '.join(sorted(one.hazards))}"
        yield f"{one.sql};"
