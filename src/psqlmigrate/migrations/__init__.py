"""Migrations as files: no connection is opened here.

The two classes are here, too, for imports in which only psqlmodel's name was replaced.
"""

from psqlmigrate.migrations.base import DataMigration, Migration

__all__ = ["DataMigration", "Migration"]
