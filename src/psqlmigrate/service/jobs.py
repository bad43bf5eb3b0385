"""Background jobs as the database knows them: their rows, and whether they live.

A job's sessions hold a shared advisory lock that nothing else takes. PostgreSQL frees it with the
last of them, however the process ended: so a job that "runs" and has no lock is dead.
"""

import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg

from psqlmigrate.errors import UnknownJobError
from psqlmigrate.postgres.connect import Connection
from psqlmigrate.schema.sqltext import number
from psqlmigrate.service.bookkeeping import Tables, inspect
from psqlmigrate.service.locking import LockKey
from psqlmigrate.service.session import told
from psqlmigrate.service.workspace import Workspace

RUNNING, COMPLETED, FAILED = "running", "completed", "failed"

KEPT = 100
"""So many jobs that have ended are remembered."""

_LOST = "lost"
_DIED = "its process ended without a word: it was killed, or its machine or the server went down"

_LOCK = "SELECT pg_catalog.pg_advisory_lock_shared(%s)"

# Not under a snapshot: pg_locks is read as it is at that moment (manual, 54.12).
_LIVES = """
SELECT EXISTS (
  SELECT FROM pg_catalog.pg_locks k
   WHERE k.locktype = 'advisory' AND k.granted AND k.objsubid = 1
     AND k.database = (SELECT d.oid FROM pg_catalog.pg_database d
                        WHERE d.datname = pg_catalog.current_database())
     AND k.classid::pg_catalog.int8 = %s AND k.objid::pg_catalog.int8 = %s)"""

_READ = """
SELECT id, status, count, total, started_at, finished_at, detail, pg_catalog.clock_timestamp()
  FROM {jobs} WHERE id OPERATOR(pg_catalog.=) %s"""

_BEGIN = """
INSERT INTO {jobs} (id, status, detail)
VALUES (%s, 'running', pg_catalog.jsonb_build_object('role', session_user) || %s::pg_catalog.jsonb)"""

_PRUNE = """
DELETE FROM {jobs}
 WHERE status OPERATOR(pg_catalog.<>) 'running' AND id NOT IN (
   SELECT id FROM {jobs} WHERE status OPERATOR(pg_catalog.<>) 'running'
    ORDER BY started_at DESC LIMIT {kept})"""

_ADVANCE = """
UPDATE {jobs} SET count = %s, total = %s WHERE id OPERATOR(pg_catalog.=) %s"""

_END = """
UPDATE {jobs} SET status = %s, count = %s, finished_at = pg_catalog.clock_timestamp(),
       detail = detail || %s::pg_catalog.jsonb
 WHERE id OPERATOR(pg_catalog.=) %s"""


@dataclass(frozen=True, slots=True)
class JobResult:
    """A job; `count` of `total` migrations are applied, None before it has found out.

    `code`, `error`, `hint` and `details` are those of a failed one, `now` is the database's clock.
    """

    id: str
    status: str
    count: int
    total: int | None
    target: str
    started_at: datetime
    finished_at: datetime | None
    now: datetime
    host: str = ""
    pid: int = 0
    code: str = ""
    error: str = ""
    hint: str = ""
    details: str = ""


def look(workspace: Workspace, job: str) -> JobResult:
    """A job as it is now. Raises UnknownJobError."""
    with workspace.connection() as connection, told(connection):
        return read(connection, workspace.tables, job)


def read(connection: Connection, tables: Tables, job: str) -> JobResult:
    """A job as it is now. Raises UnknownJobError."""
    found = (
        _row(connection, tables, job)
        if inspect(connection, tables, only_reading=True).jobs
        else None
    )
    if found and found.status == RUNNING and not _lives(connection, job):
        # It writes how it ended before it lets the lock go: what is not written now never will be.
        found = _row(connection, tables, job)
        if found and found.status == RUNNING:
            return _dead(found)
    if found is None:
        raise UnknownJobError(
            f'there is no background job "{job}" in this database',
            hint="psqlmigrate upgrade --background prints the id; is this the same database?",
        )
    return found


def begin(connection: Connection, tables: Tables, job: str, **detail: object) -> None:
    """Writes down that a job runs, after `hold`."""
    tables.run(connection, _BEGIN, (job, json.dumps(detail)))


def prune(connection: Connection, tables: Tables) -> None:
    """Forgets jobs that ended long ago. A role that may not delete leaves them to others."""
    with suppress(psycopg.errors.InsufficientPrivilege):
        tables.run(connection, _PRUNE, kept=number(KEPT))


def hold(connection: Connection, job: str) -> None:
    """Makes this one of the job's sessions."""
    connection.execute(_LOCK.encode(), (_key(job).number,))


def advance(connection: Connection, tables: Tables, job: str, count: int, total: int) -> None:
    """Writes down how far it is."""
    tables.run(connection, _ADVANCE, (count, total, job))


def end(
    connection: Connection, tables: Tables, job: str, count: int, error: Mapping[str, str] | None
) -> None:
    """Writes down how it ended; `error` is for one that failed."""
    detail = json.dumps({"error": error} if error else {})
    tables.run(connection, _END, (FAILED if error else COMPLETED, count, detail, job))


def _row(connection: Connection, tables: Tables, job: str) -> JobResult | None:
    rows = tables.run(connection, _READ, (job.replace("\0", ""),))
    if not rows:
        return None
    name, status, count, total, started, finished, detail, now = rows[0]
    told: dict[str, Any] = detail.get("error") or {}
    return JobResult(
        name,
        status,
        count,
        total,
        str(detail.get("target", "")),
        started,
        finished,
        now,
        str(detail.get("host", "")),
        int(detail.get("pid", 0)),
        str(told.get("code", "")),
        str(told.get("message", "")),
        str(told.get("hint", "")),
        str(told.get("details", "")),
    )


def _dead(one: JobResult) -> JobResult:
    where = f" (pid {one.pid} on {one.host})" if one.host else ""
    return JobResult(
        one.id,
        FAILED,
        one.count,
        one.total,
        one.target,
        one.started_at,
        None,
        one.now,
        one.host,
        one.pid,
        _LOST,
        f"{_DIED}{where}",
        "psqlmigrate status says what is applied; upgrade goes on from there",
    )


def _lives(connection: Connection, job: str) -> bool:
    row = connection.execute(_LIVES.encode(), _key(job).halves).fetchone()
    return bool(row and row[0])


def _key(job: str) -> LockKey:
    text = json.dumps(["psqlmigrate job", job])
    digest = hashlib.sha256(text.encode()).digest()
    return LockKey(int.from_bytes(digest[:8], "big", signed=True))
