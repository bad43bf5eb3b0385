"""Reads a seed file, whatever its format."""

from pathlib import Path

from psqlmigrate.errors import UsageError
from psqlmigrate.migrations.plainfile import read_plain
from psqlmigrate.migrations.sent import shown
from psqlmigrate.service.seeds import shape
from psqlmigrate.service.seeds.content import SeedFile, refusal

SUFFIXES = (".json", ".yaml", ".yml")


def read(path: Path) -> SeedFile:
    """The tables and rows of a file.

    Raises UsageError for what is no such file, SeedError for what stands in it.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise UsageError(
            f"{shown(path)} is no seed file", hint="its name ends in .json, .yaml or .yml"
        )
    text = _text(path)
    if not text.strip():
        raise refusal(path, None, "the file is empty", 'a file without rows is "{}"')
    if suffix == ".json":
        from psqlmigrate.service.seeds.jsontext import JsonReader  # noqa: PLC0415 - only one is used

        entries = JsonReader(path, text).read()
    else:
        from psqlmigrate.service.seeds.yamltext import YamlReader  # noqa: PLC0415 - likewise

        entries = YamlReader(path, text).read()
    return SeedFile(path, shape.tables(path, entries))


def _text(path: Path) -> str:
    try:
        content = read_plain(path)
    except OSError as error:
        raise UsageError(f"{shown(path)}: {error.strerror}") from None
    except ValueError:
        raise UsageError("a file's name has no NUL") from None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise refusal(path, line, "not UTF-8", "save the file as UTF-8") from None
