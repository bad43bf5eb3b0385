"""PSQLModel classes as SQL.

Built from the classes' attributes: psqlmodel's own generate_table_ddl() changes the models, does
not quote, leaves columns out that it cannot write, and evaluates callable defaults.
"""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Iterator
from typing import Any

from .model_source import ModelSource, Reading, UnusableModels, literal, renames_of
from .psqlmodel_columns import ColumnTypes
from .psqlmodel_tables import Table

# A class has a trigger and its function by psqlmodel's own names; others are made by hand, since
# in PL/pgSQL psqlmodel's do nothing. Of sequences it has those of serial columns alone, of
# comments those on tables, and no partitions.
COVERAGE = (
    "enum", "sequence with sequence owner", "sequence owner", "table without partition",
    "column of table", "default of column", "constraint of table", "index of table",
    "trigger named .+_[0-9a-f]{6}", r"function named .+_[0-9a-f]{6}_fn\(\)", "comment of table",
)  # fmt: skip

_SEQUENCE = r"\b(CREATE|ALTER)\s+SEQUENCE\b"
_GENERATED = r"\bGENERATED\s+ALWAYS\s+AS\b"
UNSTATED: dict[str, str | None] = {
    "column.collation": r"\ACREATE\b[^(]*\bTABLE\b.*\bCOLLATE\b",
    "column.generated": _GENERATED,
    "column.expression": _GENERATED,
    "column.storage": r"\bSTORAGE\s+(PLAIN|EXTERNAL|EXTENDED|MAIN)\b",
    "column.compression": r"\bCOMPRESSION\s+(pglz|lz4)\b",
    "column.statistics": None,
    "column.options": None,
    "constraint.options": r"\bWITH\s*\(\s*\w+\s*=[^)]*\)\s*[,)\n]",  # of an EXCLUDE's text
    "constraint.clustered": None,
    "index.options": None,
    "index.statistics": None,
    "index.clustered": None,
    "sequence.start": _SEQUENCE,
    "sequence.increment": _SEQUENCE,
    "sequence.cache": _SEQUENCE,
    "sequence.cycle": _SEQUENCE,
    "table.access_method": None,
    "table.options": None,
    "table.row_security": None,
    "table.force_row_security": None,
    "trigger.enabled": None,
}

_DROP = re.compile(r"\ADROP TRIGGER IF EXISTS [^;]+;\s*")
_JUNCTION = re.compile(r"CREATE TABLE IF NOT EXISTS (\S+)")


def read(sources: list[ModelSource]) -> Reading | None:
    """The DDL of every model that the sources name; None where psqlmodel has no part."""
    if any(source.reader == "psqlmodel" for source in sources):
        importlib.import_module("psqlmodel")
    if "psqlmodel" not in sys.modules:
        return None
    models = _models(sources)
    if not models:
        return None
    types = ColumnTypes()
    tables = _parents_first([Table(model, types, models) for model in models.values()])
    warnings = [*types.warnings.values(), *(text for table in tables for text in table.warnings)]
    junctions = _junctions(list(models.values()), {table.name for table in tables})
    statements = [
        *_schemas({*types.schemas, *(table.schema for table in tables)}),
        *types.statements(),
        *(table.create() for table in tables),
        *(text for table in tables for text in table.indexes()),
        *(text for table in tables for text in table.comments()),
        *junctions.values(),
        *(text for table in tables for text in table.foreign_keys()),
        *(text for table in tables for text in _triggers(table, warnings)),
    ]
    names = [*(".".join(table.key) for table in tables), *junctions]
    return Reading(
        statements,
        names,
        COVERAGE,
        UNSTATED,
        warnings,
        origin=_origin(sources),
        renames=[hint for key, model in models.items() for hint in _renames(key, model)],
        foreign=[],
    )


def _origin(sources: list[ModelSource]) -> str:
    base = importlib.import_module("psqlmodel.orm.model").PSQLModel
    names = (
        one.name
        for one in sources
        if any(
            isinstance(value, type) and issubclass(value, base)
            for value in one.candidates("psqlmodel")
        )
    )
    return ", ".join(dict.fromkeys(names))


