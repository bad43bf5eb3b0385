"""Django's models as SQL: what its schema editor writes, without a connection."""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Iterator
from typing import Any

from .django_history import as_migrated, late_uniques
from .django_project import is_model
from .django_sql import Editor, extensions, offline
from .model_source import ModelSource, Reading, UnusableModels, quoted, renames_of

# Django has no words for types, views, functions, triggers and partitions of its own.
COVERAGE = (
    "sequence with sequence owner", "sequence owner", "table without partition",
    "column of table", "default of column", "identity of column", "constraint of table",
    "index of table",
)  # fmt: skip
_COMMENTS = ("comment of table", "comment of column")  # from Django 4.2 on

UNSTATED: dict[str, str | None] = {
    "column.storage": None,
    "column.compression": None,
    "column.statistics": None,
    "column.options": None,
    "constraint.options": None,
    "constraint.clustered": None,
    "constraint.replica_identity": None,
    "constraint.tablespace": None,
    "identity.sequence_schema": None,
    "identity.sequence_name": None,
    "identity.start": None,
    "identity.increment": None,
    "identity.cache": None,
    "index.statistics": None,
    "index.clustered": None,
    "index.replica_identity": None,
    "index.tablespace": None,
    "table.access_method": None,
    "table.options": None,
    "table.persistence": None,
    "table.row_security": None,
    "table.force_row_security": None,
    "table.replica_identity": None,
    "table.tablespace": None,
    "trigger.enabled": None,
}
# With its sequence, by which older versions of Django count.
_BOOKKEEPING = ["table:*.django_migrations", "sequence:*.django_migrations_id_seq"]

_SEARCH_PATH = re.compile(r"search_path\s*=\s*([^\s,]+)")


def read(sources: list[ModelSource], server_version: int) -> Reading | None:
    """The DDL of every model that the sources name; None where Django has no part."""
    if "django.db.models" not in sys.modules:
        return None
    wanted = _wanted(sources)
    if not wanted:
        return None
    connection = offline(server_version)
    models, warnings = _with_their_targets(wanted, connection)
    if not models:
        return None
    _refuse_doubles(models)
    schema = _schema(connection)
    made, late = as_migrated(models), late_uniques()
    editor = Editor(connection)
    for model in made:
        editor.create_model(model, late.get(model._meta.label_lower, ()))
    tables = [_table(one, schema) for one in _all_tables(models)]
    statements = [
        *(f"CREATE SCHEMA IF NOT EXISTS {quoted(name)}" for name in _schemas(tables)),
        *extensions(made, connection),
        *([f"SET search_path TO {quoted(schema)}, public"] if schema != "public" else []),
        *editor.statements(),
    ]
    commented = hasattr(models[0]._meta, "db_table_comment")
    return Reading(
        statements,
        [".".join(one) for one in tables],
        (*COVERAGE, *_COMMENTS) if commented else COVERAGE,
        UNSTATED,
        warnings,
        origin=_origin(sources),
        renames=[hint for model in models for hint in _renames(model, schema)],
        foreign=_BOOKKEEPING,
    )


def _origin(sources: list[ModelSource]) -> str:
    names = (one.name for one in sources if any(map(is_model, one.candidates("django"))))
    return ", ".join(dict.fromkeys(names))


def _wanted(sources: list[ModelSource]) -> list[Any]:
    """The models that the sources name, each once; what a module only imports is another's."""
    found: dict[Any, None] = {}
    for source in sources:
        for value in source.candidates("django"):
            if is_model(value) and not value._meta.abstract and source.has(value):
                found[value] = None
    return list(found)


def _with_their_targets(wanted: list[Any], connection: Any) -> tuple[list[Any], list[str]]:
    """The models that have a table, with those that their foreign keys need."""
    found: dict[Any, None] = {}
    warnings: list[str] = []
    apps = importlib.import_module("django.apps").apps
    router = importlib.import_module("django.db").router
    waiting: list[tuple[Any, Any]] = [(model, model) for model in wanted]
    named = set(wanted)
    while waiting:
        model, by = waiting.pop(0)
        if model in found or not model._meta.can_migrate(connection):
            continue
        if not router.allow_migrate_model(connection.alias, model):
            continue  # it is in another database
        found[model] = None
        if model not in named and not model._meta.auto_created:
            warnings.append(
                f"{model._meta.label} is stated, too, since {by._meta.label} refers to it"
            )
        waiting.extend((other, model) for other in _targets(model))
    order = {model: place for place, model in enumerate(apps.get_models())}
    kept = [one for one in found if not one._meta.auto_created]
    return sorted(kept, key=lambda one: order.get(one, len(order))), warnings


def _targets(model: Any) -> Iterator[Any]:
    for field in (*model._meta.local_fields, *model._meta.local_many_to_many):
        other = getattr(field.remote_field, "model", None)
        if isinstance(other, type):
            # A proxy's table is that of the model behind it.
            yield vars(other)["_meta"].concrete_model


def _all_tables(models: list[Any]) -> Iterator[Any]:
    for model in models:
        yield model
        for field in model._meta.local_many_to_many:
            if field.remote_field.through._meta.auto_created:
                yield field.remote_field.through


def _refuse_doubles(models: list[Any]) -> None:
    seen: dict[str, Any] = {}
    for model in _all_tables(models):
        other = seen.setdefault(model._meta.db_table, model)
        if other is not model:
            raise UnusableModels(
                f"two models state the table {model._meta.db_table}: {other._meta.label}"
                f" and {model._meta.label}"
            )


def _schema(connection: Any) -> str:
    """Where the project's connections make tables: a search_path among their options."""
    options = connection.settings_dict.get("OPTIONS") or {}
    found = _SEARCH_PATH.search(str(options.get("options") or "").replace("\\", ""))
    return found[1].strip("\"'") if found else "public"


def _table(model: Any, schema: str) -> tuple[str, str]:
    """Schema and name; `"schema"."name"` is a widespread way to write both in db_table."""
    name = str(model._meta.db_table)
    first, dot, last = name.partition('"."')
    if dot:
        return first.strip('"'), last.strip('"')
    return schema, name.strip('"')


def _schemas(tables: list[tuple[str, str]]) -> list[str]:
    return sorted({schema for schema, _ in tables} - {"public"})


def _renames(model: Any, schema: str) -> Iterator[dict[str, Any]]:
    """Hints: the class's `__renamed_from__` and `__renamed_columns__ = {"new": "old"}`.

    Or, for a column, the attribute `renamed_from` of its field, set in the class's body.
    """
    table, origin = _table(model, schema), f"{model.__module__}.{model.__qualname__}"
    yield from renames_of("table", table, vars(model).get("__renamed_from__"), origin)
    columns = getattr(model, "__renamed_columns__", None) or {}
    for field in model._meta.local_fields:
        former = (columns.get(one) for one in (field.name, field.column))
        hint = getattr(field, "renamed_from", None) or next(filter(None, former), None)
        if field.column:
            yield from renames_of("column", (*table, field.column), hint, origin)
