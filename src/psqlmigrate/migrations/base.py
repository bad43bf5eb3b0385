"""What migration files derive from."""

from typing import Any, ClassVar


class Migration:
    """One step of a schema. `up` and `down` are given an engine with `execute(sql)`."""

    version: ClassVar[str] = ""
    message: ClassVar[str] = ""
    depends_on: ClassVar[str | list[str] | None] = None
    transactional: ClassVar[bool] = True
    replaces: ClassVar[dict[str, str]] = {}

    def up(self, engine: Any) -> None:
        """Apply the migration."""
        raise NotImplementedError

    def down(self, engine: Any) -> None:
        """Revert the migration."""
        raise NotImplementedError


class DataMigration(Migration):
    """A migration of rows; it touches no object of the schema."""

    is_data_migration: ClassVar[bool] = True
    timeout_seconds: ClassVar[int] = 3600
    batch_size: ClassVar[int] = 1000
