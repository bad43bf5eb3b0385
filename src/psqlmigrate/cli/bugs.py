"""An error that nobody foresaw: its traceback goes to a file, without passwords."""

import os
import platform
import time
import traceback
from pathlib import Path

from platformdirs import user_log_dir

from psqlmigrate.errors import MigrationError
from psqlmigrate.migrations.atomic import write_new
from psqlmigrate.redaction import redact, secrets_of, without_secrets
from psqlmigrate.service.profiles import ProfileStore


def keep(given: list[str], error: BaseException) -> tuple[str, str]:
    """Writes the log file; the answer is the message and its hint."""
    secrets = _secrets(given)
    what = redact(without_secrets(f"{type(error).__name__}: {error}"), *secrets)
    command = next((one for one in given if not one.startswith("-")), "")
    trace = redact(without_secrets("".join(traceback.format_exception(error))), *secrets)
    text = f"{command or 'no command'}\n{platform.platform()}\nPython {platform.python_version()}\n\n{trace}"
    folder = Path(user_log_dir("psqlmigrate", appauthor=False))
    path = folder / f"bug-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}-{os.getpid()}.log"
    message = f"this is a bug in psqlmigrate: {what}"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_new(path, text.encode("utf-8", "backslashreplace"))
        path.chmod(0o600)
    except OSError as failed:
        return message, f"its traceback could not be written to {path}: {failed.strerror}"
    return message, f"please report it, with {path}"


def _secrets(given: list[str]) -> list[str]:
    """Every password that may be in a traceback."""
    found = [value for name, value in os.environ.items() if name.upper().endswith("PASSWORD")]
    found += secrets_of({word: word for word in given if "://" in word})
    for at, word in enumerate(given):
        if word == "--password":
            found += given[at + 1 : at + 2]
        found += [word.removeprefix("--password=")] if word.startswith("--password=") else []
    try:
        stored = ProfileStore.of_user(os.environ).profiles().values()
    except (MigrationError, OSError, RuntimeError):
        return found
    return found + [one.text("password") or "" for one in stored]
