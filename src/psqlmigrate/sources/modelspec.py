"""What `--models` takes: `[reader:]module[:attr]`, a .py file, a directory, .sql files."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from psqlmigrate.errors import UsageError

READERS = ("psqlmodel", "sqlalchemy", "sqlmodel", "django")
_SHAPE = (
    "a spec is [psqlmodel:|sqlalchemy:|sqlmodel:|django:]module[:attribute], a .py or .sql file,"
    " or a directory"
)


class SpecForm(Enum):
    """What a spec names."""

    MODULE = "module"
    FILE = "file"
    DIRECTORY = "directory"
    SQL = "sql"


@dataclass(frozen=True)
class ModelSpec:
    """One source of the desired schema.

    `target` is a dotted module name or a path; `reader` is empty where the models themselves
    say what they are; `attribute` may be dotted and is empty for "all that is there".
    """

    form: SpecForm
    target: str
    reader: str = ""
    attribute: str = ""

    @property
    def is_sql(self) -> bool:
        """Whether the spec is SQL text, which needs no interpreter."""
        return self.form is SpecForm.SQL

    def __str__(self) -> str:
        return ":".join(part for part in (self.reader, self.target, self.attribute) if part)


def parse_specs(texts: Sequence[str], root: Path) -> tuple[ModelSpec, ...]:
    """The specs, each once, in their order; paths are relative to `root`."""
    return tuple(dict.fromkeys(parse_spec(text, root) for text in texts))


def parse_spec(text: str, root: Path) -> ModelSpec:
    """What a spec names. Raises UsageError for a path that is missing and for a malformed one."""
    whole = text.strip()
    if not whole:
        raise UsageError("a spec of models is empty", hint=_SHAPE)
    if (path := root / whole).exists():
        return ModelSpec(_form_of(path, whole), whole)
    reader, target, attribute = split_spec(whole)
    if (path := root / target).exists() and target:
        return ModelSpec(_form_of(path, text), target, reader, _checked(attribute, text))
    if is_path(target):
        raise UsageError(
            f"models {text}: there is no {target} in {root}",
            hint="paths are relative to the project's directory; a module is named with dots",
        )
    if not target or (not reader and target in READERS):
        raise UsageError(f"models {text}: no module is named", hint=_SHAPE)
    return ModelSpec(SpecForm.MODULE, _checked(target, text), reader, _checked(attribute, text))


def split_spec(text: str) -> tuple[str, str, str]:
    """Reader, target and attribute of a spec; the first and the last may be empty."""
    reader, rest = _split_reader(text)
    return reader, *_split_attribute(rest)


def _split_reader(text: str) -> tuple[str, str]:
    reader, colon, rest = text.partition(":")
    return (reader, rest) if colon and reader in READERS else ("", text)


def _split_attribute(text: str) -> tuple[str, str]:
    target, _, attribute = text.rpartition(":")
    # C:\models is a path; so is what has a separator after its last colon.
    return (target, attribute) if target and not set("/\\") & set(attribute) else (text, "")


def is_path(target: str) -> bool:
    """Whether it is written as a path, whatever is there."""
    return target.endswith((".py", ".sql")) or bool(set("/\\") & set(target)) or target == "."


def _form_of(path: Path, text: str) -> SpecForm:
    if path.is_dir():
        only_sql = not any(path.rglob("*.py"))
        return SpecForm.SQL if only_sql else SpecForm.DIRECTORY
    forms = {".py": SpecForm.FILE, ".sql": SpecForm.SQL}
    if found := forms.get(path.suffix.lower()):
        return found
    raise UsageError(f"models {text}: a file of models ends in .py or .sql")


def _checked(name: str, text: str) -> str:
    """A dotted name; the attribute may be absent."""
    if name and not all(part.isidentifier() for part in name.split(".")):
        raise UsageError(
            f"models {text}: {name} is no Python name",
            hint=_SHAPE,
        )
    return name
