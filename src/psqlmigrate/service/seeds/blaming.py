"""Runs a statement over a sheet; where it fails, finds the rows that are to blame."""

from collections.abc import Callable, Mapping

import psycopg

from psqlmigrate.postgres.connect import Connection
from psqlmigrate.schema.sqltext import Sql
from psqlmigrate.service.seeds.facts import ForeignKey, Table
from psqlmigrate.service.seeds.staging import Staged
from psqlmigrate.service.seeds.statements import ALL, Part, Statements
from psqlmigrate.service.seeds.troubles import Troubles, is_of_rows, reason_of

_FOREIGN_KEY_VIOLATION = "23503"

# A value that a domain's domain refuses is refused in the name of the column's own.
_OF_DOMAIN = b"""
SELECT a.attname::text
  FROM pg_catalog.pg_attribute a
  JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
  JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
 WHERE n.nspname = %s AND t.typname = %s
   AND a.attrelid = %s::oid AND a.attnum > 0 AND NOT a.attisdropped
 ORDER BY a.attnum"""

# A constraint's columns, or an index's: unique indexes need no constraint. The error may name a
# partition, whose columns have the numbers of its own and the names of its parent's.
_OF_CONSTRAINT = b"""
SELECT a.attname::text
  FROM (SELECT k.conrelid AS relation, k.conkey::int2[] AS numbers
          FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
          JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
         WHERE n.nspname = %s AND c.relname = %s AND k.conname = %s
         UNION
        SELECT i.indrelid, i.indkey::int2[]
          FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indrelid
          JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
          JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
         WHERE n.nspname = %s AND c.relname = %s AND x.relname = %s) found
  JOIN pg_catalog.pg_attribute a ON a.attrelid = found.relation AND a.attnum = ANY (found.numbers)
 ORDER BY a.attnum"""


class Blame:
    """Of one table."""

    def __init__(
        self,
        connection: Connection,
        staged: Staged,
        write: Statements,
        tables: Mapping[int, Table],
        troubles: Troubles,
    ) -> None:
        self._connection = connection
        self._staged = staged
        self._write = write
        self._tables = tables
        self._troubles = troubles

    def run(self, build: Callable[[Part], Sql], *, answers: bool = False) -> int:
        """How many rows it was, or the number that it answers. Raises SeedError.

        What a repetition may put right (locks) goes on as it is, and so does a lost connection.
        """
        try:
            return self._one(build(ALL), answers=answers)
        except psycopg.Error as error:
            self.explain(error)
            self._halve(build, error)
            self._troubles.table(self._staged.source, reason_of(error))
            self._troubles.refuse()
            raise

    def explain(self, error: psycopg.Error) -> None:
        """Raises SeedError with the rows, where a foreign key of this table is what failed."""
        self._go_on(error)
        key = self._broken(error)
        target = self._tables.get(key.target) if key else None
        if key is None or target is None or not set(key.columns) <= self._staged.given.keys():
            return
        text = self._write.orphans(key, target, self._troubles.room)
        for (number,) in self._connection.execute(text.encode()).fetchall():
            columns = ", ".join(key.columns)
            says = f"there is no such row in {target.label} (foreign key {key.name})"
            self._troubles.row(self._staged.source, number, columns, says)
        self._troubles.refuse()

    def _broken(self, error: psycopg.Error) -> ForeignKey | None:
        if error.sqlstate != _FOREIGN_KEY_VIOLATION:
            return None
        at = (error.diag.schema_name, error.diag.table_name)
        if at != (self._staged.table.relation.schema, self._staged.table.relation.name):
            return None
        keys = self._staged.table.foreign_keys
        return next((one for one in keys if one.name == error.diag.constraint_name), None)

    def _halve(self, build: Callable[[Part], Sql], error: psycopg.Error) -> None:
        """What works stays, so that a row is blamed that collides with one before it."""
        pending = [(1, len(self._staged.source.rows))]
        while pending and not self._troubles.full:
            first, last = pending.pop()
            try:
                self._one(build(Part(first, last)), answers=False)
                continue
            except psycopg.Error as one:
                self._go_on(one)
                error = one
            if first < last:
                middle = (first + last) // 2
                pending += [(middle + 1, last), (first, middle)]
            elif not self._alone(error):
                columns = self._columns(error)
                self._troubles.row(self._staged.source, first, columns, reason_of(error))
        self._troubles.refuse()

    def _columns(self, error: psycopg.Error) -> str | None:
        """The columns that it is about; PostgreSQL names a constraint or a domain instead."""
        said = error.diag
        if said.column_name or not said.constraint_name:
            return said.column_name
        arguments: tuple[str | int | None, ...]
        if said.datatype_name:
            oid = self._staged.table.oid
            text, arguments = _OF_DOMAIN, (said.schema_name, said.datatype_name, oid)
        else:
            names = (said.schema_name, said.table_name, said.constraint_name)
            text, arguments = _OF_CONSTRAINT, (*names, *names)
        rows = self._connection.execute(text, arguments).fetchall()
        return ", ".join(name for (name,) in rows if name in self._staged.given) or None

    def _alone(self, error: psycopg.Error) -> bool:
        """Whether it fails only because the row it refers to is not tried together with it."""
        key = self._broken(error)
        return key is not None and key.target == self._staged.table.oid

    def _one(self, text: Sql, *, answers: bool) -> int:
        self._connection.execute(b"SAVEPOINT rows")
        try:
            cursor = self._connection.execute(text.encode())
            row = cursor.fetchone() if answers else None
        except psycopg.Error:
            if not self._connection.closed:
                self._connection.execute(b"ROLLBACK TO SAVEPOINT rows")
            raise
        self._connection.execute(b"RELEASE SAVEPOINT rows")
        return int(row[0]) if row else cursor.rowcount

    def _go_on(self, error: psycopg.Error) -> None:
        if self._connection.closed or not is_of_rows(error):
            raise error
