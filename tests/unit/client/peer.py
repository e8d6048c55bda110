"""A server on a UNIX socket that answers requests with canned bytes, one connection after the other."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from pathlib import Path


class Peer:
    """`replies` are lists, one for each connection: one reply a request; then the connection is closed."""

    def __init__(self, path: Path, replies: list[list[bytes]]) -> None:
        self.url = f"unix://{path}"
        self.requests: list[bytes] = []
        self._replies = replies
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        for replies in self._replies:
            try:
                sock, _address = self._listener.accept()
            except OSError:  # closed: the test is over
                return
            with sock, sock.makefile("rb") as stream:
                for reply in replies:
                    self.requests.append(_read_request(stream))
                    sock.sendall(reply)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(10)
        assert not self._thread.is_alive()


def _read_request(stream: object) -> bytes:
    head = b""
    length = 0
    while not head.endswith(b"\r\n\r\n"):
        line = stream.readline()  # type: ignore[attr-defined]
        if not line:
            return head
        head += line
        if line.lower().startswith(b"content-length:"):
            length = int(line.partition(b":")[2])
    return head + stream.read(length)  # type: ignore[attr-defined, no-any-return]


@contextlib.contextmanager
def peer(folder: Path, *replies: list[bytes]) -> Iterator[Peer]:
    running = Peer(folder / "s", list(replies))
    try:
        yield running
    finally:
        running.close()


def reply(body: bytes, status: str = "200 OK") -> bytes:
    return b"HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n%s" % (status.encode(), len(body), body)
