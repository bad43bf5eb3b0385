"""Which table a name means: names are data, looked up in the catalog as they are written."""

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence

from psqlmigrate.schema.sqltext import ident
from psqlmigrate.service.seeds.facts import Relation, Table

_PART = re.compile(r'"((?:[^"]|"")+)"|([^".]+)')
_KINDS = {"v": "a view", "m": "a materialized view", "f": "a foreign table"}


class UnknownNameError(Exception):
    """Says why a name means no table; `hint` names the way out."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class Names:
    """Finds tables by name, in the default schemas or where the name says."""

    def __init__(
        self, relations: Iterable[Relation], schemas: Sequence[str], own: Iterable[tuple[str, str]]
    ) -> None:
        self._by_name = {(one.schema, one.name): one for one in relations}
        self._schemas = tuple(schemas) or ("public",)
        self._own = frozenset(own)

    def table(self, text: str) -> Relation:
        """The table that the text means. Raises UnknownNameError."""
        found = self._found(text)
        if len(found) > 1:
            labels = " or ".join(one.label for one in found)
            raise UnknownNameError(
                f'"{text}" can be {labels}', "write it with its schema, quoted where it has dots"
            )
        if not found:
            raise UnknownNameError(f'there is no table "{text}"', self._near(text))
        (one,) = found
        if (one.schema, one.name) in self._own:
            raise UnknownNameError(
                f"{one.label} is psqlmigrate's own", "upgrade and stamp write it"
            )
        if one.kind in _KINDS:
            raise UnknownNameError(f"{one.label} is {_KINDS[one.kind]}", "seeds go into tables")
        return one

    def _found(self, text: str) -> list[Relation]:
        places = [(schema, text) for schema in self._schemas]
        parts = _parts(text)
        if len(parts) == 1 and parts[0] != text:
            places += [(schema, parts[0]) for schema in self._schemas]
        if len(parts) == 2:  # noqa: PLR2004 - schema and table
            places.append((parts[0], parts[1]))
        return [self._by_name[place] for place in dict.fromkeys(places) if place in self._by_name]

    def _near(self, text: str) -> str:
        spoken: dict[str, str] = {}
        for schema, name in self._by_name:
            spoken[f"{schema}.{name}"] = ident(schema, name)
            spoken.setdefault(name, name if schema in self._schemas else ident(schema, name))
        folded = {one.casefold(): label for one, label in spoken.items()}
        near = difflib.get_close_matches(text.casefold(), folded, 3, 0.6)
        words = list(dict.fromkeys(folded[one] for one in near))
        if words:
            return f"did you mean {' or '.join(words)}?"
        return f"looked in {', '.join(self._schemas)}; other schemas are written schema.table"


def column_hint(name: str, table: Table | Mapping[str, object]) -> str:
    """Near names of a column that is not there."""
    known = list(table.columns if isinstance(table, Table) else table)
    folded = {one.casefold(): one for one in known}
    near = difflib.get_close_matches(name.casefold(), folded, 3, 0.6)
    return f"did you mean {' or '.join(folded[one] for one in near)}?" if near else ""


def _parts(text: str) -> list[str]:
    """The parts of `schema.table`, with quotes where SQL has them; none for other texts."""
    parts: list[str] = []
    at = 0
    while True:
        found = _PART.match(text, at)
        if not found:
            return []
        parts.append(found[1].replace('""', '"') if found[1] else found[2])
        at = found.end()
        if at == len(text):
            return parts
        if text[at] != ".":
            return []
        at += 1
