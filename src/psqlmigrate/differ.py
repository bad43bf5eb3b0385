"""Compares two hash documents of `psqlmigrate.hasher`; needs no database."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from psqlmigrate.errors import UsageError

__all__ = ["SchemaDiff", "SchemaDiffer"]

_META = "meta"
_NAMED = ("tables", "triggers", "indexes")
_WORDS = {"tables": "", "triggers": "trigger ", "indexes": "index ", "others": ""}
_MUST_FIT = {"version": "version", "postgresql": "PostgreSQL"}


def _names() -> list[str]:
    return []


@dataclass(frozen=True, slots=True)
class SchemaDiff:
    """What differs, by name: new is what the database lacks, removed what the models lack.

    The last three lists are of all further kinds, as "section name": "enums public.mood".
    """

    new_tables: list[str] = field(default_factory=_names)
    removed_tables: list[str] = field(default_factory=_names)
    modified_tables: list[str] = field(default_factory=_names)
    new_triggers: list[str] = field(default_factory=_names)
    removed_triggers: list[str] = field(default_factory=_names)
    modified_triggers: list[str] = field(default_factory=_names)
    new_indexes: list[str] = field(default_factory=_names)
    removed_indexes: list[str] = field(default_factory=_names)
    modified_indexes: list[str] = field(default_factory=_names)
    new_others: list[str] = field(default_factory=_names)
    removed_others: list[str] = field(default_factory=_names)
    modified_others: list[str] = field(default_factory=_names)

    @property
    def has_changes(self) -> bool:
        """Whether anything differs."""
        return self.total_changes > 0

    @property
    def total_changes(self) -> int:
        """How many objects differ, of all kinds."""
        return sum(len(names) for _, _, names in self.lists())

    def lists(self) -> tuple[tuple[str, str, list[str]], ...]:
        """Every list with its symbol and the word that tells its kind; tables need none.

        Names of further kinds have the word in them: "enum public.mood".
        """
        found: list[tuple[str, str, list[str]]] = []
        for kind, word in _WORDS.items():
            for symbol, sort in (("+", "new"), ("-", "removed"), ("~", "modified")):
                names: list[str] = getattr(self, f"{sort}_{kind}")
                shown = map(_of_one, names) if kind == "others" else names
                found.append((symbol, word, [*shown]))
        return tuple(found)


class SchemaDiffer:
    """Compares what models say with what a database has."""

    def compare(self, expected: Mapping[str, Any], actual: Mapping[str, Any]) -> SchemaDiff:
        """What differs between two hash documents, `expected` being the models'.

        A kind that the models' ORM has no words for is not missing there (`not_stated` in `meta`).
        Raises UsageError for what is no hash document, and for documents that do not compare: of
        another version, or printed by another major version of PostgreSQL.
        """
        first, second = _checked(expected, "expected"), _checked(actual, "actual")
        for name, words in _MUST_FIT.items():
            one, other = first[_META].get(name), second[_META].get(name)
            if one != other and None not in {one, other}:
                raise UsageError(
                    f"hashes of {words} {one} and {words} {other} cannot be compared",
                    hint="make both with the same psqlmigrate and the same scratch server",
                )
        result = SchemaDiff()
        unstated = {str(one) for one in first[_META].get("not_stated", ())}
        others = sorted((first.keys() | second.keys()) - {*_NAMED, _META})
        for section in (*_NAMED, *others):
            want, have = first.get(section, {}), second.get(section, {})
            gone = [] if section in unstated else sorted(have.keys() - want.keys())
            changed = sorted(one for one in want.keys() & have.keys() if want[one] != have[one])
            kind, prefix = (section, "") if section in _NAMED else ("others", f"{section} ")
            found = {"new": sorted(want.keys() - have.keys()), "removed": gone, "modified": changed}
            for sort, names in found.items():
                getattr(result, f"{sort}_{kind}").extend(prefix + name for name in names)
        return result

    def format_warnings(self, diff: SchemaDiff) -> list[str]:
        """A line for each difference: `+public.users` is new, `-` removed, `~` modified.

        What is no table says what it is: `~index public.users.idx_email`.
        """
        return [f"{symbol}{word}{name}" for symbol, word, names in diff.lists() for name in names]


def _of_one(name: str) -> str:
    """`enum public.mood` from `enums public.mood`."""
    section, _, rest = name.partition(" ")
    word = f"{section[:-3]}y" if section.endswith("ies") else section.removesuffix("s")
    return f"{word.replace('_', ' ')} {rest}"


def _checked(document: Mapping[str, Any], name: str) -> dict[str, dict[str, Any]]:
    sections = dict(document) if isinstance(document, Mapping) else {}  # pyright: ignore[reportUnnecessaryIsInstance]
    wanted = (*_NAMED, _META, *sections)
    wrong = [one for one in wanted if not isinstance(sections.get(one), Mapping)]
    if wrong:
        raise UsageError(
            f"{name} is no document of hashes: {wrong[0]} is missing or wrong",
            hint="SchemaHasher makes them: hash_models([…]), hash_database_schema(engine)",
        )
    return sections
