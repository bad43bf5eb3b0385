"""The messages of PostgreSQL's protocol on a socket (manual, 53.7), for the proxies."""

import socket
import struct
from contextlib import suppress

_HEADER = 5
_LENGTH = 4


def read_startup(source: socket.socket) -> bytes:
    """The first message of a client, which has no type; empty at the end of the stream."""
    head = _exactly(source, _LENGTH)
    return head + _exactly(source, _length(head, 0) - _LENGTH) if head else b""


def read_message(source: socket.socket) -> bytes:
    """The next message; empty at the end of the stream."""
    head = _exactly(source, _HEADER)
    return head + _exactly(source, _length(head, 1) - _LENGTH) if head else b""


def sent(target: socket.socket, message: bytes) -> bool:
    """Whether the other side was still there to be sent it."""
    try:
        target.sendall(message)
    except OSError:
        return False
    return True


def close(*sockets: socket.socket) -> None:
    """Ends both ways of each."""
    for one in sockets:
        with suppress(OSError):  # the other side was faster
            one.shutdown(socket.SHUT_RDWR)
        one.close()


def _length(data: bytes, offset: int) -> int:
    (length,) = struct.unpack_from("!I", data, offset)
    return int(length)


def _exactly(source: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        try:
            part = source.recv(size - len(data))
        except OSError:
            part = b""
        if not part:
            return b""
        data += part
    return data
