"""psqlmigrate: PostgreSQL migrations that are proven before they run."""

from psqlmigrate.migrations.base import DataMigration, Migration

__all__ = ["DataMigration", "Migration"]
