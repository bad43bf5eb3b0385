"""Defaults that freeze the moment at which a schema is loaded, such as `'now'::timestamptz`."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from psqlmigrate.errors import SourceError
from psqlmigrate.schema.catalog import Catalog, diff
from psqlmigrate.schema.hashing import canonical_bytes

_NEAR = timedelta(days=1)


def refuse(first: Catalog, again: Callable[[], Catalog]) -> None:
    """Raises SourceError naming what is another value each time the schema is loaded.

    A constant with the date of today (manual, 8.5.1.4: `now` and `today` are read at once) makes
    it load the schema a second time; others cannot be one.
    """
    if not _mentions_today(first):
        return
    changed = diff(first, again())
    if changed:
        names = ", ".join(f"{one.subject.kind} {one.subject.id}" for one in changed)
        raise SourceError(
            f"each time it is loaded this is another value: {names}",
            hint="the constant 'now' is the moment of loading; write now() or CURRENT_TIMESTAMP",
        )


def _mentions_today(catalog: Catalog) -> bool:
    now = datetime.now(UTC)
    days = {f"{now + shift:%Y-%m-%d}".encode() for shift in (-_NEAR, timedelta(0), _NEAR)}
    found = re.compile(b"|".join(sorted(days)))
    return any(found.search(canonical_bytes(one)) for one in catalog)
