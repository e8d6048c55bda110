"""From executing the daemon to its first child being at work, less what the same child takes when started alone."""

from __future__ import annotations

import os
import select
import statistics
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from daemons import PATIENCE_S, Daemon, TooSlow, available
from promises import Figure

ROUNDS = 4
STARTS = 5


class Sign:
    """A FIFO into which a child writes when it is at work."""

    def __init__(self, path: Path) -> None:
        os.mkfifo(path)
        self.command = f"/bin/sh -c 'echo >{path}; exec sleep 100000'"
        self._reader = os.open(path, os.O_RDWR | os.O_NONBLOCK)

    def wait(self) -> None:
        """Return as soon as one is."""
        if not select.select([self._reader], [], [], PATIENCE_S)[0]:
            raise TooSlow("a first child")
        os.read(self._reader, 1)


def measure(rounds: int) -> Iterator[Figure]:
    """The median of STARTS a round, taken in turns."""
    values: dict[str, list[float]] = {kind.name: [] for kind in available()}
    with TemporaryDirectory(prefix="bench.") as folder:
        sign = Sign(Path(folder) / "f")
        for kind in available():
            _start(kind, sign)  # once without counting: byte code and page cache
        for _ in range(rounds):
            alone = []
            times: dict[str, list[float]] = {name: [] for name in values}
            for _ in range(STARTS):
                alone.append(_alone(sign))
                for kind in available():
                    times[kind.name].append(_start(kind, sign))
            for name, each in times.items():
                values[name].append((statistics.median(each) - statistics.median(alone)) * 1e3)
    yield Figure("exec to first child", "ms", values)


def _alone(sign: Sign) -> float:
    began = time.monotonic()
    with subprocess.Popen(["/bin/sh", "-c", f"exec {sign.command}"]) as child:
        sign.wait()
        seconds = time.monotonic() - began
        child.kill()
    return seconds


def _start(kind: type[Daemon], sign: Sign) -> float:
    with kind() as daemon:
        daemon.one_program(sign.command)
        began = time.monotonic()
        daemon.start()
        sign.wait()
        return time.monotonic() - began
