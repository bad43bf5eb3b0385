"""What a statement does to rows: which tables and indexes are written anew, what is read, what is locked."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import NamedTuple

from psycopg import sql

from psqlmigrate.postgres.connect import Connection
from psqlmigrate.schema.statement import Hazard

_LOOK = """
SELECT c.oid, c.oid::regclass::text, c.relkind = 'i', coalesce(pg_relation_filenode(c.oid), 0)::bigint,
       pg_stat_get_xact_tuples_returned(c.oid),
       pg_stat_get_xact_tuples_deleted(c.oid) + pg_stat_get_xact_tuples_updated(c.oid),
       coalesce(i.indrelid, c.oid),
       (SELECT coalesce(max(array_position(ARRAY['ShareLock', 'ShareRowExclusiveLock',
                   'ExclusiveLock', 'AccessExclusiveLock'], l.mode)), 0)
          FROM pg_locks l WHERE l.pid = pg_backend_pid() AND l.relation = c.oid
           AND l.locktype = 'relation' AND l.granted)
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_index i ON i.indexrelid = c.oid
 WHERE c.relkind IN ('r', 'i', 'm') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"""


class _Seen(NamedTuple):
    name: str
    is_index: bool
    file: int
    read: int
    changed: int
    table: int
    lock: int
    """0, or from 1 on the locks that keep writers away."""


@dataclass(frozen=True, slots=True)
class Effect:
    """What one statement did; names of tables that had rows, and of their indexes.

    `locked`: by it or by an earlier one. `newly`: by it. `judged`: whether no row came or went and
    every table had some, so that what was not done would have been.
    """

    rewritten: frozenset[str]
    rebuilt: frozenset[str]
    read: frozenset[str]
    locked: frozenset[str]
    newly: frozenset[str]
    untouched: bool
    judged: bool

    def wrong(self, hazards: Collection[Hazard]) -> list[str]:
        """What the hazards of the statement leave out, and what they say without reason."""
        if not self.untouched:
            return []
        worked = self.read | self.rewritten
        facts = {
            Hazard.TABLE_REWRITE: self.rewritten,
            Hazard.INDEX_REBUILD: self.rebuilt,
            Hazard.FULL_SCAN: frozenset() if Hazard.TABLE_REWRITE in hazards else self.read,
            Hazard.LONG_LOCK: worked & self.newly,
        }
        held = {**facts, Hazard.LONG_LOCK: worked & self.locked}
        silent = [
            f"{one} of {sorted(of)}" for one, of in facts.items() if of and one not in hazards
        ]
        loud = [f"no {one}" for one, of in held.items() if not of and one in hazards]
        return silent + (loud if self.judged else [])


def effect(connection: Connection, run: Callable[[], object]) -> Effect:
    """Runs something in the open transaction and tells what it did."""
    full = _full(connection)
    before = _look(connection)
    run()
    after = _look(connection)
    names, files = {one.name for one in before.values()}, {one.file for one in before.values()}
    kept = {oid: one for oid, one in after.items() if oid in before and oid in full}
    rewritten = {oid for oid, one in kept.items() if one.file != before[oid].file}
    rebuilt = (
        one.name
        for one in after.values()
        if one.is_index and one.table in full - rewritten
        and one.name in names and one.file not in files
    )  # fmt: skip
    changed = [
        one for oid, one in after.items() if one.changed > (oid in before and before[oid].changed)
    ]
    tables = {oid for oid, one in before.items() if not one.is_index}
    untouched = not changed and full & after.keys() <= _full(connection)
    return Effect(
        frozenset(after[oid].name for oid in rewritten),
        frozenset(rebuilt),
        frozenset(one.name for oid, one in kept.items() if one.read > before[oid].read),
        frozenset(one.name for one in kept.values() if one.lock),
        frozenset(one.name for oid, one in kept.items() if one.lock > before[oid].lock),
        untouched,
        bool(tables) and tables <= full,
    )


def _look(connection: Connection) -> dict[int, _Seen]:
    rows = connection.execute(_LOOK).fetchall()
    return {oid: _Seen(*values) for oid, *values in rows}


def _full(connection: Connection) -> set[int]:
    """The tables that have rows of their own."""
    query = """
SELECT c.oid, n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE (c.relkind = 'r' OR c.relkind = 'm' AND c.relispopulated)
   AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"""
    found: set[int] = set()
    for oid, schema, name in connection.execute(query).fetchall():
        any_row = sql.SQL("SELECT FROM ONLY {} LIMIT 1").format(sql.Identifier(schema, name))
        if connection.execute(any_row).fetchone() is not None:
            found.add(oid)
    return found
