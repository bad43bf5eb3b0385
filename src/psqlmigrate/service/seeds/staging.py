"""From the file's rows to sheets: names and keys are checked, values written for their types."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from psqlmigrate.schema.sqltext import Sql, ident, literal, sql
from psqlmigrate.service.seeds.content import Row, TableRows
from psqlmigrate.service.seeds.facts import Column, Table
from psqlmigrate.service.seeds.naming import column_hint
from psqlmigrate.service.seeds.order import Edge
from psqlmigrate.service.seeds.references import Cell, References
from psqlmigrate.service.seeds.sheets import Sheet, sheet
from psqlmigrate.service.seeds.troubles import Troubles, joined
from psqlmigrate.service.seeds.values import BadValueError


@dataclass(frozen=True, slots=True)
class Staged:
    """A table's rows, ready to be copied in. `given`: the groups that give a column; None is all."""

    table: Table
    source: TableRows
    key: tuple[str, ...]
    sheet: Sheet
    given: dict[str, frozenset[int] | None]
    pointing: Mapping[str, set[int]]

    def gives(self, column: str) -> Sql | None:
        """The condition that a row of the sheet `s` gives the column; None when all do."""
        groups = self.given[column]
        if groups is None:
            return None
        numbers = ",".join(map(str, sorted(groups)))
        return sql("s.g = ANY ({}::int4[])", literal("{" + numbers + "}"))

    def postponable(self, column: str) -> bool:
        """Whether a row can do without the value at first."""
        one = self.table.columns[column]
        return not one.required and column not in self.key


@dataclass(slots=True)
class _Draft:
    """What is found while the rows of a table are read."""

    cells: list[dict[str, Cell]] = field(default_factory=list[dict[str, Cell]])
    groups: list[int] = field(default_factory=list[int])
    known: dict[frozenset[str], int] = field(default_factory=dict[frozenset[str], int])


def stage(
    number_: int, table: Table, source: TableRows, references: References, troubles: Troubles
) -> Staged | None:
    """The rows of a table; None, and troubles, where they do not fit it."""
    key = _key(table, source, troubles)
    if key is None or not _columns_fit(table, source, troubles):
        return None
    draft = _Draft()
    for at, row in enumerate(source.rows, 1):
        if troubles.full:
            return None
        _refuse_lonely(source, at, row, key, troubles)
        cells = _cells(table, source, at, row, references, troubles)
        draft.cells.append(cells)
        draft.groups.append(draft.known.setdefault(frozenset(row.cells), len(draft.known)))
    return _staged(number_, table, source, key, draft)


def _staged(
    number_: int, table: Table, source: TableRows, key: tuple[str, ...], draft: _Draft
) -> Staged:
    used = frozenset[str]().union(*draft.known)
    columns = tuple(one for one in table.columns.values() if one.name in used)
    rows = [tuple(cells.get(one.name) for one in columns) for cells in draft.cells]
    given: dict[str, frozenset[int] | None] = {}
    for one in columns:
        groups = frozenset(group for names, group in draft.known.items() if one.name in names)
        given[one.name] = None if len(groups) == len(draft.known) else groups
    made = sheet(
        sql("pg_temp.{}", ident(f"psqlmigrate_seed_{number_}")), columns, rows, draft.groups
    )
    return Staged(table, source, key, made, given, made.pointing)


def _cells(
    table: Table, source: TableRows, at: int, row: Row, references: References, troubles: Troubles
) -> dict[str, Cell]:
    cells: dict[str, Cell] = {}
    for name, value in row.cells.items():
        try:
            cells[name] = references.cell(value, table, name)
        except BadValueError as error:
            troubles.row(source, at, name, str(error))
        except RecursionError:
            troubles.row(source, at, name, "nested too deeply")
    return cells


