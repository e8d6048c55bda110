"""What is left behind by 10,000 restarts: descriptors, zombies, resident memory."""

from __future__ import annotations

import time
from collections.abc import Iterator

import proc
from daemons import SUPERVISORS, Supervisord, until
from promises import Figure

ROUNDS = 1
PROGRAMS = 100
WARM_UP = 1000
"""Restarts before the first look: allocators fill their pools once."""
RESTARTS = 10_000
STOCK_RESTARTS = 2_000
"""For supervisord, which waits between two: for the ratio of the rates this is enough."""
SECTION = f"""
[program:p]
command = /bin/true
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
    for _ in range(rounds):
        for kind in SUPERVISORS:
            restarts = RESTARTS if kind.name == "initd" else STOCK_RESTARTS
            with kind() as daemon:
                daemon.configure(SECTION)
                daemon.start()
                _until_spawned(daemon, WARM_UP)
                before, began = _holdings(daemon.pid), time.monotonic()
                _until_spawned(daemon, WARM_UP + restarts)
                took[kind.name].append((time.monotonic() - began) / restarts * 1e3)
                for name, old, new in zip(names, before, _holdings(daemon.pid)):
                    grown[name][kind.name].append(new - old)
    for name, unit in zip(names, ("more", "more", "KiB more")):
        yield Figure(f"leak: {name}", unit, grown[name], f"{RESTARTS} restarts; supervisord {STOCK_RESTARTS}")
    yield Figure(f"leak: time for one of {PROGRAMS} programs", "ms a restart", took, "both limit the rate")


def _until_spawned(daemon: Supervisord, count: int) -> None:
    """Wait until the main log has told of that many births."""
    log = daemon.folder / "main.log"
    until(f"{daemon.name}: {count} births", lambda: log.exists() and log.read_bytes().count(b" spawned: ") >= count)


def _holdings(pid: int) -> tuple[int, int, int]:
    """Descriptors, zombies, resident KiB: the least of many moments, since some are always in the middle of something."""
    moments = []
    for _ in range(40):
        moments.append((proc.descriptors(pid), proc.zombies(pid), proc.rss_kib(pid)))
        time.sleep(0.02)
    return min(m[0] for m in moments), min(m[1] for m in moments), min(m[2] for m in moments)
