"""One life of a part in a play on Linux (`sim.stage.linux`): `python -I -S part.py PART`, a file that `sim.stage.parts` wrote.

The step language is `real`'s, which lies beside this file. What is different is time: a part is punctual, everything it does
counts from its fork on, as if starting an interpreter took none. It leaves a note of when it was forked and when it began.
"""

from __future__ import annotations

import importlib
import itertools
import json
import os
import signal
import socket
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

sys.path.insert(0, os.path.dirname(__file__))
real: Any = importlib.import_module("real")


def forked_at() -> float:
    """When this process was forked, by the monotonic clock, to half a tick: proc(5) has it in ticks since the boot."""
    with open("/proc/self/stat") as status:
        ticks = int(status.read().rpartition(")")[2].split()[19])
    ago = time.clock_gettime(time.CLOCK_BOOTTIME) - (ticks + 0.5) / os.sysconf("SC_CLK_TCK")
    return time.monotonic() - max(0.0, ago)


def note_of_this_life(path: str) -> tuple[int, int]:
    """The number of this life, 1 for the first, and the file for its note."""
    for life in itertools.count(1):
        try:
            return life, os.open(f"{path}.{life}", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        except FileExistsError:
            continue
    raise AssertionError("there is always one more number")


def dstate(seconds: float, keeper: str, path: str) -> None:
    """Wait in disk sleep: have the disk frozen until then, and write there."""
    begins = real.CLOCK.due or time.monotonic()
    with socket.socket(socket.AF_UNIX) as asked:
        asked.connect(keeper)
        asked.sendall(b"%d" % ((begins + seconds) * 1e9))
        asked.recv(1)  # now it is frozen
        real.save(path, "x")
    real.CLOCK.waited()


def main() -> None:
    """Live it."""
    forked = forked_at()
    with open(sys.argv[1]) as file:
        part = json.load(file)
    sys.path += part["packages"]
    if part["packages"]:
        real.python_daemon()  # imported before it is needed: that is no part of the play
    real.VERBS["dstate"] = lambda seconds: dstate(seconds, *part["disk"])
    life, note = note_of_this_life(sys.argv[1])
    real.CLOCK.due = forked
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.write(note, b"%d %d" % (forked * 1e9, time.monotonic() * 1e9))
    os.close(note)
    real.run(part["scripts"][min(life, len(part["scripts"])) - 1])
    os._exit(0)


if __name__ == "__main__":
    main()
