"""psqlmigrate as a process of its own, to be interrupted and listened to."""

import os
import pty
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from psqlmigrate.postgres.connect import Connection
from psqlmigrate.postgres.target import Target

_PATIENCE_S = 20.0


def environment(database: Target, home: Path) -> dict[str, str]:
    """The variables of a process that is to find the database."""
    params = database.params
    at = "&".join(
        f"{name}={params[name]}" for name in ("host", "port", "sslmode") if name in params
    )
    url = f"postgresql://{params['user']}@/{params['dbname']}?{at}"
    own = {"DATABASE_URL": url, "HOME": str(home), "PSQLMIGRATE_CONFIG_DIR": str(home)}
    return {**os.environ, **own, "COLUMNS": "200"}


def started(
    database: Target, path: Path, *words: str, stderr: int = subprocess.PIPE
) -> subprocess.Popen[str]:
    """`psqlmigrate WORDS` on the migrations of a folder."""
    return subprocess.Popen(
        [sys.executable, "-m", "psqlmigrate", *words, "--migrations", str(path)],
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
        cwd=path,
        env=environment(database, path),
    )


def is_running(pid: int) -> bool:
    """Whether the process is at work; one that has ended may wait for init to take note of it."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except FileNotFoundError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def on_terminal(
    database: Target, path: Path, *words: str, meanwhile: Callable[[], None]
) -> tuple[int, str, str]:
    """Exit code, stdout, and what a terminal got as stderr; `meanwhile` is run after the start."""
    ours, theirs = pty.openpty()
    process = started(database, path, *words, stderr=theirs)
    os.close(theirs)
    try:
        meanwhile()
        out, _ = process.communicate(timeout=_PATIENCE_S)
        return process.returncode, out, _all_of(ours)
    finally:
        process.kill()
        process.wait()
        os.close(ours)


def _all_of(terminal: int) -> str:
    parts: list[bytes] = []
    try:
        while part := os.read(terminal, 65536):
            parts.append(part)
    except OSError:
        pass  # Linux says EIO where the other end is closed
    return b"".join(parts).decode()


def wait_for(connection: Connection, query: str) -> None:
    """Waits until the query has a row."""
    end = time.monotonic() + _PATIENCE_S
    while not connection.execute(query.encode()).fetchone():
        assert time.monotonic() < end, query
        time.sleep(0.05)


def descendants(pid: int) -> dict[int, str]:
    """The command lines of all processes below this one."""
    listed = subprocess.run(["/bin/ps", "-eo", "pid=,ppid=,args="], capture_output=True, check=True)
    rows = [line.split(None, 2) for line in listed.stdout.decode(errors="replace").splitlines()]
    found: dict[int, str] = {}
    above = {pid}
    while above:
        below = {int(row[0]): row[2] for row in rows if int(row[1]) in above}
        found |= below
        above = set(below)
    return found
