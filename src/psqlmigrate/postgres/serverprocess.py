"""A PostgreSQL server as a process: made by initdb, started, waited for, stopped."""

import ctypes
import os
import signal
import socket
import struct
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import psycopg
from psycopg.conninfo import make_conninfo

from psqlmigrate.errors import ScratchError
from psqlmigrate.postgres.account import Account
from psqlmigrate.postgres.binaries import Binaries
from psqlmigrate.postgres.processes import POLL_S, stop_child

SUPERUSER = "postgres"
PORT = "5432"

SOCKET_PATH_LIMIT = 107 if sys.platform == "linux" else 103
"""How long the path of a Unix socket may be (unix(7): sun_path)."""

_PR_SET_PDEATHSIG = 1
_SOL_LOCAL, _LOCAL_PEERPID = 0, 2
_START_S = 120
_LOG_LINES = 15

# Ours alone and the same everywhere: nothing of the user's LANG, TZ or PG* reaches a server.
_ENVIRONMENT = {"LC_ALL": "C", "TZ": "UTC"}
_INHERITED = ("PATH", "LD_LIBRARY_PATH")

# Every parameter that libpq would take from PGHOSTADDR, PGOPTIONS and their like.
_PARAMS = {
    "hostaddr": "",
    "port": PORT,
    "user": SUPERUSER,
    "options": "",
    "sslmode": "disable",
    "gssencmode": "disable",
    "channel_binding": "disable",
    "target_session_attrs": "any",
}


def params(socket_dir: Path, dbname: str = "postgres") -> dict[str, str]:
    """What libpq needs to reach the server of that socket directory, and no other."""
    return {**_PARAMS, "host": str(socket_dir), "dbname": dbname}


def socket_file(socket_dir: Path) -> Path:
    """The socket of the server of that socket directory."""
    return socket_dir / f".s.PGSQL.{PORT}"


def fits(socket_dir: Path) -> bool:
    """Whether the path of the socket is short enough for the operating system."""
    return len(os.fsencode(socket_file(socket_dir))) <= SOCKET_PATH_LIMIT


def initdb(binaries: Binaries, account: Account, data: Path, *options: str) -> None:
    """Makes a cluster in a new directory."""
    account.new_directory(data)
    command = [str(binaries.initdb), "-D", str(data), "-U", SUPERUSER, "-A", "trust"]
    run = subprocess.run(
        [*command, "-E", "UTF8", "--locale=C", *options],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        cwd="/",
        env=_environment(),
        user=account.uid,
        group=account.gid,
        extra_groups=account.groups,
    )
    if run.returncode:
        raise ScratchError(f"{binaries.initdb} failed", details=_last_lines(run.stdout))


def command(
    binaries: Binaries, data: Path, socket_dir: Path, settings: Mapping[str, str]
) -> list[str]:
    """The command line of a server that listens on one Unix socket and nowhere else."""
    ours = {
        "listen_addresses": "",
        "port": PORT,
        "unix_socket_directories": '"' + str(socket_dir).replace('"', '""') + '"',
        "unix_socket_permissions": "0700",
        "max_locks_per_transaction": "1024",
    }
    options = [f"--{name}={value}" for name, value in {**ours, **settings}.items()]
    return [str(binaries.postgres), "-D", str(data), *options]


@contextmanager
def own_process(args: list[str], account: Account, log: Path) -> Generator[subprocess.Popen[bytes]]:
    """A server that is stopped at the end, and stops by itself when this process is killed.

    On Linux it lives no longer than the thread that started it (prctl(2), PR_SET_PDEATHSIG).
    """
    with _writing(log) as output, warnings.catch_warnings():
        # Python 3.12 warns of any fork with threads; what the child does takes no lock.
        warnings.filterwarnings("ignore", "This process .* is multi-threaded", DeprecationWarning)
        process = subprocess.Popen(
            args,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd="/",
            env=_environment(),
            start_new_session=True,
            preexec_fn=_dying_with(os.getpid()),  # noqa: PLW1509 - nothing else can ask for it
            user=account.uid,
            group=account.gid,
            extra_groups=account.groups,
        )
    try:
        yield process
    finally:
        stop_child(process)


def detached_process(args: list[str], account: Account, log: Path, extra: Mapping[str, str]) -> int:
    """Starts a server that outlives this process; its process id."""
    with _writing(log) as output:
        shell = subprocess.run(
            ["/bin/sh", "-c", '"$@" >&2 & echo $!', "sh", *args],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=output,
            check=True,
            cwd="/",
            env={**_environment(), **extra},
            start_new_session=True,
            user=account.uid,
            group=account.gid,
            extra_groups=account.groups,
        )
    return int(shell.stdout)


def wait_until_ready(socket_dir: Path, alive: Callable[[], bool], log: Path) -> None:
    """Waits for the first connection; ScratchError with the log's end if the server dies."""
    deadline = time.monotonic() + _START_S
    while time.monotonic() < deadline:
        living = alive()
        try:
            psycopg.connect(make_conninfo(**params(socket_dir), connect_timeout=10)).close()
        except psycopg.OperationalError:
            if not living:
                break
            time.sleep(POLL_S)
        else:
            return
    text = log.read_text(errors="replace")
    raise ScratchError("the embedded server does not start", details=_last_lines(text))


def listener(socket_dir: Path) -> int | None:
    """The process that listens on the socket, if one does; 0 stands for another container's."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(5)
        try:
            client.connect(str(socket_file(socket_dir)))
        except OSError:
            return None
        if sys.platform == "linux":
            credentials = client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
            return int(struct.unpack("3i", credentials)[0])
        return client.getsockopt(_SOL_LOCAL, _LOCAL_PEERPID)


def _writing(log: Path) -> BinaryIO:
    """The emptied log; statements and their values may come to stand in it."""
    log.touch(0o600)
    return log.open("wb")


def _dying_with(parent: int) -> Callable[[], None] | None:
    """What asks Linux, in the child, for SIGINT when the parent's thread ends."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl

    def ask() -> None:
        # The parent may be gone already: then no signal will come any more.
        if prctl(_PR_SET_PDEATHSIG, signal.SIGINT) != 0 or os.getppid() != parent:
            os._exit(1)

    return ask


def _environment() -> dict[str, str]:
    inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    return {**inherited, **_ENVIRONMENT}


def _last_lines(text: str) -> str:
    return "\n".join(text.strip().splitlines()[-_LOG_LINES:])
