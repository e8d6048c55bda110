"""What goes wrong with the system log: nobody receives it, or who does reads nothing, or takes not all (supervisord-4.3 §4.5).

None of them may delay anybody or change what becomes of a program: at worst lines are lost.
"""

from __future__ import annotations

import errno

from sim.nemesis.disks import _DiskErrno
from sim.nemesis.nemesis import Nemesis

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sim.nemesis.nemesis import Field

DEV_LOG = "/dev/log"
LEAST_BUFFER_BYTES = 4_608
"""The smallest buffer a socket can have."""


class _Receiver(Nemesis):
    harmless = True
    _until_ns = 0

    def gone(self, field: Field) -> None:
        """Nobody receives any more; the socket file may be left."""
        receiver = field.kernel.files.receiver()
        if receiver is not None:
            receiver.close()
        if self.below(2):
            field.kernel.files.remove(DEV_LOG)

    def back(self, field: Field) -> None:
        """Somebody receives, of one kind or the other, and reads."""
        receiver = field.kernel.files.receiver() or field.kernel.files.syslogd(stream=self.below(4) == 0)
        receiver.resume()

    def later(self, field: Field) -> None:
        """All is well again after a while, unless it is healed before or gets worse meanwhile."""
        kernel = field.kernel
        until_ns = self._until_ns = max(self._until_ns, kernel.now + self.ns(4))
        kernel.at(until_ns, lambda: self.back(field) if self._until_ns == until_ns else None)

    def heal(self, field: Field) -> None:
        super().heal(field)
        self.back(field)


class LogAbsent(_Receiver):
    """At the start of the daemon nobody receives the system log yet; somebody comes later, and may go for a moment."""

    name = "log_absent"

    def setup(self, field: Field) -> None:
        self.gone(field)

    def act(self, field: Field) -> None:
        (self.back if field.kernel.files.receiver() is None else self.gone)(field)


class LogDies(_Receiver):
    """Who receives it ends, with what it has not read, and comes back after a while."""

    name = "log_dies"

    def act(self, field: Field) -> None:
        self.gone(field)
        if self.below(4):
            self.later(field)
        else:
            self.back(field)


class LogStalls(_Receiver):
    """Who receives it does not read for a while, or the call that sends to it does not come back."""

    name = "log_stalls"

    def act(self, field: Field) -> None:
        files = field.kernel.files
        receiver = files.receiver()
        if receiver is None or self.below(4) == 0:
            files.hang(DEV_LOG)
        else:
            receiver.stall()
        self.later(field)

    def back(self, field: Field) -> None:
        field.kernel.files.release(DEV_LOG)
        super().back(field)


class LogErrno(_DiskErrno):
    """There is no memory for a record, or it may not be sent."""

    name, calls = "log_errno", ("send", "connect_log")
    errnos = (errno.ENOBUFS, errno.EAGAIN, errno.EMSGSIZE, errno.EPERM)


class LogTooLong(_Receiver):
    """The buffers of sockets are so small that a long line is refused."""

    name = "log_too_long"

    def setup(self, field: Field) -> None:
        self.fired += 1
        self._before = field.kernel.files.log_buffer_bytes
        field.kernel.files.log_buffer_bytes = LEAST_BUFFER_BYTES

    def step(self, field: Field) -> None:
        """It is on all the time."""
        if self.on:
            self.seen()

    def heal(self, field: Field) -> None:
        super().heal(field)
        field.kernel.files.log_buffer_bytes = self._before


RECEIVERS = (LogAbsent, LogDies, LogStalls, LogErrno, LogTooLong)
