"""From a target to a connection, and the settings that every connection of ours has."""

import math
import random
import re
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from functools import cache, partial
from typing import LiteralString

import psycopg
from psycopg import IsolationLevel
from psycopg.conninfo import make_conninfo

from psqlmigrate.errors import ConnectionFailedError
from psqlmigrate.postgres.connection import Connection
from psqlmigrate.postgres.silence import Silence, works
from psqlmigrate.postgres.target import Target
from psqlmigrate.redaction import keep_secret
from psqlmigrate.schema.sqltext import NOTHING, Sql, join, literal, number, sql

__all__ = [
    "PINNED",
    "Connection",
    "connect",
    "current_role",
    "pin",
    "pinning",
    "pins",
    "repin",
    "repinning",
    "server_major",
    "telling_of_its_loss",
]

_RETRY_S = 0.2
_CONNECT_S = 10
_ASKING = "psqlmigrate watch"
_TRANSACTION_TIMEOUT = 170000

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
    "idle_session_timeout": "0",
    "statement_timeout": "0",
    "lock_timeout": "0",
    "synchronous_commit": "on",
    "default_transaction_isolation": "read committed",
    "default_transaction_deferrable": "off",
}
"""Settings that change what SQL means, how PostgreSQL prints it (manual, chapter 20), or how
long a session of ours may live."""

# The server would wait for hours for a client whose machine is gone, and keep its locks (manual,
# 20.3.2). These say nothing of what SQL means, and read as 0 on a Unix socket.
_PROBES: dict[LiteralString, LiteralString] = {
    "tcp_keepalives_idle": "20",
    "tcp_keepalives_interval": "10",
    "tcp_keepalives_count": "3",
}

# RESET ALL leaves the role alone, and DISCARD ALL would free advisory locks (manual, DISCARD).
_FORGET = (
    b"RESET SESSION AUTHORIZATION; RESET ROLE; RESET ALL; CLOSE ALL; UNLISTEN *; DISCARD TEMP; "
)
# Others' settings are in a shared session, too; advisory locks of ours end with transactions there.
_FORGET_SHARED = (
    b"RESET SESSION AUTHORIZATION; RESET ROLE; CLOSE ALL; UNLISTEN *; DISCARD TEMP; "
    b"SELECT pg_catalog.pg_advisory_unlock_all(); "
)

_LOCAL: dict[str, Sql] = {"auto": NOTHING, "session": sql("false"), "transaction": sql("true")}

_UNSUPPORTED = "unsupported (options )?startup parameter"

# PostgreSQL's words, then PgBouncer's.
_FULL = "[Tt]oo many|connection slots|no more connections"
_NOT_YET = (
    rf"starting up|shutting down|not yet accepting|recovery mode|{_FULL}"
    "|try again later|query_wait_timeout"
)

_HINTS = (
    (r"no password supplied|password authentication failed", "set the password with PGPASSWORD, --url or a profile (psqlmigrate users --save)"),
    (r"permission denied to set role", "GRANT it to the user who connects, or check role in psqlmigrate.toml"),
    (r"role .* does not exist", "check the user name in --url or in the profile (psqlmigrate users --list)"),
    (r"database .* does not exist", "create it with createdb, or check --url and the profile in use (psqlmigrate users --list)"),
    (r"pg_hba\.conf", "the server's pg_hba.conf does not let this user in from here"),
    ("invalid response to SSL|expected authentication", "what listens there is no PostgreSQL: check host and port"),
    (r"certificate|SSL|TLS", "check sslmode and sslrootcert in --url or in the profile"),
    (r"permission denied for database", "GRANT CONNECT ON DATABASE lets the role in"),
    (_UNSUPPORTED, "PgBouncer takes no options: take them out of --url"),
    (_FULL, "close other connections, or let it try again with --connect-wait 30"),
    (r"resolve|translate host", "check the host name in --url or in the profile"),
)  # fmt: skip


