"""Who receives the system log on the simulated machine, and the daemon's connections to it (unix(7))."""

from __future__ import annotations

import errno

from sim.kernel.descriptors import Description
from sim.kernel.process import os_error
from sim.kernel.rules import rule

QUEUE_RECORDS = 11
"""How many records wait for one who does not read, one more than net.unix.max_dgram_qlen says by default."""
BUFFER_BYTES = 212_992
"""What a connection holds of what was not read (net.core.wmem_default)."""
OWN_BYTES = 32
"""What of the buffer the kernel needs itself for one datagram."""
PIECE_BYTES = 768
"""What it needs for each piece of a stream, about: more pieces, less room."""


class Syslogd:
    """A receiver, of datagrams or of a stream; `received` are the records it has read, those of a stream without their NUL."""

    def __init__(self, stream: bool = False) -> None:
        self.stream = stream
        self.gone = self.stalled = False
        self.received: list[bytes] = []
        self.waiting: list[bytes] = []

    def stall(self) -> None:
        """Stop reading."""
        self.stalled = True

    def resume(self) -> None:
        """Read what waits, and go on."""
        self.stalled = False
        self.read()

    @rule("log-queue-goes-with-its-receiver")
    def close(self) -> None:
        """Gone, with what it has not read; its socket file stays."""
        self.gone = True

    def read(self) -> None:
        """Take what waits."""
        if self.gone:
            return
        taken, self.waiting = self.waiting, []
        if self.stream:
            taken = [record for record in b"".join(taken).split(b"\0") if record]
        self.received += taken


class LogConnection(Description):
    """The daemon's end of a connection to a receiver, with a buffer of that size."""

    __slots__ = ("_buffer_bytes", "_syslogd")

    def __init__(self, syslogd: Syslogd, buffer_bytes: int = BUFFER_BYTES) -> None:
        super().__init__()
        self._syslogd, self._buffer_bytes = syslogd, buffer_bytes

    @rule("log-receiver-gone", "log-full-eagain", "log-record-too-long-emsgsize", "log-keeps-order")
    def write(self, data: bytes) -> int:
        syslogd = self._syslogd
        if syslogd.gone:
            raise os_error(errno.EPIPE if syslogd.stream else errno.ECONNREFUSED)
        room = self._room(len(data))
        if room <= 0:
            raise os_error(errno.EAGAIN)
        syslogd.waiting.append(data[:room])
        if not syslogd.stalled:
            syslogd.read()
        return min(room, len(data))

    @rule("log-stream-takes-a-part")
    def _room(self, size: int) -> int:
        """How much of so many bytes is taken now."""
        waiting = self._syslogd.waiting
        if self._syslogd.stream:
            return self._buffer_bytes - sum(map(len, waiting)) - PIECE_BYTES * (len(waiting) + 1)
        if size > self._buffer_bytes - OWN_BYTES:
            raise os_error(errno.EMSGSIZE)
        return size if len(waiting) < QUEUE_RECORDS else 0

    def closed(self) -> None:
        if self._syslogd.stream and self._syslogd.waiting:
            self._syslogd.waiting.append(b"\0")  # the next connection begins with a record of its own
