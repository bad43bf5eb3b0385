"""A proxy that kills the client's process (-9) at a chosen message, as the server has it or not."""

import os
import re
import signal
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Self

from faults.wire import close, read_message, read_startup, sent
from psqlmigrate.postgres.target import Target

_STARTUP = b"\0"
_WORDS = "INSERT|UPDATE|DELETE|MERGE|CREATE|ALTER|DROP|COMMIT|COMMENT|VACUUM|REINDEX|TRUNCATE|COPY|DO|CALL"
_WRITES = re.compile(
    rf"(?:\A|;)\s*(?:(?:{_WORDS})\b|WITH\b.*?\b(?:INSERT\s+INTO|UPDATE\s+\S+\s+SET|DELETE\s+FROM)\b)",
    re.DOTALL,
)
# ReadyForQuery, and what the server says when it waits for the rows of a COPY (manual, 55.7).
_ANSWERED = frozenset({b"Z", b"G", b"H", b"W"})
_ANSWERING = frozenset({_STARTUP, b"Q", b"S", b"c"})


class KillingProxy:
    """Passes everything on until the counted message of that number (from 1, 0: never) comes.

    The process dies `before` the server gets it; or after the server has done it, and the answer
    is lost. Every message counts, of all connections, or only those that end a request that
    `writing` says writes. `seen` is how many there were.
    """

    def __init__(self, server: Target, number: int, *, before: bool, writing: bool) -> None:
        self._path = f"{server.params['host']}/.s.PGSQL.{server.params.get('port', '5432')}"
        self._number = number
        self._before = before
        self._writing = writing
        self.seen = 0
        self.texts: list[str] = []
        self._turn = threading.Lock()
        self._kill: Callable[[], None] | None = None
        self._armed = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        port = self._listener.getsockname()[1]
        params = server.params
        self.url = (
            f"postgresql://{params['user']}@127.0.0.1:{port}/{params['dbname']}"
            "?sslmode=disable&gssencmode=disable"
        )
        self._threads = [threading.Thread(target=self._accept, daemon=True)]

    def arm(self, pid: int) -> None:
        """Tells whom to kill; until then nothing is passed on."""
        self._kill = lambda: os.kill(pid, signal.SIGKILL)
        self._armed.set()

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._armed.set()
        close(self._listener)
        for thread in self._threads:
            thread.join(10)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return  # it is closed: nobody comes any more
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._armed.wait()
            server = socket.socket(socket.AF_UNIX)
            server.connect(self._path)
            one = _Session(self, client, server)
            self._threads += [
                threading.Thread(target=run, daemon=True) for run in (one.forwards, one.backwards)
            ]
            for thread in self._threads[-2:]:
                thread.start()

    def is_the_one(self, kind: bytes, text: str) -> bool:
        """Counts a message, whose request has this text so far.

        Not the last one: the process may end by itself before it can be killed at that.
        """
        if kind == b"X":
            return False
        with self._turn:
            if self._writing and not (kind in {b"Q", b"S"} and _WRITES.search(text)):
                return False
            self.seen += 1
            self.texts.append(f"{kind.decode()} {text}")
            return self.seen == self._number

    @property
    def before(self) -> bool:
        """Whether the server does not get the message."""
        return self._before

    def kill(self) -> None:
        """Ends the client's process."""
        with suppress(ProcessLookupError):
            if self._kill:
                self._kill()


class _Session:
    """One connection, a thread for each direction."""

    def __init__(self, proxy: KillingProxy, client: socket.socket, server: socket.socket) -> None:
        self._proxy = proxy
        self._client = client
        self._server = server
        self._dying = False
        self._text = ""

    def forwards(self) -> None:
        kind, message = _STARTUP, read_startup(self._client)
        while message:
            if kind in {b"Q", b"P"}:
                self._text = _text(kind, message)
            if self._proxy.is_the_one(kind, self._text):
                if self._proxy.before:
                    break
                self._dying = kind in _ANSWERING
                self._server.sendall(message)
                if self._dying:
                    return  # the other thread waits for the answer
                break
            if not sent(self._server, message):
                return
            message = read_message(self._client)
            kind = message[:1]
        else:
            close(self._server)
            return
        self._end()

    def backwards(self) -> None:
        while message := read_message(self._server):
            if self._dying:
                if message[:1] in _ANSWERED:
                    break
                continue
            if not sent(self._client, message):
                break
        if self._dying:
            self._end()
        else:
            close(self._client, self._server)

    def _end(self) -> None:
        self._proxy.kill()
        close(self._client, self._server)


def _text(kind: bytes, message: bytes) -> str:
    payload = message[5:]
    if kind == b"P":
        payload = payload[payload.index(b"\0") + 1 :]
    return payload.split(b"\0", 1)[0].decode(errors="replace").strip()
