"""Sequences are advanced past what a file has put in, never back."""

from dataclasses import dataclass

from psqlmigrate.postgres.connect import Connection
from psqlmigrate.schema.sqltext import Sql, literal, number, sql
from psqlmigrate.service.seeds.facts import Column, Counter

_STEPS = 10_000


@dataclass(frozen=True, slots=True)
class Place:
    """Where values are: a relation with its alias, and the column."""

    relation: Sql
    column: Sql


def advance(connection: Connection, column: Column, place: Place) -> list[str]:
    """Advances a column's sequences past the furthest value there; the names of those that moved."""
    return [str(one.name) for one in column.counters if _advance(connection, one, place)]


def _advance(connection: Connection, counter: Counter, place: Place) -> bool:
    furthest = _furthest(connection, counter, place)
    moved = False
    while furthest is not None:
        steps = _steps(connection, counter, furthest)
        if not steps:
            return moved
        # setval() would undo what another session takes between our look and our write. Taking
        # the numbers cannot; a gap too wide for that is not crossed by others in the meantime.
        name = literal(counter.name)
        if steps <= _STEPS:
            taken = sql("pg_catalog.max(pg_catalog.nextval({}::pg_catalog.regclass))", name)
            text = sql("SELECT {} FROM pg_catalog.generate_series(1, {})", taken, number(steps))
        else:
            arguments = sql("{}::pg_catalog.regclass, {}", name, number(furthest))
            text = sql("SELECT pg_catalog.setval({})", arguments)
        connection.execute(text.encode())
        moved = True
    return moved


def _furthest(connection: Connection, counter: Counter, place: Place) -> int | None:
    """The value that the sequence would come to last; None when it comes to none."""
    # trunc() of a bigint is that of a double precision, which has no room for all of them.
    text = sql(
        "SELECT pg_catalog.trunc(pg_catalog.{edge}({column})::numeric)::int8 FROM {relation}"
        " WHERE {column} BETWEEN {lowest} AND {highest}",
        edge=sql("max") if counter.increment > 0 else sql("min"), column=place.column,
        relation=place.relation, lowest=number(counter.lowest), highest=number(counter.highest),
    )  # fmt: skip
    row = connection.execute(text.encode()).fetchone()
    return None if row is None or row[0] is None else int(row[0])


def _steps(connection: Connection, counter: Counter, furthest: int) -> int:
    """How many numbers have to be taken until the sequence is past the value.

    Too many to be taken, where the last of them would be out of its bounds.
    """
    text = sql("SELECT last_value, is_called FROM {}", counter.name)
    row = connection.execute(text.encode()).fetchone()
    last, called = (int(row[0]), bool(row[1])) if row else (furthest, True)
    way = (furthest - last) * (1 if counter.increment > 0 else -1)
    if way < 0 or (way == 0 and called):
        return 0
    strides = -(-way // abs(counter.increment))
    if not counter.lowest <= last + strides * counter.increment <= counter.highest:
        return _STEPS + 1
    return strides + (0 if called else 1)