def _renames(key: tuple[str, str], model: Any) -> Iterator[dict[str, Any]]:
    """Hints of the class: `__renamed_from__`, `__renamed_columns__ = {"new": "old"}`."""
    origin = f"{model.__module__}.{model.__qualname__}"
    yield from renames_of("table", key, vars(model).get("__renamed_from__"), origin)
    columns = getattr(model, "__renamed_columns__", None) or {}
    for name, former in columns.items():
        yield from renames_of("column", (*key, name), former, origin)


def _models(sources: list[ModelSource]) -> dict[tuple[str, str], Any]:
    """The model of each table, by (schema, name) in that order."""
    base = importlib.import_module("psqlmodel.orm.model").PSQLModel
    found: dict[tuple[str, str], Any] = {}
    for source in sources:
        for value in source.candidates("psqlmodel"):
            if not (isinstance(value, type) and issubclass(value, base)):
                continue
            # A subclass without a @table of its own has its parent's name: it is no model.
            if not vars(value).get("__tablename__") or not vars(value).get("__columns__"):
                continue
            key = (
                getattr(value, "__schema__", None) or "public",
                str(vars(value)["__tablename__"]),
            )
            known = found.setdefault(key, value)
            if known is not value:
                raise UnusableModels(
                    f"two models state the table {'.'.join(key)}: {known.__module__}"
                    f".{known.__qualname__} and {value.__module__}.{value.__qualname__}"
                )
    return dict(sorted(found.items()))


def _schemas(names: set[str]) -> list[str]:
    return [f"CREATE SCHEMA IF NOT EXISTS {name}" for name in sorted(names - {'"public"'})]


def _parents_first(tables: list[Table]) -> list[Table]:
    """In the order of their names, except that INHERITS needs its parents."""
    ordered: list[Table] = []
    waiting = list(tables)
    while waiting:
        unmade = {name for table in waiting for name in (table.key[1], ".".join(table.key))}
        ready = [table for table in waiting if not unmade & set(table.parents)]
        if not ready:
            raise UnusableModels(f"{'.'.join(waiting[0].key)} inherits from itself")
        ordered.extend(ready)
        waiting = [table for table in waiting if table not in ready]
    return ordered


def _junctions(models: list[Any], known: set[str]) -> dict[str, str]:
    """Tables that psqlmodel itself makes for many-to-many relations without a model."""
    engine = importlib.import_module("psqlmodel.core.engine")
    generate = getattr(engine, "_generate_junction_tables", None)
    texts = generate([(model, "") for model in models]) if generate else []
    found: dict[str, str] = {}
    for text in texts:
        match = _JUNCTION.match(text)
        name = match[1] if match else text
        if f'"{name.rpartition(".")[2]}"' not in known:
            found[name if "." in name else f"public.{name}"] = text
    return dict(sorted(found.items()))


def _triggers(table: Table, warnings: list[str]) -> list[str]:
    """Each trigger's function and then the trigger."""
    found: list[str] = []
    for one in getattr(table.model, "__triggers__", None) or ():
        if one.model is not table.model:
            continue  # the list is the parent's, whose own table has it
        if not one.trigger_name:
            one.trigger_name = one._generate_trigger_name()
        found.append(_function(one, warnings))
        found.append(_DROP.sub("", one.to_sql()[1]))
    return found


def _function(trigger: Any, warnings: list[str]) -> str:
    """The trigger's function in the language that psqlmodel would choose on this server."""
    if getattr(trigger, "language", None):
        return str(trigger.to_sql()[0])
    warnings.append(
        f"trigger {trigger.trigger_name} states no language: like psqlmodel, its function is"
        " PL/Python where the server has plpython3u, else a PL/pgSQL function that does nothing;"
        ' .Language("plpgsql") or .Language("plpython3u") makes it the same everywhere'
    )
    texts: list[str] = []
    for python in (True, False):
        trigger._use_plpython = python
        texts.append(literal(str(trigger.to_sql()[0])))
    return (
        "DO $psqlmigrate$ BEGIN\n"
        "IF EXISTS (SELECT FROM pg_available_extensions WHERE name = 'plpython3u') THEN\n"
        f"EXECUTE {texts[0]};\nELSE\nEXECUTE {texts[1]};\nEND IF;\nEND $psqlmigrate$"
    )
