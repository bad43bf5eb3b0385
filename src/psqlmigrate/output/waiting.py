"""Says on stderr what a run waits for, when that takes long enough to be noticed."""

import sys

from psqlmigrate.service.progress import Silent

_NOTICED_S = 1.0
_AGAIN_S = 5.0


class Waiting(Silent):
    """A line after a second of waiting, and one more every five."""

    def __init__(self) -> None:
        self._next = _NOTICED_S

    def waiting(self, seconds: float, holder: str) -> None:
        """Another run, `holder`, has the lock."""
        self._say(seconds, f"waiting {seconds:.1f} s for the lock, held by {holder}")

    def blocked(self, seconds: float, reason: str) -> None:
        """A lock in the database is not to be had."""
        self._say(seconds, f"waiting {seconds:.1f} s for {reason}")

    def _say(self, seconds: float, text: str) -> None:
        if seconds < self._next:
            return
        self._next = seconds + _AGAIN_S
        print(text, file=sys.stderr, flush=True)
