"""Locks between processes: flock, which ends with the process that holds it, however it ends."""

import fcntl
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def locked(path: Path) -> Generator[None]:
    """Holds the file's lock alone; waits for it."""
    with opened(path) as fd:
        fcntl.flock(fd, fcntl.LOCK_EX)
        yield


@contextmanager
def locked_directory(path: Path) -> Generator[None]:
    """Holds the lock of a directory itself, which needs no file in it; waits for it."""
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        yield
    finally:
        os.close(fd)


@contextmanager
def opened(path: Path, *, make: bool = True) -> Generator[int]:
    """A descriptor of the lock file; closing it frees the lock."""
    fd = os.open(path, os.O_RDWR | os.O_NOFOLLOW | (os.O_CREAT if make else 0), 0o600)
    try:
        yield fd
    finally:
        os.close(fd)


def share(fd: int) -> None:
    """Takes the lock together with others."""
    fcntl.flock(fd, fcntl.LOCK_SH)


def try_alone(fd: int) -> bool:
    """Takes the lock if nobody else has it."""
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
