"""psqlmigrate: PostgreSQL migrations that are proven before they run."""

from typing import TYPE_CHECKING

from psqlmigrate.errors import (
    MigrationAlreadyAppliedError,
    MigrationDependencyError,
    MigrationError,
    MigrationNotFoundError,
    RollbackError,
    SchemaDriftError,
    SchemaDriftWarning,
    StateCorruptionError,
)
from psqlmigrate.migrations.base import DataMigration, Migration

if TYPE_CHECKING:  # the names of __getattr__ below, for those who read and do not run
    from psqlmigrate.differ import SchemaDiffer
    from psqlmigrate.engine import Engine, create_engine
    from psqlmigrate.hasher import SchemaHasher
    from psqlmigrate.manager import MigrationManager, MigrationStatus
    from psqlmigrate.settings import MigrationConfig
    from psqlmigrate.state import StateManager

__all__ = [
    "DataMigration",
    "Engine",
    "Migration",
    "MigrationAlreadyAppliedError",
    "MigrationConfig",
    "MigrationDependencyError",
    "MigrationError",
    "MigrationManager",
    "MigrationNotFoundError",
    "MigrationStatus",
    "RollbackError",
    "SchemaDiffer",
    "SchemaDriftError",
    "SchemaDriftWarning",
    "SchemaHasher",
    "StateCorruptionError",
    "StateManager",
    "__version__",
    "create_engine",
]

__version__: str

_PLACES = {
    "Engine": "psqlmigrate.engine",
    "MigrationConfig": "psqlmigrate.settings",
    "MigrationManager": "psqlmigrate.manager",
    "MigrationStatus": "psqlmigrate.manager",
    "SchemaDiffer": "psqlmigrate.differ",
    "SchemaHasher": "psqlmigrate.hasher",
    "StateManager": "psqlmigrate.state",
    "create_engine": "psqlmigrate.engine",
}


def __getattr__(name: str) -> object:
    """Imports what needs a driver, and looks up the version, only when somebody asks."""
    if name in _PLACES:
        from importlib import import_module

        return getattr(import_module(_PLACES[name]), name)
    if name == "__version__":
        from importlib.metadata import version

        return version("psqlmigrate")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
