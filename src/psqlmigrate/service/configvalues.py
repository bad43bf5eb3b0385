"""What the configuration's values may be."""

import re
from collections.abc import Callable, Mapping
from typing import Any, cast

from psqlmigrate.migrations import limits

_DIRECTIVE = r"%(.)"
_BETWEEN = r"[A-Za-z0-9]*\Z"
_LONGEST = 40

VERSION_FORMAT = "%Y%m%d_%H%M%S"


class NotThatError(Exception):
    """Says what the value must be."""


def text(value: object) -> str:
    """A text that is not empty."""
    if isinstance(value, str) and value and "\0" not in value:
        return value
    raise NotThatError("a text that is not empty")


def texts(value: object) -> tuple[str, ...]:
    """One text or a list of them."""
    if isinstance(value, str):
        return (text(value),)
    if isinstance(value, list):
        items = cast("list[object]", value)
        if all(isinstance(one, str) and one for one in items):
            return tuple(map(str, items))
    raise NotThatError("a text or a list of texts")


def truth(value: object) -> bool:
    """True or false."""
    if isinstance(value, bool):
        return value
    raise NotThatError("true or false")


def seconds(value: object) -> float:
    """A number of seconds, or a text with a unit of PostgreSQL's: "100 ms", "30s", "5min"."""
    return _time(value, "s")


def milliseconds(value: object) -> float:
    """Seconds, from a number of milliseconds or a text with a unit."""
    return _time(value, "ms")


def _time(value: object, unit: str) -> float:
    found = limits.seconds(value, unit)
    if found is None:
        raise NotThatError(limits.EXPECTED.format(unit))
    return found


def identifier(value: object) -> str:
    """A name as PostgreSQL stores it, in at most 63 bytes."""
    name = text(value)
    if len(name.encode()) > 63:  # noqa: PLR2004 - NAMEDATALEN - 1 (manual, 4.1.1)
        raise NotThatError("a name of at most 63 bytes")
    return name


def table_name(value: object) -> str:
    """The name of a table in the history's schema."""
    name = identifier(value)
    if "." in name:  # psqlmodel writes migrations._psqlmodel_migrations
        raise NotThatError("a name without a schema, which history_schema names")
    return name


def file_name(value: object) -> str:
    """The name of a file, without a folder."""
    name = text(value)
    if "/" in name or name in {".", ".."}:
        raise NotThatError("the name of a file, without a folder")
    return name


def pooler(value: object) -> str:
    """How sessions reach the server."""
    if value in ("auto", "session", "transaction"):  # a list cannot be in a set
        return str(value)
    raise NotThatError('"auto", "session" or "transaction"')


def version_format(value: object) -> str:
    """A format of time whose texts sort as the times do, to the second.

    A file's name must show where the version ends: an underscore is only in the usual format.
    """
    pattern = text(value)
    if pattern == VERSION_FORMAT:
        return pattern
    directives = "".join(re.findall(_DIRECTIVE, pattern))
    between = "".join(re.split("%.", pattern))
    if directives.removesuffix("f") not in {"YmdHMS", "YjHMS"}:
        raise NotThatError(f"a format that sorts as text, such as {VERSION_FORMAT}")
    if not re.match(_BETWEEN, between) or pattern[0].isalpha() or len(pattern) > _LONGEST:
        raise NotThatError(f"{VERSION_FORMAT}, or made of %Y %m %d %H %M %S, letters and digits")
    return pattern


READERS: Mapping[str, Callable[[object], Any]] = {
    **dict.fromkeys(
        ("url", "profile", "migrations", "migrations_path", "python", "scratch_url", "logger"), text
    ),
    **dict.fromkeys(("models", "schemas", "ignore", "scratch_setup"), texts),
    **dict.fromkeys(
        ("manage_grants", "manage_owners", "manage_labels", "scratch_on_target"), truth
    ),
    **dict.fromkeys(("auto_detect_changes", "fail_on_drift", "debug"), truth),
    **dict.fromkeys(("history_schema", "role"), identifier),
    **dict.fromkeys(("state_table_name", "history_table_name"), table_name),
    **dict.fromkeys(("lock_wait", "network_timeout"), seconds),
    **dict.fromkeys(("lock_timeout", "statement_timeout"), milliseconds),
    "state_file_name": file_name,
    "pooler": pooler,
    "version_format": version_format,
}
