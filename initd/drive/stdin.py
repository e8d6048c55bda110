"""The daemon's end of a child's standard input (supervisord-4.3 §3, D27)."""

from __future__ import annotations

from initd.kernel.port import WRITABLE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from initd.drive.loop import Loop

LIMIT = 256 * 1024
"""Bytes that may wait for a child that does not read."""


class StdinPipe:
    """The write end of a pipe, owned; what does not fit waits, within a bound. Where `fd` is -1 nobody ever reads."""

    __slots__ = ("_fd", "_loop", "_queue")

    def __init__(self, loop: Loop, fd: int) -> None:
        self._loop = loop
        self._fd = fd
        self._queue = bytearray()

    def send(self, data: bytes, limit: int = LIMIT) -> bool:
        """Write or queue all of `data`; False if more than `limit` would wait. Raises OSError EPIPE once nobody reads."""
        if self._fd < 0:
            raise BrokenPipeError
        if len(self._queue) + len(data) > limit:
            return False
        idle = not self._queue
        self._queue += data
        if idle:
            self._flush()
            if self._queue:
                self._loop.watch(self._fd, WRITABLE, self._writable)
        return True

    def _flush(self) -> None:
        try:
            while self._queue:
                sent = self._loop.kernel.write(self._fd, bytes(self._queue[:65536]))
                del self._queue[:sent]
        except BlockingIOError:
            pass
        except OSError:
            self._queue.clear()
            raise

    def _writable(self, bits: int) -> None:
        try:
            self._flush()
        except OSError:
            self._loop.unwatch(self._fd)
        else:
            if not self._queue:
                self._loop.unwatch(self._fd)

    def close(self) -> None:
        """Close the pipe; what still waits is dropped with the child that should have read it."""
        if self._fd >= 0:
            self._loop.unwatch(self._fd)
            self._loop.kernel.close(self._fd)
            self._fd = -1
            self._queue.clear()
