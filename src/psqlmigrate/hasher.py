"""Hashes of models and databases, to be compared with `psqlmigrate.differ`."""

import os
from pathlib import Path
from typing import Any

from psqlmigrate.engine import Engine, refuse_other_engine
from psqlmigrate.service.hashes import Hashes
from psqlmigrate.service.workspace import Workspace
from psqlmigrate.settings import MigrationConfig, settings_of

__all__ = ["SchemaHasher"]


class SchemaHasher:
    """SHA-256 hashes of schemas, as PostgreSQL itself prints them.

    Models and databases are loaded into a scratch database (the configured `scratch_url`, else a
    server of psqlmigrate's own) and read from there, so what two hashers print compares. A model
    is a class of SQLAlchemy, SQLModel or PSQLModel, or a Table. An index on a table, and a trigger,
    have hashes of their own; columns, defaults and constraints are part of their table's.
    """

    def __init__(self, config: MigrationConfig | None = None) -> None:
        settings = settings_of(config, Path.cwd())
        self._config = config
        self._hashes = Hashes(Workspace(settings, os.environ))

    def hash_table(self, model: object) -> str:
        """`sha256:` and 64 hex digits. Raises ModelError for what is no model of one table."""
        return self._hashes.of_table(model)

    def hash_models(self, models: object = None) -> dict[str, Any]:
        """The hashes of what models state: `tables`, `triggers`, `indexes` by name, and `meta`.

        They are classes and the like in a list or another iterable, or one alone. Further kinds of
        objects have sections of their own (`enums`, `views`). Instead of classes the list may have
        what `--models` takes ("schema.sql", "myapp.models"); without a list it is the configured
        models. Raises ModelError and SourceError.
        """
        return self._hashes.of_models(models)

    def hash_database_schema(self, engine: Engine) -> dict[str, Any]:
        """The hashes of what a database has, bookkeeping tables left out, in the same shape."""
        refuse_other_engine(engine, "hash_database_schema")
        return self._hashes.of_database(engine.workspace(self._config))
