"""What the loader hands to the readers of models, and what they hand back."""

from __future__ import annotations

import re
from types import ModuleType
from typing import Any

_SAME = ("sqlmodel", "sqlalchemy")  # SQLModel's classes are SQLAlchemy's


class UnusableModels(Exception):  # noqa: N818 - it is about models, and is reported as one line
    """The models cannot be stated as SQL; the text says which and why."""


class ModelSource:
    """What one spec named.

    `objects` are modules or, where the spec has an attribute, the attribute's values.
    """

    def __init__(self, name: str, reader: str, objects: list[Any]) -> None:
        self.name = name
        self.reader = reader
        self.objects = objects

    def has(self, value: Any) -> bool:
        """Whether it was named itself, or one of the modules defines it and not only imports it."""
        homes = [one.__name__ for one in self.objects if isinstance(one, ModuleType)]
        return getattr(value, "__module__", None) in homes or any(
            value is one for one in self.objects
        )

    def candidates(self, reader: str) -> list[Any]:
        """What that reader may look at: the objects and, of modules, everything in them."""
        if self.reader not in ("", reader) and (self.reader, reader) != _SAME:
            return []
        found: list[Any] = []
        for one in self.objects:
            found.extend(vars(one).values() if isinstance(one, ModuleType) else [one])
        return found


class Reading:
    """What a reader found: SQL in an order that works, and what it speaks for.

    `origin` names it in messages. `renames` are hints (see `renames_of`), `foreign` patterns of
    what belongs to the ORM itself and is no business of a comparison. `unstated` has the fields that the ORM has no words for, each with the pattern of the SQL by
    which a project may state it all the same (a listener's DDL, a type of its own), or None.
    """

    def __init__(
        self,
        statements: list[str],
        tables: list[str],
        coverage: tuple[str, ...],
        unstated: dict[str, str | None],
        warnings: list[str],
        *,
        origin: str,
        renames: list[dict[str, Any]],
        foreign: list[str],
    ) -> None:
        self.statements = statements
        self.tables = tables
        self.coverage = coverage
        self.unstated = {name for name, words in unstated.items() if not self._says(words)}
        self.warnings = warnings
        self.origin = origin
        self.renames = renames
        self.foreign = foreign

    def _says(self, words: str | None) -> bool:
        if words is None:
            return False
        pattern = re.compile(words, re.IGNORECASE | re.DOTALL)
        return any(pattern.search(text) for text in self.statements)


def joined(readings: list[Reading | None], sources: list[ModelSource]) -> dict[str, Any]:
    """One answer. No tables at all is an error: nothing found never means "no tables"."""
    found = [reading for reading in readings if reading is not None]
    if not any(reading.tables for reading in found):
        names = ", ".join(source.name for source in sources)
        raise UnusableModels(
            f"no models in {names}: neither tables of SQLAlchemy's MetaData (SQLModel's are among"
            " them) nor PSQLModel classes with @table nor models of Django's"
        )
    _refuse_doubles(found)
    coverage = set(found[0].coverage).union(*(reading.coverage for reading in found))
    unstated = found[0].unstated.intersection(*(reading.unstated for reading in found))
    return {
        "parts": [{"origin": one.origin, "statements": one.statements} for one in found],
        "tables": sorted(table for reading in found for table in reading.tables),
        "coverage": sorted(coverage),
        "unstated": sorted(unstated),
        "warnings": [text for reading in found for text in reading.warnings],
        "renames": [hint for reading in found for hint in reading.renames],
        "foreign": sorted({one for reading in found for one in reading.foreign}),
    }


def _refuse_doubles(readings: list[Reading]) -> None:
    """A table that two ORMs state would be whichever comes first."""
    seen: dict[str, str] = {}
    for reading in readings:
        for table in reading.tables:
            if table in seen and seen[table] != reading.origin:
                raise UnusableModels(
                    f"the table {table} is stated twice: by {seen[table]} and by {reading.origin}"
                )
            seen[table] = reading.origin


def renames_of(
    kind: str, names: tuple[str, ...], hint: Any, origin: str, label: str = ""
) -> list[dict[str, Any]]:
    """A hint of the models that a thing had another name: one, or several, the latest first.

    `names` are the present ones, from the schema inwards; `label` is a member's (of an enum).
    """
    if not hint:
        return []
    former = [hint] if isinstance(hint, str) else hint
    if not isinstance(former, (list, tuple)) or not all(isinstance(one, str) for one in former):
        raise UnusableModels(
            f"{origin}: renamed_from of {'.'.join(names)} is {hint!r}; it must be a name or a list"
            " of names"
        )
    one = {"kind": kind, "names": list(names), "former": list(former), "origin": origin}
    return [{**one, "label": label}]


def quoted(name: str) -> str:
    """A name between quotes."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A string constant that means the same whatever standard_conforming_strings says."""
    escaped = "'" + text.replace("'", "''") + "'"
    return " E" + escaped.replace("\\", "\\\\") if "\\" in escaped else escaped
