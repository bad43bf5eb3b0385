"""The types and defaults of PSQLModel's columns as SQL."""

from __future__ import annotations

import datetime as dt
import decimal
import enum
import importlib
import json
import re
import sys
import typing
import uuid
from typing import Any

from .model_source import UnusableModels, literal, quoted

# psqlmodel's own mapping, and the types that it lets through as "<class 'uuid.UUID'>".
_PYTHON_TYPES: dict[Any, str] = {
    bool: "BOOLEAN", int: "INTEGER", float: "NUMERIC(10,2)", str: "TEXT", dict: "JSONB",
    list: "TEXT[]", bytes: "BYTEA", dt.datetime: "TIMESTAMP WITH TIME ZONE",
    dt.date: "DATE", dt.time: "TIME", dt.timedelta: "INTERVAL",
    uuid.UUID: "UUID", decimal.Decimal: "NUMERIC",
}  # fmt: skip
_SIZED = ("VARCHAR", "CHAR", "BIT", "BIT VARYING")
_LABELS = ("labels", "values", "choices", "members", "enum", "enums", "enum_class", "python_enum")
_TYPE_TEXT = re.compile(r"[A-Za-z][\w. ]*(\(\d+(, *\d+)?\))?(\[\])*\Z")
_CALL = re.compile(r"[A-Za-z_][\w.]*\(.*\)(::[\w. ]+)?\Z", re.DOTALL)
_MOMENTS = ("CURRENT_TIMESTAMP", "CURRENT_DATE", "CURRENT_TIME", "LOCALTIMESTAMP", "LOCALTIME")
# default=dict and the like: the same value on every call, which psqlmodel writes into its DDL.
_EMPTY = (dict, list, str, int, float, bool)
_UUID_MAKERS = ("gen_random_uuid", "gen_default_uuid")


class ColumnTypes:
    """Names the SQL type of each column, and collects the enum types that are met on the way."""

    def __init__(self) -> None:
        self.enums: dict[str, list[str]] = {}
        self.schemas: set[str] = set()
        self.warnings: dict[str, str] = {}
        self._types = importlib.import_module("psqlmodel.orm.types")

    def sql(self, column: Any, model: type) -> str:
        """The SQL type of a column."""
        hint = getattr(column, "python_type_hint", None) or column.type_hint
        where = f"{model.__module__}.{model.__qualname__}.{column.attr_name}"
        if hint is column:
            raise UnusableModels(
                f"{where}: Python reads its annotation as the column itself, since both have one"
                f" name; import the type under another one, as in types.{column.attr_name}"
            )
        found = self._named(_evaluated(hint, model))
        if found is None:
            raise UnusableModels(f"{where}: the annotation {hint!r} has no PostgreSQL type")
        if found in _SIZED and column.max_len:
            return f"{found}({column.max_len})"
        if found == "TIMESTAMP" and getattr(column, "timez", False):
            return "TIMESTAMP WITH TIME ZONE"
        return found

    def statements(self) -> list[str]:
        """CREATE TYPE for each enum."""
        return [
            f"CREATE TYPE {name} AS ENUM ({', '.join(literal(one) for one in labels)})"
            for name, labels in sorted(self.enums.items())
        ]

    def _named(self, hint: Any) -> str | None:
        if hint is None:
            return "TEXT"
        if isinstance(hint, str):
            return hint if _TYPE_TEXT.match(hint) else None
        if _is_subclass(hint, self._types.SQLType):
            hint = hint()
        if isinstance(hint, self._types.SQLType):
            return self._of_sql_type(hint)
        return self._of_python(hint)

    def _of_sql_type(self, one: Any) -> str:
        element = getattr(one, "element_type", None)
        if element is not None:
            return f"{self._named(element)}[]"
        name = str(one.ddl())
        if not type(one).__module__.startswith("psqlmodel.") and (labels := _labels_in(one)):
            self._keep(name, labels)
        return name

    def _of_python(self, hint: Any) -> str | None:
        origin, arguments = typing.get_origin(hint), typing.get_args(hint)
        if arguments and _is_optional(hint):
            wanted = [one for one in arguments if one is not type(None)]
            return self._named(wanted[0]) if len(wanted) == 1 else None
        if hasattr(hint, "__metadata__"):
            return self._named(arguments[0])
        if origin is list and arguments:
            return f"{self._of_element(arguments[0])}[]"
        if _is_subclass(hint, enum.Enum):
            return self._of_enum(hint)
        return _PYTHON_TYPES.get(origin or hint) if callable(origin or hint) else None

    def _of_element(self, hint: Any) -> str | None:
        """Like psqlmodel: what is neither a plain type nor a SQLType is text in an array."""
        if hint in (str, int, float, bool, dict):
            return _PYTHON_TYPES[hint]
        is_sql = isinstance(hint, self._types.SQLType) or _is_subclass(hint, self._types.SQLType)
        return self._named(hint) if is_sql else "TEXT"

    def _of_enum(self, kind: Any) -> str:
        if issubclass(kind, int):
            return "INTEGER"
        stated = getattr(kind, "__typename__", None) or _snake_case(kind.__name__)
        schema = quoted(getattr(kind, "__schema__", "public"))
        self.schemas.add(schema)
        name = f"{schema}.{quoted(stated)}"
        self._keep(name, [label(one) for one in kind])
        if not issubclass(kind, str) and any(label(one) != one.name for one in kind):
            self.warnings[name] = (
                f"{kind.__module__}.{kind.__qualname__}: the labels of {name} are the members'"
                " values, but psycopg sends the names of a plain Enum's members; a StrEnum's"
                " values are sent"
            )
        return name

    def _keep(self, name: str, labels: list[str]) -> None:
        if self.enums.setdefault(name, labels) != labels:
            raise UnusableModels(f"two enums state the type {name} with different labels")


