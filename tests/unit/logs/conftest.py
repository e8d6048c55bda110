"""A kernel small enough to see through: pipes in memory, operations run when a test says so, files of the real system."""

from __future__ import annotations

from collections import deque

import pytest

from initd.drive.loop import Loop
from initd.kernel.linux_files import LinuxFiles
from initd.kernel.port import READABLE, Completion


class LittleKernel:
    """What logs need of a Kernel. Operations wait in `pending_ops` until `work` runs them."""

    def __init__(self) -> None:
        self.files = LinuxFiles()
        self.now = 0
        self.wall_ns = 0
        self.pipes: dict[int, bytearray] = {}
        self.ended: set[int] = set()
        self.closed: list[int] = []
        self.interest: dict[int, int] = {}
        self.pending_ops: deque = deque()
        self.lanes: list[str] = []
        self.completions: list[Completion] = []
        self.tokens = 0

    def mono(self) -> int:
        return self.now

    def wall(self) -> int:
        return self.wall_ns

    def local_time(self, wall_ns: int) -> tuple[int, int, int, int, int, int]:
        return 2024, 1, 2, 3, 4, wall_ns // 1_000_000_000 % 60

    def new_pipe(self, fd: int) -> bytearray:
        self.pipes[fd] = bytearray()
        return self.pipes[fd]

    def set_nonblocking(self, fd: int) -> None:
        assert fd in self.pipes

    def read(self, fd: int, size: int) -> bytes:
        data = self.pipes[fd]
        if not data and fd not in self.ended:
            raise BlockingIOError
        piece = bytes(data[:size])
        del data[:size]
        return piece

    def pending(self, fd: int) -> int:
        return len(self.pipes[fd])

    def close(self, fd: int) -> None:
        del self.pipes[fd]
        self.closed.append(fd)

    def watch(self, fd: int, interest: int) -> None:
        self.interest[fd] = interest

    def poll(self, deadline_ns: int | None) -> list[tuple[int, int]]:
        wanted = [fd for fd, interest in self.interest.items() if interest and fd in self.pipes]
        return [(fd, READABLE) for fd in wanted if self.pipes[fd] or fd in self.ended]

    def submit(self, lane: str, operation) -> int:
        self.tokens += 1
        self.lanes.append(lane)
        self.pending_ops.append((self.tokens, operation))
        return self.tokens

    def take_completions(self) -> list[Completion]:
        taken, self.completions = self.completions, []
        return taken

    def work(self) -> None:
        """Run the operations that are waiting now."""
        for _ in range(len(self.pending_ops)):
            token, operation = self.pending_ops.popleft()
            try:
                self.completions.append(Completion(token, operation(self.files)))
            except Exception as error:
                self.completions.append(Completion(token, None, error))


class Bench:
    """A loop over a LittleKernel; whatever escapes a callback fails the test."""

    def __init__(self) -> None:
        self.kernel = LittleKernel()
        self.errors: list[Exception] = []
        self.loop = Loop(self.kernel, self.errors.append)
        self.warnings: list[str] = []
        self.answers: list[Exception | None] = []

    def turn(self) -> None:
        self.loop.turn(0, lambda: None)
        assert self.errors == []

    def settle(self) -> None:
        """Turn until there is nothing left to do."""
        while self.kernel.pending_ops or self.kernel.completions or self.kernel.poll(0):
            self.kernel.work()
            self.turn()


@pytest.fixture
def bench() -> Bench:
    return Bench()
