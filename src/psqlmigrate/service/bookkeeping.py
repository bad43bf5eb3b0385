"""The bookkeeping tables of one database: their names, their shape, and whether to trust them."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, LiteralString, NamedTuple

import psycopg

from psqlmigrate.errors import HistoryError, StateCorruptionError
from psqlmigrate.postgres.connect import Connection
from psqlmigrate.schema.sqltext import NOTHING, Sql, ident, literal, sql

FORMAT = 1
"""Rises when an older psqlmigrate could no longer write these tables rightly."""

# psqlmodel's generations differ in their types; what matters is of which sort they are.
_TEXT, _NUMBER, _TIME, _JSON = "S", "N", "D", "jsonb"
_HISTORY_COLUMNS = {
    "version": _TEXT,
    "message": _TEXT,
    "applied_at": _TIME,
    "checksum": _TEXT,
    "execution_time_ms": _NUMBER,
    "rolled_back_at": _TIME,
}
_JOURNAL_COLUMNS = {
    "id": _NUMBER,
    "at": _TIME,
    "event": _TEXT,
    "version": _TEXT,
    "detail": _JSON,
}
_JOBS_COLUMNS = {
    "id": _TEXT,
    "status": _TEXT,
    "count": _NUMBER,
    "total": _NUMBER,
    "started_at": _TIME,
    "finished_at": _TIME,
    "detail": _JSON,
}
_LEASE_COLUMNS = {
    "history": _TEXT,
    "holder": _TEXT,
    "token": _NUMBER,
    "expires": _TIME,
    "detail": _JSON,
}
_STATE_COLUMNS = {"object_type": _TEXT, "object_name": _TEXT}
_HASH_COLUMNS = ("hash", "schema_hash")

# A superuser is a member of every role for pg_has_role(), and would run whatever anybody put
# behind these names: membership is therefore read from pg_auth_members. Reading alone runs code
# of the owner's as well: PostgreSQL folds the constants of expressions when it plans, and casts
# belong to types.
_LOOK = """
WITH RECURSIVE mine(oid) AS (
    SELECT r.oid FROM pg_catalog.pg_roles r WHERE r.rolname = current_user
    UNION SELECT m.roleid FROM pg_catalog.pg_auth_members m JOIN mine ON m.member = mine.oid)
