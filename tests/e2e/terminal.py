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

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """End it and all below it."""
        if self.status is None:
            for pid in [self.pid, *descendants(self.pid)]:
                if alive(pid):
                    os.kill(pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.fd)

    def sees(self, text: str, after: int = 0, patience_s: float = PATIENCE_S) -> bool:
        """Whether that text comes up in time after that many characters."""
        deadline = time.monotonic() + patience_s
        while self.seen.find(text, after) < 0:
            if time.monotonic() > deadline or not self._read(0.1):
                return self.seen.find(text, after) >= 0
        return True

    def until(self, text: str, after: int = 0) -> int:
        """Wait until the text comes up; where it ends."""
        assert self.sees(text, after), f"no {text!r} in {self.seen[after:]!r}"
        return self.seen.find(text, after) + len(text)

    def type(self, text: str) -> int:
        """Type that; where the screen ended before."""
        os.write(self.fd, text.encode())
        return len(self.seen)

    def ended(self, patience_s: float = PATIENCE_S) -> int | None:
        """Read on until it has ended; its exit code, None if it does not."""
        deadline = time.monotonic() + patience_s
        while time.monotonic() < deadline:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = status
                return os.waitstatus_to_exitcode(status)
            if not self._read(0.1):
                time.sleep(0.02)
        return None

    def _read(self, seconds: float) -> bool:
        """Take what has come up; False when nobody has the terminal open any more."""
        if select.select([self.fd], [], [], seconds)[0]:
            try:
                self.seen += os.read(self.fd, 65536).decode(errors="replace")
            except OSError:
                return False
        return True