def _key(table: Table, source: TableRows, troubles: Troubles) -> tuple[str, ...] | None:
    """The columns that tell rows apart."""
    if source.key is None:
        if table.primary is None and source.rows:
            known = _known(table)
            troubles.table(
                source,
                f"{table.label} has no primary key, so nothing says which row is which",
                'name the columns that do: {"TABLE": {"key": ["COLUMN"], "rows": […]}}; '
                + (f"unique are {known}" if known else "it needs a unique constraint for that"),
            )
            return None
        return table.primary or ()
    wanted = set(source.key)
    for name in source.key:
        if name not in table.columns:
            troubles.table(source, f'its key has no column "{name}"', column_hint(name, table))
            return None
    if not any(set(one) == wanted for one in table.keys):
        known = _known(table)
        troubles.table(
            source,
            f"no unique constraint or index of {table.label} is on just {joined(source.key)}",
            f"unique are {known}" if known else "add one, or two rows could have one key",
        )
        return None
    return source.key


def _known(table: Table) -> str:
    return ", ".join(dict.fromkeys(joined(one) for one in table.keys))


def _columns_fit(table: Table, source: TableRows, troubles: Troubles) -> bool:
    """Whether all columns are there and can be written; each wrong one is told once."""
    known: set[str] = set()
    fits = True
    for at, row in enumerate(source.rows, 1):
        for name in row.cells.keys() - known:
            known.add(name)
            column = table.columns.get(name)
            if column is None:
                says, hint = f'{table.label} has no column "{name}"', column_hint(name, table)
            elif column.generated:
                says, hint = f"{name} is generated from other columns", "leave it out"
            else:
                continue
            fits = False
            troubles.row(source, at, None, says, hint)
    return fits


def _refuse_lonely(
    source: TableRows, at: int, row: Row, key: Sequence[str], troubles: Troubles
) -> None:
    """A row needs its key: nothing else finds it again."""
    way = 'give it, or name another key: {"TABLE": {"key": ["COLUMN"], "rows": […]}}'
    for name in key:
        if name not in row.cells:
            troubles.row(
                source, at, name, "it is part of the key, and the row does not give it", way
            )
        elif row.cells[name] is None:
            troubles.row(source, at, name, "it is part of the key, and cannot be null", way)


def edges(staged: Iterable[Staged], references: References) -> list[Edge]:
    """Which table needs which, of those that have rows in the file."""
    known = {one.table.oid: one for one in staged}
    found: list[Edge] = []
    for one in known.values():
        covered: set[tuple[str, int]] = set()
        for key in one.table.foreign_keys:
            targets = _pointed(one, key.columns, references)
            if key.target not in known or not _uses(one, key.columns):
                continue
            postponable = tuple(c for c in key.columns if c in one.given and one.postponable(c))
            firm = [c for c in key.columns if c in one.pointing and c not in postponable]
            pointed = key.target in targets
            covered |= {(c, key.target) for c in key.columns}
            soft = (key.schema, key.name) if key.deferrable and not pointed else None
            found.append(
                Edge(one.table.oid, key.target, key.columns, soft, () if firm else postponable)
            )
        for column, shapes in one.pointing.items():
            targets = {oid for shape in shapes for oid in references.targets(shape)}
            for target in targets:
                if target in known and (column, target) not in covered:
                    loose = (column,) if one.postponable(column) else ()
                    found.append(Edge(one.table.oid, target, (column,), None, loose))
    return found


def _pointed(one: Staged, columns: Sequence[str], references: References) -> set[int]:
    shapes = {shape for column in columns for shape in one.pointing.get(column, ())}
    return {oid for shape in shapes for oid in references.targets(shape)}


def _uses(one: Staged, columns: Sequence[str]) -> bool:
    """Whether some row may refer to another by these columns."""
    return all(_may_have(one, one.table.columns[name]) for name in columns)


def _may_have(one: Staged, column: Column) -> bool:
    given = one.given.get(column.name, frozenset())
    if given is not None and column.default is not None:
        return True
    if column.name not in one.given:
        return False
    at = one.sheet.place(column.name)
    return any(row[at] is not None for row in one.sheet.rows)
