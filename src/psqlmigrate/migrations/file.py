"""One migration file: what it says of itself, read without running it."""

import ast
import hashlib
import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from psqlmigrate.errors import MigrationFileError, SourceError
from psqlmigrate.migrations import limits
from psqlmigrate.migrations.plainfile import read_plain
from psqlmigrate.migrations.replaced import Replaced, parsed

if TYPE_CHECKING:  # only what reads statements pays for splitting them
    from psqlmigrate.schema.script import ScriptStatement

_PSQLMODEL = re.compile(r"^[ \t]*(?:from|import)[ \t]+psqlmodel\b", re.MULTILINE)
_STATED_VERSION = r"(?m)^[ \t]+version\b.*="
_ANY_VERSION = r"[0-9A-Za-z][0-9A-Za-z_.-]{0,49}\Z"
_NAME = re.compile(r"(?P<version>[0-9]{8}_[0-9]{6}|[0-9][0-9A-Za-z]*)_(?P<slug>.*)\.(py|sql)\Z")
_HEADER = re.compile(
    r"--[ \t]*(message|depends_on|transactional|lock_timeout|statement_timeout|replaces)[ \t]*:"
    r"[ \t]*(.*?)[ \t]*\Z"
)
_MARK = re.compile(r"--[ \t]*psqlmigrate:[ \t]*(up|down)[ \t]*\Z")
_YES, _NO = ("true", "yes", "on"), ("false", "no", "off")
_MEANT = re.compile(r"--[ \t]*psqlmigrate[ \t]*:", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class MigrationFile:
    """A migration on disk. `depends_on` None means: after the one before it by version.

    `replaces` are the migrations that it was squashed from, in their order. The timeouts are
    seconds; None is what the configuration says.
    """

    version: str
    message: str
    depends_on: tuple[str, ...] | None
    path: Path
    checksum: str
    transactional: bool = True
    text: str = field(repr=False, default="")
    replaces: tuple[Replaced, ...] = ()
    lock_timeout: float | None = None
    statement_timeout: float | None = None

    @property
    def name(self) -> str:
        """The file's name."""
        return self.path.name

    @property
    def is_sql(self) -> bool:
        """Whether it is an SQL file rather than a Python one."""
        return self.path.suffix == ".sql"

    @property
    def of_psqlmodel(self) -> bool:
        """Whether it was written for psqlmodel."""
        return not self.is_sql and _PSQLMODEL.search(self.text) is not None


def version_of(name: str) -> str | None:
    """The version in a file's name; None when it is no migration's name."""
    found = _NAME.match(name)
    return found.group("version") if found else None


def is_migration(path: Path) -> bool:
    """Whether a file of the directory is one: by its name, or written for psqlmodel.

    psqlmodel takes the version from the class and lets the file have any name.
    """
    if path.is_dir():
        return False
    return version_of(path.name) is not None or _has_any_name(path)


def _has_any_name(path: Path) -> bool:
    if path.suffix != ".py" or path.name.startswith(("_", ".")):
        return False
    try:
        text = read_plain(path).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return False
    return bool(_PSQLMODEL.search(text) and re.search(_STATED_VERSION, text))


def checksum(text: str) -> str:
    """SHA-256 (64 hex digits) of the text with LF line ends and without a byte order mark."""
    normal = text.removeprefix("\ufeff").replace("\r\n", "\n")
    return hashlib.sha256(normal.encode()).hexdigest()


def read_file(path: Path) -> MigrationFile:
    """The migration of a file; a Python file is parsed, never imported.

    Raises MigrationFileError with file and line.
    """
    version = version_of(path.name)
    if version is None and not _has_any_name(path):
        raise MigrationFileError(
            f"{path}: a migration is named VERSION_words.py or .sql", file_path=str(path)
        )
    try:
        text = read_plain(path).decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise MigrationFileError(f"{path}: not UTF-8: {error}", file_path=str(path)) from None
    except OSError as error:
        raise MigrationFileError(f"{path}: {error.strerror}", file_path=str(path)) from None
    facts = _sql_facts(path, text) if path.suffix == ".sql" else _python_facts(path, text)
    return MigrationFile(
        _version(path, text, version, facts.get("version", version)),
        _message(path, facts.get("message", "")),
        _parents(path, facts.get("depends_on")),
        path,
        checksum(text),
        facts.get("transactional", True) is not False,
        text,
        parsed(path, facts.get("replaces", {})),
        *(_limit(path, name, facts.get(name)) for name in limits.LIMITS),
    )


def _version(path: Path, text: str, named: str | None, stated: object) -> str:
    """The version, for which psqlmodel never asked the name."""
    if named is not None and stated == named:
        return named
    if named is not None and not _PSQLMODEL.search(text):
        raise MigrationFileError(
            f'{path}: version = "{stated}" but the name says {named}', file_path=str(path)
        )
    if not isinstance(stated, str) or not re.match(_ANY_VERSION, stated):
        raise MigrationFileError(
            f"{path}: {stated!r} is no version",
            file_path=str(path),
            hint="a version has at most 50 letters, digits, dots, hyphens and underscores",
        )
    return stated


def cannot_be_kept(message: str) -> bool:
    """Whether it has a zero byte or a half of a character, which PostgreSQL has no place for."""
    return re.search(r"[\x00\ud800-\udfff]", message) is not None


def _message(path: Path, stated: object) -> str:
    text = str(stated)
    if cannot_be_kept(text):
        raise MigrationFileError(
            f"{path}: the message {text[:40]!r} has a character that no database can keep",
            file_path=str(path),
        )
    return text


def _limit(path: Path, name: str, value: object) -> float | None:
    found = limits.seconds(value, "ms")
    if found is None and value is not None:
        raise MigrationFileError(
            f"{path}: {name} is {limits.EXPECTED.format('ms')}", file_path=str(path)
        )
    return found


def _parents(path: Path, value: object) -> tuple[str, ...] | None:
    if value is None:
        return None
    if isinstance(value, str):
        return (value,)
    if isinstance(value, (list, tuple)) and all(isinstance(one, str) for one in value):  # pyright: ignore[reportUnknownVariableType]
        return tuple(str(one) for one in value)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    raise MigrationFileError(
        f"{path}: depends_on is None, a version or a list of versions", file_path=str(path)
    )


def _python_facts(path: Path, text: str) -> dict[str, object]:
    try:
        tree = ast.parse(text, str(path))
    except (RecursionError, MemoryError):  # CPython's words for what is nested too deeply
        raise MigrationFileError(
            f"{path}: it is nested too deeply for Python to read", file_path=str(path)
        ) from None
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None) or 1
        column = getattr(error, "offset", None) or 1
        message = f"{path}:{line}:{column}: {getattr(error, 'msg', error)}"
        raise MigrationFileError(message).at(path, line, column) from None
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            facts = _constants(node)
            if "version" in facts:
                return facts
    raise MigrationFileError(f"{path}: no class with a version in it", file_path=str(path))


