"""Rows that a statement fails on are taken out of a scratch database, as few as will do."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import NamedTuple

import psycopg

from psqlmigrate.migrations.sent import Sent
from psqlmigrate.postgres.connect import Connection
from psqlmigrate.postgres.engine import Cursor, perform
from psqlmigrate.schema.sqltext import ident, join, sql
from psqlmigrate.service.rows.snapshots import counts

_MOST_ROWS = 12

_NAME = r'(?:"(?:[^"]|"")+"|[^\W\d][\w$]*)'
_WORDS = re.compile(rf"'(?:[^']|'')*'|({_NAME}(?:\.{_NAME})*)")

_TABLES = """
SELECT n.nspname::text, c.relname::text
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('r', 'p') AND c.oid >= '16384' AND n.nspname::text !~ '^pg_'
   AND n.nspname <> 'information_schema'
 ORDER BY n.nspname <> 'public', n.nspname, c.relname"""

_DEFERRED = """
SELECT n.nspname::text, k.conname::text
  FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_namespace n ON n.oid = k.connamespace
 WHERE k.condeferred"""

_VIEWS = """
SELECT n.nspname::text, c.relname::text
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind = 'm' AND c.relispopulated AND c.oid >= '16384'"""

_INVALID = """
SELECT n.nspname::text, c.relname::text
  FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE NOT i.indisvalid AND c.relkind = 'i'"""


class _Table(NamedTuple):
    schema: str
    name: str


class Thinner:
    """Makes one failed statement work by taking rows out.

    `savepoint`: what is done inside it is taken back when it fails, where a transaction is open.
    """

    def __init__(
        self,
        connection: Connection,
        sent: Sent,
        savepoint: Callable[[], AbstractContextManager[None]],
    ) -> None:
        self._connection = connection
        self._sent = sent
        self._savepoint = savepoint
        self.removed: Counter[int] = Counter()
        self._left: Counter[int] = Counter()
        self._views: list[_Table] = []

    def run(self, error: psycopg.Error, *, single: bool) -> tuple[Cursor, str]:
        """The cursor of the statement, and the table that was in its way, if that is known.

        `single`: one row at a time can be left out on trial. Raises the error when it is not
        the rows' fault.
        """
        before = counts(self._connection)
        tables = _tables(self._connection)
        named = (error.diag.schema_name, error.diag.table_name)
        exact = [one for one in tables if one == named]
        views = [_Table(schema, name) for schema, name in self._connection.execute(_VIEWS)]
        self._views = _mentioned(self._sent.sql, views)
        suspects = exact or _mentioned(self._sent.sql, tables)
        cursor, table = self._helped(tables if self._views else suspects, single=single)
        if cursor is None:
            cursor, table = self._emptied(tables), next(iter(exact), None)
        if cursor is None:
            raise error
        self.removed.update(before)
        self.removed.subtract(self._left)
        return cursor, ident(*table) if table else ""

    def _helped(
        self, tables: Sequence[_Table], *, single: bool
    ) -> tuple[Cursor | None, _Table | None]:
        """The cursor, and the first of the tables without rows of which the statement works."""
        for table in tables:
            cursor = self._thinned(table, single=single) or self._emptied([table])
            if cursor:
                return cursor, table
        return None, None

    def _thinned(self, table: _Table, *, single: bool) -> Cursor | None:
        """Without one of the last rows, or without the last two, three, and so on."""
        query = sql(
            "SELECT tableoid::text, ctid::text FROM {} ORDER BY 1 DESC, ctid DESC", ident(*table)
        )
        rows = self._connection.execute(query.encode()).fetchmany(_MOST_ROWS)
        alone = [[row] for row in rows] if single else []
        together = [rows[:size] for size in range(2 if single else 1, len(rows))]
        attempts = (self._attempt(table, chosen) for chosen in (*alone, *together))
        return next((cursor for cursor in attempts if cursor), None)

    def _attempt(self, table: _Table, rows: Sequence[tuple[str, str]]) -> Cursor | None:
        query = sql("DELETE FROM {} WHERE tableoid = %s AND ctid = %s::tid", ident(*table))

        def remove() -> None:
            for row in rows:
                self._connection.execute(query.encode(), row)

        return self._after(remove)

    def _emptied(self, tables: Sequence[_Table]) -> Cursor | None:
        """With the tables empty, and all that refers to them."""

        def remove() -> None:
            for table in tables:
                self._connection.execute(sql("TRUNCATE {} CASCADE", ident(*table)).encode())

        return self._after(remove)

    def _after(self, remove: Callable[[], None]) -> Cursor | None:
        try:
            with self._savepoint():
                remove()
                _drop_invalid(self._connection)
                _settle(self._connection)
                for view in self._views:
                    text = sql("REFRESH MATERIALIZED VIEW {}", ident(*view))
                    self._connection.execute(text.encode())
                # The statement itself may move rows, or make some.
                self._left = counts(self._connection)
                return perform(self._connection, self._sent)
        except psycopg.Error:
            if self._connection.broken:
                raise
            return None


def _drop_invalid(connection: Connection) -> None:
    """CREATE INDEX CONCURRENTLY leaves an invalid index behind when it fails (manual)."""
    for name in connection.execute(_INVALID).fetchall():
        connection.execute(sql("DROP INDEX {}", ident(*name)).encode())


def _settle(connection: Connection) -> None:
    """What waits for the end of the transaction would keep its tables from being dropped."""
    names = [ident(*name) for name in connection.execute(_DEFERRED).fetchall()]
    if names and not connection.is_idle:
        connection.execute(b"SET CONSTRAINTS ALL IMMEDIATE")
        connection.execute(sql("SET CONSTRAINTS {} DEFERRED", join(", ", names)).encode())


def _tables(connection: Connection) -> list[_Table]:
    return [_Table(schema, name) for schema, name in connection.execute(_TABLES)]


def _mentioned(text: str, tables: Sequence[_Table]) -> list[_Table]:
    """The tables that a statement names, in its order; those without their schema come last."""
    names = [match[1] for match in _WORDS.finditer(text) if match[1]]
    paths = [tuple(map(_plain, re.findall(_NAME, name))) for name in names]
    whole = [one for path in paths for one in tables if path[:2] == one]
    bare = [one for path in paths for one in tables if path[0] == one.name]
    return list(dict.fromkeys([*whole, *bare]))


def _plain(name: str) -> str:
    return name[1:-1].replace('""', '"') if name.startswith('"') else name.lower()
