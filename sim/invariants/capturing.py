"""Capture mode as supervisord-4.3 §4.4 has it, told of a stream as a whole: what `initd.logs.capture` is judged by.

`divide` knows nothing of reads. Only what becomes of a message that is longer than capture_maxbytes depends on them: as there,
each piece that does not fit takes as much away from the beginning of what is kept, so `kept` finds out where the pieces end.
"""

from __future__ import annotations

from initd.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

BEGIN, END = b"<!--XSUPERVISOR:BEGIN-->", b"<!--XSUPERVISOR:END-->"
TOKEN_BYTES = len(BEGIN)


class Divided(Record):
    """What a stream consists of: where its messages are, what is for the log, and what of a message came without its end."""

    messages: tuple[tuple[int, int], ...]
    output: bytes
    everything: bytes
    """All but the tokens."""
    unfinished: bytes | None
    ends_with_message: bool


def divide(stream: bytes) -> Divided:
    """Tell the messages of a stream from its output."""
    at, output, everything = 0, b"", b""
    messages: list[tuple[int, int]] = []
    while (begin := stream.find(BEGIN, at)) >= 0:
        output += stream[at:begin]
        first = begin + len(BEGIN)
        end = stream.find(END, first)
        everything += stream[at:begin] + stream[first : end if end >= 0 else len(stream)]
        if end < 0:
            return Divided(tuple(messages), output, everything, stream[first:], False)
        messages.append((first, end))
        at = end + len(END)
    rest = stream[at:]
    return Divided(tuple(messages), output + rest, everything + rest, None, bool(messages) and not rest)


def kept(chunks: Sequence[bytes], bound: int) -> Iterator[bytes]:
    """The messages of a stream that was read in these chunks, each as it is told with that capture_maxbytes."""
    stream = b"".join(chunks)
    reads: list[int] = []
    for chunk in chunks:
        reads.append(len(chunk) + (reads[-1] if reads else 0))
    for first, end in divide(stream).messages:
        message = b""
        for piece in _pieces(stream, first, end, reads):
            message = (message[len(piece) :] if len(message) + len(piece) > bound else message) + piece
        yield message


def _pieces(stream: bytes, first: int, end: int, reads: Sequence[int]) -> Iterator[bytes]:
    """A message as it was handed over: nothing before more than a token is there, and nothing that may be a part of the token."""
    at = first
    for read in reads:
        if at + len(END) < read < end + len(END):
            torn = next(size for size in range(len(END) - 1, -1, -1) if stream[at:read].endswith(END[:size]))
            if read - torn > at:
                yield stream[at : read - torn]
                at = read - torn
    if end > at:
        yield stream[at:end]
