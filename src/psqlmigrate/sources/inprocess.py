"""Models that are objects of this process, as SQL: by the readers that read whole projects."""

import importlib
from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

from psqlmigrate.errors import ModelError
from psqlmigrate.sources.models import ModelSql, model_sql

_READERS = "psqlmigrate.sources.readers"
_NAME = "the given models"

TableName: TypeAlias = tuple[str, str]


def model_sql_of(models: Sequence[object], server_version: int) -> ModelSql:
    """What the models, and those that they belong together with, state.

    SQLAlchemy's (also SQLModel's) come with all of their MetaData; PSQLModel classes with those
    that their foreign keys need, as far as `related` finds them. Raises ModelError.
    """
    source = importlib.import_module(f"{_READERS}.model_source")
    sqlalchemy = importlib.import_module(f"{_READERS}.read_sqlalchemy")
    psqlmodel = importlib.import_module(f"{_READERS}.read_psqlmodel")
    sources = [source.ModelSource(_NAME, "", list(models))]
    try:
        readings = [sqlalchemy.read(sources, server_version), psqlmodel.read(sources)]
        answer = source.joined(readings, sources)
    except source.UnusableModels as error:
        raise ModelError(str(error)) from None
    return model_sql(answer)


def table_of(model: object) -> TableName | None:
    """Schema and name of the one table that a model is; None for what holds several (MetaData, a
    module, a declarative base).
    """
    table: Any = model
    if isinstance(model, type):
        own: dict[str, Any] = dict(vars(model))
        if own.get("__tablename__") and own.get("__columns__"):  # PSQLModel's
            schema: str | None = getattr(model, "__schema__", None)
            return (schema or "public", str(own["__tablename__"]))
        table = getattr(model, "__table__", None)
    if not all(hasattr(table, name) for name in ("name", "schema", "columns", "metadata")):
        return None
    return (str(table.schema or "public"), str(table.name))


def related(models: Sequence[object]) -> Iterator[type]:
    """Every PSQLModel class with a table of its own that was defined in this process."""
    above: list[type] = []
    for model in models:
        above += model.mro() if isinstance(model, type) else []
    for base in dict.fromkeys(filter(_is_psqlmodel, above)):
        yield from _below(base)


def _is_psqlmodel(one: type) -> bool:
    return one.__name__ == "PSQLModel" and one.__module__.startswith("psqlmodel.")


def _below(base: type) -> Iterator[type]:
    made: list[type] = base.__subclasses__()
    for one in made:
        if vars(one).get("__tablename__") and vars(one).get("__columns__"):
            yield one
        yield from _below(one)
