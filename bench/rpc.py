"""XML-RPC over the UNIX socket of a supervisor, with the standard library alone."""

from __future__ import annotations

import http.client
import socket
import xmlrpc.client
from pathlib import Path
from typing import Any

TIMEOUT_S = 300.0


class _Connection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=TIMEOUT_S)
        self._path = path

    def connect(self) -> None:
        self.sock = connected(self._path)


class _Transport(xmlrpc.client.Transport):
    def __init__(self, path: str) -> None:
        super().__init__()
        self._path = path

    def make_connection(self, host: Any) -> http.client.HTTPConnection:
        return _Connection(self._path)


def connected(path: str) -> socket.socket:
    """A connection to a UNIX socket."""
    client = socket.socket(socket.AF_UNIX)
    client.settimeout(TIMEOUT_S)
    client.connect(path)
    return client


def proxy(path: Path) -> Any:
    """Each call on it opens a connection of its own."""
    return xmlrpc.client.ServerProxy("http://localhost", transport=_Transport(str(path)))


def request(method: str, *params: Any) -> bytes:
    """A whole HTTP/1.0 request, whose answer ends when the connection does."""
    body = xmlrpc.client.dumps(params, method).encode()
    return b"POST /RPC2 HTTP/1.0\r\nContent-Type: text/xml\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)


def once(path: Path, method: str) -> bytes:
    """The whole answer to a call on a connection of its own, not looked into; ValueError if it is none."""
    with connected(str(path)) as client:
        client.sendall(request(method))
        answer = b"".join(iter(lambda: client.recv(1 << 18), b""))
    if b" 200 " not in answer[:20]:
        raise ValueError(answer[:200].decode("latin-1"))
    return answer


class Kept:
    """One connection on which the same call is made again and again, and its answer read but not looked into."""

    def __init__(self, path: Path, method: str) -> None:
        body = xmlrpc.client.dumps((), method).encode()
        self._request = b"POST /RPC2 HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
        self._socket = connected(str(path))
        self._stream = self._socket.makefile("rb")

    def __enter__(self) -> Kept:
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()
        self._socket.close()

    def call(self) -> bytes:
        """The answer; ValueError if it is none, or has no length."""
        self._socket.sendall(self._request)
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            line = self._stream.readline()
            if not line:
                raise ValueError(f"the connection ended after {head!r}")
            head += line
        if b" 200 " not in head[:20]:
            raise ValueError(head.decode("latin-1"))
        return self._stream.read(int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0]))
