"""A few valid rows for each table of a scratch database, so that migrations meet data.

PostgreSQL is the judge: values are guessed from types and checks, tried, and varied on refusal.

Triggers run as for everybody. Only where they let no row in are a table's own triggers set aside
for the insert: such rows may be older than the trigger. Constraints are never set aside, which is
why `session_replication_role = replica` is not used: it stops foreign keys, too, and rows that
break them would make a later failure look like the migration's (or hide one).
"""

import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import psycopg

from psqlmigrate.postgres.connect import Connection
from psqlmigrate.service.rows.choices import Chooser, Combination, Value
from psqlmigrate.service.rows.drafts import (
    PLACES,
    Cell,
    Default,
    Draft,
    Drafter,
    NoValueError,
    Reference,
)
from psqlmigrate.service.rows.inserting import (
    KeptOutError,
    existing,
    insert,
    insert_together,
    refer_later,
    triggers_aside,
)
from psqlmigrate.service.rows.shapes import ForeignKey, TableShape, shapes, values
from psqlmigrate.service.rows.waves import holders, waves

_ATTEMPTS = 12
_SETTINGS = """
SELECT pg_catalog.set_config('statement_timeout', '2s', true),
       pg_catalog.set_config('lock_timeout', '5s', true)"""

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Unfilled:
    """A table without a row, and why."""

    table: str
    reason: str


@dataclass(frozen=True, slots=True)
class Sample:
    """How many rows each table was given, and the tables for which none was found."""

    rows: dict[str, int]
    unfilled: tuple[Unfilled, ...]


def fill(connection: Connection, *, limit_s: float = 60.0) -> Sample:
    """Gives each empty table of a scratch database up to four rows; others keep what they have.

    Takes at most about `limit_s` seconds. What was left empty is named in the answer.
    """
    with connection.transaction():
        connection.execute(_SETTINGS)
        connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
        filler = _Filler(connection, time.monotonic() + limit_s)
        filler.run()
    return Sample(filler.made, tuple(sorted(filler.unfilled, key=lambda one: one.table)))


