"""A request head before it is parsed: what supervisord puts up with and h11 does not (supervisord-4.3 §5.1).

Clients written by hand over a raw socket often send HTTP/1.1 without the Host that it demands.
"""

from __future__ import annotations

_END = b"\r\n\r\n"


class Heads:
    """The bytes from a client, with the head of each request whole and with a Host; bodies pass as they come."""

    __slots__ = ("_held", "_limit_bytes")

    def __init__(self, limit_bytes: int) -> None:
        self._limit_bytes = limit_bytes
        self._held: bytearray | None = bytearray()

    def expect(self) -> None:
        """The next bytes begin a new request."""
        self._held = bytearray()

    def take(self, data: bytes) -> bytes:
        """What can be parsed now; a head that is not whole yet, or too long to be one, is the parser's to judge."""
        held = self._held
        if held is None:
            return data
        held += data
        end = held.find(_END)
        if end < 0 and len(held) <= self._limit_bytes:
            return b""
        self._held = None
        return with_host(bytes(held), end) if end >= 0 else bytes(held)


def with_host(data: bytes, end: int) -> bytes:
    """The request whose head ends at `end`, with `Host: localhost` if it is one of HTTP/1.1 that names none."""
    first, *lines = data[:end].split(b"\r\n")
    if not first.endswith(b" HTTP/1.1") or any(line[:5].lower() == b"host:" for line in lines):
        return data
    at = len(first) + 2
    return data[:at] + b"Host: localhost\r\n" + data[at:]