def connect(
    target: Target,
    *,
    wait_s: float = 0.0,
    name: str = "psqlmigrate",
    silence_s: float = 0.0,
    pooler: str = "auto",
) -> Connection:
    """An autocommit connection, pinned; `wait_s` seconds are given to a server that starts.

    After `silence_s` seconds (0: never) in which neither the network nor the server could be heard,
    the connection is lost (see `silence`). What the target says of keepalives comes first. `pooler`
    says what stands in between: one that keeps a `session`, or one that keeps it for a
    `transaction` only, which every one is taken for that nothing is said of.
    Raises ConnectionFailedError with the reason; a password is never part of it.
    """
    keep_secret(target.params)
    deadline = time.monotonic() + wait_s
    while True:
        try:
            further = {"application_name": name, **_keepalives(silence_s)}
            made = _open(target, further, silence_s, pooler)
            keep_secret({"user": made.info.user, "password": made.info.password})
        except psycopg.OperationalError as error:
            if time.monotonic() >= deadline or _is_final(str(error)):
                raise _explained(target, str(error)) from None
            time.sleep(_RETRY_S * random.uniform(0.5, 1.5))  # noqa: S311 - only spreads retries
        except (psycopg.Error, ValueError) as error:
            raise _explained(target, str(error)) from None
        else:
            return made


@contextmanager
def telling_of_its_loss(connection: Connection) -> Generator[None]:
    """Raises ConnectionFailedError where the connection is lost inside."""
    try:
        yield
    except psycopg.Error as error:
        if not connection.closed:
            raise
        if "statement pooling mode" in str(error):
            raise ConnectionFailedError(
                "the pooler keeps a session for one statement only: psqlmigrate needs transactions",
                hint="name the server itself in --url, or a pooler with pool_mode = transaction",
            ) from None
        raise ConnectionFailedError(
            f"the connection was lost: {' '.join(str(error).split())}",
            hint="psqlmigrate status says what is in the database",
        ) from None


def _keepalives(silence_s: float) -> dict[str, str]:
    """Probes (manual, 32.1.2).

    `tcp_user_timeout` would also end a COPY whose server is at work and takes no rows meanwhile.
    """
    if not silence_s:
        return {}
    pause = str(max(1, round(silence_s / 3)))
    return {
        "connect_timeout": str(min(_CONNECT_S, math.ceil(silence_s))),
        "keepalives_idle": pause,
        "keepalives_interval": pause,
        "keepalives_count": "3",
    }


def _open(target: Target, further: Mapping[str, str], silence_s: float, pooler: str) -> Connection:
    params = {"connect_timeout": str(_CONNECT_S), "client_encoding": "UTF8", **further}
    params |= target.params
    connection = _started(target, params)
    second = make_conninfo(**(params | {"application_name": _ASKING}))
    ask = partial(works, second, silence_s, params["application_name"])
    try:
        told = connection.info.backend_pid
        connection.silence = Silence(silence_s, partial(ask, told)) if silence_s else None
        local = _LOCAL[pooler] or sql(
            "pg_catalog.pg_backend_pid() OPERATOR(pg_catalog.<>) {}", number(told)
        )
        row = connection.execute(_pins("public", connection, local)).fetchone()
        pid, born = row[:2] if row else (0, None)
        # A pooler makes up what it says of the backend (manual, 53.2.8: BackendKeyData).
        connection.pooled = pooler != "auto" or pid != told
        connection.shared = pooler == "transaction" or (pooler == "auto" and pid != told)
        if connection.pooled:
            # It may have no second session to give as long as this one is at work.
            connection.silence = None
        elif connection.silence:
            connection.silence.works = partial(ask, pid, born)
        if connection.shared:
            connection.role = target.role
            connection.isolation_level = IsolationLevel.READ_COMMITTED
            connection.opening = _pins("public", connection, _LOCAL["transaction"])
        else:
            connection.session = pid
    except BaseException:
        connection.close()
        raise
    return connection


