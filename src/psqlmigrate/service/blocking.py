"""Waiting for locks that the database's other sessions hold."""

import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import TypeVar

import psycopg

from psqlmigrate.postgres.connect import Connection
from psqlmigrate.schema.sqltext import ident, sql
from psqlmigrate.service.failure import RETRIED
from psqlmigrate.service.locking import pauses, spoken

T = TypeVar("T")

_FIRST_S = 0.05
_LONGEST_S = 2.0

# After a lock timeout nobody waits any more: of the sessions that hold a lock on something the
# statement names, the one with the oldest transaction is the likely cause.
_HOLDER = b"""
SELECT n.nspname::pg_catalog.text, c.relname::pg_catalog.text, a.pid,
       CASE WHEN a.usesysid IS NULL THEN 'autovacuum' ELSE a.application_name END, a.state,
       pg_catalog.clock_timestamp() - a.state_change
  FROM pg_catalog.pg_locks k
  JOIN pg_catalog.pg_class c ON c.oid = k.relation
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_catalog.pg_stat_activity a ON a.pid = k.pid
 WHERE k.locktype = 'relation' AND k.granted AND k.pid <> pg_catalog.pg_backend_pid()
   AND k.database = (SELECT d.oid FROM pg_catalog.pg_database d
                      WHERE d.datname = pg_catalog.current_database())
   AND n.nspname <> 'pg_catalog'
   AND pg_catalog.strpos(pg_catalog.lower(%s), pg_catalog.lower(c.relname::pg_catalog.text)) > 0
 ORDER BY a.xact_start NULLS LAST, c.relkind DESC, c.relname LIMIT 1"""

# What the server runs by itself belongs to nobody, which every role may see.
_VACUUMED = b"""
SELECT DISTINCT n.nspname::pg_catalog.text, c.relname::pg_catalog.text
  FROM pg_catalog.pg_locks k
  JOIN pg_catalog.pg_class c ON c.oid = k.relation
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_catalog.pg_stat_activity a ON a.pid = k.pid
 WHERE k.locktype = 'relation' AND k.granted AND k.mode = 'ShareUpdateExclusiveLock'
   AND k.database = (SELECT d.oid FROM pg_catalog.pg_database d
                      WHERE d.datname = pg_catalog.current_database())
   AND c.relkind IN ('r', 'm') AND a.usesysid IS NULL
   AND pg_catalog.strpos(a.query, 'to prevent wraparound') = 0
   AND pg_catalog.strpos(pg_catalog.lower(%s), pg_catalog.lower(c.relname::pg_catalog.text)) > 0"""

_LONG_ENOUGH = b"""
SELECT pg_catalog.set_config('lock_timeout',
         (s.setting::pg_catalog.int8 OPERATOR(pg_catalog.+) 500)::pg_catalog.text, true)
  FROM pg_catalog.pg_settings s WHERE s.name = 'deadlock_timeout'"""


def patiently(
    action: Callable[[], T],
    wait_s: float,
    on_blocked: Callable[[float, psycopg.Error], None],
) -> T:
    """The action's answer; it is repeated, with growing pauses, while a lock is not to be had.

    The action leaves no transaction open when it raises. `wait_s` after it was first kept waiting
    its error goes on: what it did before that, for however long, is no waiting.
    """
    start: float | None = None
    for pause in pauses(_FIRST_S, _LONGEST_S):
        try:
            return action()
        except psycopg.Error as error:
            now = time.monotonic()
            start = now if start is None else start
            waited = now - start
            if error.sqlstate not in RETRIED or waited >= wait_s:
                raise
            on_blocked(waited, error)
        time.sleep(min(pause, max(0.0, wait_s - waited)))
    raise AssertionError("the pauses never end")


def relieve(connection: Connection, sql_text: str) -> None:
    """Makes autovacuum let go of the tables that a statement names; no transaction is open.

    PostgreSQL cancels an autovacuum that is waited for longer than `deadlock_timeout`, which no
    attempt of ours does. The lock that waits here keeps neither readers nor writers out.
    """
    for schema, table in connection.execute(_VACUUMED, (sql_text,)).fetchall():
        lock = sql("LOCK TABLE ONLY {} IN SHARE UPDATE EXCLUSIVE MODE", ident(schema, table))
        with suppress(psycopg.Error), connection.transaction(force_rollback=True):
            connection.execute(_LONG_ENOUGH)
            connection.execute(lock.encode())


def reason(connection: Connection, sql_text: str, error: psycopg.Error) -> str:
    """`a lock on public.users held by pid 4711 (psql, idle in transaction for 5 min)`."""
    if error.sqlstate == "40P01":
        return "a deadlock with another session"
    row = connection.execute(_HOLDER, (sql_text,)).fetchone()
    if row is None:
        return "a lock that another session holds"
    schema, table, pid, application, state, age = row
    doing = f"{state} for {spoken(age)}" if state and isinstance(age, timedelta) else ""
    who = ", ".join(part for part in (application, doing) if part)
    return f"a lock on {schema}.{table} held by pid {pid}" + (f" ({who})" if who else "")
