"""Directories that are made once and used by every later run."""

import hashlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import platformdirs

from psqlmigrate.postgres.filelock import locked

_APP = "psqlmigrate"


def cache_home() -> Path:
    """The user's cache; root's is the machine's, as other accounts cannot enter /root."""
    if os.geteuid() == 0:
        return platformdirs.site_cache_path(_APP)
    return platformdirs.user_cache_path(_APP)


def data_home() -> Path:
    """The user's data directory; root's is the machine's, likewise."""
    if os.geteuid() == 0:
        return platformdirs.site_data_path(_APP)
    return platformdirs.user_data_path(_APP)


def cached_directory(section: str, key: str, make: Callable[[Path], None]) -> Path:
    """The directory of that key; `make` makes it when it is missing.

    It appears whole or not at all, whoever is killed and however many processes ask at once.
    """
    shelf = cache_home() / section
    directory = shelf / hashlib.sha256(key.encode()).hexdigest()[:16]
    if directory.is_dir():
        return directory
    open_directory(shelf)
    with locked(shelf / "lock"):
        if not directory.is_dir():
            unfinished = shelf / f".unfinished-{directory.name}"
            shutil.rmtree(unfinished, ignore_errors=True)
            make(unfinished)
            unfinished.rename(directory)
    return directory


def open_directory(path: Path) -> None:
    """Makes the directory and its parents; the account of root's servers can pass through."""
    for folder in (*reversed(path.parents), path):
        if not folder.is_dir():
            folder.mkdir(exist_ok=True)
            folder.chmod(0o755 if os.geteuid() == 0 else 0o700)
