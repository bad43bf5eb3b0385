"""The local state file: the hash of every object that the migrations build, meant to be committed."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from psqlmigrate.errors import StateCorruptionError
from psqlmigrate.migrations.atomic import write_atomic
from psqlmigrate.migrations.plainfile import read_plain

_VERSION = "1.0"


@dataclass(frozen=True, slots=True)
class StateFile:
    """`head` are the versions that nothing comes after; `hashes` are by `kind:name`."""

    head: tuple[str, ...]
    hashes: Mapping[str, str]


def read(path: Path) -> StateFile | None:
    """What the file says; None where there is none.

    Raises StateCorruptionError, and leaves the file alone. psqlmodel's files are read, too.
    """
    try:
        content: Any = json.loads(read_plain(path).decode())
    except FileNotFoundError:
        return None
    except (ValueError, RecursionError):
        raise _corrupt(path, "not JSON") from None
    except OSError as error:
        raise _corrupt(path, str(error)) from None
    state: object = content.get("state") if isinstance(content, dict) else None  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
    head: object = content.get("head", []) if isinstance(content, dict) else None  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
    if not isinstance(state, dict) or not isinstance(head, list):
        raise _corrupt(path, "no state in it")
    hashes = {str(key): str(value) for key, value in cast("dict[object, object]", state).items()}
    return StateFile(tuple(map(str, cast("list[object]", head))), hashes)


def rename_head(path: Path, names: Mapping[str, str]) -> None:
    """Versions of the head that have another one now. Raises StateCorruptionError and OSError."""
    found = read(path)
    if found is None or names.keys().isdisjoint(found.head):
        return
    head = {names.get(version, version) for version in found.head}
    _write(path, head, found.hashes)


def write(path: Path, head: Sequence[str], sections: Mapping[str, Mapping[str, str]]) -> None:
    """Replaces the file whole: one object a line, sorted, no times."""
    hashes = {
        f"{kind}:{name}": value for kind, named in sections.items() for name, value in named.items()
    }
    _write(path, head, hashes)


def _write(path: Path, head: Iterable[str], hashes: Mapping[str, str]) -> None:
    lines = [
        f"{json.dumps(key, ensure_ascii=False)}: {json.dumps(hashes[key])}"
        for key in sorted(hashes)
    ]
    start = f'{{"version": {json.dumps(_VERSION)}, "head": {json.dumps(sorted(head))}, "state": {{'
    text = start + "\n" + ",\n".join(lines) + "\n}}\n"
    write_atomic(path, text.encode())


def _corrupt(path: Path, reason: str) -> StateCorruptionError:
    return StateCorruptionError(
        f"{path} is damaged: {reason}",
        hint="restore it from version control, or delete it: autogenerate writes it anew",
    ).at(path)
