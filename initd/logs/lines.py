"""Whole lines only: what stands between a program and a log in which its lines are formatted, or stand among those of others.

A line ends with a newline. The beginning of one is held back until the rest has come, LONGEST_BYTES of it at most, and the last
goes out as it is when the stream ends. Loaded for a log with a format and for streams of our own, where nothing else is.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from initd.logs.sinks import Sink

    Format = Callable[[bytes, bool], bytes]
    """What to write of lines, without their last newline; with True it is a part of one that goes on."""

LONGEST_BYTES = 64 * 1024
"""A longer line is cut, between characters where it is UTF-8. Where lines have a format each part is a line of its own."""


class Lines:
    """Hands a sink the lines of one writer, as `form` makes them, or as they came if there is none.

    What a writer left without its end goes on in what the next with an equal `who` writes, and for everybody else ends there.
    """

    def __init__(self, sink: Sink, who: object, form: Format | None = None) -> None:
        self._sink, self._who, self._form = sink, who, form
        self._held = bytearray()
        self.when_room, self.forget = sink.when_room, sink.forget

    @property
    def full(self) -> bool:
        return self._sink.full

    def write(self, data: bytes) -> None:
        end = data.rfind(b"\n") + 1
        if end:
            self._put(bytes(self._held + data[:end]))
            self._held.clear()
        self._held += data[end:]
        while len(self._held) > LONGEST_BYTES:
            at = _cut(self._held)
            part = bytes(self._held[:at])
            del self._held[:at]
            self._hand_over(part if self._form is None else self._form(part, True))

    def end(self) -> None:
        if self._held:
            rest = bytes(self._held)
            self._held.clear()
            self._hand_over(rest if self._form is None else self._form(rest, False))
        self._sink.end()

    def _put(self, block: bytes) -> None:
        """Some lines, with their ends."""
        form = self._form
        self._hand_over(block if form is None else b"".join(form(text, cut) for text, cut in _parts(block[:-1])))

    def _hand_over(self, data: bytes) -> None:
        sink = self._sink
        if sink.unfinished == self._who:
            sink.unfinished = None
        sink.write(data)
        if not data.endswith(b"\n"):
            sink.unfinished = self._who


def _parts(text: bytes) -> Iterator[tuple[bytes, bool]]:
    """Lines as they are formatted: all at once, or each by itself if one of them has to be cut."""
    if len(text) <= LONGEST_BYTES or max(map(len, text.split(b"\n"))) <= LONGEST_BYTES:
        yield text, False
        return
    for line in text.split(b"\n"):
        while len(line) > LONGEST_BYTES:
            at = _cut(line)
            yield line[:at], True
            line = line[at:]
        yield line, False


def _cut(line: bytes | bytearray) -> int:
    """Where a line that is too long is cut: not within a character."""
    for at in range(LONGEST_BYTES, LONGEST_BYTES - 4, -1):
        if line[at] & 0xC0 != 0x80:
            return at
    return LONGEST_BYTES
