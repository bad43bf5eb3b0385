"""Finds out, from outside, what a session is waiting for."""

import threading

import psycopg

from psqlmigrate.errors import ConnectionFailedError
from psqlmigrate.postgres.connect import Connection, connect
from psqlmigrate.postgres.target import Target
from psqlmigrate.service.locking import spoken

_LIMIT_MS = 500

_BLOCKED = b"""
SELECT b.pid, b.application_name, b.state,
       pg_catalog.clock_timestamp() - b.state_change,
       (SELECT pg_catalog.concat(n.nspname, '.', c.relname)
          FROM pg_catalog.pg_locks k
          JOIN pg_catalog.pg_class c ON c.oid = k.relation
          JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
         WHERE k.pid = a.pid AND NOT k.granted LIMIT 1)
  FROM pg_catalog.pg_stat_activity a
  LEFT JOIN pg_catalog.pg_stat_activity b
    ON b.pid = (SELECT p FROM pg_catalog.unnest(pg_catalog.pg_blocking_pids(a.pid)) AS w(p) LIMIT 1)
 WHERE a.pid = %s"""


class Watch:
    """Asks about one backend on a connection of its own, which is made with the first question.

    It never takes part in the run: a watch that fails is silent from then on.
    """

    def __init__(self, target: Target, pid: int) -> None:
        self._target = target
        self._pid = pid
        self._connection: Connection | None = None
        self._ended = False
        self._turn = threading.Lock()

    def reason(self) -> str:
        """`a lock on public.users held by pid 4711 (psql, idle in transaction for 5 min)`, or ""."""
        with self._turn:
            if self._ended:
                return ""
            try:
                return self._ask()
            except (psycopg.Error, ConnectionFailedError):
                self._end()
                return ""

    def close(self) -> None:
        """Closes its connection; a question that is being asked is waited for."""
        with self._turn:
            self._end()

    def _end(self) -> None:
        self._ended = True
        if self._connection:
            self._connection.close()

    def _ask(self) -> str:
        if self._connection is None:
            self._connection = connect(self._target, name="psqlmigrate watch")
            limit = b"SELECT pg_catalog.set_config('statement_timeout', %s, false)"
            self._connection.execute(limit, (str(_LIMIT_MS),))
        row = self._connection.execute(_BLOCKED, (self._pid,)).fetchone()
        if row is None or row[0] is None:
            return ""
        pid, application, doing, age, table = row
        since = f"{doing} for {spoken(age)}" if doing and age else ""
        who = ", ".join(part for part in (application, since) if part)
        what = f"a lock on {table}" if table else "a transaction"
        return f"{what} held by pid {pid}" + (f" ({who})" if who else "")
