"""XML-RPC calls of simulated clients, and what came back: one whole, well-formed reply, or not."""

from __future__ import annotations

import re
import xmlrpc.client

from initd.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from sim.kernel.sockets import SimClient


class Stamped(bytearray):
    """What a client receives, and when the last of it came."""

    def __init__(self, clock: Callable[[], int]) -> None:
        super().__init__()
        self._clock = clock
        self.time_ns = 0

    def __iadd__(self, data: Any) -> Any:  # type: ignore[misc]
        self.time_ns = self._clock()
        return super().__iadd__(data)


class Call(Record):
    """A client's request: when, what, and what had come back when the run was over."""

    time_ns: int
    method: str
    params: tuple[Any, ...]
    client: SimClient

    @property
    def answer(self) -> Any:
        """The value, a Fault, or None while no whole reply has come; ValueError for one that is not well formed."""
        return parse_reply(bytes(self.client.received))


def parse_reply(data: bytes) -> Any:
    """What exactly one HTTP reply with an XML-RPC answer says; None for a reply that is not whole."""
    head, blank, body = data.partition(b"\r\n\r\n")
    if not blank:
        return None
    if not head.startswith(b"HTTP/1.1 200 "):
        raise ValueError(f"no reply of a call: {head[:60]!r}")
    length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
    if length is None:
        body = unchunked(body)
        if not body.endswith(b"</methodResponse>\n"):
            return None
    elif len(body) < int(length[1]):
        return None
    elif len(body) > int(length[1]):
        raise ValueError(f"more than one reply: {body[int(length[1]) :][:60]!r}")
    try:
        (value,), _ = xmlrpc.client.loads(body)
    except xmlrpc.client.Fault as fault:
        return fault
    except Exception as error:
        raise ValueError(f"{error!r} in {body[:200]!r}") from None
    return value


def unchunked(body: bytes) -> bytes:
    """What the chunks hold that have come by now (RFC 9112 §7.1)."""
    whole = b""
    while body:
        size, _, rest = body.partition(b"\r\n")
        if not size or not rest:
            return whole
        count = int(size, 16)
        whole, body = whole + rest[:count], rest[count + 2 :]
    return whole


def call_bytes(method: str, *params: Any) -> bytes:
    """The HTTP request of an XML-RPC call."""
    body = xmlrpc.client.dumps(params, method).encode()
    return b"POST /RPC2 HTTP/1.1\r\nHost: s\r\nContent-Type: text/xml\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
