"""Defaults that freeze the moment at which a schema is loaded, such as `'now'::timestamptz`."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta

from psqlmigrate.errors import SourceError
from psqlmigrate.schema.catalog import Catalog, diff
from psqlmigrate.schema.dbobject import DbObject
from psqlmigrate.schema.hashing import canonical_bytes

_NEAR = timedelta(days=1)

# What PostgreSQL reads at once as a moment (manual, 8.5.1.4).
_MOMENT = re.compile(r"'\s*(?:now|today|tomorrow|yesterday)\b", re.IGNORECASE)


def refuse(first: Catalog, again: Callable[[], Catalog], texts: Sequence[str]) -> None:
    """Raises SourceError naming what is another value each time, or day, the schema is loaded.

    `texts` are the SQL of the schema. A word for a moment in them, or a constant with the date of
    today, makes it load the schema a second time; that tells `now`. The day of `today` is in the
    schema and not in the text.
    """
    words = any(_MOMENT.search(one) for one in texts)
    if not (words or any(_days_in(first))):
        return
    _refuse(one.subject for one in diff(first, again()))
    if words:
        written = "\n".join(texts)
        _refuse(one for one, day in _days_in(first) if day not in written)


def _refuse(frozen: Iterable[DbObject]) -> None:
    names = ", ".join(dict.fromkeys(f"{one.kind} {one.id.shown}" for one in frozen))
    if names:
        raise SourceError(
            f"each time it is loaded this is another value: {names}",
            hint="the constants 'now' and 'today' are the moment and the day of loading; write now()"
            " or CURRENT_TIMESTAMP, CURRENT_DATE or CURRENT_DATE + 1",
        )


def _days_in(catalog: Catalog) -> Iterator[tuple[DbObject, str]]:
    """What has yesterday's, today's or tomorrow's date in it, and that."""
    now = datetime.now(UTC)
    days = {f"{now + shift:%Y-%m-%d}" for shift in (-_NEAR, timedelta(0), _NEAR)}
    found = re.compile("|".join(sorted(days)).encode())
    for one in catalog:
        if match := found.search(canonical_bytes(one)):
            yield one, match[0].decode()
