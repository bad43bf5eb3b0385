"""Finds the statements that can stand for migrations, and proves that they do the same."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import psycopg

from psqlmigrate.errors import MigrationError, SquashRefusedError
from psqlmigrate.migrations.file import MigrationFile
from psqlmigrate.migrations.sent import sent
from psqlmigrate.postgres.connect import Connection
from psqlmigrate.postgres.engine import perform
from psqlmigrate.postgres.loading import refuse_cluster_wide
from psqlmigrate.postgres.scratch import Scratch
from psqlmigrate.schema.catalog import Catalog
from psqlmigrate.schema.statement import Statement
from psqlmigrate.service.canonical import canonical
from psqlmigrate.service.picture import Picture, picture, schemas_apart, values_apart
from psqlmigrate.service.planning import plan
from psqlmigrate.service.sampling import fill
from psqlmigrate.service.squashtext import verbatim
from psqlmigrate.service.squashway import Segment, Way
from psqlmigrate.sources.migrations import replay, run

_DEFERRABLE = "SELECT EXISTS (SELECT FROM pg_catalog.pg_constraint WHERE condeferrable)"


@dataclass(frozen=True, slots=True)
class Found:
    """The statements that do what the originals do; `planned` migrations are plans in `up`."""

    up: tuple[Statement, ...]
    down: tuple[Statement, ...]
    planned: int


class Finder:
    """Finds statements segment by segment: a plan where it leads to the same, else the originals'."""

    def __init__(
        self, scratch: Scratch, earlier: Sequence[MigrationFile], cut: Sequence[Segment], way: Way
    ) -> None:
        self._scratch = scratch
        self._earlier = earlier
        self._cut = cut
        self._way = way
        self._with_plans = True
        self._planned: set[tuple[int, str]] = set()
        self._fixpoint = cache(self._canonical)

    def found(self) -> Found:
        """Raises SquashRefusedError where one transaction does not do the same."""
        try:
            return self._found()
        except SquashRefusedError:
            # What a plan leaves can be the same for all that is compared, and not for what follows.
            if not self._planned:
                raise
            self._with_plans = False
            self._planned.clear()
            return self._found()

    def _found(self) -> Found:
        with self._scratch.database() as connection:
            replay(connection, self._earlier)
            if self._way.rows:
                fill(connection)
            up = self._half(connection, "up")
            if self._way.rows_back:
                fill(connection)
            down = self._half(connection, "down")
        count = sum(len(self._cut[at].parts) for at, way in self._planned if way == "up")
        return Found(up, down, count)

    def _half(self, connection: Connection, direction: str) -> tuple[Statement, ...]:
        """All statements of one direction, in one transaction as they will run."""
        found: list[Statement] = []
        places = range(len(self._cut))
        connection.execute("BEGIN")
        for place in places if direction == "up" else reversed(places):
            found += self._segment(connection, place, direction)
        connection.execute("COMMIT")
        return tuple(found)

    def _segment(self, connection: Connection, place: int, direction: str) -> tuple[Statement, ...]:
        planned = self._plan(place, direction) if self._may_plan(place, direction) else None
        if planned is not None:
            connection.execute("SAVEPOINT planned")
            if not self._apart(connection, planned, place, direction):
                connection.execute("RELEASE SAVEPOINT planned")
                self._planned.add((place, direction))
                return planned
            connection.execute("ROLLBACK TO SAVEPOINT planned")
        [row] = connection.execute(_DEFERRABLE)
        ends = place == (len(self._cut) - 1 if direction == "up" else 0)
        texts = verbatim(self._cut[place].parts, direction, deferrable=bool(row[0]), last=ends)
        if apart := self._apart(connection, texts, place, direction):
            names = self._cut[place].names
            raise SquashRefusedError(
                f"{names} cannot be squashed: {direction} in one transaction with the others"
                f" does not do the same: {apart}",
                file_path=str(self._cut[place].parts[0].file.path),
                hint="leave it out of the range (--from, --to)",
            )
        return texts

    def _may_plan(self, place: int, direction: str) -> bool:
        """A plan says what a schema becomes; what rows become must have been seen."""
        seen = self._way.seen if direction == "up" else self._way.seen_back
        return seen and self._with_plans and self._cut[place].planned

    def _plan(self, place: int, direction: str) -> tuple[Statement, ...] | None:
        """The difference of the schemas before and after; None where there is no plan."""
        try:
            sides = self._fixpoint(place), self._fixpoint(place + 1)
            made = plan(*sides) if direction == "up" else plan(*reversed(sides))
        except MigrationError:
            return None
        if not all(one.transactional for one in made.statements):
            return None
        return made.statements

    def _canonical(self, place: int) -> Catalog:
        return canonical(self._scratch, self._way.up[place].catalog)

    def _apart(
        self, connection: Connection, texts: Sequence[Statement], place: int, direction: str
    ) -> str:
        """What is not as after the originals, or the error; empty when all is."""
        try:
            for one in texts:
                _send(connection, one)
        except (psycopg.Error, MigrationError) as error:
            if connection.broken:
                raise
            return str(error).strip().partition("\n")[0]
        now = picture(connection)
        return ", ".join(self._differing(now, place, direction)[:5])

    def _differing(self, now: Picture, place: int, direction: str) -> tuple[str, ...]:
        way = self._way
        if direction == "up":
            wanted = way.up[place + 1]
            return (
                *schemas_apart(self._scratch, now, wanted),
                *values_apart(now, wanted, way.ignored),
            )
        return _apart_back(self._scratch, now, way, place)


def _apart_back(scratch: Scratch, now: Picture, way: Way, place: int) -> tuple[str, ...]:
    """What is otherwise than the originals' down leaves it; than it was before, where they have none."""
    back = len(way.up) - 1 - place
    if back >= len(way.down):
        return schemas_apart(scratch, now, way.up[place])
    wanted = way.down[back]
    return schemas_apart(scratch, now, wanted) + values_apart(now, wanted, way.ignored)


def _send(connection: Connection, statement: Statement) -> None:
    for one in sent(statement.sql, None, Path("squashed")):
        refuse_cluster_wide(one.sql, str(one.path), one.line)
        perform(connection, one)


def compare(
    scratch: Scratch, earlier: Sequence[MigrationFile], file: MigrationFile, way: Way
) -> tuple[str, ...]:
    """What the squashed file, run as a whole, does otherwise than the originals; nothing is right."""
    with scratch.database() as connection:
        replay(connection, earlier)
        if way.rows:
            fill(connection)
        run(connection, file, "up")
        now, wanted = picture(connection), way.up[-1]
        found = schemas_apart(scratch, now, wanted) + values_apart(now, wanted, way.ignored)
        if way.rows_back:
            fill(connection)
        run(connection, file, "down")
        found += _apart_back(scratch, picture(connection), way, 0)
    return found
