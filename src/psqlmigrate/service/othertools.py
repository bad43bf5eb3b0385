"""The tables in which other migration tools keep what they did: no part of anybody's schema."""

from collections.abc import Mapping

from psqlmigrate.schema.catalog import Catalog
from psqlmigrate.schema.identity import ObjectId

_TABLES: Mapping[str, tuple[str, frozenset[str]]] = {
    "alembic_version": ("Alembic", frozenset({"version_num"})),
    "flyway_schema_history": ("Flyway", frozenset({"installed_rank", "script", "success"})),
    "schema_migrations": ("a migration tool", frozenset({"version"})),
    "ar_internal_metadata": ("Rails", frozenset({"key", "value"})),
    "goose_db_version": ("goose", frozenset({"version_id", "is_applied"})),
    "databasechangelog": ("Liquibase", frozenset({"id", "author", "orderexecuted"})),
    "databasechangeloglock": ("Liquibase", frozenset({"id", "locked"})),
    "django_migrations": ("Django", frozenset({"app", "name", "applied"})),
    "_prisma_migrations": ("Prisma", frozenset({"id", "migration_name", "checksum"})),
    "_sqlx_migrations": ("sqlx", frozenset({"version", "checksum"})),
    "knex_migrations": ("Knex", frozenset({"name", "batch"})),
    "knex_migrations_lock": ("Knex", frozenset({"is_locked"})),
    "SequelizeMeta": ("Sequelize", frozenset({"name"})),
    "__EFMigrationsHistory": ("Entity Framework", frozenset({"MigrationId"})),
    "_psqlmodel_migrations": ("psqlmodel", frozenset({"version", "applied_at"})),
    "_psqlmodel_schema_state": ("psqlmodel", frozenset({"object_type", "object_name"})),
    "_psqlmodel_migrations_failures": ("psqlmodel", frozenset({"version", "failed_at"})),
}
_PLAIN = frozenset({"schema_migrations", "SequelizeMeta"})
"""Names that anybody could choose: here the columns must be these, with at most one more."""


def without_bookkeeping(catalog: Catalog) -> tuple[Catalog, dict[ObjectId, str]]:
    """The catalog without such tables and their sequences, and which tool each table is of.

    A table that something else stands on stays: it is more than bookkeeping. The catalog needs
    its edges.
    """
    found: dict[ObjectId, str] = {}
    gone: set[ObjectId] = set()
    for oid, one in catalog.objects.items():
        tool = "" if one.owners or not one.carries_data else _tool(catalog, oid)
        whole = _with_sequences(catalog, oid) if tool else set[ObjectId]()
        if tool and not _needed(catalog, whole):
            found[oid] = tool
            gone |= whole
    return catalog.where(lambda one: one.id not in gone), found


def _tool(catalog: Catalog, oid: ObjectId) -> str:
    tool, wanted = _TABLES.get(oid.path[-1], ("", frozenset[str]()))
    if not tool:
        return ""
    columns = {
        part.path[-1]
        for part, one in catalog.objects.items()
        if one.carries_data and one.owners and one.owners[0] == oid
    }
    spare = 1 if oid.path[-1] in _PLAIN else len(columns)
    return tool if wanted <= columns and len(columns - wanted) <= spare else ""


def _whole(catalog: Catalog, oid: ObjectId) -> set[ObjectId]:
    """The object and all that belongs to it."""
    whole = {oid}
    while (
        more := {
            part for part, one in catalog.objects.items() if one.owners and one.owners[0] in whole
        }
        - whole
    ):
        whole |= more
    return whole


def _with_sequences(catalog: Catalog, oid: ObjectId) -> set[ObjectId]:
    """The same with what carries data, yet nothing that does so belongs to it: its sequences."""
    whole = _whole(catalog, oid)
    for target in {one for part in whole for one in catalog.edges.get(part, frozenset())} - whole:
        one, parts = catalog.get(target), _whole(catalog, target)
        carried = [part for part in parts if catalog.objects[part].carries_data]
        if one and not one.owners and carried == [target]:
            whole |= parts
    return whole


def _needed(catalog: Catalog, whole: set[ObjectId]) -> bool:
    """Whether something else stands on one of them."""
    return any(
        targets & whole and oid not in whole
        for oid, targets in catalog.edges.items()
        if oid in catalog.objects
    )