class _Filler:
    """Fills tables group by group; remembers the rows that others may refer to."""

    def __init__(self, connection: Connection, deadline: float) -> None:
        self._connection = connection
        self._deadline = deadline
        self._tables = shapes(connection)
        self._held = holders(self._tables)
        self._wanted = _wanted(self._tables, self._held)
        self._rows = existing(connection, self._tables, self._wanted)
        self._chooser = Chooser(connection, values(connection))
        self._late: list[tuple[TableShape, Reference]] = []
        self._reason = ""
        self.made: dict[str, int] = {}
        self.unfilled: list[Unfilled] = []

    def run(self) -> None:
        for group in waves(self._tables, self._held):
            empty = [one for one in group if one.oid not in self._rows]
            self._reason = ""
            if not empty:
                continue
            if time.monotonic() > self._deadline:
                self._reason = "the time for sample rows was over"
            elif len(empty) > 1 or self._refers_to_itself(empty[0]):
                self._fill_circle(empty)
            else:
                self._fill_table(empty[0])
            for table in empty:
                self._report(table)
        for table, reference in self._late:
            self._refer(table, reference)

    def _report(self, table: TableShape) -> None:
        if rows := self._rows.get(table.oid):
            self.made[table.label] = len(rows)
        elif not table.partitioned:
            self.unfilled.append(Unfilled(table.label, self._reason))
        elif not self._held.get(table.oid):
            self.unfilled.append(Unfilled(table.label, "it has no partition"))

    def _fill_table(self, table: TableShape) -> None:
        if table.partitioned:
            return
        drafter = self._drafter(table)
        rows = self._fill_by(table, drafter) or self._tried(
            lambda: self._fill_without_triggers(table, drafter)
        )
        if rows:
            self._rows[table.oid] = rows
            self._late += [
                (table, one)
                for one in drafter.references
                if not one.rows and self._held.get(one.key.target)
            ]

    def _fill_without_triggers(self, table: TableShape, drafter: Drafter) -> list[Combination]:
        with triggers_aside(self._connection, table):
            rows = self._fill_by(table, drafter)
            if not rows:
                raise KeptOutError(self._reason)
        return rows

    def _fill_by(self, table: TableShape, drafter: Drafter) -> list[Combination]:
        """All rows in one statement, or each by itself with variations."""
        together = self._tried(lambda: self._put(table, drafter, PLACES, 0))
        if together:
            return together
        self._reason = ""
        found: list[Combination] = []
        for place in PLACES:
            found += self._first(partial(self._put, table, drafter, [place])) or ()
            if time.monotonic() > self._deadline:
                break
        return found

    def _put(
        self, table: TableShape, drafter: Drafter, places: Sequence[int], attempt: int
    ) -> list[Combination]:
        drafts = [drafter.draft(place, attempt) for place in places]
        return insert(self._connection, table, drafts, self._wanted.get(table.oid, ()))

    def _fill_circle(self, tables: Sequence[TableShape]) -> None:
        """Rows that need each other go in by one statement, with keys that are stated."""
        members = {one.oid for one in tables}
        drafters = {one.oid: self._drafter(one, members) for one in tables}
        for place in PLACES:
            self._first(partial(self._put_together, tables, drafters, place))

    def _put_together(
        self, tables: Sequence[TableShape], drafters: dict[int, Drafter], place: int, attempt: int
    ) -> bool:
        drafts = {oid: one.draft(place, attempt) for oid, one in drafters.items()}
        for _ in tables:
            for table in tables:
                self._point(table, drafts)
        insert_together(self._connection, [(one, drafts[one.oid]) for one in tables])
        for oid, draft in drafts.items():
            row = {name: _stated(draft[name]) for name in self._wanted.get(oid, ())}
            self._rows.setdefault(oid, []).append(row)
        return True

    def _point(self, table: TableShape, drafts: dict[int, Draft]) -> None:
        """Makes the row refer to those that go in with it."""
        for key in table.foreign_keys:
            inside = [oid for oid in self._held.get(key.target, ()) if oid in drafts]
            if inside:
                target = drafts[inside[0]]
                names = zip(key.columns, key.target_columns, strict=True)
                drafts[table.oid].update({mine: target[theirs] for mine, theirs in names})

    def _drafter(self, table: TableShape, members: AbstractSet[int] = frozenset()) -> Drafter:
        """What drafts the table's rows; references into `members` are left to the caller."""
        references = [
            self._reference(key.target, key)
            for key in table.foreign_keys
            if members.isdisjoint(self._held.get(key.target, ()))
        ]
        fixed: dict[str, list[Value]] = {}
        for one in references:
            if len(one.key.columns) == 1:
                name = one.key.columns[0]
                fixed[name] = list(dict.fromkeys(one.own(row)[name] for row in one.rows))
        choices = self._chooser.choose(table, fixed)
        stated = frozenset(self._wanted.get(table.oid, ())) if members else frozenset[str]()
        return Drafter(table, choices, references, stated)

    def _reference(self, target: int, key: ForeignKey) -> Reference:
        rows = [row for oid in self._held.get(target, ()) for row in self._rows.get(oid, ())]
        known = self._tables.get(target)
        return Reference(key, known.label if known else "a table", rows)

    def _refers_to_itself(self, table: TableShape) -> bool:
        return any(
            table.oid in self._held.get(key.target, ())
            and all(table.columns[name].not_null for name in key.columns)
            for key in table.foreign_keys
        )

    def _refer(self, table: TableShape, reference: Reference) -> None:
        """Fills in a key that was NULL because its target came later; the row is valid without."""
        late = self._reference(reference.key.target, reference.key)
        for row in late.rows:
            values = late.own(row)
            if self._tried(lambda: refer_later(self._connection, table, values)):  # noqa: B023
                return

    def _first(self, action: Callable[[int], _T]) -> _T | None:
        """The answer of the first attempt that PostgreSQL takes."""
        for attempt in range(_ATTEMPTS):
            answer = self._tried(lambda: action(attempt))  # noqa: B023 - called before the next
            if answer is not None:
                return answer
            if time.monotonic() > self._deadline:
                break
        return None

    def _tried(self, action: Callable[[], _T]) -> _T | None:
        """The answer, or None with nothing done; the first reason is kept."""
        try:
            with self._connection.transaction():
                return action()
        except (psycopg.Error, NoValueError, KeptOutError) as error:
            if self._connection.broken:
                raise
            self._reason = self._reason or _words(error)
            return None


def _wanted(
    tables: Mapping[int, TableShape], held: Mapping[int, list[int]]
) -> dict[int, tuple[str, ...]]:
    """The columns of each table that foreign keys refer to."""
    found: defaultdict[int, dict[str, None]] = defaultdict(dict)
    for table in tables.values():
        for key in table.foreign_keys:
            for oid in held.get(key.target, ()):
                found[oid].update(dict.fromkeys(key.target_columns))
    return {oid: tuple(names) for oid, names in found.items()}


def _stated(cell: Cell) -> Value:
    return None if isinstance(cell, Default) else cell


def _words(error: Exception) -> str:
    primary = error.diag.message_primary if isinstance(error, psycopg.Error) else None
    return primary or str(error)
