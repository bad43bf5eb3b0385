"""Times as people write them: for the configuration, and for one migration."""

import re

_TIME = r"(\d+(?:\.\d+)?)\s*(ms|s|min|h)?\Z"
_UNITS = {"ms": 0.001, "s": 1.0, "min": 60.0, "h": 3600.0}

LIMITS = ("lock_timeout", "statement_timeout")
"""What a migration may say of its own statements."""

EXPECTED = 'a number (of {}) or a text such as "100 ms", "30 s", "5 min"'


def seconds(value: object, unit: str) -> float | None:
    """A number of that unit, or a text with one of PostgreSQL's; None for anything else."""
    said = str(value) if isinstance(value, (int, float, str)) and value is not True else ""
    found = re.match(_TIME, said.strip())
    return float(found[1]) * _UNITS[found[2] or unit] if found else None
