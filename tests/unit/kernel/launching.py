"""Children of a real kernel for the tests beside it, and an interpreter of its own for what would spoil this one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from initd.kernel.port import READABLE, Child, ExitStatus, SetupFailed, SpawnSpec, parse_note

if TYPE_CHECKING:
    from collections.abc import Callable

    from initd.kernel.linux import LinuxKernel

ROOT = Path(__file__).parents[3]
SECOND_NS = 1_000_000_000
PATIENCE_NS = 30 * SECOND_NS
"""A condition that has not come true by then never will."""
ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin", "GREETING": "grüß dich"}

needs_root = pytest.mark.skipif(os.getuid() != 0, reason="only root can become somebody else")


class Launched:
    """One child with a pipe on each of its streams."""

    def __init__(self, kernel: LinuxKernel, argv: tuple[str, ...], **wanted: Any) -> None:
        self.kernel = kernel
        stdin, self.stdin = kernel.pipe()
        self.stdout, stdout = kernel.pipe()
        self.stderr, stderr = kernel.pipe()
        streams = {"stdin": stdin, "stdout": stdout, "stderr": stderr}
        self.child: Child = kernel.spawn(
            SpawnSpec(**{"path": argv[0], "argv": argv, "env": ENVIRONMENT, **streams, **wanted})
        )
        self.pid = self.child.pid
        for fd in streams.values():
            kernel.close(fd)

    def read(self, fd: int) -> bytes:
        """All that is written to the stream until its last writer is gone."""
        pieces = []
        while piece := self.kernel.read(fd, 65536):
            pieces.append(piece)
        return b"".join(pieces)

    def failure(self) -> SetupFailed | None:
        """What became of the set-up, waited for."""
        note = self.child.note_fd
        if note < 0:
            return self.child.failed
        self.kernel.watch(note, READABLE)
        wait_until(self.kernel, lambda ready: note in [fd for fd, _ in ready])
        return parse_note(self.kernel.read(note, 100))

    def wait(self) -> ExitStatus:
        """Wait for its end and reap it."""
        wait_until(self.kernel, lambda _: self.kernel.peek_exited() == self.pid)
        return self.kernel.reap(self.pid)

    def close(self) -> None:
        """Our ends of its pipes."""
        for fd in (self.stdin, self.stdout, self.stderr, self.child.note_fd):
            if fd >= 0:
                self.kernel.close(fd)


class Launcher:
    """Starts children of one kernel; `directory="."` is what sends one down the fork path."""

    def __init__(self, kernel: LinuxKernel) -> None:
        self.kernel = kernel
        self.launched: list[Launched] = []

    def __call__(self, *argv: str, **wanted: Any) -> Launched:
        self.launched.append(Launched(self.kernel, argv, **wanted))
        return self.launched[-1]

    def output(self, *argv: str, **wanted: Any) -> str:
        """What a child that ends well by itself writes."""
        child = self(*argv, **wanted)
        output = child.read(child.stdout)
        assert child.read(child.stderr) == b""
        assert child.wait() == ExitStatus(0)
        return output.decode()


def wait_until(kernel: LinuxKernel, condition: Callable[[list[tuple[int, int]]], bool]) -> None:
    """Poll until the condition holds; it is asked first without, then after each wake-up with what is ready."""
    deadline = kernel.mono() + PATIENCE_NS
    ready: list[tuple[int, int]] = []
    while not condition(ready):
        assert kernel.mono() < deadline, "it never came true"
        kernel.take_signals()
        ready = kernel.poll(kernel.mono() + SECOND_NS // 50)


def threads() -> int:
    """How many threads this process has."""
    return len(os.listdir("/proc/self/task"))


def run_python(source: str, *arguments: str, **options: Any) -> str:
    """Run a program in a fresh interpreter; what it prints. Fails if it fails."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", source, *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60, **options)
    assert done.returncode == 0, done.stderr
    return done.stdout
