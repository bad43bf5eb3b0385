"""What a squashed migration says of those that it replaces."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from psqlmigrate.errors import MigrationFileError

_INSIDE = "/"


@dataclass(frozen=True, slots=True)
class Replaced:
    """A migration that is part of another one; `replaces` is what it replaced itself."""

    version: str
    checksum: str
    replaces: tuple["Replaced", ...] = field(default=())

    def counts(self, applied: Collection[str]) -> bool:
        """Whether it is applied where these versions are, by itself or by its own parts."""
        if self.version in applied:
            return True
        return bool(self.replaces) and all(one.counts(applied) for one in self.replaces)


def walk(replaces: Iterable[Replaced]) -> Iterator[Replaced]:
    """All of them, with what they replaced before."""
    for one in replaces:
        yield one
        yield from walk(one.replaces)


def last(replaces: tuple[Replaced, ...]) -> str:
    """The version of the last migration that was one from the beginning."""
    return last(replaces[-1].replaces) if replaces[-1].replaces else replaces[-1].version


def flat(replaces: Iterable[Replaced], before: str = "") -> dict[str, str]:
    """Checksums by version, as files have them; `A/B` is what A had replaced."""
    found: dict[str, str] = {}
    for one in replaces:
        found[before + one.version] = one.checksum
        found |= flat(one.replaces, f"{before}{one.version}{_INSIDE}")
    return found


def parsed(path: Path, entries: object) -> tuple[Replaced, ...]:
    """The opposite of `flat`. Raises MigrationFileError for what is not like that."""
    if not isinstance(entries, Mapping) or not all(
        isinstance(key, str) and isinstance(value, str)  # pyright: ignore[reportUnknownVariableType]
        for key, value in entries.items()  # pyright: ignore[reportUnknownVariableType]
    ):
        raise MigrationFileError(
            f"{path}: replaces has a checksum for each version", file_path=str(path)
        )
    known = {str(key): str(value) for key, value in entries.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    for key in known:
        outer, inside, _ = key.rpartition(_INSIDE)
        if not all(key.split(_INSIDE)):
            raise MigrationFileError(f"{path}: replaces names no version", file_path=str(path))
        if inside and outer not in known:
            raise MigrationFileError(
                f"{path}: replaces has {key} and not {outer}", file_path=str(path)
            )
    return _below(known, "")


def _below(known: Mapping[str, str], before: str) -> tuple[Replaced, ...]:
    names = [key for key in known if key.rpartition(_INSIDE)[0] == before]
    return tuple(
        Replaced(key.rpartition(_INSIDE)[2], known[key], _below(known, key)) for key in names
    )
