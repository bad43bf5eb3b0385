"""What the loader hands to the readers of models, and what they hand back."""

from __future__ import annotations

import re
from types import ModuleType
from typing import Any


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

    def candidates(self, reader: str) -> list[Any]:
        """What that reader may look at: the objects and, of modules, everything in them."""
        if self.reader not in ("", reader):
            return []
        found: list[Any] = []
        for one in self.objects:
            found.extend(vars(one).values() if isinstance(one, ModuleType) else [one])
        return found


class Reading:
    """What a reader found: SQL in an order that works, and what it speaks for.

    `unstated` has the fields that the ORM has no words for, each with the pattern of the SQL by
    which a project may state it all the same (a listener's DDL, a type of its own), or None.
    """

    def __init__(
        self,
        statements: list[str],
        tables: list[str],
        coverage: tuple[str, ...],
        unstated: dict[str, str | None],
        warnings: list[str],
    ) -> None:
        self.statements = statements
        self.tables = tables
        self.coverage = coverage
        self.unstated = {name for name, words in unstated.items() if not self._says(words)}
        self.warnings = warnings

    def _says(self, words: str | None) -> bool:
        if words is None:
            return False
        pattern = re.compile(words, re.IGNORECASE | re.DOTALL)
        return any(pattern.search(text) for text in self.statements)


def joined(readings: list[Reading | None], sources: list[ModelSource]) -> dict[str, Any]:
    """One answer. No tables at all is an error: nothing found never means "no tables"."""
    found = [reading for reading in readings if reading is not None]
    tables = [table for reading in found for table in reading.tables]
    if not tables:
        names = ", ".join(source.name for source in sources)
        raise UnusableModels(
            f"no models in {names}: neither tables of SQLAlchemy's MetaData nor PSQLModel classes"
            " with @table"
        )
    coverage = set(found[0].coverage).union(*(reading.coverage for reading in found))
    unstated = found[0].unstated.intersection(*(reading.unstated for reading in found))
    return {
        "statements": [text for reading in found for text in reading.statements],
        "tables": sorted(tables),
        "coverage": sorted(coverage),
        "unstated": sorted(unstated),
        "warnings": [text for reading in found for text in reading.warnings],
    }


def quoted(name: str) -> str:
    """A name between quotes."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A string constant that means the same whatever standard_conforming_strings says."""
    escaped = "'" + text.replace("'", "''") + "'"
    return " E" + escaped.replace("\\", "\\\\") if "\\" in escaped else escaped
