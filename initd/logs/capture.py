"""Capture mode: what a program writes between two tokens is an event's data and goes to no log (supervisord-4.3 §4.4).

As there, nothing is looked at until more than a token's length is there; unlike there, what is left when the program ends
is not lost (D9). What is being captured when it ends is.
"""

from __future__ import annotations

import enum

from initd.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

BEGIN = b"<!--XSUPERVISOR:BEGIN-->"
END = b"<!--XSUPERVISOR:END-->"


class Kind(enum.Enum):
    """What a piece of the output is."""

    OUTPUT = "for the log"
    CAPTURED = "output that is being captured"
    MESSAGE = "what was captured, at its end"


class Piece(Record):
    """Some output of a stream, in order."""

    kind: Kind
    data: bytes


class Capture:
    """Divides one stream; `maxbytes` bounds what is kept of a message, about its end. Each piece goes through `strip`."""

    __slots__ = ("_captured", "_capturing", "_maxbytes", "_strip", "_waiting")

    def __init__(self, maxbytes: int, strip: Callable[[bytes], bytes] = bytes) -> None:
        self._maxbytes, self._strip = maxbytes, strip
        self._waiting = self._captured = b""
        self._capturing = False

    def feed(self, data: bytes) -> list[Piece]:
        """More of the stream."""
        self._waiting += data
        pieces: list[Piece] = []
        while True:
            token = END if self._capturing else BEGIN
            if len(self._waiting) <= len(token):
                return pieces
            before, found, after = self._waiting.partition(token)
            if not found:
                kept = _beginning_at_end(before, token)
                self._waiting = before[len(before) - kept :]
                self._take(before[: len(before) - kept], pieces)
                return pieces
            self._take(before, pieces)
            self._waiting = after
            if self._capturing:
                pieces.append(Piece(Kind.MESSAGE, self._captured))
                self._captured = b""
            self._capturing = not self._capturing

    def rest(self) -> list[Piece]:
        """The stream is over."""
        pieces: list[Piece] = []
        waiting, self._waiting = self._waiting, b""
        if self._capturing and waiting.endswith(END):  # no longer than the token, so it has not been looked at
            pieces.append(Piece(Kind.MESSAGE, self._captured))
        elif not self._capturing and waiting != BEGIN:
            self._take(waiting, pieces)
        return pieces

    def _take(self, data: bytes, pieces: list[Piece]) -> None:
        data = self._strip(data)
        if not data:
            return
        if self._capturing:
            if len(self._captured) + len(data) > self._maxbytes:
                self._captured = self._captured[len(data) :]
            self._captured += data
        pieces.append(Piece(Kind.CAPTURED if self._capturing else Kind.OUTPUT, data))


def _beginning_at_end(data: bytes, token: bytes) -> int:
    """How many bytes at the end of the data may be the beginning of the token."""
    for length in range(min(len(token) - 1, len(data)), 0, -1):
        if data.endswith(token[:length]):
            return length
    return 0
