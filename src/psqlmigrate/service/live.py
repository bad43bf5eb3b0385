"""The schema of the workspace's database as it prints, without the bookkeeping tables."""

from collections.abc import Container

from psqlmigrate.postgres.connect import Connection
from psqlmigrate.postgres.introspect import introspect
from psqlmigrate.schema.catalog import Catalog
from psqlmigrate.schema.dbobject import DbObject
from psqlmigrate.schema.identity import ObjectId
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

    def is_book(oid: ObjectId) -> bool:
        path = oid.path
        named = path in own or (len(path) > 1 and path[1] in names)
        return named and not catalog.objects[oid].owners

    books = {oid for oid in catalog.objects if is_book(oid)}
    rest = catalog.without(books)
    filled = {oid.path[0] for oid in rest.objects if len(oid.path) > 1}
    empty = {(oid.path[0],) for oid in books if oid.path[0] not in filled}
    alone = (oid for oid in rest.objects if oid.path in empty)
    return rest.without({oid for oid in alone if not _stays(rest.objects[oid])})


def _stays(one: DbObject) -> bool:
    return one.native or bool(one.owners)


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
