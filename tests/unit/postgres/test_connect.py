"""Connections, their settings, and the words for those that fail."""

import time

import psycopg
import pytest
from psycopg import sql

from psqlmigrate.errors import ConnectionFailedError
from psqlmigrate.postgres.connect import (
    Connection,
    connect,
    pin,
    pins,
    repin,
    server_major,
    telling_of_its_loss,
)
from psqlmigrate.postgres.embedded import scratch_server
from psqlmigrate.postgres.target import Target

SECRET = "s3cret p@ss"


def test_every_connection_is_pinned(any_database: Target) -> None:
    with connect(any_database) as connection:
        assert connection.autocommit
        assert server_major(connection) >= 14
        for name, value in pins().items():
            row = connection.execute("SELECT current_setting(%s)", [name]).fetchone()
            assert row == (value,)


def test_repin_forgets_what_a_session_has(connection: Connection) -> None:
    connection.execute("SELECT pg_advisory_lock(7)")
    connection.execute(
        "CREATE TEMP TABLE t (a int); SET work_mem = '1MB'; SET TimeZone = 'Asia/Tokyo'"
    )
    repin(connection, "pg_temp, public")
    query = "SELECT current_setting('TimeZone'), current_setting('search_path'), to_regclass('t')"
    assert connection.execute(query).fetchone() == ("UTC", "pg_temp, public", None)
    held = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"
    assert connection.execute(held).fetchone() == (1,)


def test_a_silent_network_is_noticed(database: Target) -> None:
    with connect(database, silence_s=30) as connection:
        given = connection.info.get_parameters()
        assert given["keepalives_idle"] == given["keepalives_interval"] == "10"
    own = Target({**database.params, "keepalives_idle": "5"}, "test")
    with connect(own, silence_s=30) as connection:
        assert connection.info.get_parameters()["keepalives_idle"] == "5"
    with connect(database) as connection:
        assert "keepalives_idle" not in connection.info.get_parameters()


def test_a_lost_connection_is_told(database: Target) -> None:
    with connect(database) as connection:
        with pytest.raises(psycopg.errors.DivisionByZero), telling_of_its_loss(connection):
            connection.execute("SELECT 1 / 0")
        with (
            pytest.raises(ConnectionFailedError, match="the connection was lost: "),
            telling_of_its_loss(connection),
        ):
            connection.execute("SELECT pg_terminate_backend(pg_backend_pid())")


def test_a_search_path_is_data(connection: Connection) -> None:
    pin(connection, '"\', false); DROP SCHEMA public; --"')
    assert connection.execute("SELECT 1 FROM pg_namespace WHERE nspname = 'public'").fetchone()


@pytest.mark.parametrize(
    ("changes", "words", "hint"),
    [
        ({"dbname": "no_such_db"}, 'database "no_such_db" does not exist', "createdb"),
        ({"user": "no_such_role"}, 'role "no_such_role" does not exist', "user name"),
        ({"host": "127.0.0.1", "port": "1"}, "Connection refused", "--connect-wait"),
        ({"host": "/no/such/folder"}, "No such file or directory", "--connect-wait"),
        ({"no_such_option": "1"}, "invalid connection option", ""),
    ],
)
def test_a_failure_is_explained(
    server: Target, changes: dict[str, str], words: str, hint: str
) -> None:
    target = Target({**server.params, "password": SECRET, **changes}, "test")
    with pytest.raises(ConnectionFailedError) as caught:
        connect(target)
    error = caught.value
    assert words in error.message
    assert "\n" not in error.message
    assert hint in error.hint
    assert "s3cret" not in f"{error.message}{error.hint}{error.details}{error!r}"
    assert error.__cause__ is None
    assert error.__suppress_context__


def test_waiting_is_for_servers_that_start(server: Target) -> None:
    start = time.monotonic()
    with pytest.raises(ConnectionFailedError):
        connect(server.database("no_such_db"), wait_s=5)
    assert time.monotonic() - start < 2
    start = time.monotonic()
    with pytest.raises(ConnectionFailedError):
        connect(Target({"host": "127.0.0.1", "port": "1"}, "test"), wait_s=0.5)
    assert time.monotonic() - start >= 0.4


def test_a_wrong_password_is_explained() -> None:
    with scratch_server() as server:
        with connect(server) as admin:
            admin.execute(
                "SET password_encryption = 'scram-sha-256'; CREATE ROLE guest LOGIN PASSWORD 'x'"
            )
            path, text = admin.execute(
                "SELECT path, pg_read_file(path) FROM current_setting('hba_file') AS path"
            ).fetchall()[0]
            lines = ["local all guest scram-sha-256", *text.splitlines()]
            copy = sql.SQL("COPY (SELECT unnest({}::text[])) TO {}")
            admin.execute(copy.format([line.replace("\t", " ") for line in lines], path))
            admin.execute("SELECT pg_reload_conf()")
        guest = {**server.params, "user": "guest"}
        _wait_until_refused(Target(guest, "test"))
        with pytest.raises(ConnectionFailedError, match="password authentication failed") as caught:
            connect(Target({**guest, "password": SECRET}, "test"), wait_s=5)
        assert "PGPASSWORD" in caught.value.hint
        assert "s3cret" not in f"{caught.value.message}{caught.value!r}"
        with pytest.raises(ConnectionFailedError, match="no password supplied") as caught:
            connect(Target(guest, "test"))
        assert "PGPASSWORD" in caught.value.hint
        connect(Target({**guest, "password": "x", "dbname": "postgres"}, "test")).close()


def _wait_until_refused(target: Target) -> None:
    """The postmaster reads pg_hba.conf when it comes to it."""
    for _ in range(200):
        try:
            connect(target).close()
        except ConnectionFailedError:
            return
        time.sleep(0.02)


def test_the_server_looks_whether_our_machine_is_there(connection: Connection) -> None:
    query = "SELECT DISTINCT source FROM pg_settings WHERE name ~ '^tcp_keepalives_'"
    assert connection.execute(query).fetchall() == [("session",)]