def _constants(node: ast.ClassDef) -> dict[str, object]:
    facts: dict[str, object] = {}
    for statement in node.body:
        name, value = _assignment(statement)
        if name and value is not None:
            try:
                facts[name] = ast.literal_eval(value)
            except (ValueError, TypeError, RecursionError):
                continue
    return facts


def _assignment(statement: ast.stmt) -> tuple[str, ast.expr | None]:
    if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
        return statement.target.id, statement.value
    if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
        return statement.targets[0].id, statement.value
    return "", None


def _sql_facts(path: Path, text: str) -> dict[str, object]:
    _refuse_mistaken_marks(path, text)
    facts: dict[str, object] = {}
    replaces: dict[str, str] = {}
    for line in text.split("\n"):
        if _MARK.match(line):
            break
        found = _HEADER.match(line)
        if found and found.group(1) == "replaces":
            version, _, known = found.group(2).partition(" ")
            replaces[version] = known.strip()
        elif found:
            facts[found.group(1)] = _header_value(path, found.group(1), found.group(2))
    else:
        raise MigrationFileError(f"{path}: no line `-- psqlmigrate: up` in it", file_path=str(path))
    facts["replaces"] = replaces
    return facts


def _refuse_mistaken_marks(path: Path, text: str) -> None:
    """A mark with a slip in it would be a comment, and `down` a part of `up`."""
    for number, line in enumerate(text.split("\n"), 1):
        if _MEANT.match(line) and not _MARK.match(line):
            raise MigrationFileError(
                f"{path}:{number}: neither up nor down: {line.strip()}",
                hint="`-- psqlmigrate: up` and `-- psqlmigrate: down` stand alone on their lines;"
                " above them stand `-- message: …`, `-- depends_on: …`, `-- transactional: …`",
            ).at(path, number)


def _header_value(path: Path, name: str, text: str) -> object:
    if name == "transactional":
        if text.lower() not in {*_YES, *_NO}:
            raise MigrationFileError(
                f"{path}: transactional is neither true nor false: {text}", file_path=str(path)
            )
        return text.lower() in _YES
    if name == "depends_on":
        return [one.strip() for one in text.split(",") if one.strip()] or None
    if not text.startswith('"'):
        return text
    try:
        return json.loads(text)
    except ValueError:
        raise MigrationFileError(
            f"{path}: message is no JSON string", file_path=str(path)
        ) from None


def statements(file: MigrationFile, direction: str) -> "tuple[ScriptStatement, ...]":
    """The statements of an SQL migration, `up` or `down`, with their lines in the file.

    Raises MigrationFileError with file and line for an unclosed quote and the like.
    """
    from psqlmigrate.schema.script import split  # noqa: PLC0415 - start-up time

    lines = re.findall(r"[^\n]*\n|[^\n]+", file.text)  # a form feed in a value ends no line
    marks = [
        (i, mark.group(1)) for i, one in enumerate(lines) if (mark := _MARK.match(one.rstrip("\n")))
    ]
    bounds = [*marks, (len(lines), "")]
    found: list[ScriptStatement] = []
    try:
        for early in split("".join(lines[: bounds[0][0]])):
            raise MigrationFileError(
                f"{file.path}:{early.line}: a statement before `-- psqlmigrate: up`"
            ).at(file.path, early.line)
        for i, (start, name) in enumerate(marks):
            # Both halves are read, so that a run does not begin with a file that cannot go back.
            half = split("\n" * (start + 1) + "".join(lines[start + 1 : bounds[i + 1][0]]))
            found += half if name == direction else ()
    except SourceError as error:
        message = f"{file.path}: {error.message}"
        raise MigrationFileError(message).at(file.path, error.line) from None
    return tuple(found)
