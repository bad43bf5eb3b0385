"""SchemaDiffer: documents of hashes, compared by name."""

import json
from typing import Any

import pytest

from psqlmigrate.differ import SchemaDiffer
from psqlmigrate.errors import UsageError


def _document(**sections: dict[str, str]) -> dict[str, Any]:
    empty: dict[str, Any] = {"tables": {}, "triggers": {}, "indexes": {}}
    return {**empty, "meta": {"version": "1.0"}, **sections}


def test_nine_lists_and_how_many() -> None:
    expected = _document(
        tables={"public.a": "1", "public.b": "1", "public.same": "1"},
        triggers={"public.a.t": "1", "public.a.u": "1"},
        indexes={"public.a.i": "1", "public.a.j": "1"},
        enums={"public.mood": "1"},
    )
    actual = _document(
        tables={"public.b": "2", "public.c": "1", "public.same": "1"},
        triggers={"public.a.u": "2", "public.a.v": "1"},
        indexes={"public.a.j": "2", "public.a.k": "1"},
        views={"public.v": "1"},
    )
    diff = SchemaDiffer().compare(expected, json.loads(json.dumps(actual)))
    assert (diff.new_tables, diff.removed_tables, diff.modified_tables) == (
        ["public.a"],
        ["public.c"],
        ["public.b"],
    )
    assert (diff.new_triggers, diff.removed_triggers, diff.modified_triggers) == (
        ["public.a.t"],
        ["public.a.v"],
        ["public.a.u"],
    )
    assert (diff.new_indexes, diff.removed_indexes, diff.modified_indexes) == (
        ["public.a.i"],
        ["public.a.k"],
        ["public.a.j"],
    )
    assert diff.has_changes
    assert diff.total_changes == 11
    assert SchemaDiffer().format_warnings(diff) == [
        "+public.a",
        "-public.c",
        "~public.b",
        "+trigger public.a.t",
        "-trigger public.a.v",
        "~trigger public.a.u",
        "+index public.a.i",
        "-index public.a.k",
        "~index public.a.j",
        "+enum public.mood",
        "-view public.v",
    ]


def test_no_change() -> None:
    diff = SchemaDiffer().compare(_document(), _document())
    assert not diff.has_changes
    assert diff.total_changes == 0
    assert SchemaDiffer().format_warnings(diff) == []


def test_what_models_cannot_state_is_not_missing_there() -> None:
    expected = _document(meta={"version": "1.0", "not_stated": ["triggers", "views"]})  # type: ignore[dict-item]
    actual = _document(triggers={"public.a.t": "1"}, views={"public.v": "1"})
    assert not SchemaDiffer().compare(expected, actual).has_changes


@pytest.mark.parametrize(
    "wrong", [{}, {"tables": {}}, {**_document(), "tables": []}, None, "a", [1]]
)
def test_what_is_no_document_is_told(wrong: Any) -> None:
    with pytest.raises(UsageError, match="actual is no document"):
        SchemaDiffer().compare(_document(), wrong)


def test_documents_of_other_versions_are_not_compared() -> None:
    other = _document(meta={"version": "2.0"})
    with pytest.raises(UsageError, match=r"version 1\.0 and version 2\.0"):
        SchemaDiffer().compare(_document(), other)
    mine, theirs = (_document(meta={"version": "1.0", "postgresql": one}) for one in (15, 18))  # type: ignore[dict-item]
    with pytest.raises(UsageError, match="PostgreSQL 15 and PostgreSQL 18"):
        SchemaDiffer().compare(mine, theirs)
