"""The schema of the workspace's database as it prints, without the bookkeeping tables."""

from collections.abc import Container

from psqlmigrate.postgres.connect import Connection
from psqlmigrate.postgres.introspect import introspect
from psqlmigrate.schema.catalog import Catalog
from psqlmigrate.schema.dbobject import DbObject
from psqlmigrate.schema.selection import Selection
from psqlmigrate.service.adoption import PSQLMODELS
from psqlmigrate.service.bookkeeping import Tables
from psqlmigrate.service.certificates import Name
from psqlmigrate.service.workspace import Workspace


def selection_of(workspace: Workspace) -> Selection:
    """What the configuration and --schema leave of each schema."""
    return Selection(workspace.settings.schemas, workspace.settings.ignore)


def live(workspace: Workspace, connection: Connection, *, edges: bool = True) -> Catalog:
    """The database's schema; without `edges` for hashing, which is cheaper."""
    return without_books(introspect(connection, edges=edges), workspace.tables)


def without_books(catalog: Catalog, tables: Tables) -> Catalog:
    """The catalog without bookkeeping tables, psqlmodel's included, and a schema of theirs alone."""
    own = {(tables.schema, name) for name in (*tables.names, f"{tables.history}_failures")}
    names = {*PSQLMODELS, tables.journal}

    def is_book(one: DbObject) -> bool:
        path = one.id.path
        return not one.owners and (path in own or (len(path) > 1 and path[1] in names))

    theirs = {one.id.path[0] for one in catalog if is_book(one)}
    if not theirs:
        return catalog
    rest = catalog.where(lambda one: not is_book(one))
    filled = {one.id.path[0] for one in rest if len(one.id.path) > 1}
    empty = {(schema,) for schema in theirs - filled}
    return rest.where(lambda one: one.native or bool(one.owners) or one.id.path not in empty)


def without_home(catalog: Catalog, tables: Tables, known: Container[Name]) -> Catalog:
    """The catalog without the schema that the books made for themselves, and what else is there.

    The schema cannot be dropped: the books stay in it. One that a migration made (`known`), or
    PostgreSQL, is the project's.
    """
    home = (tables.schema,)
    made = [one for one in catalog if one.id.path == home and not one.owners]
    if any(one.native or (one.kind, str(one.id)) in known for one in made):
        return catalog
    return catalog.where(lambda one: bool(one.owners) or one.id.path[:1] != home)
