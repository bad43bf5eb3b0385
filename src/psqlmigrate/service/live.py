"""The schema of the workspace's database as it prints, without the bookkeeping tables."""

from psqlmigrate.postgres.connect import Connection
from psqlmigrate.postgres.introspect import introspect
from psqlmigrate.schema.catalog import Catalog
from psqlmigrate.schema.selection import Selection
from psqlmigrate.service.workspace import Workspace


def selection_of(workspace: Workspace) -> Selection:
    """What the configuration and --schema leave of each schema."""
    return Selection(workspace.settings.schemas, workspace.settings.ignore)


def live(workspace: Workspace, connection: Connection, *, edges: bool = True) -> Catalog:
    """The database's schema; without `edges` for hashing, which is cheaper."""
    own = {(workspace.tables.schema, name) for name in workspace.tables.names}
    return introspect(connection, edges=edges).where(
        lambda one: bool(one.owners) or one.id.path not in own
    )
