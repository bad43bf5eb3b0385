"""PgBouncer in between: a lock that other sessions share is none."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from faults.project import TABLES, Project
from faults.racing import race
from psqlmigrate.errors import UsageError
from psqlmigrate.postgres.account import server_account
from psqlmigrate.postgres.connect import Connection, connect
from psqlmigrate.postgres.target import Target
from psqlmigrate.service import history
from psqlmigrate.service.attempt import RunOptions

PROGRAM = shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="needs pgbouncer")


@contextmanager
def _pooler(database: Target, folder: Path, mode: str) -> Generator[Target]:
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


def test_a_pooler_is_told_apart(
    database: Target, connection: Connection, open_directory: Path
) -> None:
    assert not connection.pooled
    with _pooler(database, open_directory, "session") as at, connect(at) as pooled:
        assert pooled.pooled


def test_transactions_that_share_sessions_are_refused(
    database: Target, connection: Connection, project: Project, open_directory: Path
) -> None:
    project.sql("1", "CREATE TABLE t1 (a int)")
    with (
        _pooler(database, open_directory, "transaction") as at,
        connect(at) as pooled,
        pytest.raises(UsageError, match="a pooler"),
    ):
        project.runner(pooled).upgrade()
    assert connection.execute("SELECT to_regclass('t1')").fetchone() == (None,)
    assert not history.read(connection, TABLES)


def test_runs_at_once_through_sessions_that_are_kept(
    database: Target, connection: Connection, project: Project, open_directory: Path
) -> None:
    connection.execute("CREATE TABLE log (version text)")
    for version in ("1", "2"):
        project.sql(version, f"INSERT INTO log VALUES ('{version}'); SELECT pg_sleep(0.05)")
    with _pooler(database, open_directory, "session") as at:
        ran = race(at, project.path, [RunOptions(own_session=True)] * 5)
    assert sorted(version for one in ran for version in one) == ["1", "2"]
    assert sorted(row[0] for row in connection.execute("SELECT version FROM log")) == ["1", "2"]
