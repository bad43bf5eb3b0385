"""A proxy that cuts the connection at a chosen request of the client's."""

import socket
import threading
from types import TracebackType
from typing import Self

from faults.wire import close, read_message, read_startup
from psqlmigrate.postgres.target import Target


class CuttingProxy:
    """Passes everything on until the request of that number (from 1, 0: never) comes.

    It cuts `before` the server gets that request, or after the server has done it and before the
    client gets the answer. `seen` is how many requests there were; those that only read the
    schema are so many that they are not counted.
    """

    def __init__(self, server: Target, number: int, *, before: bool) -> None:
        self._path = f"{server.params['host']}/.s.PGSQL.{server.params.get('port', '5432')}"
        self._number = number
        self._before = before
        self.seen = 0
        self._cutting = False
        self._listener = socket.create_server(("127.0.0.1", 0))
        params = {"host": "127.0.0.1", "port": str(self._listener.getsockname()[1])}
        kept = {name: server.params[name] for name in ("user", "dbname")}
        self.target = Target(
            {**kept, **params, "sslmode": "disable", "gssencmode": "disable"}, "proxy"
        )
        self._threads = [threading.Thread(target=self._serve, daemon=True)]

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._listener.close()
        for thread in self._threads:
            thread.join(10)

    def _serve(self) -> None:
        client, _ = self._listener.accept()
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        server = socket.socket(socket.AF_UNIX)
        server.connect(self._path)
        back = threading.Thread(target=self._backwards, args=(server, client), daemon=True)
        self._threads.append(back)
        back.start()
        self._forwards(client, server)

    def _forwards(self, client: socket.socket, server: socket.socket) -> None:
        server.sendall(read_startup(client))
        while message := read_message(client):
            if _counts(message):
                self.seen += 1
                if self.seen == self._number:
                    if self._before:
                        break
                    self._cutting = True
            server.sendall(message)
            if self._cutting:
                return  # the other thread waits for the server's answer and closes
        close(client, server)

    def _backwards(self, server: socket.socket, client: socket.socket) -> None:
        while message := read_message(server):
            if self._cutting:
                if message[:1] == b"Z":
                    break
                continue
            try:
                client.sendall(message)
            except OSError:
                break
        close(client, server)


def _counts(message: bytes) -> bool:
    own = b"_psqlm" in message
    return message[:1] in b"QS" and (own or b"FROM pg_catalog.pg_" not in message)