SELECT c.relname::text, c.relkind::text, o.rolname::text,
       o.rolsuper OR o.oid IN (SELECT oid FROM mine),
       EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgrelid = c.oid AND NOT t.tgisinternal),
       EXISTS (SELECT FROM pg_catalog.pg_rewrite w WHERE w.ev_class = c.oid),
       c.relrowsecurity,
       EXISTS (SELECT FROM pg_catalog.pg_inherits i WHERE c.oid IN (i.inhparent, i.inhrelid))
       OR EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = c.oid
                     AND (i.indexprs IS NOT NULL OR i.indpred IS NOT NULL))
       OR EXISTS (SELECT FROM pg_catalog.pg_statistic_ext s
                   WHERE s.stxrelid = c.oid AND s.stxexprs IS NOT NULL)
       OR EXISTS (SELECT FROM pg_catalog.pg_constraint k
                   WHERE k.conrelid = c.oid AND k.contype = 'c')
       OR EXISTS (SELECT FROM pg_catalog.pg_attribute a
                    JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
                   WHERE a.attrelid = c.oid AND a.attnum > 0
                     AND (a.attgenerated <> '' OR t.typnamespace <> 11::pg_catalog.oid)),
       (SELECT pg_catalog.jsonb_object_agg(a.attname, CASE t.typcategory
                 WHEN 'U' THEN t.typname::text ELSE t.typcategory::text END)
          FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
         WHERE a.attrelid = c.oid AND a.attnum > 0),
       pg_catalog.obj_description(c.oid, 'pg_class')
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_catalog.pg_roles o ON o.oid = c.relowner
 WHERE n.nspname = %s::pg_catalog.name AND c.relname = ANY (%s::pg_catalog.name[])"""

_HISTORY = """
CREATE TABLE {guard}{history} (
    version pg_catalog.varchar(50) PRIMARY KEY,
    message pg_catalog.text,
    applied_at pg_catalog.timestamptz DEFAULT pg_catalog.now(),
    checksum pg_catalog.varchar(64) NOT NULL,
    execution_time_ms pg_catalog.int4,
    rolled_back_at pg_catalog.timestamptz)"""

_STATE = """
CREATE TABLE {guard}{state} (
    object_type pg_catalog.varchar(50) NOT NULL,
    object_name pg_catalog.varchar(255) NOT NULL,
    hash pg_catalog.varchar(64) NOT NULL,
    PRIMARY KEY (object_type, object_name))"""

_JOURNAL = """
CREATE TABLE {guard}{journal} (
    id pg_catalog.int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at pg_catalog.timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    event pg_catalog.text NOT NULL,
    version pg_catalog.text,
    detail pg_catalog.jsonb NOT NULL)"""

# Made by the first background job: most databases never have one.
_JOBS = """
CREATE TABLE IF NOT EXISTS {jobs} (
    id pg_catalog.text PRIMARY KEY,
    status pg_catalog.text NOT NULL,
    count pg_catalog.int4 NOT NULL DEFAULT 0,
    total pg_catalog.int4,
    started_at pg_catalog.timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    finished_at pg_catalog.timestamptz,
    detail pg_catalog.jsonb NOT NULL)"""

# Made by the first run that cannot have a session of its own: most databases never have one.
_LEASE = """
CREATE TABLE IF NOT EXISTS {lease} (
    history pg_catalog.text PRIMARY KEY,
    holder pg_catalog.text,
    token pg_catalog.int8 NOT NULL,
    expires pg_catalog.timestamptz,
    detail pg_catalog.jsonb NOT NULL)"""

# Both generations of psqlmodel knew the version. What happened last holds; where the times do not
# tell what that was, nobody can say whether it is applied.
_CONTRADICTIONS = """
SELECT h.version::pg_catalog.text FROM {history} h
  JOIN {former} f ON f.version::pg_catalog.text OPERATOR(pg_catalog.=) h.version::pg_catalog.text
 WHERE (h.rolled_back_at IS NULL) OPERATOR(pg_catalog.<>) (f.rolled_back_at IS NULL)
   AND (GREATEST(h.applied_at, h.rolled_back_at)::pg_catalog.timestamptz OPERATOR(pg_catalog.>)
        GREATEST(f.applied_at, f.rolled_back_at)::pg_catalog.timestamptz) IS NOT TRUE
 ORDER BY 1"""

_TAKE_OVER = """
INSERT INTO {history} (version, message, applied_at, checksum, execution_time_ms, rolled_back_at)
SELECT version, message, applied_at, checksum, execution_time_ms, rolled_back_at
  FROM {former} ON CONFLICT (version) DO NOTHING"""

_NOTE = "COMMENT ON TABLE {journal} IS {note}"


@dataclass(frozen=True, slots=True)
class Tables:
    """The names of the bookkeeping tables.

    `former` is the schema where psqlmodel kept its history before it had one in `schema`; empty
    when there is none. It is read until the tables are complete.
    """

    schema: str = "public"
    history: str = "_psqlmodel_migrations"
    state: str = "_psqlmodel_schema_state"
    journal: str = "_psqlmigrate_journal"
    jobs: str = "_psqlmigrate_jobs"
    lease: str = "_psqlmigrate_lease"
    former: str = ""

    @property
    def names(self) -> tuple[str, str, str, str, str]:
        """The tables, without their schema."""
        return (self.history, self.state, self.journal, self.jobs, self.lease)

    def text(self, template: LiteralString, **further: Sql) -> Sql:
        """The template with `{history}`, `{state}`, `{journal}`, `{jobs}`, … replaced."""
        return sql(
            template,
            schema=ident(self.schema),
            history=ident(self.schema, self.history),
            state=ident(self.schema, self.state),
            journal=ident(self.schema, self.journal),
            jobs=ident(self.schema, self.jobs),
            lease=ident(self.schema, self.lease),
            former=ident(self.former or self.schema, self.history),
            **further,
        )

    def run(
        self,
        connection: Connection,
        template: LiteralString,
        params: Sequence[Any] | None = None,
        **further: Sql,
    ) -> list[tuple[Any, ...]]:
        """The rows of a query; none for a command. With params `%s` stands for each."""
        tables = self
        if params is not None:
            names = (self.schema, *self.names, self.former)
            tables = Tables(*(name.replace("%", "%%") for name in names))
        cursor = connection.execute(tables.text(template, **further).encode(), params)
        return cursor.fetchall() if cursor.description else []


@dataclass(frozen=True, slots=True)
class Found:
    """Which of the tables are there; `hash_column` is psqlmodel's `schema_hash` or ours."""

    history: bool = False
    state: bool = False
    journal: bool = False
    jobs: bool = False
    lease: bool = False
    hash_column: str = "hash"

    @property
    def complete(self) -> bool:
        """Whether nothing has to be created; those of jobs and leases may be missing."""
        return self.history and self.state and self.journal


