"""Directories of servers that belong to one process: in memory if possible, never left behind."""

import os
import shutil
import stat
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from psqlmigrate.errors import ScratchError
from psqlmigrate.postgres import processes, serverprocess
from psqlmigrate.postgres.account import Account
from psqlmigrate.postgres.filelock import opened, try_alone

_PREFIX = "psqlmigrate-scratch-"
_MEMORY = Path("/dev/shm")  # noqa: S108 - the directory is made by mkdtemp
_SHORT = Path("/tmp")  # noqa: S108 - likewise
_ROOM = 512 * 2**20
_ABANDONED_S = 3600


@contextmanager
def private_home(account: Account) -> Generator[Path]:
    """A directory of this process, with room for a cluster in `data`; removed at the end."""
    home = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=_base(account)))
    home.chmod(0o711 if account.foreign else 0o700)
    try:
        with opened(home / "lock.new") as fd:
            # Renamed once it is held: a lock that can be taken always means a dead owner.
            try_alone(fd)
            (home / "lock.new").rename(home / "lock")
            try:
                yield home
            finally:
                shutil.rmtree(home, ignore_errors=True)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def sweep() -> None:
    """Removes what killed processes have left, and their servers where these live on."""
    for base in set(_bases()):
        for home in base.glob(_PREFIX + "*"):
            with suppress(OSError):
                _sweep(home)


def _sweep(home: Path) -> None:
    state = home.lstat()
    if not stat.S_ISDIR(state.st_mode) or state.st_uid != os.geteuid():
        return
    if not (home / "lock").exists():
        if time.time() - state.st_mtime > _ABANDONED_S:
            shutil.rmtree(home)
        return
    with opened(home / "lock", make=False) as fd:
        if try_alone(fd) and _without_server(home / "data"):
            shutil.rmtree(home)


def _without_server(data: Path) -> bool:
    """Stops the server of a dead owner, if it has outlived it; whether none is left."""
    pid = serverprocess.listener(data)
    return pid is None or processes.stop(pid, lambda: serverprocess.listener(data) is None)


def _bases() -> list[Path]:
    return [_MEMORY, Path(tempfile.gettempdir()), _SHORT]


def _base(account: Account) -> Path:
    for base in _bases():
        if os.access(base, os.W_OK | os.X_OK) and account.reaches(base) and _suits(base):
            return base
    raise ScratchError(
        "no directory for temporary files can hold a scratch server",
        hint="set TMPDIR to a directory that every user can enter, or set scratch_url",
    )


def _suits(base: Path) -> bool:
    """Whether a socket's path fits in there; containers often have only 64 MB of /dev/shm."""
    room = base != _MEMORY or shutil.disk_usage(base).free >= _ROOM
    return room and serverprocess.fits(base / f"{_PREFIX}12345678" / "data")
