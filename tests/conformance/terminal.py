"""A program on a terminal of its own, and what a person sees of it."""

from __future__ import annotations

import codecs
import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

from tests.conformance import stock

CTRL_C = "\x03"
# colours and intensities, and what newer readlines say about pasting: nobody sees a letter more or less for them
_UNSEEN = re.compile(r"\x1b\[(?:[\d;]*m|\?2004[hl]\r?)")


def seen(text: str) -> str:
    """What was printed without its colours."""
    return _UNSEEN.sub("", text)


class Terminal:
    """A running program and the screen it writes to; a context manager, whose end is the program's."""

    def __init__(self, command: Sequence[str], columns: int = 80, environ: Mapping[str, str] | None = None) -> None:
        env = stock.environment() | {"TERM": "xterm-256color"} | dict(environ or {})
        self.pid, self._fd = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
            os.execve(command[0], list(command), env)
        self._unread = ""
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._code: int | None = None

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._code is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self._fd)

    def expect(self, text: str) -> str:
        """What comes up to and including `text`, with its colours; AssertionError when it does not come."""
        deadline = time.monotonic() + stock.PATIENCE_S
        while text not in self._unread:
            more = self._read(deadline)
            assert more, f"{text!r} has not come, but {self._unread!r}"
            self._unread += self._decoder.decode(more)
        before, found, self._unread = self._unread.partition(text)
        return before + found

    def type(self, keys: str, editing: bool = False) -> None:
        """Press keys, as it were: where a line is edited, once the editor has the terminal, else keys would show twice.

        Ctrl-C is pressed once the program sleeps, since Python's readline misses one that comes while it draws.
        """
        if editing:
            stock.until("a line is being edited", lambda: not termios.tcgetattr(self._fd)[3] & termios.ICANON)
        if CTRL_C in keys:
            stat = Path(f"/proc/{self.pid}/stat")
            stock.until("the program sleeps", lambda: stat.read_text().rpartition(") ")[2].startswith("S"))
        os.write(self._fd, keys.encode())

    def rest(self) -> str:
        """What comes until the program closes its side."""
        deadline = time.monotonic() + stock.PATIENCE_S
        while more := self._read(deadline):
            self._unread += self._decoder.decode(more)
        text, self._unread = self._unread, ""
        return text

    def wait(self) -> int:
        """The exit code; what is still printed is thrown away."""
        self.rest()
        stock.until("the program ends", self._ended)
        assert self._code is not None
        return self._code

    def _ended(self) -> bool:
        pid, status = os.waitpid(self.pid, os.WNOHANG)
        if pid:
            self._code = os.waitstatus_to_exitcode(status)
        return bool(pid)

    def _read(self, deadline: float) -> bytes:
        if select.select([self._fd], [], [], max(0, deadline - time.monotonic()))[0]:
            with contextlib.suppress(OSError):  # EIO: the other end is closed
                return os.read(self._fd, 65536)
        return b""
