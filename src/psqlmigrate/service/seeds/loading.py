"""Brings one sheet into its table: new rows are inserted, those that differ updated.

What is there already is looked up first, instead of INSERT … ON CONFLICT: that would use up numbers
of sequences, run triggers for rows that stay as they are, and ask for columns that a row leaves out.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from psqlmigrate.postgres.connect import Connection
from psqlmigrate.schema.sqltext import NOTHING, Sql, ident, sql
from psqlmigrate.service.seeds import counters
from psqlmigrate.service.seeds.blaming import Blame
from psqlmigrate.service.seeds.counters import Place
from psqlmigrate.service.seeds.facts import Table
from psqlmigrate.service.seeds.resolving import Resolver
from psqlmigrate.service.seeds.staging import Staged
from psqlmigrate.service.seeds.statements import Statements
from psqlmigrate.service.seeds.troubles import MOST, Troubles, joined

_MOST_ROUNDS = 50


@dataclass(slots=True)
class Counts:
    """What became of a table's rows; `kept_out` by a trigger, a rule or a policy."""

    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    kept_out: int = 0


class Loader:
    """One table's rows, in the transaction of the connection.

    The columns `postponed` are null at first; `finish` fills them in. Both methods raise SeedError
    and, for what a repetition may put right, psycopg.Error.
    """

    def __init__(
        self,
        connection: Connection,
        staged: Staged,
        resolver: Resolver,
        tables: Mapping[int, Table],
        troubles: Troubles,
        postponed: Iterable[str],
        *,
        dry: bool,
    ) -> None:
        self._connection = connection
        self._resolver = resolver
        self._troubles = troubles
        self._postponed = set(postponed)
        self._dry = dry
        self._write = Statements(staged, self._postponed, dry=dry)
        self.blame = Blame(connection, staged, self._write, tables, troubles)
        self.staged = staged
        self.counts = Counts()
        self._moved: list[str] = []

    def load(self) -> None:
        """All rows, without the postponed values."""
        if not self.staged.source.rows:
            return
        if self._postponed:
            self._execute(self._write.mark_late())
        self._count_first()
        own = self._own()
        self._fill(set(self.staged.pointing) - self._postponed)
        self._refuse_unresolved(set(self.staged.pointing) - self._postponed - own)
        rounds = 0
        while True:
            self._mark_ready(own)
            done, rounds = self._batch(), rounds + 1
            if self._all_done():
                return
            if done and rounds < _MOST_ROUNDS:
                self._fill(own - self._postponed)
            elif not self._let_go(own):
                if not done:
                    self._refuse_unresolved(own - self._postponed)
                self._fill(own - self._postponed)

    def finish(self) -> None:
        """The values that had to wait until all rows were there."""
        if not self._postponed or not self.staged.source.rows:
            return
        waiting = self._postponed & set(self.staged.pointing)
        self._fill(waiting)
        self._refuse_unresolved(waiting)
        quiet = self.blame.run(self._write.late, answers=True)
        self.counts.updated += quiet
        self.counts.unchanged -= quiet

    def advance(self) -> list[str]:
        """Brings sequences past what is in the table now; the names of those that moved."""
        for column in self.staged.sheet.columns:
            if column.counted:
                place = Place(
                    sql("{} AS t", self.staged.table.only), sql("t.{}", ident(column.name))
                )
                self._moved += counters.advance(self._connection, column, place)
        return list(dict.fromkeys(self._moved))

    def _own(self) -> set[str]:
        """The columns whose references need rows of the table itself."""
        oid = self.staged.table.oid
        pointing = self.staged.pointing
        return {one for one, shapes in pointing.items() if self._resolver.touches(shapes, oid)}

    def _fill(self, names: set[str]) -> None:
        pointing = self.staged.pointing
        self._resolver.fill(
            self.staged.sheet, {one: pointing[one] for one in pointing if one in names}
        )

    def _let_go(self, own: set[str]) -> bool:
        """Rows that wait for each other, or a long way for their turn, get such values later."""
        loose = {one for one in own - self._postponed if self.staged.postponable(one)}
        if not loose:
            return False
        self._postponed |= loose
        self._execute(self._write.all_late())
        return True

    def _mark_ready(self, own: set[str]) -> None:
        self._execute(self._write.mark_ready())
        text = self._write.hold_back() if own else NOTHING
        if text:
            while self._connection.execute(text.encode()).rowcount:
                pass

    def _batch(self) -> int:
        """Writes the rows that are ready; how many there were."""
        self._refuse_repeated()
        self._execute(self._write.mark_found())
        new, changed, total = self._row(self._write.waiting())
        if not total:
            return 0
        self._refuse_fixed()
        inserted = self.blame.run(self._write.insert) if new else 0
        updated, same = self._update(changed) if changed else (0, 0)
        self._execute(self._write.done())
        self.counts.inserted += inserted
        self.counts.updated += updated - same
        self.counts.unchanged += total - new - changed + same
        self.counts.kept_out += new + changed - inserted - updated
        return total

    def _update(self, changed: int) -> tuple[int, int]:
        """How many rows were updated, and how many of them a trigger made what they were."""
        differing = [bool(one) for one in self._row(self._write.differing())]
        rewrites = self.staged.table.rewrites
        if rewrites:
            self._execute(self._write.remember())
        updated = self.blame.run(lambda part: self._write.update(part, differing))
        if not rewrites:
            return updated, 0
        (same,) = self._row(self._write.same())
        self._execute(self._write.forget())
        return updated, same - (changed - updated)  # those that it kept out are the same, too

    def _count_first(self) -> None:
        """Where some rows give a number and some do not, those must not get one of these."""
        for column in self.staged.sheet.columns:
            if column.counted and self.staged.gives(column.name) and not self._dry:
                sheet = self.staged.sheet
                place = Place(sql("{} AS s", sheet.name), sheet.cell(column.name))
                self._moved += counters.advance(self._connection, column, place)

    def _refuse_repeated(self) -> None:
        for (numbers,) in self._connection.execute(self._write.repeated(MOST).encode()):
            first, second, *_ = numbers
            key = joined(self.staged.key)
            self._troubles.row(self.staged.source, second, None, f"row {first} has the same {key}")
        self._troubles.refuse()

    def _refuse_fixed(self) -> None:
        text = self._write.fixed()
        if not text:
            return
        for number_, name in self._connection.execute(text.encode()):
            says = "it is GENERATED ALWAYS, and the row in the database has another value"
            self._troubles.row(
                self.staged.source, number_, name, says, "leave it out, or make it the key"
            )
        self._troubles.refuse()

    def _refuse_unresolved(self, names: set[str]) -> None:
        for name in names:
            for shape in self.staged.pointing[name]:
                found = self._resolver.unresolved(
                    self.staged.sheet, name, shape, self._troubles.room
                )
                for number_, reason in found:
                    self._troubles.row(self.staged.source, number_, name, reason)
        self._troubles.refuse()

    def _all_done(self) -> bool:
        return not self._row(self._write.left())[0]

    def _row(self, text: Sql) -> tuple[int, ...]:
        row = self._connection.execute(text.encode()).fetchone()
        return row or ()

    def _execute(self, text: Sql) -> None:
        self._connection.execute(text.encode())
