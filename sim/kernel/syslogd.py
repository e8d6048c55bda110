"""Who receives the system log on the simulated machine, and the daemon's connections to it (unix(7))."""

from __future__ import annotations

import errno

from sim.kernel.descriptors import Description
from sim.kernel.process import os_error
from sim.kernel.rules import rule

QUEUE_RECORDS = 11
"""How many records wait for one who does not read, one more than net.unix.max_dgram_qlen says by default."""
LONGEST_BYTES = 212_960
"""The longest record: net.core.wmem_default without what the kernel needs itself."""


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

    def close(self) -> None:
        """Gone; its socket file stays."""
        self.gone = True

    def read(self) -> None:
        """Take what waits."""
        taken, self.waiting = self.waiting, []
        if self.stream:
            taken = [record for record in b"".join(taken).split(b"\0") if record]
        self.received += taken


class LogConnection(Description):
    """The daemon's end of a connection to a receiver."""

    __slots__ = ("_syslogd",)

    def __init__(self, syslogd: Syslogd) -> None:
        super().__init__()
        self._syslogd = syslogd

    @rule("log-receiver-gone", "log-full-eagain", "log-record-too-long-emsgsize")
    def write(self, data: bytes) -> int:
        syslogd = self._syslogd
        if syslogd.gone:
            raise os_error(errno.EPIPE if syslogd.stream else errno.ECONNREFUSED)
        if len(data) > LONGEST_BYTES and not syslogd.stream:
            raise os_error(errno.EMSGSIZE)
        if len(syslogd.waiting) >= QUEUE_RECORDS:
            raise os_error(errno.EAGAIN)
        syslogd.waiting.append(data)
        if not syslogd.stalled:
            syslogd.read()
        return len(data)
