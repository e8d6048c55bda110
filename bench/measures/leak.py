"""What is left behind by 10,000 restarts: descriptors, zombies, resident memory.

Resident memory comes and goes in arenas and pools, so the difference of two looks says little. It is looked at again and
again over twice as many restarts, and the figure is the median slope between any two looks after the warm-up (Theil-Sen):
one arena more does not move it, a leak of 50 bytes a restart does. The note has the whole curve.

The programs end at once, and are restarted, until a file tells them to stay: every look is at a daemon whose programs all
run, so descriptors and zombies are exact.
"""

from __future__ import annotations

import os
import signal
import statistics
import time
from collections.abc import Iterator
from itertools import combinations

import proc
from daemons import SUPERVISORS, Supervisord, until
from promises import Figure

ROUNDS = 1
PROGRAMS = 100
WARM_UP = 2_000
"""Restarts before the first look: allocators fill their pools once."""
STEP = {"initd": 2_000, "supervisord": 500}
"""Restarts from look to look; supervisord waits between two restarts, for the ratio of the rates fewer are enough."""
LOOKS = {"initd": 10, "supervisord": 3}
PER_RESTARTS = 10_000
"""What growth is told for."""
SECTION = f"""
[program:p]
command = /bin/sh -c "test -e %(here)s/rest && exec sleep 100000"
process_name = p%(process_num)d
numprocs = {PROGRAMS}
startsecs = 0
autorestart = true
"""


def measure(rounds: int) -> Iterator[Figure]:
    """One fresh daemon of each kind a round."""
    names = ("descriptors", "zombies", "resident memory")
    grown: dict[str, dict[str, list[float]]] = {name: {kind.name: [] for kind in SUPERVISORS} for name in names}
    took: dict[str, list[float]] = {kind.name: [] for kind in SUPERVISORS}
    curves = []
    for _ in range(rounds):
        for kind in SUPERVISORS:
            step = STEP[kind.name]
            with kind() as daemon:
                daemon.configure(SECTION)
                daemon.start()
                looks = [_holdings(daemon, WARM_UP)]
                began = time.monotonic()
                for number in range(1, LOOKS[kind.name] + 1):
                    looks.append(_holdings(daemon, WARM_UP + number * step))
            restarts = step * LOOKS[kind.name]
            took[kind.name].append((time.monotonic() - began) / restarts * 1e3)
            for at, name in enumerate(names[:2]):
                grown[name][kind.name].append(looks[-1][at] - looks[0][at])
            resident = [look[2] for look in looks]
            grown["resident memory"][kind.name].append(slope(resident) / step * PER_RESTARTS)
            curves.append(f"{kind.name}, every {step}: {' '.join(str(kib - resident[0]) for kib in resident)}")
    for name in names[:2]:
        yield Figure(f"leak: {name}", "more", grown[name], f"over {STEP['initd'] * LOOKS['initd']} restarts")
    yield Figure("leak: resident memory", f"KiB per {PER_RESTARTS} restarts", grown["resident memory"], "; ".join(curves))
    yield Figure(f"leak: time for one of {PROGRAMS} programs", "ms a restart", took, "both limit the rate")


def slope(values: list[int]) -> float:
    """By how much they grow from one to the next: the median over all pairs, which no single jump can move."""
    pairs = combinations(enumerate(values), 2)
    return statistics.median((later - earlier) / (at - before) for (before, earlier), (at, later) in pairs)


def _holdings(daemon: Supervisord, births: int) -> tuple[int, int, int]:
    """Descriptors, zombies, resident KiB once that many births were told of in the main log, and all programs rest."""
    log, rest = daemon.folder / "main.log", daemon.folder / "rest"
    until(f"{daemon.name}: {births} births", lambda: log.exists() and log.read_bytes().count(b" spawned: ") >= births)
    rest.touch()
    until(f"{daemon.name}: all at rest", lambda: _resting(daemon) == PROGRAMS)
    found = proc.descriptors(daemon.pid), proc.zombies(daemon.pid), proc.rss_kib(daemon.pid)
    rest.unlink()
    for pid in proc.children(daemon.pid):
        os.kill(pid, signal.SIGKILL)
    return found


def _resting(daemon: Supervisord) -> int:
    """How many children have become what stays, rather than be about to end."""
    return sum(proc.command(pid) == "sleep" for pid in proc.children(daemon.pid))
