"""psqlmigrate: PostgreSQL migrations that are proven before they run."""

from psqlmigrate.errors import (
    MigrationAlreadyAppliedError,
    MigrationDependencyError,
    MigrationError,
    MigrationNotFoundError,
    RollbackError,
    SchemaDriftError,
    StateCorruptionError,
)
from psqlmigrate.migrations.base import DataMigration, Migration

__all__ = [
    "DataMigration",
    "Migration",
    "MigrationAlreadyAppliedError",
    "MigrationDependencyError",
    "MigrationError",
    "MigrationNotFoundError",
    "RollbackError",
    "SchemaDriftError",
    "StateCorruptionError",
    "__version__",
]

__version__: str


def __getattr__(name: str) -> str:
    """Looks up the version only when somebody asks: it reads the installed package's metadata."""
    if name == "__version__":
        from importlib.metadata import version

        return version("psqlmigrate")
    raise AttributeError(name)
