"""Servers with settings of their own: with TLS, and one that follows another."""

import shutil
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from pathlib import Path

from psqlmigrate.postgres import serverprocess
from psqlmigrate.postgres.account import server_account
from psqlmigrate.postgres.binaries import available_binaries, find_binaries, runnable
from psqlmigrate.postgres.connect import connect
from psqlmigrate.postgres.scratchhome import private_home
from psqlmigrate.postgres.target import Target

_FAST = {"fsync": "off", "wal_level": "replica", "autovacuum": "off"}


@contextmanager
def server_with(
    settings: Mapping[str, str], prepare: Callable[[Path], None], *, major: int | None = None
) -> Generator[Target]:
    """A server whose data directory `prepare` has filled; it is reached by its socket."""
    account = server_account()
    binaries = runnable(find_binaries(major), account)
    with private_home(account) as home:
        data, log = home / "data", home / "log"
        prepare(data)
        account.take(data)
        args = serverprocess.command(binaries, data, data, {**_FAST, **settings})
        with serverprocess.own_process(args, account, log):
            port = settings.get("port", serverprocess.PORT)
            target = Target({**serverprocess.params(data), "port": port}, "the server of a test")
            connect(target, wait_s=30).close()
            yield target


def major_with_tls() -> int | None:
    """Of PostgreSQL on this machine, one that was built with OpenSSL."""
    found = (one for one in available_binaries() if b"SSL_CTX_new" in one.postgres.read_bytes())
    return next((one.major for one in found), None)


def new_cluster(data: Path, major: int | None = None) -> None:
    """A cluster in which everybody is trusted."""
    account = server_account()
    binaries = runnable(find_binaries(major), account)
    serverprocess.initdb(binaries, account, data, "--no-sync", "--wal-segsize=1")


@contextmanager
def standby_of(primary: Target) -> Generator[Target]:
    """A hot standby as the primary is now (manual, 26.3.3); it reads what was copied and no more."""

    def copy(data: Path) -> None:
        with connect(primary) as admin:
            row = admin.execute("SELECT current_setting('data_directory')").fetchone()
            assert row
            admin.execute("SELECT pg_backup_start('standby', true)" if modern else _BEGIN)
            shutil.copytree(
                row[0], data, ignore=shutil.ignore_patterns("postmaster.*", ".s.PGSQL*")
            )
            label = admin.execute(
                "SELECT labelfile FROM pg_backup_stop(false)" if modern else _END
            ).fetchone()
            shutil.copytree(Path(row[0]) / "pg_wal", data / "pg_wal", dirs_exist_ok=True)
        assert label
        (data / "backup_label").write_text(label[0])
        (data / "standby.signal").touch()
        data.chmod(0o700)

    with connect(primary) as admin:
        major = admin.info.server_version // 10000
    modern = major >= _RENAMED
    with server_with({}, copy, major=major) as standby:
        yield standby


# pg_start_backup and pg_stop_backup until 14 (release notes of 15).
_RENAMED = 15
_BEGIN = "SELECT pg_start_backup('standby', true, false)"
_END = "SELECT labelfile FROM pg_stop_backup(false, false)"