class _Table(NamedTuple):
    """What the catalogs say about one table."""

    name: str
    relkind: str
    owner: str
    trusted_owner: bool
    has_triggers: bool
    has_rules: bool
    has_row_security: bool
    runs_code: bool
    columns: dict[str, str] | None
    comment: str | None


def inspect(
    connection: Connection,
    tables: Tables,
    *,
    only_reading: bool = False,
    written: Collection[str] = (),
) -> Found:
    """Which tables are there. Raises HistoryError for one that is not what it claims to be.

    Whoever only reads them, but for those `written`, need not belong to the role that owns them:
    nobody's code runs by that.
    """
    rows = tables.run(connection, _LOOK, (tables.schema, list(tables.names)))
    found = {table.name: table for table in (_Table(*row) for row in rows)}
    for table in found.values():
        reads = only_reading and table.name not in written
        _refuse_planted(tables.schema, table, only_reading=reads)
    _require(tables.schema, found.get(tables.history), _HISTORY_COLUMNS)
    _require(tables.schema, found.get(tables.state), _STATE_COLUMNS)
    _require(tables.schema, found.get(tables.journal), _JOURNAL_COLUMNS)
    _require(tables.schema, found.get(tables.jobs), _JOBS_COLUMNS)
    _require(tables.schema, found.get(tables.lease), _LEASE_COLUMNS)
    _refuse_newer(found.get(tables.journal))
    return Found(
        tables.history in found,
        tables.state in found,
        tables.journal in found,
        tables.jobs in found,
        tables.lease in found,
        _hash_column(tables.schema, found.get(tables.state)),
    )


def inspect_former(connection: Connection, tables: Tables, *, only_reading: bool = False) -> None:
    """Raises HistoryError if the former history is not what it claims to be.

    Raises StateCorruptionError where it and the present one contradict each other.
    """
    for row in tables.run(connection, _LOOK, (tables.former, [tables.history])):
        table = _Table(*row)
        _refuse_planted(tables.former, table, only_reading=only_reading)
        _require(tables.former, table, _HISTORY_COLUMNS)
    found = [str(row[0]) for row in tables.run(connection, _CONTRADICTIONS)]
    if found:
        one, other = (f"{schema}.{tables.history}" for schema in (tables.schema, tables.former))
        more = f", and {len(found) - 1} more" if len(found) > 1 else ""
        raise StateCorruptionError(
            f"psqlmodel has two histories here, {one} and {other}, and only one of them says that "
            f"{found[0]} is applied{more}",
            hint=f'history_schema = "{tables.former}" in the configuration takes the second one as '
            f"right; to take the first one, rename the table {other}",
        )


def create(connection: Connection, tables: Tables, seen: Found | None = None) -> Found:
    """Makes the tables that are missing; safe to repeat. `seen` was found just before."""
    found = seen or inspect(connection, tables)
    if found.complete:
        return found
    try:
        with connection.transaction():
            _make(connection, tables, found)
    except (psycopg.errors.DuplicateTable, psycopg.errors.UniqueViolation):
        pass  # another run was faster; what it made is looked at below
    except psycopg.errors.InsufficientPrivilege as error:
        raise _not_allowed(tables, error) from None
    return inspect(connection, tables)


def create_jobs(connection: Connection, tables: Tables) -> None:
    """Makes the table of background jobs, and the others, where they are missing."""
    if not create(connection, tables).jobs:
        _make_one(connection, tables, _JOBS)
        inspect(connection, tables)


def create_lease(connection: Connection, tables: Tables) -> None:
    """Makes the table of leases, which is of use without the others, where it is missing."""
    if not inspect(connection, tables, only_reading=True, written=(tables.lease,)).lease:
        _make_one(connection, tables, _LEASE)
        inspect(connection, tables, only_reading=True, written=(tables.lease,))


