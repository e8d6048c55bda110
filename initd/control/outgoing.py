"""One reply on its way to the wire: its pieces, framed by h11, never far ahead of what the client has taken.

A reply that ends within AHEAD_BYTES is sent with its length. A longer one, or a live one, is chunked (HTTP/1.0: ended by
closing), because its length is not known while its first bytes are already on their way.
"""

from __future__ import annotations

import h11

from initd.control.reply import REASONS
from initd.control.steps import Supply

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from initd.control.reply import Reply

STEP_BYTES = 64 * 1024
AHEAD_BYTES = 256 * 1024
SERVER = "Medusa/1.12"
"""What stock clients have always been told."""


class Outgoing:
    """Turns a Reply into bytes; `make` some, then `taken` what the socket accepted."""

    def __init__(self, http: h11.Connection, reply: Reply, date: str, bodyless: bool, wake: Callable[[], None]) -> None:
        self._http, self._reply, self._date, self._bodyless = http, reply, date, bodyless
        self._supply = Supply(reply.pieces, wake)
        self._held: list[bytes] = []
        self._held_bytes = 0
        self._wire = bytearray()
        self.begun = False
        self._ended = False
        self.body_bytes = 0
        self.taken_bytes = 0

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self._reply.status

    @property
    def live(self) -> bool:
        """See Reply."""
        return self._reply.live

    @property
    def waiting(self) -> bool:
        """Nothing can be made before `wake` is called."""
        return self._supply.waiting

    @property
    def ended(self) -> bool:
        """All of it has been made and taken."""
        return self._ended and not self._wire

    def make(self) -> None:
        """Make about STEP_BYTES more, less if it has to wait; raises what the reply's own code raises."""
        supply, made = self._supply, 0
        while made < STEP_BYTES and len(self._wire) < AHEAD_BYTES and not supply.waiting and not supply.finished:
            piece = supply.take()
            made += len(piece)
            if piece:
                self._put(piece)
            if self.live and not self.begun and not supply.waiting:
                self._begin(None)
        if self.begun:
            self._send()
        if supply.finished and not self._ended:
            if not self.begun:
                self._begin(self._held_bytes)
            self._ended = True
            self._wire += self._http.send(h11.EndOfMessage()) or b""

    def chunk(self) -> bytes:
        """What to write next, up to STEP_BYTES; b"" when there is nothing."""
        return bytes(memoryview(self._wire)[:STEP_BYTES])

    def taken(self, size_bytes: int) -> None:
        """The socket has accepted that much of the last `chunk`."""
        self.taken_bytes += size_bytes
        del self._wire[:size_bytes]

    def drop(self) -> None:
        """Nobody wants the rest."""
        self._supply.drop()

    def _put(self, piece: bytes) -> None:
        self.body_bytes += len(piece)
        self._held.append(piece)
        self._held_bytes += len(piece)
        if self._held_bytes > AHEAD_BYTES and not self.begun:
            self._begin(None)

    def _begin(self, length_bytes: int | None) -> None:
        reply = self._reply
        headers = [("Server", SERVER), ("Date", self._date), ("Content-Type", reply.content_type), *reply.headers]
        if length_bytes is not None:
            headers.append(("Content-Length", str(length_bytes)))
        head = h11.Response(status_code=reply.status, headers=headers, reason=REASONS[reply.status].encode())
        self._wire += self._http.send(head) or b""
        self.begun = True
        self._send()

    def _send(self) -> None:
        """Frame what is held, all of it at once."""
        if self._held and not self._bodyless:
            self._wire += self._http.send(h11.Data(data=b"".join(self._held))) or b""
        self._held.clear()
        self._held_bytes = 0
