"""Targets into migrations."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from psqlmigrate.errors import (
    AppliedFileError,
    MigrationNotFoundError,
    MultipleHeadsError,
    UsageError,
)
from psqlmigrate.migrations.directory import Directory
from psqlmigrate.migrations.file import MigrationFile
from psqlmigrate.migrations.graph import Graph
from psqlmigrate.service import versions

LINE: Mapping[str, tuple[str, ...] | None] = {"10": None, "11": None, "20": None, "30": None}
DIAMOND: Mapping[str, tuple[str, ...] | None] = {
    "1": (), "2": ("1",), "3": ("1",), "4": ("2", "3"), "5": ("4",),
}  # fmt: skip


def _made(parents: Mapping[str, tuple[str, ...] | None]) -> tuple[Directory, Graph]:
    files = tuple(
        MigrationFile(version, "", before, Path(f"{version}_x.sql"), version.rjust(64, "0"))
        for version, before in parents.items()
    )
    return Directory(Path(), files), Graph(files)


def _names(files: tuple[MigrationFile, ...]) -> str:
    return " ".join(file.version for file in files)


@pytest.mark.parametrize(
    ("applied", "target", "expected"),
    [
        ("", "head", "10 11 20 30"),
        ("", "heads", "10 11 20 30"),
        ("10", "head", "11 20 30"),
        ("", "+2", "10 11"),
        ("10", "+9", "11 20 30"),
        ("", "11", "10 11"),
        ("", "2", "10 11 20"),
        ("10 11 20 30", "head", ""),
        ("10 30", "head", "11 20"),
        ("10 11", "10", ""),
    ],
)
def test_to_apply(applied: str, target: str, expected: str) -> None:
    directory, graph = _made(LINE)
    assert _names(versions.to_apply(directory, graph, applied.split(), target)) == expected


@pytest.mark.parametrize(
    ("target", "expected"),
    [("-1", "30"), ("-3", "30 20 11"), ("base", "30 20 11 10"), ("11", "30 20"), ("3", "")],
)
def test_to_revert(target: str, expected: str) -> None:
    directory, graph = _made(LINE)
    assert _names(versions.to_revert(directory, graph, list(LINE), target)) == expected


@pytest.mark.parametrize(
    ("direction", "span", "expected"),
    [
        ("up", "", "10 11 20 30"),
        ("up", "11", "10 11"),
        ("up", "11:", "20 30"),
        ("up", "10:20", "11 20"),
        ("up", ":11", "10 11"),
        ("down", "", "30"),
        ("down", "base", "30 20 11 10"),
        ("down", "20:10", "20 11"),
        ("down", "20:", "20"),
    ],
)
def test_between(direction: str, span: str, expected: str) -> None:
    directory, graph = _made(LINE)
    assert _names(versions.between(directory, graph, direction, span)) == expected


def test_a_diamond() -> None:
    directory, graph = _made(DIAMOND)
    assert _names(versions.to_apply(directory, graph, (), "3")) == "1 3"
    assert _names(versions.to_revert(directory, graph, list("12345"), "2")) == "5 4"
    assert _names(versions.to_stamp(directory, graph, "4")) == "1 2 3 4"
    assert graph.current(list("123")) == ("2", "3")
    assert _names(versions.late(graph, list("124"))) == "3"


@pytest.mark.parametrize("target", ["head", "+1"])
def test_several_heads(target: str) -> None:
    directory, graph = _made({"1": (), "2": ("1",), "3": ("1",)})
    with pytest.raises(MultipleHeadsError, match="2, 3") as caught:
        versions.to_apply(directory, graph, (), target)
    assert "merge" in caught.value.hint
    assert "heads" in caught.value.hint
    assert caught.value.exit_code == 5


@pytest.mark.parametrize("target", ["+0", "+x", "+", "+1.5"])
def test_steps_are_numbers(target: str) -> None:
    directory, graph = _made(LINE)
    with pytest.raises(UsageError, match="no number of steps"):
        versions.to_apply(directory, graph, (), target)


def test_unknown_and_ambiguous_versions() -> None:
    directory, graph = _made(LINE)
    with pytest.raises(MigrationNotFoundError):
        versions.to_apply(directory, graph, (), "99")
    with pytest.raises(MigrationNotFoundError, match="10, 11"):
        versions.to_apply(directory, graph, (), "1")
    with pytest.raises(UsageError, match="20 is not applied"):
        versions.to_revert(directory, graph, ["10"], "20")


def test_edited_and_missing_files() -> None:
    directory, _ = _made(LINE)
    good = {file.version: file.checksum for file in directory.files}
    versions.refuse_edited(directory, good)
    versions.refuse_edited(directory, {"10": None, "11": "", "20": "stamped"})
    with pytest.raises(AppliedFileError, match=r"11_x\.sql was edited"):
        versions.refuse_edited(directory, {"11": "0123456789abcdef"})
    with pytest.raises(AppliedFileError, match=r"11_x\.sql was edited .*, and 1 more"):
        versions.refuse_edited(directory, {**good, "11": "f" * 64, "20": "f" * 64})
    with pytest.raises(AppliedFileError, match="98, 99 are applied, and the file is missing"):
        versions.refuse_edited(directory, {"98": None, "99": None})


def test_no_migrations_at_all() -> None:
    directory, graph = _made({})
    assert versions.to_apply(directory, graph, (), "head") == ()
    assert versions.to_revert(directory, graph, (), "-1") == ()
    assert versions.to_stamp(directory, graph, "head") == ()
