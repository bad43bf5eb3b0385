"""The exceptions under the name of their module in psqlmodel (`psqlmodel.migrations.exceptions`)."""

from psqlmigrate.errors import (
    MigrationAlreadyAppliedError,
    MigrationDependencyError,
    MigrationError,
    MigrationNotFoundError,
    RollbackError,
    SchemaDriftError,
    StateCorruptionError,
)

__all__ = [
    "MigrationAlreadyAppliedError",
    "MigrationDependencyError",
    "MigrationError",
    "MigrationNotFoundError",
    "RollbackError",
    "SchemaDriftError",
    "StateCorruptionError",
]