def _started(target: Target, params: dict[str, str]) -> Connection:
    """A session that begins with the role where it can: poolers may refuse to be told of one."""
    try:
        return Connection.connect(
            make_conninfo(**(params | target.options)), autocommit=True, prepare_threshold=None
        )
    except psycopg.OperationalError as error:
        if not target.role or not re.search(_UNSUPPORTED, str(error)):
            raise
    connection = Connection.connect(
        make_conninfo(**params), autocommit=True, prepare_threshold=None
    )
    connection.role = target.role
    return connection


def pin(connection: Connection, search_path: str = "public") -> None:
    """Sets the pinned settings and the search path of the session, in one round trip.

    Where there is no session, from now on of each transaction.
    """
    if connection.shared:
        connection.opening = _pins(search_path, connection, _LOCAL["transaction"])
        if connection.is_idle:
            return
    connection.execute(pinning(connection, search_path))


def pinning(connection: Connection, search_path: str = "public") -> bytes:
    """The statement that `pin` sends."""
    where = "transaction" if connection.shared else "session"
    return _pins(search_path, connection, _LOCAL[where])


def repin(connection: Connection, search_path: str = "public") -> None:
    """Forgets what a migration has left in the session, then pins again; advisory locks stay.

    A shared session is left as its transaction found it (see `sharing`).
    """
    if connection.shared and connection.is_idle:
        pin(connection, search_path)
        return
    connection.execute(repinning(connection, search_path))


def repinning(connection: Connection, search_path: str = "public") -> bytes:
    """The statements that `repin` sends."""
    forget = _FORGET_SHARED if connection.shared else _FORGET
    return forget + pinning(connection, search_path)


def pins(search_path: str = "public") -> dict[str, str]:
    """Every setting that a connection gets, whatever the server's version."""
    return {**PINNED, "search_path": search_path}


def server_major(connection: Connection) -> int:
    """The server's major version."""
    return connection.info.server_version // 10000


def current_role(connection: Connection) -> str:
    """The role that the session acts as."""
    row = connection.execute("SELECT current_user::pg_catalog.text").fetchone()
    return str(row[0]) if row else ""


def _pins(search_path: str, connection: Connection, local: Sql) -> bytes:
    # Not every supported version knows it.
    later = connection.info.server_version >= _TRANSACTION_TIMEOUT
    return _pins_for(search_path, local, connection.role, later=later)


@cache
def _pins_for(search_path: str, local: Sql, role: str, *, later: bool) -> bytes:
    settings = pins(search_path) | _PROBES
    if later:
        settings["transaction_timeout"] = "0"
    if role:
        settings["role"] = role
    calls = [
        sql("pg_catalog.set_config({}, {}, {})", literal(name), literal(value), local)
        for name, value in settings.items()
    ]
    known = sql("pg_catalog.pg_backend_pid(), pg_catalog.pg_postmaster_start_time()")
    return sql("SELECT {}, {}", known, join(", ", calls)).encode()


def _is_final(text: str) -> bool:
    """Whether the server answered and waiting would not change its answer."""
    return "FATAL:" in text and not re.search(_NOT_YET, text)


def _explained(target: Target, text: str) -> ConnectionFailedError:
    reason = _reason(target.redacted(text.strip()))
    return ConnectionFailedError(f"cannot connect to {target.label}: {reason}", hint=_hint(reason))


def _reason(text: str) -> str:
    """The last of libpq's lines that says what failed, without its preamble and its advice."""
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("\t")]
    said = [line for line in lines if re.search(r"\b(failed|is bad): ", line)]
    last = next(iter([*said[-1:], *lines[-1:]]), "no answer")
    last = re.sub(r"^- host: .*?: (?=connection )", "", last)  # one of several
    last = re.sub(r"^.*(FATAL|ERROR): +", "", last)
    return re.sub(r"^(connection (failed|is bad): )?(connection to server .*? failed: )?", "", last)


def _hint(reason: str) -> str:
    for pattern, hint in _HINTS:
        if re.search(pattern, reason):
            return hint
    return "is the server running there? --connect-wait 30 waits for one that starts"
