"""Who reads a stream that the daemon was given, its standard output for instance: it may stop, read slowly, or go away."""

from __future__ import annotations

import errno

from sim.kernel.pipes import PIPE_BYTES
from sim.kernel.process import os_error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sim.kernel.storage import Storage
    from sim.kernel.tree import Node


class Reader:
    """The other end of a stream that holds a pipe's worth; whoever appends more waits in the middle of it."""

    def __init__(self, node: Node, path: str, storage: Storage) -> None:
        self._node, self._mark, self._storage = node, f"reader of {path}", storage
        self._unread = 0
        self.stalled = self.gone = False

    @property
    def received(self) -> bytes:
        """What it has read."""
        return bytes(self._node.data[: len(self._node.data) - self._unread])

    def stall(self) -> None:
        """Stop reading."""
        self.stalled = True
        self._storage.hang(self._mark)

    def read(self, size: int) -> None:
        """Read so much while it is stalled."""
        self._unread = max(0, self._unread - size)
        self._storage.look_again()

    def resume(self) -> None:
        """Read all there is, and go on."""
        self.stalled, self._unread = False, 0
        self._storage.release(self._mark)

    def close(self) -> None:
        """Gone: what was not read is lost, and writing is EPIPE."""
        self.gone = True
        self._storage.release(self._mark)

    def write(self, data: bytes) -> None:
        """Take it all, part by part if need be; for an operation that may be parked."""
        rest = data
        while rest:
            if self.gone:
                raise os_error(errno.EPIPE)
            taken = min(len(rest), PIPE_BYTES - self._unread) if self.stalled else len(rest)
            self._node.data += rest[:taken]
            self._unread += taken if self.stalled else 0
            rest = rest[taken:]
            if rest:
                self._storage.park("append", self._mark)
