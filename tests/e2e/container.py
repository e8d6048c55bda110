"""One init under test with its command, as PID 1 of a namespace of its own or as any other process.

The init is ours or, for comparison, another program: whatever words start it.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path

from tests.e2e.instance import PATIENCE_S, alive, daemon_command, environment, until

UNSHARE = ("unshare", "--pid", "--fork", "--mount-proc", "--kill-child=KILL")


def children(pid: int) -> list[int]:
    """The children of a process, zombies included."""
    try:
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def descendants(pid: int) -> list[int]:
    """Everybody below a process."""
    return [found for child in children(pid) for found in (child, *descendants(child))]


def kill_all(pids: Iterable[int]) -> None:
    """Whoever of them is still alive; one may end of the end of another."""
    for pid in pids:
        if alive(pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


class Container:
    """An init and what runs below it, in an empty folder of its own; `pid` is the init's, seen from here."""

    def __init__(self, *words: str, first: bool = True, init: tuple[str, ...] = (), **options: object) -> None:
        self.place = tempfile.TemporaryDirectory(prefix="initd-e2e.")
        self.folder = Path(self.place.name)
        command = [*(UNSHARE if first else ()), *(init or daemon_command()), *words]
        settings = {"cwd": self.folder, "env": environment(), "stdin": subprocess.DEVNULL, **options}
        with (self.folder / "out").open("wb") as out, (self.folder / "err").open("wb") as err:
            settings = {"stdout": out, "stderr": err, "start_new_session": True} | settings
            self.process = subprocess.Popen(command, **settings)  # type: ignore[call-overload]
        self._first = first
        self._pid = 0

    def __enter__(self) -> Container:
        return self

    def __exit__(self, *_error: object) -> None:
        below = descendants(self.process.pid)
        self.process.kill()
        self.process.wait()
        kill_all(below)
        self.place.cleanup()

    @property
    def pid(self) -> int:
        """The init's; the one child of `unshare` once there is one."""
        if not self._first:
            return self.process.pid
        if not self._pid:
            self._pid = until("an init", lambda: children(self.process.pid))[0]
        return self._pid

    @property
    def out(self) -> str:
        """What has been written to standard output so far."""
        return (self.folder / "out").read_text()

    @property
    def err(self) -> str:
        """What has been written to standard error so far."""
        return (self.folder / "err").read_text()

    def until_said(self, text: str) -> None:
        """Wait until the output has that text."""
        until(f"{text!r} on stdout; stderr {self.err}", lambda: text in self.out)

    def send(self, number: int) -> None:
        """A signal to the init, from outside its namespace, as `docker kill` sends it."""
        os.kill(self.pid, number)

    def close_stdin(self) -> None:
        """End what the command reads; for a container made with `stdin=-1`."""
        assert self.process.stdin is not None
        self.process.stdin.close()

    def wait(self) -> int:
        """Wait for the end; the exit status."""
        return self.process.wait(PATIENCE_S)


def ran(*words: str, **options: object) -> tuple[int, str, str]:
    """Exit status, output and errors of one that ends by itself."""
    with Container(*words, **options) as container:  # type: ignore[arg-type]
        return container.wait(), container.out, container.err
