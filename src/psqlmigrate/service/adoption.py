"""Where psqlmodel has left its history in a database, so that it is gone on with in place.

Its earlier versions wrote to the first schema of the search path, those from 0.8 on to the schema
`migrations`. A project that went from one to the other has both.
"""

from dataclasses import replace

from psqlmigrate.postgres.connect import Connection
from psqlmigrate.service.bookkeeping import Tables

LATER = "migrations"
"""The schema of psqlmodel's later generation."""

PSQLMODELS = (
    "_psqlmodel_migrations",
    "_psqlmodel_schema_state",
    "_psqlmodel_migrations_failures",
    "_psqlmodel_migrations_failures_id_seq",
)
"""The names under which psqlmodel keeps books, in whatever schema."""

_HISTORIES = """
SELECT n.nspname::pg_catalog.text, EXISTS (
         SELECT FROM pg_catalog.pg_class j
          WHERE j.relnamespace = n.oid AND j.relname = %s::pg_catalog.name)
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relname = %s::pg_catalog.name"""


def locate(connection: Connection, tables: Tables) -> Tables:
    """The tables where this database has them; `tables` as they are where it has none.

    What psqlmigrate has written to before (its journal tells) comes first, then what psqlmodel
    wrote to last; what it wrote to before that is `former`.
    """
    found = dict(tables.run(connection, _HISTORIES, (tables.journal, tables.history)))
    if not found.keys() - {tables.schema}:
        return tables
    earlier = next((one for one in _search_path(connection) if one in found), tables.schema)
    known = [one for one in (tables.schema, LATER, earlier) if one in found]
    ours = next((one for one in known if found[one]), None)
    if ours is not None or not known:
        return replace(tables, schema=ours or tables.schema)
    if LATER not in found:
        return replace(tables, schema=earlier)
    former = earlier if earlier in found and earlier != LATER else ""
    return replace(tables, schema=LATER, former=former)


def _search_path(connection: Connection) -> list[str]:
    """The schemas that a connection without settings of ours would look into."""
    with connection.transaction(force_rollback=True):
        connection.execute(b"RESET search_path")
        row = connection.execute(b"SELECT pg_catalog.current_schemas(false)::text[]").fetchone()
    return row[0] if row else []
