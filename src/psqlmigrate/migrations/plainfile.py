"""What is read is a file: a pipe or a device would be waited for without an end."""

import errno
import os
import stat
from pathlib import Path


def read_plain(path: Path) -> bytes:
    """The bytes of a regular file, or of what a link leads to. Raises OSError for anything else."""
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        mode = os.fstat(handle).st_mode
        if not stat.S_ISREG(mode):
            number = errno.EISDIR if stat.S_ISDIR(mode) else errno.EINVAL
            words = os.strerror(number) if stat.S_ISDIR(mode) else "it is no regular file"
            raise OSError(number, words, str(path))
        with os.fdopen(handle, "rb", closefd=False) as file:
            return file.read()
    finally:
        os.close(handle)
