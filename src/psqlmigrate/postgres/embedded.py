"""Servers of our own: one that belongs to a process, and one that a project's commands share."""

import re
import shutil
import signal
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from psqlmigrate.postgres import serverprocess
from psqlmigrate.postgres.account import Account, server_account
from psqlmigrate.postgres.binaries import Binaries, find_binaries, runnable
from psqlmigrate.postgres.cache import cached_directory, data_home
from psqlmigrate.postgres.filelock import locked, opened, share, try_alone
from psqlmigrate.postgres.projecthome import ProjectHome, digest
from psqlmigrate.postgres.scratchhome import private_home, sweep
from psqlmigrate.postgres.target import Target

_THROWAWAY = ("--no-sync", "--wal-segsize=1")

# Nothing of a scratch server outlives its process. Autovacuum would hold on to databases that
# are copied or dropped.
_SCRATCH_SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "jit": "off",
    "wal_level": "logical",
    "max_wal_size": "64MB",
}


@contextmanager
def scratch_server(major: int | None = None) -> Generator[Target]:
    """A server that belongs to this process, and to the thread that enters here.

    Nothing of it is left behind; what a kill -9 leaves, the next one removes. Raises ScratchError.
    """
    account = server_account()
    binaries = runnable(find_binaries(major), account)
    sweep()
    with _unwinding_signals(), private_home(account) as home:
        data, log = home / "data", home / "log"
        _throwaway_cluster(binaries, account, data)
        args = serverprocess.command(binaries, data, data, _SCRATCH_SETTINGS)
        with serverprocess.own_process(args, account, log) as process:
            serverprocess.wait_until_ready(data, lambda: process.poll() is None, log)
            yield Target(serverprocess.params(data), "the scratch server", embedded=True)


@contextmanager
def project_server(
    data_dir: Path, major: int | None = None, *, database: str = "app"
) -> Generator[Target]:
    """The server of a project: started when needed, stopped by the last one out; its data stays.

    `major` is for a project without data yet. Raises ScratchError.
    """
    project = ProjectHome(data_dir.resolve(), server_account())
    project.prepare()
    with _unwinding_signals(), opened(project.home / "clients") as clients:
        try:
            with locked(project.home / "change"):
                share(clients)
                project.ensure_running(major)
                project.ensure_database(database)
            params = serverprocess.params(project.socket_dir, database)
            yield Target(params, "the project's embedded server", embedded=True)
        finally:
            with locked(project.home / "change"):
                if try_alone(clients):
                    project.ensure_stopped()


def embedded_data_dir(project_root: Path) -> Path:
    """Where the data of that project's embedded server is."""
    root = project_root.resolve()
    name = re.sub(r"[^A-Za-z0-9_-]+", "-", root.name)[:32].strip("-") or "project"
    return data_home() / "embedded" / f"{name}-{digest(root)[:12]}"


def _throwaway_cluster(binaries: Binaries, account: Account, data: Path) -> None:
    """A fresh cluster: a copy of one that was made once, or made anew where no cache can be."""

    def make(template: Path) -> None:
        serverprocess.initdb(binaries, account, template, *_THROWAWAY)
        account.give_back(template)

    try:
        template = cached_directory("clusters", f"{binaries.identity} {_THROWAWAY}", make)
        shutil.copytree(template, data, symlinks=True)
    except OSError:
        shutil.rmtree(data, ignore_errors=True)
        serverprocess.initdb(binaries, account, data, *_THROWAWAY)
    else:
        account.take(data)


@contextmanager
def _unwinding_signals() -> Generator[None]:
    """SIGTERM and SIGHUP unwind the stack meanwhile, unless the program handles them itself."""
    ours = list[signal.Signals]()
    if threading.current_thread() is threading.main_thread():
        wanted = (signal.SIGTERM, signal.SIGHUP)
        ours = [number for number in wanted if signal.getsignal(number) is signal.SIG_DFL]
    for number in ours:
        signal.signal(number, _unwind)
    try:
        yield
    finally:
        for number in ours:
            if signal.getsignal(number) is _unwind:
                signal.signal(number, signal.SIG_DFL)


def _unwind(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)
