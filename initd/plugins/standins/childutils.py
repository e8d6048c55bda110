"""supervisor.childutils: how events are read and answered, for handlers that share code with their listeners."""

from __future__ import annotations

import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def get_headers(line: str) -> dict[str, str]:
    """The words of a header as pairs."""
    return dict([word.split(":") for word in line.split()])


def eventdata(payload: str) -> tuple[dict[str, str], str]:
    """The header of a payload, and what follows it; ValueError."""
    headerinfo, data = payload.split("\n", 1)
    return get_headers(headerinfo), data


def get_asctime(now: float | None = None) -> str:
    """A time as lines of the main log begin."""
    now = time.time() if now is None else now
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(now)) + f",{int((now - int(now)) * 1000):03d}"


class EventListenerProtocol:
    """A listener's side of the conversation."""

    def wait(self, stdin: Any = sys.stdin, stdout: Any = sys.stdout) -> tuple[dict[str, str], str]:
        """The next event: its header and its payload."""
        self.ready(stdout)
        headers = get_headers(stdin.readline())
        return headers, stdin.read(int(headers["len"]))

    def ready(self, stdout: Any = sys.stdout) -> None:
        """Ask for one."""
        stdout.write("READY\n")
        stdout.flush()

    def ok(self, stdout: Any = sys.stdout) -> None:
        """It was taken."""
        self.send("OK", stdout)

    def fail(self, stdout: Any = sys.stdout) -> None:
        """It was not."""
        self.send("FAIL", stdout)

    def send(self, data: str, stdout: Any = sys.stdout) -> None:
        """An answer of one's own."""
        stdout.write(f"RESULT {len(data)}\n{data}")
        stdout.flush()


listener = EventListenerProtocol()
