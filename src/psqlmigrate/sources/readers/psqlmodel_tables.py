"""One PSQLModel class as CREATE TABLE, indexes, comment and foreign keys."""

from __future__ import annotations

import re
from typing import Any

from .model_source import UnusableModels, literal
from .psqlmodel_columns import ColumnTypes, default

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_$]*\Z")
_REFERENCE = re.compile(r"(?P<table>.+?)(\.(?P<column>[^.()]+)|\s*\((?P<columns>[^()]+)\))\Z")


def folded(name: str) -> str:
    """A name as PostgreSQL reads psqlmodel's queries, which do not quote: in lower case."""
    if name.startswith('"'):
        return name
    plain = name.lower() if _PLAIN.match(name) else name
    return '"' + plain.replace('"', '""') + '"'


def name_of(column: Any) -> str:
    """The attribute's name: psqlmodel makes and fills the column under it, whatever name= says."""
    return str(getattr(column, "attr_name", None) or column.name)


class Table:
    """A model as the parts of a schema."""

    def __init__(self, model: Any, types: ColumnTypes, models: dict[tuple[str, str], Any]) -> None:
        self.model = model
        self.key = (getattr(model, "__schema__", None) or "public", str(model.__tablename__))
        self.schema, self.name = (folded(part) for part in self.key)
        self._models = models
        self._columns = list(model.__columns__.values())
        self._names = {str(column.name): name_of(column) for column in self._columns}
        self._names.update({name_of(column): name_of(column) for column in self._columns})
        self._types = {name_of(column): types.sql(column, model) for column in self._columns}
        self._options = getattr(model, "__table_options__", None)
        self._constraints = list(getattr(model, "__constraints__", None) or ())

    @property
    def warnings(self) -> list[str]:
        """Columns whose name= psqlmodel's queries use, and its DDL and inserts do not."""
        return [
            f"{self.model.__module__}.{self.model.__qualname__}.{name_of(column)}: psqlmodel makes"
            f" the column {name_of(column)}, not {column.name}; rename the attribute"
            for column in self._columns
            if folded(name_of(column)) != folded(str(column.name))
        ]

    @property
    def parents(self) -> list[str]:
        """The tables that it inherits from."""
        return list(getattr(self._options, "inherits", None) or ())

    @property
    def _full(self) -> str:
        return f"{self.schema}.{self.name}"

    def create(self) -> str:
        """CREATE TABLE, without foreign keys."""
        parts = [*self._column_lines(), *self._constraint_lines()]
        unlogged = "UNLOGGED " if getattr(self._options, "unlogged", False) else ""
        text = f"CREATE {unlogged}TABLE {self._full} (\n    " + ",\n    ".join(parts) + "\n)"
        if self.parents:
            text += f" INHERITS ({', '.join(self.parents)})"
        if partition := getattr(self._options, "partition_by", None):
            text += f" PARTITION BY {partition}"
        if tablespace := getattr(self._options, "tablespace", None):
            text += f" TABLESPACE {tablespace}"
        return text

    def _column_lines(self) -> list[str]:
        lines: list[str] = []
        for column in self._columns:
            type_sql = self._types[name_of(column)]
            stated = default(column, type_sql)
            missing = "" if column.nullable else " NOT NULL"
            given = "" if stated is None else f" DEFAULT {stated}"
            lines.append(f"{folded(name_of(column))} {type_sql}{missing}{given}")
        return lines

    def _constraint_lines(self) -> list[str]:
        """Each constraint once: Column(unique=True) and a UniqueConstraint may say the same."""
        found: dict[str, str] = {}
        loose: list[str] = []
        stated = [(type(one).__name__, one) for one in self._constraints if not _is_key(one)]
        for kind, one in stated:
            built = self._built(kind, one)
            if built is None:
                loose.append(one.ddl(self.key[1], self.key[0], self.model))
            else:
                _add(found, *built, is_named=bool(one.name))
        for column in self._columns:
            if getattr(column, "unique", False):
                name = f"uq_{self.key[1]}_{name_of(column)}"
                _add(found, name, f"UNIQUE ({folded(name_of(column))})", is_named=True)
        lines = [f"CONSTRAINT {folded(name)} {text}" for name, text in found.items()]
        keys = [folded(name_of(column)) for column in self._columns if column.primary_key]
        if keys and not any(kind == "PrimaryKeyConstraint" for kind, _ in stated):
            lines.insert(0, f"PRIMARY KEY ({', '.join(keys)})")
        return [*lines, *loose]

    def _built(self, kind: str, one: Any) -> tuple[str, str] | None:
        """Name and definition of psqlmodel's constraints; None for a project's own class."""
        table = self.key[1]
        if kind == "CheckConstraint":
            return one.name or f"ck_{table}", f"CHECK ({one.expression})"
        if kind == "ExcludeConstraint":
            return one.name or f"excl_{table}", f"EXCLUDE {one.expression}"
        words = {
            "UniqueConstraint": ("uq", "UNIQUE"),
            "PrimaryKeyConstraint": ("pk", "PRIMARY KEY"),
        }
        if kind not in words:
            return None
        prefix, word = words[kind]
        columns = [self._plain_name(column) for column in one.columns]
        suffix = "" if prefix == "pk" else "_" + "_".join(columns)
        name = one.name or f"{prefix}_{table}{suffix}"
        return name, f"{word} ({', '.join(map(self._key_part, columns))})"

    def indexes(self) -> list[str]:
        """CREATE INDEX for the stated ones, and for Column(index=True), which keys have."""
        found: dict[str, str] = {}
        for one in getattr(self.model, "__indexes__", None) or ():
            names = [self._plain_name(column) for column in one.columns]
            name = one.name or self._index_name(names)
            found.setdefault(name, self._index(name, names, one))
        for column in self._columns:
            if getattr(column, "index", False) and not getattr(column, "unique", False):
                name = self._index_name([name_of(column)])
                method = getattr(column, "index_method", None)
                found.setdefault(name, self._index(name, [name_of(column)], None, method))
        return list(found.values())

    def _index_name(self, columns: list[str]) -> str:
        return re.sub(r"\W+", "_", f"idx_{self.key[1]}_{'_'.join(columns)}").strip("_")

    def _index(self, name: str, columns: list[str], one: Any, method: str | None = None) -> str:
        unique = "UNIQUE " if getattr(one, "unique", False) else ""
        method = getattr(one, "method", None) or method
        using = f" USING {method}" if method else ""
        keys = ", ".join(map(self._key_part, columns))
        text = f"CREATE {unique}INDEX {folded(name)} ON {self._full}{using} ({keys})"
        if included := getattr(one, "include", None):
            names = (self._key_part(self._plain_name(column)) for column in included)
            text += f" INCLUDE ({', '.join(names)})"
        where = getattr(one, "where", None)
        return f"{text} WHERE {where}" if where else text

    def comments(self) -> list[str]:
        """The table's comment. A column's description is for documentation, says psqlmodel."""
        comment = getattr(self.model, "__table_comment__", None)
        return [f"COMMENT ON TABLE {self._full} IS {literal(comment)}"] if comment else []

    def foreign_keys(self) -> list[str]:
        """ALTER TABLE for each foreign key, of columns and of the table."""
        found: dict[str, str] = {}
        for one in filter(_is_key, self._constraints):
            columns = [self._plain_name(column) for column in one.columns]
            name = one.name or f"fk_{self.key[1]}_{'_'.join(columns)}"
            text = self._reference(columns, one.references, one.on_delete, one.on_update)
            _add(found, name, text, is_named=bool(one.name))
        for column in self._columns:
            if column.foreign_key:
                name = f"fk_{self.key[1]}_{name_of(column)}"
                text = self._reference(
                    [name_of(column)], column.foreign_key, column.on_delete, None
                )
                _add(found, name, text, is_named=True)
        return [
            f"ALTER TABLE {self._full} ADD CONSTRAINT {folded(name)} {text}"
            for name, text in found.items()
        ]

    def _reference(
        self, columns: list[str], target: Any, on_delete: str | None, on_update: str | None
    ) -> str:
        table, referred = self._target(target)
        text = f"FOREIGN KEY ({', '.join(map(folded, columns))}) REFERENCES {table} ({referred})"
        if on_delete:
            text += f" ON DELETE {on_delete.upper()}"
        if on_update:
            text += f" ON UPDATE {on_update.upper()}"
        return text

    def _target(self, target: Any) -> tuple[str, str]:
        """Table and columns of a Column, of `table.column` or of `schema.table.column`."""
        model = getattr(target, "model", None)
        if model is not None:
            schema = getattr(model, "__schema__", None) or "public"
            return f"{folded(schema)}.{folded(model.__tablename__)}", folded(name_of(target))
        found = _REFERENCE.match(str(target).strip())
        if found is None:
            raise UnusableModels(
                f"{'.'.join(self.key)}: the foreign key {target!r} is not table.column"
            )
        columns = (found["column"] or found["columns"]).split(",")
        schema, _, name = found["table"].rpartition(".")
        full = f"{folded(schema or self._schema_of(name))}.{folded(name)}"
        return full, ", ".join(folded(column.strip()) for column in columns)

    def _schema_of(self, name: str) -> str:
        """A bare name means what search_path finds, else the model of this schema or the only one."""
        schemas = [schema for schema, table in self._models if table == name]
        for likely in ("public", self.key[0], *schemas[:1]):
            if likely in schemas:
                return likely
        return "public"

    def _plain_name(self, column: Any) -> str:
        """The name of a Column, of its .Desc(), or the text of an expression."""
        if isinstance(column, str):
            return self._names.get(column, column)
        inner = getattr(column, "column", None) or getattr(column, "expr", None)
        direction = getattr(column, "direction", "")
        name = str(getattr(inner if inner is not None else column, "name", None) or column)
        return f"{self._names.get(name, name)} {direction}".strip()

    def _key_part(self, text: str) -> str:
        """A column's name quoted; anything else is an expression, an order or an operator class."""
        return folded(text) if text in self._types or _PLAIN.match(text) else text


def _is_key(constraint: Any) -> bool:
    return type(constraint).__name__ == "ForeignKeyConstraint"


def _add(found: dict[str, str], name: str, text: str, *, is_named: bool) -> None:
    """Keeps what is said twice once; psqlmodel gives every unnamed check of a table one name."""
    number = 2
    free = name
    while found.get(free, text) != text:
        if is_named:
            raise UnusableModels(f"two constraints are named {name}: {found[name]} and {text}")
        free = f"{name}_{number}"
        number += 1
    found[free] = text
