"""References: `{$ref: table, column: value}` stands for a value of the row that it describes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from psqlmigrate.service.seeds.content import SeedFile, Value
from psqlmigrate.service.seeds.facts import Table
from psqlmigrate.service.seeds.naming import Names, UnknownNameError, column_hint
from psqlmigrate.service.seeds.values import BadValueError, Converter

REF = "$ref"


@dataclass(frozen=True, slots=True)
class Pointer:
    """The value that a reference will have: shape and number."""

    shape: int
    number: int


Cell: TypeAlias = str | Pointer | None


@dataclass(slots=True)
class Shape:
    """References that name the same columns and want the same one: they are resolved together.

    Those inside of them have a lower `level`. Rows are numbered from 1.
    """

    number: int
    target: Table
    columns: tuple[str, ...]
    value: str
    level: int
    rows: dict[tuple[Cell, ...], int] = field(default_factory=dict[tuple[Cell, ...], int])

    @property
    def nested(self) -> set[int]:
        """The shapes that references inside of these have."""
        return {cell.shape for row in self.rows for cell in row if isinstance(cell, Pointer)}

    def described(self, number: int) -> str:
        """`public.roles with name = "admin"`."""
        row = next(row for row, one in self.rows.items() if one == number)
        words = [
            f'{name} = "{cell}"' if isinstance(cell, str) else f"{name} = the row that it refers to"
            for name, cell in zip(self.columns, row, strict=True)
        ]
        return f"{self.target.label} with {', '.join(words)}"


class References:
    """All references of a file, each distinct one once."""

    def __init__(self, names: Names, tables: Mapping[int, Table], converter: Converter) -> None:
        self._names = names
        self._tables = tables
        self._converter = converter
        self._known: dict[tuple[int, tuple[str, ...], str, int], Shape] = {}
        self.shapes: list[Shape] = []

    def cell(self, value: Value, table: Table, column: str) -> Cell:
        """The value of a column as text, or a pointer. Raises BadValueError."""
        type_ = table.columns[column].type
        if isinstance(value, dict) and REF in value:
            basic = self._converter.basic(type_)
            if not (basic.is_json or basic.fields or basic.name == "hstore"):
                return self._pointer(value, table, column)
        return self._converter.text(value, type_)

    def targets(self, shape: int) -> set[int]:
        """The oids of the tables that must have their rows before these can be resolved."""
        found = {self.shapes[shape].target.oid}
        for inner in self.shapes[shape].nested:
            found |= self.targets(inner)
        return found

    def _pointer(self, value: Mapping[str, Value], table: Table, column: str) -> Pointer:
        target = self._target(value[REF])
        columns = tuple(name for name in value if name != REF)
        if not columns:
            raise BadValueError(f"$ref names no column of {target.label} to find the row by")
        cells = tuple(self._key(value[name], target, name) for name in columns)
        inner = [self.shapes[one.shape].level for one in cells if isinstance(one, Pointer)]
        level = 1 + max(inner, default=0)
        shape = self._shape(target, columns, _wanted(table, column, target), level)
        return Pointer(shape.number, shape.rows.setdefault(cells, len(shape.rows) + 1))

    def _target(self, name: Value) -> Table:
        if not isinstance(name, str):
            raise BadValueError("$ref takes the name of a table")
        try:
            return self._tables[self._names.table(name).oid]
        except UnknownNameError as error:
            raise BadValueError(
                f"$ref: {error}" + (f"; {error.hint}" if error.hint else "")
            ) from None

    def _key(self, value: Value, target: Table, name: str) -> Cell:
        if name not in target.columns:
            near = column_hint(name, target)
            raise BadValueError(
                f'$ref: {target.label} has no column "{name}"' + (f"; {near}" if near else "")
            )
        cell = self.cell(value, target, name)
        if cell is None:
            raise BadValueError(f"$ref: no row is found by a null in {name}")
        return cell

    def _shape(self, target: Table, columns: tuple[str, ...], wanted: str, level: int) -> Shape:
        key = (target.oid, columns, wanted, level)
        if key not in self._known:
            self._known[key] = Shape(len(self.shapes), target, columns, wanted, level)
            self.shapes.append(self._known[key])
        return self._known[key]


def mentioned(file: SeedFile) -> Iterator[str]:
    """What `$ref` names anywhere in the file; in JSON data it may name no table at all."""
    for table in file.tables:
        for row in table.rows:
            for value in row.cells.values():
                if isinstance(value, dict):
                    yield from _inside(value)


def _inside(value: Mapping[str, Value]) -> Iterator[str]:
    name = value.get(REF)
    if isinstance(name, str):
        yield name
        for one in value.values():
            if isinstance(one, dict):
                yield from _inside(one)


def _wanted(table: Table, column: str, target: Table) -> str:
    """The column whose value a reference stands for: the foreign key's, else the primary key."""
    for key in table.foreign_keys:
        if key.target == target.oid and column in key.columns:
            return key.target_columns[key.columns.index(column)]
    return _single(target.primary, target)


def _single(primary: Sequence[str] | None, target: Table) -> str:
    if primary is None or len(primary) != 1:
        what = "has no primary key" if primary is None else "has a primary key of several columns"
        raise BadValueError(f"$ref: {target.label} {what}, and no foreign key says which is meant")
    return primary[0]
