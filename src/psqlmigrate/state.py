"""The state of the schema in its two places, the local file and the database."""

from psqlmigrate.engine import Engine, refuse_other_engine
from psqlmigrate.service import syncing
from psqlmigrate.service.workspace import Workspace
from psqlmigrate.settings import MigrationConfig

__all__ = ["StateManager"]


class StateManager:
    """Compares the local state file with the database's state table, and makes them one.

    Both hold the hash of every object that migrations made. Every method reads both anew.
    """

    def __init__(self, engine: Engine, config: MigrationConfig | None = None) -> None:
        refuse_other_engine(engine, "a StateManager")
        self.engine = engine
        self.config = config or engine.config or MigrationConfig()

    def validate_state_consistency(self) -> list[str]:
        """A line for each thing that differs; empty where file and table agree.

        Raises StateCorruptionError for a file or a table that cannot be read as a state.
        """
        return list(syncing.warnings(self._workspace()))

    def sync_from_db(self) -> None:
        """Writes the local file from the database.

        Raises StateCorruptionError where the database's state is not that of what is applied.
        """
        syncing.from_database(self._workspace())

    def sync_to_db(self) -> None:
        """Writes the database's table from the local file.

        Raises StateCorruptionError without a file, and for one of other versions than are applied.
        """
        syncing.to_database(self._workspace())

    def _workspace(self) -> Workspace:
        return self.engine.workspace(self.config)
