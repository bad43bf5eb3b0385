"""Runs a migration up, down and up again in scratch, and compares what is there each time."""

from dataclasses import dataclass
from itertools import pairwise

from psqlmigrate.errors import ProofError
from psqlmigrate.migrations.file import MigrationFile
from psqlmigrate.postgres.connect import Connection
from psqlmigrate.postgres.introspect import introspect
from psqlmigrate.postgres.scratch import Scratch
from psqlmigrate.schema.catalog import Catalog, diff
from psqlmigrate.schema.hashing import catalog_hash, object_hash
from psqlmigrate.service.canonical import canonical
from psqlmigrate.sources.migrations import replay, run


@dataclass(frozen=True, slots=True)
class Proof:
    """What a migration touches: (kind, name, hash before, hash after), and the schema's hash."""

    touched: tuple[tuple[str, str, str | None, str | None], ...]
    before: str
    after: str
    server_version: int


def prove(
    scratch: Scratch, earlier: tuple[MigrationFile, ...], files: tuple[MigrationFile, ...]
) -> tuple[Proof, ...]:
    """Proofs of the files, which follow `earlier`.

    Raises ProofError naming what is not as it was, StatementError when a file fails.
    """
    with scratch.database() as connection:
        replay(connection, earlier)
        states = [introspect(connection)]
        states.extend(_step(connection, file, "up") for file in files)
        for position in range(len(files) - 1, -1, -1):
            back = _step(connection, files[position], "down")
            _require(scratch, back, states[position], f"{files[position].name}: down")
        for position, file in enumerate(files):
            again = _step(connection, file, "up")
            _require(scratch, again, states[position + 1], f"{file.name}: the second up")
        version = connection.info.server_version
    pairs = pairwise(states)
    return tuple(_proof(before, after, version) for before, after in pairs)


def final_schema(scratch: Scratch, files: tuple[MigrationFile, ...]) -> Catalog:
    """The fixpoint of the schema that the files build."""
    with scratch.database() as connection:
        replay(connection, files)
        catalog = introspect(connection)
    return canonical(scratch, catalog)


def _step(connection: Connection, file: MigrationFile, direction: str) -> Catalog:
    run(connection, file, direction)
    return introspect(connection)


def _require(scratch: Scratch, have: Catalog, want: Catalog, who: str) -> None:
    if have == want:
        return
    changes = diff(canonical(scratch, have), canonical(scratch, want))
    if changes:
        names = ", ".join(f"{one.symbol}{one.subject.kind} {one.subject.id}" for one in changes)
        raise ProofError(f"{who} does not lead where it should: {names}")


def _proof(before: Catalog, after: Catalog, version: int) -> Proof:
    touched = tuple(
        (
            change.subject.kind,
            str(change.subject.id),
            object_hash(change.before) if change.before else None,
            object_hash(change.after) if change.after else None,
        )
        for change in diff(before, after)
    )
    return Proof(touched, catalog_hash(before), catalog_hash(after), version)
