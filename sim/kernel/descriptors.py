"""Open file descriptions, and the daemon's descriptor table with its readiness (open(2), dup(2), epoll(7)).

A description is shared by everybody who inherited it and ends with its last holder; a descriptor is a number in one
table. Children keep theirs in a plain dict, for nobody polls there.
"""

from __future__ import annotations

import errno
import heapq

from initd.kernel.port import HANGUP
from sim.kernel.process import os_error
from sim.kernel.rules import rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sim.kernel.process import Process


class Description:
    """Something open: the calls here are refused, kinds allow their own.

    `fd` is the daemon's number for it, -1 if it has none; `table` is where that number is.
    """

    __slots__ = ("blocking", "fd", "refs", "table")
    pollable = True

    def __init__(self) -> None:
        self.refs = 0
        self.fd = -1
        self.table: DescriptorTable | None = None
        self.blocking = True

    def acquire(self) -> Description:
        """One more holder."""
        self.refs += 1
        return self

    def release(self) -> None:
        """One holder less; the last one closes it."""
        self.refs -= 1
        if not self.refs:
            self.closed()

    def touch(self) -> None:
        """Its readiness may have changed."""
        if self.table is not None:
            self.table.touched[self.fd] = None

    def closed(self) -> None:
        """The last holder has gone."""

    def readiness(self) -> int:
        """READABLE, WRITABLE, HANGUP as they are now."""
        return 0

    def read(self, size: int) -> bytes:
        """read(2); BlockingIOError when it would wait."""
        raise os_error(errno.EBADF)

    def write(self, data: bytes) -> int:
        """write(2); BlockingIOError when it would wait, EPIPE instead of a signal."""
        raise os_error(errno.EBADF)

    def pending(self) -> int:
        """FIONREAD."""
        raise os_error(errno.ENOTTY)

    def await_readable(self, process: Process) -> None:
        """Wake that process once a read may succeed."""

    def await_writable(self, process: Process) -> None:
        """Wake that process once a write may succeed."""


class DescriptorTable:
    """The daemon's descriptors: numbers, limit, interests."""

    __slots__ = ("_freed", "_next", "entries", "interests", "limit", "touched")

    def __init__(self, limit: int) -> None:
        self.entries: dict[int, Description] = {}
        self.interests: dict[int, int] = {}
        self.touched: dict[int, None] = {}
        self.limit = limit
        self._freed: list[int] = []
        self._next = 0

    @rule("emfile")
    def need(self, count: int) -> None:
        """EMFILE unless that many more descriptors may be opened."""
        if len(self.entries) + count > self.limit:
            raise os_error(errno.EMFILE)

    @rule("lowest-free-fd")
    def install(self, description: Description) -> int:
        """The lowest free number for a description; EMFILE at the limit."""
        self.need(1)
        if self._freed:
            fd = heapq.heappop(self._freed)
        else:
            fd = self._next
            self._next += 1
        description.acquire()
        description.fd, description.table = fd, self
        self.entries[fd] = description
        return fd

    def get(self, fd: int) -> Description:
        """What a number stands for; EBADF if nothing."""
        try:
            return self.entries[fd]
        except KeyError:
            raise os_error(errno.EBADF) from None

    @rule("close-forgets-interest")
    def close(self, fd: int) -> None:
        """close(2); the interest goes with it."""
        description = self.get(fd)
        del self.entries[fd]
        self.interests.pop(fd, None)
        self.touched.pop(fd, None)
        heapq.heappush(self._freed, fd)
        description.fd, description.table = -1, None
        description.release()

    @rule("file-cannot-be-polled")
    def watch(self, fd: int, interest: int) -> None:
        """Set or forget an interest; EPERM for what cannot be polled."""
        description = self.get(fd)
        if not description.pollable:
            raise os_error(errno.EPERM)
        if interest:
            self.interests[fd] = interest
            self.touched[fd] = None
        else:
            self.interests.pop(fd, None)
            self.touched.pop(fd, None)

    @rule("poll-level-triggered", "hangup-without-interest")
    def ready(self) -> list[tuple[int, int]]:
        """Every watched descriptor that is ready now, by number; what stays ready is reported again.

        One that has hung up is ready for whatever was asked: the next call tells.
        """
        if not self.touched:
            return []
        found = []
        for fd in sorted(self.touched):
            interest = self.interests.get(fd)
            bits = 0
            if interest is not None:
                bits = self.entries[fd].readiness()
                bits = interest | HANGUP if bits & HANGUP else bits & interest
            if bits:
                found.append((fd, bits))
            else:
                del self.touched[fd]
        return found
