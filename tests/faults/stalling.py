"""A proxy that stops passing anything on, and keeps all sockets open."""

import socket
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

from faults.wire import close, read_message, read_startup, sent
from psqlmigrate.postgres.target import Target

_LONGEST_S = 15.0


class StallingProxy:
    """Passes everything on until a statement of the client's has these bytes; b"" is its first message.

    The server gets that message only if it is to be `heard`; nobody gets anything from then on.
    With `alone` it is that connection only, and others pass.
    """

    def __init__(
        self, server: Target, at: bytes, *, heard: bool = False, alone: bool = False
    ) -> None:
        self.sessions = 0
        self._path = f"{server.params['host']}/.s.PGSQL.{server.params.get('port', '5432')}"
        self._at = at
        self._heard = heard
        self._alone = alone
        self.stalled = threading.Event()
        self._ended = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._sockets = [self._listener]
        port = self._listener.getsockname()[1]
        params = server.params
        self.url = (
            f"postgresql://{params['user']}@127.0.0.1:{port}/{params['dbname']}"
            "?sslmode=disable&gssencmode=disable"
        )

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended.set()
        close(*self._sockets)

    @staticmethod
    def _start(*works: Callable[[], None]) -> None:
        for work in works:
            threading.Thread(target=work, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return  # it is closed: nobody comes any more
            self.sessions += 1
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            server = socket.socket(socket.AF_UNIX)
            server.connect(self._path)
            self._sockets += [client, server]
            one = _Session(self, client, server)
            self._start(one.forwards, one.backwards)

    def stalls(self, message: bytes) -> bool:
        """Whether it is the one; it is so once."""
        is_statement = message[:1] in {b"P", b"Q"} or not self._at
        if self.stalled.is_set() or not is_statement or self._at not in message:
            return False
        self.stalled.set()
        return True

    @property
    def heard(self) -> bool:
        """Whether the server gets that message."""
        return self._heard

    def passes(self, *, itself: bool) -> bool:
        """Whether anything is passed on of that connection, or another one."""
        return not self.stalled.is_set() or (self._alone and not itself)

    def wait_for_the_end(self) -> None:
        """Keeps the sockets open, and reads nothing, for longer than anybody should wait."""
        self._ended.wait(_LONGEST_S)
        close(*self._sockets)


class _Session:
    """One connection, a thread for each direction."""

    def __init__(self, proxy: StallingProxy, client: socket.socket, server: socket.socket) -> None:
        self._proxy = proxy
        self._client = client
        self._server = server
        self._itself = False

    def forwards(self) -> None:
        message = read_startup(self._client)
        while message:
            self._itself = self._itself or self._proxy.stalls(message)
            passes = self._proxy.passes(itself=self._itself)
            heard = passes or (self._itself and self._proxy.heard)
            if heard and not sent(self._server, message):
                return
            if not passes:
                self._proxy.wait_for_the_end()
            message = read_message(self._client)
        close(self._server)

    def backwards(self) -> None:
        while message := read_message(self._server):
            if not self._proxy.passes(itself=self._itself):
                self._proxy.wait_for_the_end()
            if not sent(self._client, message):
                break
        close(self._client, self._server)
