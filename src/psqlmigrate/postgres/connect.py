"""From a target to a connection, and the settings that every connection of ours has."""

import time
from typing import Any, LiteralString, TypeAlias

import psycopg
from psycopg.rows import TupleRow

from psqlmigrate.errors import ConnectionFailedError
from psqlmigrate.postgres.target import Target

Connection: TypeAlias = psycopg.Connection[TupleRow]

_RETRY_S = 0.2

PINNED: dict[LiteralString, LiteralString] = {
    "TimeZone": "UTC",
    "DateStyle": "ISO, YMD",
    "IntervalStyle": "postgres",
    "bytea_output": "hex",
    "extra_float_digits": "1",
    "quote_all_identifiers": "off",
    "standard_conforming_strings": "on",
    "check_function_bodies": "off",
    "default_table_access_method": "heap",
    "default_tablespace": "",
    "default_toast_compression": "pglz",
    "client_min_messages": "warning",
    "client_connection_check_interval": "500ms",
    "idle_in_transaction_session_timeout": "0",
}
"""Settings that change what SQL means or how PostgreSQL prints it (manual, chapter 20)."""


def connect(target: Target, *, wait_s: float = 0.0, name: str = "psqlmigrate") -> Connection:
    """An autocommit connection, pinned; `wait_s` seconds are given to a server that starts.

    Raises ConnectionFailedError with the reason; a password is never part of it.
    """
    deadline = time.monotonic() + wait_s
    while True:
        try:
            return _open(target, name)
        except psycopg.OperationalError as error:
            if time.monotonic() >= deadline or _is_final(error):
                raise _explained(target, error) from None
            time.sleep(_RETRY_S)


def _open(target: Target, name: str) -> Connection:
    defaults: dict[str, Any] = {"connect_timeout": 10, "application_name": name}
    connection = psycopg.connect(
        **(defaults | dict(target.params)), autocommit=True, prepare_threshold=None
    )
    pin(connection)
    return connection


def pin(connection: Connection, search_path: str = "public") -> None:
    """Sets the pinned settings and the search path of the session, in one round trip."""
    settings = [*PINNED.items(), ("search_path", search_path)]
    calls = ", ".join(["pg_catalog.set_config(%s, %s, false)"] * len(settings))
    values = [text for pair in settings for text in pair]
    connection.execute(f"SELECT {calls}".encode(), values)


def repin(connection: Connection, search_path: str = "public") -> None:
    """Forgets what a migration has set, then pins again; advisory locks stay."""
    connection.execute("RESET ALL")
    pin(connection, search_path)


def server_major(connection: Connection) -> int:
    """The server's major version."""
    return connection.info.server_version // 10000


def _is_final(error: psycopg.OperationalError) -> bool:
    return error.sqlstate is not None and not error.sqlstate.startswith("57P")


def _explained(target: Target, error: psycopg.OperationalError) -> ConnectionFailedError:
    text = target.redacted(str(error).strip())
    last = text.splitlines()[-1].removeprefix("connection failed: ") if text else "no answer"
    reason = last.split("FATAL:")[-1].strip()
    return ConnectionFailedError(f"cannot connect to {target.label}: {reason}", hint=_hint(reason))


def _hint(reason: str) -> str:
    if "password" in reason:
        return "set the password with PGPASSWORD, --url or a profile (psqlmigrate users --save)"
    if "does not exist" in reason:
        return "create it, or check --url and the profile in use (psqlmigrate users --list)"
    return "is the server running there? --connect-wait 30 waits for one that starts"
