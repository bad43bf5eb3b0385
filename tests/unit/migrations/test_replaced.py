"""What squashed migrations say of those that they replace, and where they stand in the graph."""

from pathlib import Path

import pytest

from psqlmigrate.errors import DuplicateVersionError, MigrationFileError, SquashedFileError
from psqlmigrate.migrations.directory import Directory, without_replaced
from psqlmigrate.migrations.file import MigrationFile, read_file
from psqlmigrate.migrations.graph import Graph
from psqlmigrate.migrations.replaced import Replaced, flat, last, parsed, walk
from psqlmigrate.service.lineage import lineage

INNER = Replaced("12", "c", (Replaced("1", "a"), Replaced("2", "b")))
NESTED = (INNER, Replaced("3", "d"))


def _file(
    version: str, *replaces: Replaced, after: tuple[str, ...] | None = None, known: str = "x"
) -> MigrationFile:
    path = Path(f"{version}_x.sql")
    return MigrationFile(version, "", after, path, known, replaces=replaces)


def test_there_and_back() -> None:
    text = flat(NESTED)
    assert text == {"12": "c", "12/1": "a", "12/2": "b", "3": "d"}
    assert parsed(Path("x"), text) == NESTED
    assert last(NESTED) == "3"
    assert last((INNER,)) == "2"
    assert [one.version for one in walk(NESTED)] == ["12", "1", "2", "3"]


@pytest.mark.parametrize(
    "text", [["1"], {"1": 2}, {1: "a"}, {"12/1": "a"}, "1", {"": "a"}, {"1": "a", "1/": "b"}]
)
def test_what_is_not_like_that(text: object) -> None:
    with pytest.raises(MigrationFileError):
        parsed(Path("x"), text)


@pytest.mark.parametrize(
    ("applied", "expected"),
    [("12", True), ("1 2", True), ("1", False), ("", False), ("2 12", True)],
)
def test_when_it_counts(applied: str, expected: bool) -> None:
    assert INNER.counts(applied.split()) is expected


def test_files_say_it_in_both_forms(tmp_path: Path) -> None:
    sql = tmp_path / "20260101_000000_x.sql"
    sql.write_text("-- replaces: 12 c\n-- replaces: 12/1 a\n-- psqlmigrate: up\n")
    python = tmp_path / "20260102_000000_x.py"
    python.write_text(
        "class X:\n    version = '20260102_000000'\n    replaces = {'12': 'c', '12/1': 'a'}\n"
    )
    wanted = (Replaced("12", "c", (Replaced("1", "a"),)),)
    assert read_file(sql).replaces == read_file(python).replaces == wanted


def test_it_stands_where_the_last_of_them_stood() -> None:
    """The versions sort otherwise; what states no parent comes after it all the same."""
    graph = Graph(
        [_file("0"), _file("9", *NESTED, after=("0",)), _file("4"), _file("5", after=("2",))]
    )
    assert graph.parents("4") == ("9",)
    assert graph.parents("5") == ("9",)
    assert [one.version for one in graph.order] == ["0", "9", "4", "5"]


def test_names_of_what_was_replaced() -> None:
    directory = Directory(Path(), (_file("9", *NESTED), _file("4")))
    assert directory.replaced_version("3") == "3"
    assert directory.replaced_version("9") == directory.replaced_version("4") == ""
    assert directory.standing_for("2").version == "9"
    assert directory.standing_for("4").version == "4"


def test_files_that_are_there_again() -> None:
    made = _file("9", *NESTED)
    again = _file("3", known="d")
    assert without_replaced([made, again]) == ((made,), (again,))
    with pytest.raises(SquashedFileError, match="is not as it was then"):
        without_replaced([made, _file("3", known="other")])
    with pytest.raises(DuplicateVersionError, match="was squashed twice"):
        without_replaced([made, _file("8", Replaced("3", "d"))])


def test_a_missing_archive_is_trouble_only_for_some(tmp_path: Path) -> None:
    directory = Directory(tmp_path, (_file("9", *NESTED), _file("4")))
    assert lineage(directory, ()).trouble is None
    assert lineage(directory, ("1", "2", "3")).trouble is None
    assert lineage(directory, ("1", "2", "3")).applied == {"9"}
    assert lineage(directory, ("9", "4")).applied == {"9", "4"}
    assert lineage(directory, ("12", "3")).behind == {"12": "9", "3": "9"}
    some = lineage(directory, ("12",))
    assert some.trouble
    assert "3" in some.trouble.message or "12" in some.trouble.message
