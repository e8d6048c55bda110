"""Removing terminal escape sequences from a stream, for `strip_ansi` (supervisord-4.3 §4.2).

A sequence is ESC [ up to one of the terminators below; the set is supervisord's, short of what terminals know. Unlike
there, a sequence may be split over reads.
"""

from __future__ import annotations

_BEGIN = b"\x1b["
_TERMINATORS = frozenset(b"HfABCDRsuJKhlpm")


class AnsiFilter:
    """One stream's filter; it remembers whether the last piece ended within a sequence."""

    def __init__(self) -> None:
        self._inside = False
        self._held = b""

    def feed(self, data: bytes) -> bytes:
        """What is left of the next piece; a final ESC is held back until it is known what follows."""
        data = self._held + data
        self._held = b""
        kept: list[bytes] = []
        at = 0
        while True:
            if self._inside:
                at = _after_terminator(data, at)
                if at < 0:
                    break
                self._inside = False
            begin = data.find(_BEGIN, at)
            if begin < 0:
                kept.append(data[at:])
                break
            kept.append(data[at:begin])
            at = begin + len(_BEGIN)
            self._inside = True
        text = b"".join(kept)
        if not self._inside and text.endswith(b"\x1b"):
            self._held = b"\x1b"
            text = text[:-1]
        return text

    def rest(self) -> bytes:
        """What was held back, at the end of the stream."""
        held, self._held = self._held, b""
        return held


def _after_terminator(data: bytes, at: int) -> int:
    """The offset behind the next terminator, -1 if there is none."""
    for offset in range(at, len(data)):
        if data[offset] in _TERMINATORS:
            return offset + 1
    return -1
