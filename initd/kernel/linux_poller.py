"""Readiness of descriptors: level-triggered epoll(7) in the port's terms, and waits that never end early."""

from __future__ import annotations

import select
import time

from initd.kernel.port import HANGUP, READABLE, WRITABLE

MILLISECOND_NS = 1_000_000
LONGEST_WAIT_MS = 86_400_000
"""epoll_wait(2) counts milliseconds in an int, 24 days at most; longer waits are made of several."""
EVENTS_PER_WAIT = 512
"""The kernel hands out ready descriptors in turn, so those left over come first next time."""


class Poller:
    """The descriptors somebody is interested in."""

    def __init__(self) -> None:
        self._epoll = select.epoll()
        self._interest: dict[int, int] = {}

    def watch(self, fd: int, interest: int) -> None:
        """Replace the interest in `fd`; 0 forgets it. Raises PermissionError for what cannot be polled."""
        if not interest:
            self.forget(fd)
            return
        mask = (select.EPOLLIN if interest & READABLE else 0) | (select.EPOLLOUT if interest & WRITABLE else 0)
        if fd in self._interest:
            self._epoll.modify(fd, mask)
        else:
            self._epoll.register(fd, mask)
        self._interest[fd] = interest

    def forget(self, fd: int) -> None:
        """No interest in `fd` any more; harmless without one.

        Needed before closing: the kernel forgets by itself only when the last copy of a descriptor is gone, and a
        forked child may hold one.
        """
        if self._interest.pop(fd, 0):
            self._epoll.unregister(fd)

    def wait(self, deadline_ns: int | None) -> list[tuple[int, int]]:
        """Ready (fd, readiness) pairs; empty only when the monotonic clock has reached the deadline."""
        while True:
            timeout = None
            if deadline_ns is not None:
                left_ns = deadline_ns - time.monotonic_ns()
                timeout = max(0, min(-(-left_ns // MILLISECOND_NS), LONGEST_WAIT_MS)) / 1000
            events = self._epoll.poll(timeout, EVENTS_PER_WAIT)
            if events:
                return [(fd, self._readiness(fd, mask)) for fd, mask in events]
            if deadline_ns is not None and time.monotonic_ns() >= deadline_ns:
                return []

    def _readiness(self, fd: int, mask: int) -> int:
        """A reader must also learn of an end, and a writer of an error: their next call tells them which."""
        if mask & (select.EPOLLHUP | select.EPOLLERR):
            return HANGUP | self._interest.get(fd, 0)
        return (READABLE if mask & select.EPOLLIN else 0) | (WRITABLE if mask & select.EPOLLOUT else 0)

    def close(self) -> None:
        """Release the epoll instance."""
        self._epoll.close()
