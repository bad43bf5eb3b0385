"""Whether a statement outside of transactions was done, as the catalog tells."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from psqlmigrate.migrations import outside
from psqlmigrate.migrations.outside import Outside
from psqlmigrate.postgres.connect import Connection
from psqlmigrate.schema.sqltext import Sql, ident, sql

Look = Mapping[str, Any]

_INDEXES = """
SELECT i.indexrelid::pg_catalog.int8 FROM pg_catalog.pg_index i
 WHERE i.indrelid = pg_catalog.to_regclass(%s)::pg_catalog.oid"""

_NEW_INDEXES = """
SELECT n.nspname::pg_catalog.text, c.relname::pg_catalog.text, i.indisvalid
  FROM pg_catalog.pg_index i
  JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE i.indrelid = pg_catalog.to_regclass(%s)::pg_catalog.oid
   AND i.indexrelid <> ALL (%s::pg_catalog.oid[])
   AND (%s = '' OR c.relname = (pg_catalog.parse_ident(NULLIF(%s, '')))[1]::pg_catalog.name)"""

# One of a partitioned table made ON ONLY has indisvalid = f rightfully: relkind tells it apart.
_LEFT_INVALID = """
SELECT n.nspname::pg_catalog.text, c.relname::pg_catalog.text
  FROM pg_catalog.pg_index i
  JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid AND c.relkind = 'i'
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE i.indrelid = pg_catalog.to_regclass(%s)::pg_catalog.oid AND NOT i.indisvalid
   AND c.relname = (pg_catalog.parse_ident(%s))[1]::pg_catalog.name"""

# REINDEX CONCURRENTLY builds beside the old index, and renames (manual, REINDEX).
_REBUILT = """
SELECT i.indexrelid::pg_catalog.int8, n.nspname::pg_catalog.text, c.relname::pg_catalog.text
  FROM pg_catalog.pg_index i
  JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE NOT i.indisvalid AND c.relname::pg_catalog.text ~ '_cc(new|old)[0-9]*$'"""

_PARTITION = """
SELECT h.inhrelid::pg_catalog.int8, h.inhparent::pg_catalog.int8 FROM pg_catalog.pg_inherits h
 WHERE h.inhrelid = pg_catalog.to_regclass(%s)::pg_catalog.oid AND h.inhparent = pg_catalog.to_regclass(%s)::pg_catalog.oid"""

_PENDING = """
SELECT h.inhdetachpending, pn.nspname::pg_catalog.text, p.relname::pg_catalog.text,
       n.nspname::pg_catalog.text, c.relname::pg_catalog.text
  FROM pg_catalog.pg_inherits h
  JOIN pg_catalog.pg_class p ON p.oid = h.inhparent
  JOIN pg_catalog.pg_namespace pn ON pn.oid = p.relnamespace
  JOIN pg_catalog.pg_class c ON c.oid = h.inhrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE h.inhrelid = %s::pg_catalog.oid AND h.inhparent = %s::pg_catalog.oid"""

_DATABASE = """
SELECT 1 FROM pg_catalog.pg_database
 WHERE datname = (pg_catalog.parse_ident(%s))[1]::pg_catalog.name"""
_TABLESPACE = """
SELECT 1 FROM pg_catalog.pg_tablespace
 WHERE spcname = (pg_catalog.parse_ident(%s))[1]::pg_catalog.name"""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to be run first, and whether the statement itself is done then."""

    done: bool
    first: tuple[Sql, ...] = ()

    @property
    def left_nothing(self) -> bool:
        """Whether the database is as if the statement had never been sent."""
        return not self.done and not self.first


def leftovers(connection: Connection, about: Outside) -> tuple[Sql, ...]:
    """What has to go before the statement: IF NOT EXISTS would leave an index invalid for ever."""
    if about.kind != outside.CREATE_INDEX or not about.unless_there:
        return ()
    rows = connection.execute(_LEFT_INVALID.encode(), (about.of, about.name)).fetchall()
    return tuple(_dropped(*row) for row in rows)