def label(member: enum.Enum) -> str:
    """An enum's label in PostgreSQL: the member's text, or its name where the value is none."""
    kind = type(member)
    return str(member.value if all(isinstance(one.value, str) for one in kind) else member.name)


def _labels_in(one: Any) -> list[str]:
    """The labels that a project's own SQLType states in one of the usual attributes."""
    for name in _LABELS:
        value: Any = getattr(one, name, None)
        if _is_subclass(value, enum.Enum) or isinstance(value, (list, tuple)):
            return [label(text) if isinstance(text, enum.Enum) else str(text) for text in value]
    return []


def _evaluated(hint: Any, model: type) -> Any:
    """The annotation itself, where psqlmodel was left with its text."""
    if not isinstance(hint, str):
        return hint
    try:
        # The project's own annotation, in its own module: what typing.get_type_hints() does,
        # except that an instance such as numeric(12, 2) is allowed.
        return eval(hint, dict(vars(sys.modules[model.__module__])))  # noqa: S307
    except (NameError, SyntaxError, TypeError, AttributeError):
        return hint


def _is_subclass(value: Any, kind: type) -> bool:
    return isinstance(value, type) and typing.get_origin(value) is None and issubclass(value, kind)


def _is_optional(hint: Any) -> bool:
    return typing.get_origin(hint) is typing.Union or type(hint).__name__ == "UnionType"


def _snake_case(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def default(column: Any, type_sql: str) -> str | None:
    """What follows DEFAULT. A value that Python computes for each row is no SQL default."""
    value = column.default
    if callable(value) and not hasattr(value, "to_sql"):
        if any(name in getattr(value, "__name__", "") for name in _UUID_MAKERS):
            return "gen_random_uuid()"
        value = value() if any(value is one for one in _EMPTY) else _called(value)
    if value is None:
        return None
    if hasattr(value, "to_sql"):
        return _expression(value)
    if isinstance(value, enum.Enum):
        value = value.value if isinstance(value, int) else label(value)
    if isinstance(value, str):
        return _text_default(value, type_sql)
    return literal(_constant(value, type_sql))


def _called(value: Any) -> Any:
    """What psqlmodel's now() and the like stand for; None for what a program computes itself."""
    try:
        found = value()
    except Exception:
        return None
    return found if hasattr(found, "to_sql") else None


def _expression(value: Any) -> str:
    text, parameters = value.to_sql_params()
    first, *others = str(text).split("%s" if parameters else "\0")
    constants = (
        str(one) if isinstance(one, (int, float)) else literal(str(one)) for one in parameters
    )
    return first + "".join(f"{next(constants)}{part}" for part in others)


def _text_default(value: str, type_sql: str) -> str:
    """A string is a constant, unless the column cannot hold it and it is an expression."""
    if value.lower() == "gen_random_uuid()":
        return value
    base = type_sql.upper()
    if base.startswith(("TIMESTAMP", "DATE", "TIME")) and value.lower() == "now":
        return "now()"  # the constant 'now' would be the moment at which the table is made
    textual = base.startswith(("TEXT", "VARCHAR", "CHAR", "JSON", "XML", '"')) or "[" in base
    if not textual and (_CALL.match(value) or value.upper() in _MOMENTS):
        return value
    return literal(value)


def _constant(value: Any, type_sql: str) -> str:
    base = type_sql.upper()
    if base in ("JSON", "JSONB"):
        return json.dumps(value, ensure_ascii=False, default=str)
    if base.endswith("]") and isinstance(value, (list, tuple)):
        return _array(value)
    if isinstance(value, bytes):
        return "\\x" + value.hex()
    if isinstance(value, dt.timedelta):
        return f"{value.total_seconds()} seconds"
    return str(value)


def _array(values: Any) -> str:
    def element(one: Any) -> str:
        if isinstance(one, (list, tuple)):
            return _array(one)
        if one is None:
            return "NULL"
        text = label(one) if isinstance(one, enum.Enum) else str(one)
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'

    return "{" + ",".join(element(one) for one in values) + "}"
