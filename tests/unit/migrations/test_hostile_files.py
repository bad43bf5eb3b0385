"""Migrations that nobody in his right mind would write, and what is no file at all."""

import os
from pathlib import Path

import pytest

from psqlmigrate.errors import ConfigError, MigrationFileError, SourceError, StateCorruptionError
from psqlmigrate.migrations import certificate, statefile
from psqlmigrate.migrations.directory import read_directory
from psqlmigrate.migrations.file import read_file
from psqlmigrate.schema import serial
from psqlmigrate.service import config
from psqlmigrate.sources.sql_files import read_sql

PYTHON, SQL = "20260101_000000_x.py", "20260101_000000_x.sql"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("x=" + "-" * 200_000 + "1", "nested too deeply"),
        ("x=a" + ".b" * 100_000, "nested too deeply"),
        ("class A:\n    version = {[]: 1}\n", "no class with a version"),
        ("class A:\n    version = '20260101_000000'\n    message = 'a\\0b'\n", "no database"),
        ("class A:\n    version = '20260101_000000'\n    message = '\\ud800'\n", "no database"),
    ],
)
def test_python(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / PYTHON).write_text(text)
    with pytest.raises(MigrationFileError, match=words):
        read_file(tmp_path / PYTHON)


@pytest.mark.parametrize("message", ['"a\\u0000b"', '"\\ud800"'])
def test_sql(tmp_path: Path, message: str) -> None:
    (tmp_path / SQL).write_text(f"-- message: {message}\n-- psqlmigrate: up\n")
    with pytest.raises(MigrationFileError, match="no database can keep"):
        read_file(tmp_path / SQL)


def test_json_and_toml_nested_too_deeply(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text("[" * 100_000)
    for read in (certificate.read, statefile.read):
        with pytest.raises(StateCorruptionError):
            read(path)
    with pytest.raises(StateCorruptionError):
        serial.load(path.read_text(), "x.json")
    for text in ("a = " + "[" * 100_000, "a = " + "9" * 5000):
        path.write_text(text)
        with pytest.raises(ConfigError):
            config.load(tmp_path, path)


def test_pipes_are_not_waited_for(tmp_path: Path) -> None:
    for name in (PYTHON, SQL, "any.py", "x.json"):
        os.mkfifo(tmp_path / name)
    for read in (certificate.read, statefile.read):
        with pytest.raises(StateCorruptionError, match="no regular file"):
            read(tmp_path / "x.json")
    with pytest.raises(MigrationFileError, match="no regular file"):
        read_directory(tmp_path)
    with pytest.raises(SourceError, match="no regular file"):
        read_sql(tmp_path)


def test_links_that_lead_nowhere(tmp_path: Path) -> None:
    (tmp_path / SQL).symlink_to(SQL)
    with pytest.raises(MigrationFileError, match="symbolic links"):
        read_directory(tmp_path)
