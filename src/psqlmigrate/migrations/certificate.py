"""The proof of a migration, in a file beside it."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, cast

from psqlmigrate.errors import StateCorruptionError
from psqlmigrate.migrations.atomic import write_atomic
from psqlmigrate.migrations.file import MigrationFile
from psqlmigrate.migrations.plainfile import read_plain

FOLDER = "certificates"

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class ObjectHashes:
    """An object that the migration touches; None: it is not there before, or after."""

    kind: str
    name: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class CertifiedStatement:
    """A statement of `up`, and its hazards where a planner wrote it."""

    sql: str
    hazards: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Failure:
    """A statement that sample rows made fail: it may fail on real ones."""

    direction: str
    sql: str
    table: str
    reason: str


@dataclass(frozen=True, slots=True)
class WithoutRows:
    """A table for which no sample row was found, so that nothing was proven of its values."""

    table: str
    reason: str


@dataclass(frozen=True, slots=True)
class Certificate:
    """What was proven of a migration. `checksum` is the migration's; `server_version` the major.

    `settings` is a digest of the pinned settings, `baseline` says what the migration started from,
    `loses` what `down` cannot bring back. Hashes are `sha256:` and 64 hex digits.
    """

    version: str
    checksum: str
    format_version: int
    server_version: int
    settings: str
    baseline: str
    schema_before: str
    schema_after: str
    objects: tuple[ObjectHashes, ...]
    statements: tuple[CertifiedStatement, ...]
    loses: tuple[str, ...] = ()
    may_fail: tuple[Failure, ...] = ()
    without_rows: tuple[WithoutRows, ...] = ()


def path_of(file: MigrationFile) -> Path:
    """Where the certificate of a migration is, or would be."""
    return file.path.parent / FOLDER / f"{file.version}.json"


def read(path: Path) -> Certificate:
    """The certificate of a file.

    Raises StateCorruptionError naming the file for what is not a certificate.
    """
    try:
        content = json.loads(read_plain(path))
        return _of(content)
    except (ValueError, TypeError, KeyError, AttributeError, OSError, RecursionError) as error:
        reason = f"no {error}" if isinstance(error, KeyError) else str(error)
        raise StateCorruptionError(
            f"{path} is no certificate: {reason}",
            hint=f"restore it from version control, or psqlmigrate verify --certify {path.stem}",
        ).at(path) from None


def write(path: Path, certificate: Certificate) -> None:
    """Writes it whole or not at all; equal certificates are equal bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(path, rendered(certificate).encode())


def rendered(certificate: Certificate) -> str:
    """JSON with sorted keys, each object on a line of its own. Statements keep their order."""
    fields: dict[str, object] = {
        name: getattr(certificate, name) for name in Certificate.__dataclass_fields__
    }
    for name in ("objects", "loses", "may_fail", "without_rows"):
        fields[name] = sorted(getattr(certificate, name), key=_key)
    lines = [f"  {json.dumps(name)}: {_value(value)}" for name, value in sorted(fields.items())]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _key(one: object) -> tuple[str, ...]:
    """By kind and name, or by the text itself."""
    names = getattr(one, "__dataclass_fields__", None)
    return tuple(str(getattr(one, name) or "") for name in names) if names else (str(one),)


def _value(value: object) -> str:
    if not isinstance(value, (list, tuple)):
        return _line(value)
    lines = [f"    {_line(one)}" for one in cast("Iterable[object]", value)]
    return "[\n" + ",\n".join(lines) + "\n  ]" if lines else "[]"


def _line(one: object) -> str:
    names = getattr(one, "__dataclass_fields__", None)
    plain = {name: getattr(one, name) for name in names} if names else one
    return json.dumps(plain, sort_keys=True, ensure_ascii=False)


def _of(content: dict[str, Any]) -> Certificate:
    version = _number(content, "server_version")
    return Certificate(
        _text(content, "version"),
        _text(content, "checksum"),
        _number(content, "format_version"),
        version // 10000 if version >= 10000 else version,  # noqa: PLR2004 - 180003 is 18
        _text(content, "settings", ""),
        _text(content, "baseline", ""),
        _text(content, "schema_before"),
        _text(content, "schema_after"),
        _many(content["objects"], _hashes),
        _many(
            content["statements"],
            lambda one: CertifiedStatement(
                _text(one, "sql"), tuple(str(hazard) for hazard in one["hazards"])
            ),
        ),
        _many(content.get("loses", []), str),
        _many(content.get("may_fail", []), lambda one: _record(Failure, one)),
        _many(content.get("without_rows", []), lambda one: _record(WithoutRows, one)),
    )


def _hashes(one: dict[str, Any]) -> ObjectHashes:
    before, after = one["before"], one["after"]
    if not all(side is None or isinstance(side, str) for side in (before, after)):
        raise TypeError("a hash is no text")
    return ObjectHashes(_text(one, "kind"), _text(one, "name"), before, after)


def _record(made: Callable[..., _T], one: dict[str, Any]) -> _T:
    return made(**{str(name): _text(one, name) for name in one})


def _many(values: object, made: Callable[[Any], _T]) -> tuple[_T, ...]:
    if not isinstance(values, list):
        raise TypeError("a list was expected")
    return tuple(made(one) for one in values)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]


def _text(content: dict[str, Any], name: str, default: str | None = None) -> str:
    value = content[name] if default is None else content.get(name, default)
    if not isinstance(value, str):
        raise TypeError(f"{name} is no text")
    return value


def _number(content: dict[str, Any], name: str) -> int:
    value = content[name]
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{name} is no whole number")
    return value
