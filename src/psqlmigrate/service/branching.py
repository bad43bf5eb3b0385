"""Branches of the migrations' graph, run in scratch in one order after another."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import permutations
from typing import TypeAlias

from psqlmigrate.errors import MigrationError, NoWayError, missing_role
from psqlmigrate.migrations.file import MigrationFile
from psqlmigrate.migrations.graph import Graph
from psqlmigrate.postgres.connect import Connection
from psqlmigrate.postgres.introspect import introspect
from psqlmigrate.postgres.scratch import Scratch
from psqlmigrate.schema.catalog import Catalog, diff
from psqlmigrate.service.rows.contents import (
    Content,
    Contents,
    contents,
    differing,
    numbered,
    table_of,
)
from psqlmigrate.service.sampling import fill
from psqlmigrate.sources.migrations import replay, run

_FEW = 3

Order: TypeAlias = tuple[MigrationFile, ...]
Touched: TypeAlias = tuple[str, str]
"""The kind and the name of an object, or `rows of` and a table."""


@dataclass(frozen=True, slots=True)
class Branches:
    """What every head has behind it, and what each head has beyond that."""

    common: Order
    own: dict[str, Order]

    def branch_of(self, version: str) -> str:
        """The head whose branch the version is on (the first, where branches share it)."""
        return next(head for head, files in self.own.items() if version in _versions(files))


@dataclass(slots=True)
class Outcome:
    """Where an order led: a schema and rows, or the migration that failed and why."""

    order: Order
    catalog: Catalog = field(default_factory=lambda: Catalog({}))
    rows: Contents = field(default_factory=dict[str, Content])
    numbered: frozenset[str] = frozenset()
    failed: MigrationFile | None = None
    reason: str = ""
    details: str = ""

    def stop(self, file: MigrationFile, error: MigrationError) -> "Outcome":
        """The same, ended by a migration that failed."""
        self.failed, self.reason, self.details = file, error.message, error.details
        return self


@dataclass(slots=True)
class Return(Outcome):
    """Where an order led and back again: `start` is where it began.

    `open_ended`: a migration has no down, so that what comes before it was not reverted.
    """

    start: Catalog = field(default_factory=lambda: Catalog({}))
    open_ended: bool = False

    @property
    def left(self) -> tuple[Catalog, Catalog] | None:
        """What it began with and what it ended with, where these differ."""
        done = self.failed is None and not self.open_ended
        return (self.start, self.catalog) if done and self.start != self.catalog else None


def branches_of(graph: Graph) -> Branches:
    """The graph's branches by head."""
    behind = {one.version: graph.ancestors(one.version) | {one.version} for one in graph.heads}
    common = frozenset(graph.files).intersection(*behind.values())
    own = {
        head: tuple(one for one in graph.order if one.version in versions - common)
        for head, versions in behind.items()
    }
    return Branches(tuple(one for one in graph.order if one.version in common), own)


def orders(graph: Graph, branches: Branches) -> tuple[Order, ...]:
    """The orders that databases may have had the branches in, without the common part.

    All orders of up to three branches; of more, each branch first, and each pair both ways round.
    The last is the one that a new database gets.
    """
    heads = list(branches.own)
    if len(heads) <= _FEW:
        ways: Iterable[Sequence[str]] = permutations(heads)
    else:
        firsts = ([head, *(one for one in heads if one != head)] for head in heads)
        ways = [*firsts, heads[::-1]]
    common = _versions(branches.common)
    mixed = tuple(one for one in graph.order if one.version not in common)
    found = [_joined(branches.own[head] for head in way) for way in ways]
    return tuple(dict.fromkeys([*found, mixed]))


class Rehearsals:
    """Runs orders from the branches' common ancestor on, each in a scratch database of its own."""

    def __init__(self, scratch: Scratch, branches: Branches, *, rows: bool) -> None:
        self._scratch = scratch
        self._branches = branches
        self._rows = rows
        self.touched: dict[str, set[Touched]] = {}

    def run(self, order: Order) -> Outcome:
        """Where the order leads. What each migration touches is kept, as it is seen first."""
        outcome = Outcome(order)
        with self._scratch.database() as connection:
            replay(connection, self._branches.common)
            if self._rows:
                fill(connection)
            before, rows = introspect(connection, edges=False), self._contents(connection)
            for file in order:
                try:
                    run(connection, file, "up")
                except MigrationError as error:
                    if missing_role(error):  # is made, where that may be; then all begins anew
                        raise
                    return outcome.stop(file, error)
                after, now = introspect(connection, edges=False), self._contents(connection)
                self._note(file, before, after)
                self._note_rows(file, rows, now)
                before, rows = after, now
            outcome.catalog, outcome.rows = introspect(connection), rows
            outcome.numbered = numbered(connection)
        return outcome

    def there_and_back(self, order: Order) -> Return:
        """Where the order leads when it is reverted, last first, without any rows."""
        outcome = Return(order)
        with self._scratch.database() as connection:
            replay(connection, self._branches.common)
            outcome.start = introspect(connection)
            replay(connection, order)
            for file in reversed(order):
                try:
                    run(connection, file, "down")
                except NoWayError:
                    outcome.open_ended = True
                    break
                except MigrationError as error:
                    outcome.stop(file, error)
                    break
            outcome.catalog = introspect(connection)
        return outcome

    def _contents(self, connection: Connection) -> Contents:
        return contents(connection) if self._rows else {}

    def _note(self, file: MigrationFile, before: Catalog, after: Catalog) -> None:
        seen = {(one.subject.kind, str(one.subject.id)) for one in diff(before, after)}
        self.touched.setdefault(file.version, set()).update(seen)

    def _note_rows(self, file: MigrationFile, before: Contents, after: Contents) -> None:
        for name in differing(before, after):
            touched = "rows of", table_of(name, after)
            self.touched.setdefault(file.version, set()).add(touched)


def _joined(parts: Iterable[Order]) -> Order:
    return tuple({one.version: one for part in parts for one in part}.values())


def _versions(files: Iterable[MigrationFile]) -> frozenset[str]:
    return frozenset(one.version for one in files)
