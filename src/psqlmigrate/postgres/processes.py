"""Processes of servers: whether they live, and how they are stopped."""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

POLL_S = 0.01

# Fast, immediate, and what cannot be refused (manual, 18.5), with the seconds each gets.
_STOPPING = ((signal.SIGINT, 20.0), (signal.SIGQUIT, 10.0), (signal.SIGKILL, 10.0))


def is_alive(pid: int) -> bool:
    """Whether the process runs; a zombie does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(errors="replace")
    except OSError:
        return True
    return stat.rpartition(") ")[2][:1] not in {"Z", "X"}


def stop(pid: int, gone: Callable[[], bool]) -> bool:
    """Stops a server that is not our child, harder and harder; whether it is gone."""
    for number, patience in _STOPPING if pid > 0 else ():
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return True
        if wait_for(gone, patience):
            return True
    return False


def wait_for(condition: Callable[[], bool], seconds: float) -> bool:
    """Polls until the condition holds; whether it does."""
    deadline = time.monotonic() + seconds
    while not (holds := condition()) and time.monotonic() < deadline:
        time.sleep(POLL_S)
    return holds


def stop_child(process: subprocess.Popen[bytes]) -> None:
    """Stops a server that is our child, harder and harder."""
    for number, patience in _STOPPING:
        process.send_signal(number)
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            continue
        return
