"""Which values of one snapshot the next one does not have."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain

import psycopg

from psqlmigrate.postgres.connect import Connection
from psqlmigrate.schema.sqltext import NOTHING, Sql, ident, join, printed, sql
from psqlmigrate.service.rows.snapshots import Column, Held, Loss, Path, Row, Snapshot

_Pairs = dict[int, int]


def losses(
    connection: Connection, before: Snapshot, after: Snapshot, removed: Mapping[int, int]
) -> tuple[Loss, ...]:
    """What `before` has and `after`, the connection's present state, has not.

    `removed`: rows by table (its oid in either) that were taken out on purpose meanwhile.
    """
    by_path = {one.path: oid for oid, one in after.items()}
    found: list[Loss] = []
    regrouped = list(_regrouped(before, after, by_path))
    for one in regrouped:
        taken = sum(removed.get(oid, 0) for oid in one.oids | one.made)
        found.extend(_Comparison(connection, one.old, one.new, taken, same=False).losses())
    done = {oid for one in regrouped for oid in one.oids}
    for oid, old in before.items():
        now = oid if oid in after else by_path.get(old.path)
        if old.partitioned or oid in done:
            continue
        if now is None or after[now].partitioned:
            found.append(Loss(old.path, None, gone=True, paths=_paths(old, None)))
            continue
        taken = sum(removed.get(one, 0) for one in {oid, now})
        found.extend(_Comparison(connection, old, after[now], taken, same=oid == now).losses())
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Regrouped:
    """A table that was made anew with or without partitions, with the rows of all of them.

    `oids` are the tables of `before` that are in it, `made` those of `after`.
    """

    old: Held
    new: Held
    oids: frozenset[int]
    made: frozenset[int]


def _regrouped(
    before: Snapshot, after: Snapshot, by_path: Mapping[Path, int]
) -> Iterator[_Regrouped]:
    anew: dict[Path, tuple[Held, Held]] = {}
    for oid, old in before.items():
        new = after.get(oid if oid in after else by_path.get(old.path, 0))
        if new is None or not (old.partitioned or new.partitioned):
            continue
        if oid not in after or old.partitioned != new.partitioned:
            anew[old.path] = old, new
    for old, new in anew.values():
        if anew.keys() & {*old.parents}:
            continue  # its rows are those of the whole, and may be in any part of it
        sides = [side for side, one in ((before, old), (after, new)) if one.partitioned]
        every = chain.from_iterable(side.values() for side in sides)
        leaves = {one.path for one in every if old.path in one.parents}
        paths = {old.path, *leaves}
        yield _Regrouped(
            _gathered(old, [one for one in before.values() if one.path in paths]),
            _gathered(new, [one for one in after.values() if one.path in paths]),
            frozenset(one for one, held in before.items() if held.path in paths),
            frozenset(one for one, held in after.items() if held.path in paths),
        )


def _gathered(whole: Held, parts: Iterable[Held]) -> Held:
    """A table as if it held all rows of its partitions, which have its columns in any order."""
    count, rows = 0, list[Row]()
    known = True
    for part in parts:
        count += part.count
        known = known and (part.partitioned or part.rows is not None)
        at = {column.name: place for place, column in enumerate(part.columns.values())}
        places = [at.get(column.name) for column in whole.columns.values()]
        rows += [
            tuple(None if place is None else row[place] for place in places)
            for row in part.rows or ()
        ]
    return replace(whole, rows=rows if known else None, count=count)


def reordered(before: Snapshot, after: Snapshot) -> tuple[str, ...]:
    """Tables whose columns stand in another order than before."""
    by_path = {one.path: one for one in after.values()}
    return tuple(
        ident(*old.path)
        for old in before.values()
        if (new := by_path.get(old.path)) and _moved(_names(old), _names(new))
    )


def _names(held: Held) -> list[str]:
    return [held.columns[position].name for position in sorted(held.columns)]


def _moved(old: list[str], new: list[str]) -> bool:
    return set(old) == set(new) and old != new


def _paths(held: Held, column: Column | None) -> frozenset[Path]:
    """What a statement that explains a loss may be about: the table, its parents, the type."""
    tables = {held.path, *held.parents}
    if column is None:
        return frozenset(tables)
    types = {column.type_path} if column.type_path else set[Path]()
    return frozenset({(*path, column.name) for path in tables} | tables | types)


class _Comparison:
    """One table before and after."""

    def __init__(
        self, connection: Connection, old: Held, new: Held, removed: int, *, same: bool
    ) -> None:
        self._connection = connection
        self._old, self._new, self._removed = old, new, removed
        self._pairs = _paired(old, new, same=same)

    def losses(self) -> list[Loss]:
        found = [
            self._loss(column, gone=True)
            for position, column in self._old.columns.items()
            if not (column.generated or self._is_kept(position))
        ]
        if self._removed < 0:
            return found
        if self._new.count != self._old.count - self._removed:
            return [*found, Loss(self._old.path, None, gone=False, paths=_paths(self._old, None))]
        if self._old.rows and self._new.rows:
            found += [self._loss(column, gone=False) for column in self._changed()]
        return found

    def _is_kept(self, position: int) -> bool:
        """Whether the column is still there and still holds values, rather than computing them."""
        now = self._pairs.get(position)
        return now is not None and not self._new.columns[now].generated

    def _loss(self, column: Column, *, gone: bool) -> Loss:
        return Loss(self._old.path, column.name, gone, _paths(self._old, column))

    def _changed(self) -> list[Column]:
        """Columns whose values are others; all of them where only their combination is another."""
        kept = {
            old: new
            for old, new in self._pairs.items()
            if not (self._old.columns[old].generated or self._new.columns[new].generated)
        }
        had = _picked(self._old, self._old.rows or [], list(kept))
        have = _picked(self._new, self._new_rows(kept), list(kept.values()))
        have = [self._alike(kept, row, had) for row in have]
        blamed = _blamed(had, have, self._suspects(kept))
        columns = [self._old.columns[position] for position in kept]
        return [columns[place] for place in sorted(blamed)]

    def _suspects(self, kept: _Pairs) -> list[int]:
        """Places of columns that were made anew or changed their type, the likeliest first."""
        anew = [place for place, (old, new) in enumerate(kept.items()) if old != new]
        retyped = [
            place
            for place, (old, new) in enumerate(kept.items())
            if self._old.columns[old].type != self._new.columns[new].type
        ]
        return [*anew, *retyped]

    def _alike(self, kept: _Pairs, row: Row, had: Sequence[Row]) -> Row:
        """A composite value that only gained empty fields counts as the one it was."""
        cells = list(row)
        for place, position in enumerate(kept):
            if self._old.columns[position].composite and cells[place]:
                cells[place] = _shortened(cells[place], {one[place] for one in had})
        return tuple(cells)

    def _new_rows(self, kept: _Pairs) -> Sequence[Row]:
        """The rows with values of a changed type cast back to the old one, as far as that goes."""
        ways = {
            new: way
            for old, new in kept.items()
            if self._old.columns[old].type != self._new.columns[new].type
            if (way := self._way_back(self._new.columns[new], self._old.columns[old]))
        }
        rows = self._reread(ways) if ways else None
        return (self._new.rows or []) if rows is None else rows

    def _way_back(self, new: Column, old: Column) -> Sql | None:
        name, target = ident(new.name), printed(old.type)
        for way in (sql("{}::{}", name, target), sql("{}::text::{}", name, target)):
            if self._ask(sql("{}::text", way)) is not None:
                return way
        return None

    def _reread(self, ways: Mapping[int, Sql]) -> list[Row] | None:
        cells: list[Sql] = []
        for position, column in self._new.columns.items():
            cell = sql("NULL") if column.generated else ident(column.name)
            cells.append(sql("{}::text", ways.get(position, cell)))
        return self._ask(join(", ", cells))

    def _ask(self, cells: Sql) -> list[Row] | None:
        only = NOTHING if self._new.partitioned else sql("ONLY ")
        query = sql("SELECT {} FROM {}{}", cells, only, ident(*self._new.path))
        try:
            with self._connection.transaction():
                return [tuple(row) for row in self._connection.execute(query.encode())]
        except psycopg.Error:
            if self._connection.broken:
                raise
            return None


def _blamed(had: Sequence[Row], have: Sequence[Row], suspects: Sequence[int]) -> set[int]:
    """Places of the columns without which every row is there that was: none when all is as it was.

    A column whose values by themselves were not there before is to blame in any case. Where rows
    were taken out, that may not show; then it is one of the suspects, or any single column, or all.
    """
    width = len(had[0]) if had else 0
    blamed = {place for place in range(width) if not _contains(had, have, [place])}

    def fits(without: set[int]) -> bool:
        return _contains(had, have, [place for place in range(width) if place not in without])

    for suspect in suspects:
        if fits(blamed):
            break
        blamed.add(suspect)
    if fits(blamed):
        return blamed
    single = (blamed | {place} for place in range(width))
    return next((one for one in single if fits(one)), set(range(width)))


def _contains(had: Sequence[Row], have: Sequence[Row], places: Sequence[int]) -> bool:
    return not Counter(_places(have, places)) - Counter(_places(had, places))


def _paired(old: Held, new: Held, *, same: bool) -> _Pairs:
    """Columns of the old table and of the new one: by number in the same table, else by name."""
    pairs = {position: position for position in old.columns if same and position in new.columns}
    free = {
        column.name: position
        for position, column in new.columns.items()
        if position not in pairs.values()
    }
    for position, column in old.columns.items():
        if position not in pairs and column.name in free:
            pairs[position] = free[column.name]
    return pairs


def _picked(held: Held, rows: Sequence[Row], positions: Sequence[int]) -> list[Row]:
    order = list(held.columns)
    return _places(rows, [order.index(position) for position in positions])


def _places(rows: Sequence[Row], places: Sequence[int]) -> list[Row]:
    return [tuple(row[place] for place in places) for row in rows]


def _shortened(cell: str | None, known: set[str | None]) -> str | None:
    text = cell or ""
    while text not in known and text.endswith(",)"):
        text = text[:-2] + ")"
    return text if text in known else cell
