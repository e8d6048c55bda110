"""From kill -9 of a program to the process id of its successor being there."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Iterator
from contextlib import ExitStack

from daemons import available
from promises import Figure

ROUNDS = 3
KILLS = 10
PAUSE_S = 1.2
"""runsv waits until its program is a second old."""


def measure(rounds: int) -> Iterator[Figure]:
    """The median of KILLS a round; the daemons run side by side and take turns."""
    values: dict[str, list[float]] = {kind.name: [] for kind in available()}
    with ExitStack() as stack:
        all_of_them = [stack.enter_context(kind()) for kind in available()]
        for daemon in all_of_them:
            daemon.one_program("/bin/sleep 100000")
            daemon.start()
        victims = {daemon.name: daemon.until_children(1)[0] for daemon in all_of_them}
        for _ in range(rounds):
            times: dict[str, list[float]] = {name: [] for name in values}
            for _ in range(KILLS):
                time.sleep(PAUSE_S + random.random())  # at no fixed phase of anybody's loop
                for daemon in all_of_them:
                    seconds, victims[daemon.name] = daemon.time_restart(victims[daemon.name])
                    times[daemon.name].append(seconds * 1e3)
            for name, each in times.items():
                values[name].append(statistics.median(each))
    yield Figure("restart of a killed program", "ms", values)
