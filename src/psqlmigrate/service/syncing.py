"""The local state file and the database's state table: whether they agree, and how they come to."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass

from psqlmigrate.errors import StateCorruptionError
from psqlmigrate.migrations import statefile
from psqlmigrate.migrations.sent import shown
from psqlmigrate.postgres.connect import Connection
from psqlmigrate.postgres.filelock import locked_directory
from psqlmigrate.service import bookkeeping, history, state
from psqlmigrate.service.bookkeeping import Found
from psqlmigrate.service.certificates import Name
from psqlmigrate.service.holding import held
from psqlmigrate.service.session import told
from psqlmigrate.service.state import Hashes
from psqlmigrate.service.workspace import Workspace

_DIGITS = frozenset("0123456789abcdef")
_LENGTH = 64

# The file has every object that the migrations build upon, the table those that they made.
_THERE_BEFORE: Name = ("schema", "public")


@dataclass(frozen=True, slots=True)
class _Local:
    """What the file says; `head` is empty where it does not say (psqlmodel's files do not)."""

    head: tuple[str, ...]
    hashes: Hashes


@dataclass(frozen=True, slots=True)
class _Remote:
    """What the database says: which versions it is at, and the hashes where they are known."""

    at: tuple[str, ...]
    applied: frozenset[str]
    hashes: Hashes | None


def warnings(workspace: Workspace) -> tuple[str, ...]:
    """Where file and table differ, a line each: `+` in the file only, `-` in the table only.

    Raises StateCorruptionError for a file or a table that is damaged.
    """
    local = _local(workspace)
    with workspace.connection() as connection, told(connection):
        remote = _checked(workspace, _remote(workspace, connection))
    name = shown(workspace.state_file)
    if local is None:
        return (f"there is no {name}, and the database has a state",) if remote.hashes else ()
    found: list[str] = []
    if local.head and local.head != remote.at:
        found.append(f"{name} is at {_words(local.head)}, the database at {_words(remote.at)}")
    if remote.hashes is None:
        return (*found, "the database's state is not known: it is not of what is applied there")
    return (*found, *_differences(_comparable(local.hashes, remote.hashes), remote.hashes))


def from_database(workspace: Workspace) -> None:
    """Writes the file from the table. Raises StateCorruptionError where that has no state."""
    local = _local(workspace)
    with workspace.connection() as connection, told(connection):
        remote = _checked(workspace, _remote(workspace, connection))
    if remote.hashes is None:
        raise StateCorruptionError(
            "the database's state is not known: it is not of what is applied there",
            hint="psqlmigrate stamp writes it anew from the certificates",
        )
    hashes = dict(remote.hashes)
    if local and _THERE_BEFORE in local.hashes:
        hashes.setdefault(_THERE_BEFORE, local.hashes[_THERE_BEFORE])
    sections: dict[str, dict[str, str]] = {}
    for (kind, object_name), value in hashes.items():
        sections.setdefault(kind, {})[object_name] = f"sha256:{value}"
    workspace.migrations_path.mkdir(parents=True, exist_ok=True)
    with locked_directory(workspace.migrations_path):
        statefile.write(workspace.state_file, remote.at, sections)


def to_database(workspace: Workspace) -> None:
    """Writes the table from the file, under the lock of upgrade.

    Raises StateCorruptionError where there is no file, or one of other versions than are applied.
    """
    local = _local(workspace)
    if local is None:
        raise StateCorruptionError(
            f"there is no {shown(workspace.state_file)}",
            hint="sync_from_db() writes it from the database, autogenerate from the models",
        )
    with workspace.connection() as connection, told(connection), _locked(workspace, connection):
        found = bookkeeping.create(connection, workspace.tables)
        remote = _remote(workspace, connection)
        if local.head and local.head != remote.at:
            raise StateCorruptionError(
                f"{shown(workspace.state_file)} is not of what is applied",
                details=f"the file is at {_words(local.head)}, the database at {_words(remote.at)}",
                hint="psqlmigrate upgrade first, or take the database's state with sync_from_db()",
            )
        hashes = _comparable(local.hashes, remote.hashes or {})
        with connection.transaction():
            state.write(connection, workspace.tables, found, hashes, remote.applied)


def _locked(workspace: Workspace, connection: Connection) -> AbstractContextManager[Found]:
    wait_s = workspace.settings.lock_wait
    return held(connection, workspace.tables, wait_s, lambda _seconds, _other: None)


def _local(workspace: Workspace) -> _Local | None:
    path = workspace.state_file
    found = statefile.read(path)
    if found is None:
        return None
    hashes: dict[Name, str] = {}
    for key, value in found.hashes.items():
        kind, colon, name = key.partition(":")
        if not colon:
            raise _damaged(shown(path), f"{key} has no kind")
        hashes[kind, state.stored_name(name)] = _digits(shown(path), key, value)
    return _Local(tuple(sorted(found.head)), hashes)


def _remote(workspace: Workspace, connection: Connection) -> _Remote:
    tables = workspace.tables
    rows = history.read(connection, tables)
    applied = history.applied(rows)
    found = state.read(connection, tables, bookkeeping.inspect(connection, tables), applied)
    now = workspace.lineage(applied)
    at = now.graph.current(now.applied)
    if found is None or not found.current:
        # Nothing applied is nothing managed, whoever made the tables.
        return _Remote(at, applied, None if applied or (found and found.hashes) else {})
    return _Remote(at, applied, found.hashes)


def _checked(workspace: Workspace, remote: _Remote) -> _Remote:
    """Raises StateCorruptionError for what is no hash."""
    where = f"{workspace.tables.schema}.{workspace.tables.state}"
    for key, value in (remote.hashes or {}).items():
        _digits(where, " ".join(key), value)
    return remote


def _comparable(local: Hashes, remote: Hashes) -> dict[Name, str]:
    """The file's hashes as the table has them."""
    return {key: value for key, value in local.items() if key in remote or key != _THERE_BEFORE}


def _differences(local: Mapping[Name, str], remote: Mapping[Name, str]) -> list[str]:
    found: list[str] = []
    for key in sorted(local.keys() | remote.keys()):
        words = " ".join(key)
        if key not in remote:
            found.append(f"+{words}: in the local file, not in the database's state")
        elif key not in local:
            found.append(f"-{words}: in the database's state, not in the local file")
        elif local[key] != remote[key]:
            found.append(f"~{words}: another hash in the local file than in the database's state")
    return found


def _digits(where: str, what: str, value: str) -> str:
    digits = value.removeprefix("sha256:")
    if len(digits) != _LENGTH or not _DIGITS.issuperset(digits):
        raise _damaged(where, f"the hash of {what} is none")
    return digits


def _damaged(where: str, reason: str) -> StateCorruptionError:
    return StateCorruptionError(
        f"{where} is damaged: {reason}",
        details=reason,
        hint="sync_from_db() or sync_to_db() writes it anew from the other one",
    )


def _words(versions: tuple[str, ...]) -> str:
    return ", ".join(versions) or "nothing"