def before(connection: Connection, about: Outside) -> dict[str, object]:
    """What `verdict` has to know of the time before the statement."""
    if about.kind == outside.CREATE_INDEX:
        return {"indexes": [row[0] for row in connection.execute(_INDEXES.encode(), (about.of,))]}
    if about.kind == outside.DROP_INDEX:
        query = (
            b"SELECT pg_catalog.to_regclass(%s)::pg_catalog.oid::pg_catalog.oid::pg_catalog.int8"
        )
        row = connection.execute(query, (about.name,)).fetchone()
        return {"index": row[0] if row else None}
    if about.kind == outside.REINDEX:
        return {"left": [row[0] for row in connection.execute(_REBUILT.encode())]}
    if about.kind == outside.DETACH:
        row = connection.execute(_PARTITION.encode(), (about.name, about.of)).fetchone()
        return {"partition": list(row) if row else None}
    if about.kind in _BY_NAME:
        return {"there": _there(connection, about)}
    return {}


def verdict(connection: Connection, about: Outside, look: Look) -> Verdict | None:
    """What to do about a statement that was begun; None where nobody can tell."""
    if about.kind == outside.CREATE_INDEX:
        return _of_build(connection, about, look["indexes"])
    if about.kind == outside.DROP_INDEX:
        return _of_drop(connection, look["index"])
    if about.kind == outside.REINDEX:
        rows = connection.execute(_REBUILT.encode()).fetchall()
        left = [(schema, name) for oid, schema, name in rows if oid not in look["left"]]
        return Verdict(done=False, first=tuple(_dropped(*one) for one in left))
    if about.kind == outside.DETACH:
        return _of_detach(connection, look["partition"])
    if about.kind in _BY_NAME:
        creates = about.kind.startswith("create")
        return Verdict(done=look["there"] != creates and _there(connection, about) == creates)
    return Verdict(done=False)


def _of_build(connection: Connection, about: Outside, known: list[int]) -> Verdict | None:
    params = (about.of, known, about.name, about.name)
    rows = connection.execute(_NEW_INDEXES.encode(), params).fetchall()
    if not rows:
        return Verdict(done=False)
    if len(rows) > 1:
        return None
    schema, name, valid = rows[0]
    return Verdict(done=True) if valid else Verdict(done=False, first=(_dropped(schema, name),))


def _of_drop(connection: Connection, index: int | None) -> Verdict:
    query = b"SELECT 1 FROM pg_catalog.pg_class WHERE oid = %s::pg_catalog.oid"
    there = index is None or connection.execute(query, (index,)).fetchone()
    return Verdict(done=not there)


def _of_detach(connection: Connection, partition: list[int] | None) -> Verdict:
    if partition is None:
        return Verdict(done=False)
    row = connection.execute(_PENDING.encode(), partition).fetchone()
    if row is None:
        return Verdict(done=True)
    pending, parent_schema, parent, schema, name = row
    if not pending:
        return Verdict(done=False)
    text = "ALTER TABLE {} DETACH PARTITION {} FINALIZE"
    return Verdict(done=True, first=(sql(text, ident(parent_schema, parent), ident(schema, name)),))


_BY_NAME = {
    outside.CREATE_DATABASE: _DATABASE,
    outside.DROP_DATABASE: _DATABASE,
    outside.CREATE_TABLESPACE: _TABLESPACE,
    outside.DROP_TABLESPACE: _TABLESPACE,
}


def _there(connection: Connection, about: Outside) -> bool:
    return bool(connection.execute(_BY_NAME[about.kind].encode(), (about.name,)).fetchone())


def _dropped(schema: str, name: str) -> Sql:
    # What belongs to a TOAST table can be dropped, but not concurrently.
    how = sql("") if schema == "pg_toast" else sql("CONCURRENTLY ")
    return sql("DROP INDEX {}IF EXISTS {}", how, ident(schema, name))
