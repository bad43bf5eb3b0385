"""PgBouncer in front of a database."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from psqlmigrate.postgres.account import server_account
from psqlmigrate.postgres.target import Target

PROGRAM = shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")


@contextmanager
def pooler(database: Target, folder: Path, mode: str, *settings: str) -> Generator[Target]:
    """The database by way of a pooler on loopback."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    account = server_account()
    home = folder / "pooler"
    account.new_directory(home)
    params = database.params
    (home / "pgbouncer.ini").write_text(
        f"[databases]\n{params['dbname']} = host={params['host']} port={params['port']}"
        f" user={params['user']}\n"
        f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n"
        f"auth_type = any\npool_mode = {mode}\nlogfile = {home}/log\n"
        + "".join(f"{one}\n" for one in settings)
    )
    # Without a user of its own, root's program refuses to run.
    process = subprocess.Popen(
        [str(PROGRAM), "-q", str(home / "pgbouncer.ini")],
        user=account.uid,
        group=account.gid,
        cwd="/",
    )
    try:
        _wait_for(port)
        at = {"host": "127.0.0.1", "port": str(port), "sslmode": "disable", "gssencmode": "disable"}
        yield Target({"user": params["user"], "dbname": params["dbname"], **at}, "a pooler")
    finally:
        process.terminate()
        process.wait(10)


def _wait_for(port: int) -> None:
    end = time.monotonic() + 10
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert time.monotonic() < end
            time.sleep(0.05)
        else:
            return


_LEFT = """
SELECT name, setting FROM pg_settings WHERE source = 'session' AND setting <> reset_val
   AND name NOT IN ('application_name', 'client_encoding', 'DateStyle', 'TimeZone',
                    'standard_conforming_strings')
UNION ALL SELECT 'role', current_setting('role')
UNION ALL SELECT 'lock', pid::text FROM pg_locks WHERE locktype = 'advisory'
UNION ALL SELECT 'temporary', relname FROM pg_class WHERE relpersistence = 't' AND relkind = 'r'
UNION ALL SELECT 'listening', pg_listening_channels()"""
"""But for what PgBouncer itself gives each client anew."""


def left(at: Target) -> list[tuple[str, str]]:
    """What whoever comes next finds in the session."""
    params = {**at.params, "client_encoding": "UTF8"}
    with psycopg.connect(**params, autocommit=True) as plain:  # type: ignore[arg-type]
        return [(name, value) for name, value in plain.execute(_LEFT)]
