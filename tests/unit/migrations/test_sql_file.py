"""SQL migrations: a slip in a mark is an error, not a comment."""

from pathlib import Path

import pytest

from psqlmigrate.errors import MigrationFileError
from psqlmigrate.migrations.file import read_file, statements

NAME = "20260101_000000_x.sql"


def _statements(folder: Path, text: str, direction: str) -> list[str]:
    path = folder / NAME
    path.write_text(text)
    return [one.text for one in statements(read_file(path), direction)]


@pytest.mark.parametrize(
    "mark",
    [
        "-- psqlmigrate: Down",
        "-- psqlmigrate: downn",
        "--psqlmigrate : down",
        "-- psqlmigrate: down;",
        "-- PSQLMIGRATE: down",
        "-- psqlmigrate: depends_on 20250101_000000",
    ],
)
def test_a_slip_in_a_mark_is_an_error_with_its_line(tmp_path: Path, mark: str) -> None:
    text = f"-- psqlmigrate: up\nCREATE TABLE a (i int);\n{mark}\nDROP TABLE a;\n"
    with pytest.raises(MigrationFileError, match=f"{NAME}:3: neither up nor down") as caught:
        _statements(tmp_path, text, "up")
    assert caught.value.line == 3
    assert "-- depends_on: " in caught.value.hint


def test_only_line_feeds_end_lines(tmp_path: Path) -> None:
    value = "SELECT 'a\f-- psqlmigrate: down\u2028-- psqlmigrate: up\x85'"
    text = f"-- psqlmigrate: up\n{value};\n-- psqlmigrate: down\n"
    assert _statements(tmp_path, text, "up") == [value]
    with pytest.raises(MigrationFileError, match="neither up nor down"):
        _statements(tmp_path, text.replace("\n", "\u2028"), "up")


def test_a_zero_byte(tmp_path: Path) -> None:
    text = "-- psqlmigrate: up\nDELETE FROM a\0 WHERE false;\n-- psqlmigrate: down\n"
    with pytest.raises(MigrationFileError, match="a zero byte"):
        _statements(tmp_path, text, "up")


def test_what_stands_before_the_first_mark_is_not_skipped(tmp_path: Path) -> None:
    text = "/* by us */\n-- message: x\nCREATE TABLE a (i int);\n-- psqlmigrate: up\nSELECT 1;\n"
    with pytest.raises(MigrationFileError, match=f"{NAME}:3: a statement before"):
        _statements(tmp_path, text, "up")
    text = text.replace("CREATE TABLE a (i int);\n", "")
    assert _statements(tmp_path, text, "up") == ["SELECT 1"]
    assert _statements(tmp_path, text, "down") == []


def test_transactional_is_true_or_false(tmp_path: Path) -> None:
    text = "-- transactional: {}\n-- psqlmigrate: up\nSELECT 1;\n"
    path = tmp_path / NAME
    for word, value in (("true", True), ("False", False), ("off", False)):
        path.write_text(text.format(word))
        assert read_file(path).transactional is value
    path.write_text(text.format("maybe"))
    with pytest.raises(MigrationFileError, match="neither true nor false: maybe"):
        read_file(path)
