"""A request head before it is parsed: what supervisord puts up with and h11 does not (supervisord-4.3 §5.1).

Clients written by hand over a raw socket often send HTTP/1.1 without the Host that it demands, and supervisorctl asks for
the log of `zürich` in plain UTF-8.
"""

from __future__ import annotations

import re

_END = b"\r\n\r\n"
_BEYOND_ASCII = re.compile(b"[\x80-\xff]")


class Heads:
    """The bytes from a client, with the head of each request whole and mended; bodies pass as they come."""

    __slots__ = ("_held", "_limit_bytes")

    def __init__(self, limit_bytes: int) -> None:
        self._limit_bytes = limit_bytes
        self._held: bytearray | None = bytearray()

    @property
    def begun(self) -> bool:
        """Whether something of a request has come."""
        return self._held is None or bool(self._held)

    def expect(self) -> None:
        """The next bytes begin a new request."""
        self._held = bytearray()

    def take(self, data: bytes) -> bytes:
        """What can be parsed now; a head that is not whole yet, or too long to be one, is the parser's to judge."""
        held = self._held
        if held is None:
            return data
        held += data
        while held.startswith(b"\r\n"):  # some clients end a body with a line that they do not count (RFC 9112 §2.2)
            del held[:2]
        end = held.find(_END)
        if end < 0 and len(held) <= self._limit_bytes:
            return b""
        self._held = None
        return mended(bytes(held), end) if end >= 0 else bytes(held)


def mended(data: bytes, end: int) -> bytes:
    """The request whose head ends at `end`, its target in ASCII, and with `Host: localhost` where HTTP/1.1 misses one."""
    first, *lines = data[:end].split(b"\r\n")
    rest = data[len(first) :]
    first = _BEYOND_ASCII.sub(lambda byte: b"%%%02X" % byte[0][0], first)
    if first.endswith(b" HTTP/1.1") and not any(line[:5].lower() == b"host:" for line in lines):
        rest = b"\r\nHost: localhost" + rest
    return first + rest
