"""HTTP/1.1 to a supervisor, over a UNIX or a TCP socket (supervisord-4.3 §5.1).

Only what this client needs of it: one request at a time, a body that is read whole or as it comes.
"""

from __future__ import annotations

import socket

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from io import BufferedReader


class ProtocolError(Exception):
    """The server answered, but not with 200."""

    def __init__(self, path: str, status: int, reason: str) -> None:
        super().__init__(path, status, reason)
        self.path, self.status, self.reason = path, status, reason

    def __str__(self) -> str:
        return f"<ProtocolError for 127.0.0.1{self.path}: {self.status} {self.reason}>"


class RemoteDisconnected(ConnectionResetError):
    """The server closed the connection without a word."""

    def __init__(self) -> None:
        super().__init__("Remote end closed connection without response")


# these names are printed, and scripts look for the ones they know
ProtocolError.__module__ = "xmlrpc.client"
RemoteDisconnected.__module__ = "http.client"


class Response:
    """A reply whose head has been read; the body is still to come. After the `last` one the server hangs up."""

    def __init__(self, stream: BufferedReader) -> None:
        line = stream.readline()
        if not line:
            raise RemoteDisconnected
        version, status, *reason = line.decode("latin-1").split(None, 2)
        self.status, self.reason = int(status), reason[0].strip() if reason else ""
        self._stream = stream
        self._headers = dict(_headers(stream))
        connection = self._headers.get("connection", "").lower()
        self.last = connection == "close" or (version == "HTTP/1.0" and connection != "keep-alive")

    def pieces(self) -> Iterator[bytes]:
        """The body, each piece as soon as it is there; ends early if the server goes away."""
        if self._headers.get("transfer-encoding", "").lower() == "chunked":
            return self._chunks()
        length = self._headers.get("content-length")
        return iter([self._stream.read(int(length))]) if length is not None else iter(self._stream.read1, b"")

    def _chunks(self) -> Iterator[bytes]:
        while line := self._stream.readline():
            size = int(line.partition(b";")[0], 16)
            if size:
                yield self._stream.read(size)
            self._stream.readline()  # the end of the chunk, or of the (never seen) trailer
            if not size:
                return


def _headers(stream: BufferedReader) -> Iterator[tuple[str, str]]:
    for line in iter(stream.readline, b""):
        if not line.strip():
            return
        name, _colon, value = line.decode("latin-1").partition(":")
        yield name.strip().lower(), value.strip()


def connect(url: str) -> socket.socket:
    """A connected socket for `unix://PATH` or `http://HOST[:PORT]`; OSError, or ValueError for another scheme."""
    if url.startswith("unix://"):
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            sock.connect(url[len("unix://") :])
        except BaseException:
            sock.close()
            raise
        return sock
    if url.startswith("http://"):
        from urllib.parse import urlsplit

        parts = urlsplit(url)
        sock = socket.create_connection((parts.hostname or "", 80 if parts.port is None else parts.port))
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return sock
    raise ValueError(f"Unknown protocol for serverurl {url}")


def credentials(username: str | None, password: str | None) -> dict[str, str]:
    """The header of Basic authentication."""
    from binascii import b2a_base64

    return {"Authorization": "Basic " + b2a_base64(f"{username}:{password}".encode(), newline=False).decode()}


def request(
    sock: socket.socket, verb: str, url: str, path: str, headers: dict[str, str], body: bytes = b""
) -> Response:
    """Send one request and read the head of its reply."""
    host = url[len("http://") :].partition("/")[0] if url.startswith("http://") else "localhost"
    lines = [f"{verb} {path} HTTP/1.1", f"Host: {host}", "User-Agent: initctl"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    sock.sendall("\r\n".join([*lines, "", ""]).encode() + body)
    return Response(sock.makefile("rb"))
