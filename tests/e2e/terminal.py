"""A process on a terminal of its own, and somebody who types and reads."""

from __future__ import annotations

import os
import pty
import select
import signal
import termios
import time

from tests.e2e.container import descendants
from tests.e2e.instance import PATIENCE_S, alive, environment


class Terminal:
    """A process that leads a session on a terminal of its own; `seen` is all that has come up on the screen."""

    def __init__(self, *command: str, env: dict[str, str] | None = None, size: tuple[int, int] = (24, 80)) -> None:
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            termios.tcsetwinsize(0, size)
            os.execvpe(command[0], command, env or environment() | {"PS1": "$ ", "TERM": "dumb"})
        self.seen = ""
        self.status: int | None = None

    def until(self, text: str, after: int = 0) -> int:
        """Wait until the text comes up after that many characters; where it ends."""
        deadline = time.monotonic() + PATIENCE_S
        while (place := self.seen.find(text, after)) < 0:
            assert time.monotonic() < deadline, f"no {text!r} in {self.seen[after:]!r}"
            if select.select([self.fd], [], [], 0.5)[0]:
                try:
                    self.seen += os.read(self.fd, 65536).decode(errors="replace")
                except OSError:
                    raise AssertionError(f"it ended without {text!r}: {self.seen[after:]!r}") from None
        return place + len(text)

    def type(self, text: str) -> int:
        """Type that; where the screen ended before."""
        os.write(self.fd, text.encode())
        return len(self.seen)

    def ended(self) -> int:
        """Read on until it has ended; its exit code."""
        while True:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = status
                return os.waitstatus_to_exitcode(status)
            if select.select([self.fd], [], [], 0.1)[0]:
                try:
                    self.seen += os.read(self.fd, 65536).decode(errors="replace")
                except OSError:
                    time.sleep(0.02)

    def close(self) -> None:
        """End it and all below it."""
        if self.status is None:
            for pid in [self.pid, *descendants(self.pid)]:
                if alive(pid):
                    os.kill(pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.fd)