def _make_one(connection: Connection, tables: Tables, template: LiteralString) -> None:
    try:
        with connection.transaction():
            _make_schema(connection, tables)
            tables.run(connection, template)
    except (
        psycopg.errors.DuplicateTable,
        psycopg.errors.DuplicateSchema,
        psycopg.errors.UniqueViolation,
    ):
        pass  # another process was faster; what it made is looked at afterwards
    except psycopg.errors.InsufficientPrivilege as error:
        raise _not_allowed(tables, error) from None


def _make_schema(connection: Connection, tables: Tables) -> None:
    known = "SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = %s::pg_catalog.name"
    if not tables.run(connection, known, (tables.schema,)):
        tables.run(connection, "CREATE SCHEMA {schema}")


def _make(connection: Connection, tables: Tables, found: Found) -> None:
    _make_schema(connection, tables)
    if not found.history:
        tables.run(connection, _HISTORY, guard=NOTHING)
    if not found.state:
        tables.run(connection, _STATE, guard=NOTHING)
    if tables.former and not found.journal:
        inspect_former(connection, tables)
        tables.run(connection, _TAKE_OVER)
    if not found.journal:
        tables.run(connection, _JOURNAL, guard=NOTHING)
        tables.run(connection, _NOTE, note=_note())


def script(tables: Tables) -> tuple[Sql, ...]:
    """The statements that make the tables where they are missing, without looking."""
    guard = sql("IF NOT EXISTS ")
    schema = (
        ()
        if tables.schema == "public"
        else (tables.text("CREATE SCHEMA {guard}{schema}", guard=guard),)
    )
    made = tuple(tables.text(one, guard=guard) for one in (_HISTORY, _STATE, _JOURNAL))
    return (*schema, *made, tables.text(_NOTE, note=_note()))


def _not_allowed(tables: Tables, error: psycopg.Error) -> HistoryError:
    return HistoryError(
        f"cannot create the bookkeeping tables in schema {tables.schema}: {_words(error)}",
        hint="GRANT CREATE ON SCHEMA lets the role in, or history_schema names another schema",
    )


def _note() -> Sql:
    return literal(f"psqlmigrate's bookkeeping, format {FORMAT}")


def _refuse_planted(schema: str, table: _Table, *, only_reading: bool = False) -> None:
    reasons = [
        (table.relkind != "r", "is not a plain table"),
        (table.has_triggers, "has triggers"),
        (table.has_rules, "has rules"),
        (table.has_row_security, "has row security"),
        (
            table.runs_code and not table.trusted_owner,
            "has children, expressions, checks or types, which run what their owner likes",
        ),
        (
            not (table.trusted_owner or only_reading),
            f"belongs to {table.owner}, of whom this role is no member",
        ),
    ]
    found = [reason for applies, reason in reasons if applies]
    if found:
        others = not (table.trusted_owner or only_reading)
        member = f"connect as a member of {table.owner}, or " if others else "remove that, or "
        raise HistoryError(
            f"{schema}.{table.name} {' and '.join(found)}: not a table that psqlmigrate made",
            hint=f"if it is yours, {member}ALTER TABLE … OWNER TO the role that migrates; "
            "if not, somebody with CREATE on the schema planted it, or it is another project's: "
            "history_schema names a schema of your own",
        )


def _require(schema: str, table: _Table | None, columns: Mapping[str, str]) -> None:
    """Columns that are as expected, by their names and the sorts of their types."""
    if table is None:
        return
    there = table.columns or {}
    missing = sorted(columns.keys() - there.keys())
    others = sorted(name for name in columns.keys() & there.keys() if columns[name] != there[name])
    if missing or others:
        what = "no column" if missing else "another type for"
        raise HistoryError(
            f"{schema}.{table.name} has {what} {', '.join(missing or others)}",
            hint="another program's table has this name; history_table_name and "
            "state_table_name choose others",
        )


def _hash_column(schema: str, table: _Table | None) -> str:
    if table is None:
        return _HASH_COLUMNS[0]
    for name in _HASH_COLUMNS:
        if (table.columns or {}).get(name) == _TEXT:
            return name
    raise HistoryError(f"{schema}.{table.name} has no column hash")


def _refuse_newer(journal: _Table | None) -> None:
    stated = re.search(r"format (\d+)", (journal.comment if journal else "") or "")
    if stated and int(stated[1]) > FORMAT:
        raise HistoryError(
            f"the bookkeeping tables have format {stated[1]}, this psqlmigrate knows {FORMAT}",
            hint="upgrade psqlmigrate",
        )


def _words(error: psycopg.Error) -> str:
    return error.diag.message_primary or str(error)
