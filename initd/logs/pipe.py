"""Reading what a program writes: one pipe into one sink, and the last drain when the program has died.

Owns the read end of the pipe. Reads are bounded, stop while the sink is full, and end with the pipe or with the
program: what is in the pipe when the program is reaped is read to the last byte, what others write later is not (D9).
"""

from __future__ import annotations

from initd.kernel.port import READABLE
from initd.logs.ansi import AnsiFilter
from initd.logs.capture import Capture, Kind

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from initd.drive.loop import Loop
    from initd.logs.capture import Piece
    from initd.logs.sinks import Intake

    OnData = Callable[[bytes], None]

READ_BYTES = 64 * 1024
"""The most one turn reads from one pipe, and the largest chunk."""

RETRY_NS = 1_000_000_000
"""How long after a pipe could not be watched that is tried again."""


class Tap:
    """What a stream does beside going to its log. What the callbacks raise goes to the loop's error handler.

    `on_raw` sees what was read as it was read, `on_output` each chunk on its way to the log, after `strip_ansi`. With
    `capture_maxbytes` there is capture mode: what is captured `on_output` sees too, but no log, and `on_message` gets it whole.
    `on_close` is told the number of the descriptor once it is closed, after everything else.
    """

    __slots__ = ("capture_maxbytes", "on_close", "on_message", "on_output", "on_raw", "strip_ansi")

    def __init__(
        self,
        on_output: OnData | None = None,
        strip_ansi: bool = False,
        capture_maxbytes: int = 0,
        on_message: OnData | None = None,
        on_raw: OnData | None = None,
        on_close: Callable[[int], None] | None = None,
    ) -> None:
        self.on_output, self.on_message, self.on_raw, self.on_close = on_output, on_message, on_raw, on_close
        self.strip_ansi, self.capture_maxbytes = strip_ansi, capture_maxbytes


class OutputPipe:
    """Moves the output of one stream from `fd` to `sink`. OSError, with `fd` closed, where it cannot be watched."""

    def __init__(self, loop: Loop, fd: int, sink: Intake, tap: Tap) -> None:
        self._loop, self._fd, self._sink, self._tap = loop, fd, sink, tap
        self._filter = AnsiFilter() if tap.strip_ansi else None
        strip = bytes if self._filter is None else self._filter.feed
        self._capture = Capture(tap.capture_maxbytes, strip) if tap.capture_maxbytes else None
        try:
            loop.kernel.set_nonblocking(fd)
            loop.watch(fd, READABLE, self._ready)
        except OSError:  # no memory to watch it
            loop.kernel.close(fd)
            raise

    @property
    def closed(self) -> bool:
        """Whether the descriptor has been closed: at the end of the stream, or after the drain."""
        return self._fd == -1

    def drain_at_exit(self) -> None:
        """Read exactly what is in the pipe now, even into a full sink, and close."""
        if self._fd == -1:
            return
        try:
            left = self._loop.kernel.pending(self._fd)
            while left > 0:
                data = self._loop.kernel.read(self._fd, min(left, READ_BYTES))
                if not data:
                    break
                left -= len(data)
                self._pass_on(data)
        except OSError:
            pass  # somebody else took the bytes between the two calls; there is nothing more to have
        finally:
            self.close()

    def close(self) -> None:
        """Stop reading, whatever is still in the pipe."""
        if self._fd == -1:
            return
        fd, self._fd = self._fd, -1
        self._loop.unwatch(fd)
        self._loop.kernel.close(fd)
        self._sink.forget(self._resume)
        if self._capture is not None:
            self._divide(self._capture.rest())
        if self._filter is not None:
            self._hand_over(self._filter.rest())
        self._sink.end()
        self._tell(self._tap.on_close, fd)

    def _ready(self, _readiness: int) -> None:
        if self._sink.full:
            self._loop.unwatch(self._fd)
            self._sink.when_room(self._resume)
        else:
            self._read()

    def _resume(self) -> None:
        # Reading at once, not when the loop next looks, gives each of many writers to one sink its turn.
        if self._fd == -1:
            return
        try:
            self._loop.watch(self._fd, READABLE, self._ready)
        except OSError:  # no memory to watch it: it may be there soon, and the program waits for nobody else
            self._loop.after(RETRY_NS, self._resume)
        else:
            self._read()

    def _read(self) -> None:
        try:
            data = self._loop.kernel.read(self._fd, READ_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if data:
            self._pass_on(data)
        else:
            self.close()

    def _pass_on(self, data: bytes) -> None:
        self._tell(self._tap.on_raw, data)
        if self._capture is not None:
            self._divide(self._capture.feed(data))
        else:
            self._hand_over(data if self._filter is None else self._filter.feed(data))

    def _divide(self, pieces: list[Piece]) -> None:
        for piece in pieces:
            if piece.kind is Kind.MESSAGE:
                self._tell(self._tap.on_message, piece.data)
            else:
                self._hand_over(piece.data, piece.kind is Kind.OUTPUT)

    def _hand_over(self, data: bytes, logged: bool = True) -> None:
        if data:
            if logged:
                self._sink.write(data)
            self._tell(self._tap.on_output, data)

    def _tell(self, listener: Callable[[Any], None] | None, what: Any) -> None:
        if listener is not None:
            try:
                listener(what)
            except Exception as error:  # the fault of a listener must not stop the reading (promise 3)
                self._loop.soon(_raiser(error))


def _raiser(error: Exception) -> Callable[[], None]:
    def fail() -> None:
        raise error

    return fail
