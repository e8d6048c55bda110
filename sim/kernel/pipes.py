"""Pipes as Linux makes them: sixteen pages, merged into where the last one has room (pipe(7), fs/pipe.c's behaviour)."""

from __future__ import annotations

import errno
from collections import deque

from initd.kernel.port import HANGUP, READABLE, WRITABLE
from sim.kernel.descriptors import Description
from sim.kernel.process import os_error
from sim.kernel.rules import rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from sim.kernel.process import Process

PAGE_BYTES = 4096
PIPE_PAGES = 16
PIPE_BYTES = PAGE_BYTES * PIPE_PAGES


class Pipe:
    """The bytes between two ends, and who waits for them.

    `pages` hold what was written; `offset` is how much of the first one has been read, which frees nothing before the
    page is read whole; there are `room` of them at most. `wake` resumes a waiting process.
    """

    __slots__ = ("offset", "pages", "reader", "room", "size", "waiting_readers", "waiting_writers", "wake", "writer")

    def __init__(self, wake: Callable[[Process], None]) -> None:
        self.pages: deque[bytearray] = deque()
        self.room = PIPE_PAGES
        self.offset = 0
        self.size = 0
        self.wake = wake
        self.waiting_readers: list[Process] = []
        self.waiting_writers: list[Process] = []
        self.reader = PipeReader(self)
        self.writer = PipeWriter(self)

    @rule("pipe-can-be-enlarged")
    def resize(self, size_bytes: int) -> None:
        """F_SETPIPE_SZ (fcntl(2)) upwards: room for that many bytes, in a power of two of pages."""
        pages = 1
        while pages * PAGE_BYTES < size_bytes:
            pages *= 2
        self.room = pages
        self.rouse_writers()

    def rouse_readers(self) -> None:
        """A read may succeed now."""
        self.reader.touch()
        if self.waiting_readers:
            waiting, self.waiting_readers = self.waiting_readers, []
            for process in waiting:
                self.wake(process)

    def rouse_writers(self) -> None:
        """A write may succeed, or fail, now."""
        self.writer.touch()
        if self.waiting_writers:
            waiting, self.waiting_writers = self.waiting_writers, []
            for process in waiting:
                self.wake(process)


class PipeReader(Description):
    """The read end."""

    __slots__ = ("pipe",)

    def __init__(self, pipe: Pipe) -> None:
        super().__init__()
        self.pipe = pipe

    @rule("eof-needs-all-writers-closed", "pipe-read-eagain", "pipe-page-freed-when-read-whole")
    def read(self, size: int) -> bytes:
        pipe = self.pipe
        if not pipe.size:
            if pipe.writer.refs:
                raise os_error(errno.EAGAIN)
            return b""
        pages, parts, freed = pipe.pages, [], False
        while size and pages:
            page = pages[0]
            part = bytes(page[pipe.offset : pipe.offset + size])
            parts.append(part)
            size -= len(part)
            pipe.size -= len(part)
            pipe.offset += len(part)
            if pipe.offset == len(page):
                pages.popleft()
                pipe.offset = 0
                freed = True
        if freed:
            pipe.rouse_writers()
        return b"".join(parts)

    @rule("pending-counts-bytes")
    def pending(self) -> int:
        return self.pipe.size

    @rule("eof-is-readable-and-hangup", "last-bytes-before-eof")
    def readiness(self) -> int:
        pipe = self.pipe
        if not pipe.writer.refs:
            return READABLE | HANGUP
        return READABLE if pipe.size else 0

    def closed(self) -> None:
        self.pipe.rouse_writers()

    def await_readable(self, process: Process) -> None:
        self.pipe.waiting_readers.append(process)


class PipeWriter(Description):
    """The write end."""

    __slots__ = ("pipe",)

    def __init__(self, pipe: Pipe) -> None:
        super().__init__()
        self.pipe = pipe

    @rule("epipe-without-readers", "empty-write-is-nothing", "pipe-holds-64k", "small-write-is-whole", "pipe-write-eagain")
    def write(self, data: bytes) -> int:
        pipe = self.pipe
        if not data:
            return 0
        if not pipe.reader.refs:
            raise os_error(errno.EPIPE)
        total, pages = len(data), pipe.pages
        head = total % PAGE_BYTES
        done = 0
        if head and pages and len(pages[-1]) + head <= PAGE_BYTES:
            pages[-1] += data[:head]
            done = head
        while done < total and len(pages) < pipe.room:
            page = bytearray(data[done : done + PAGE_BYTES])
            pages.append(page)
            done += len(page)
        if not done:
            raise os_error(errno.EAGAIN)
        pipe.size += done
        pipe.rouse_readers()
        return done

    @rule("writable-means-a-free-page", "writer-hangup-without-readers")
    def readiness(self) -> int:
        pipe = self.pipe
        if not pipe.reader.refs:
            return WRITABLE | HANGUP
        return WRITABLE if len(pipe.pages) < pipe.room else 0

    def closed(self) -> None:
        self.pipe.rouse_readers()

    def await_writable(self, process: Process) -> None:
        self.pipe.waiting_writers.append(process)
