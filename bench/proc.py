"""What /proc says about a process: children, descriptors, memory, switches and processor time (proc(5))."""

from __future__ import annotations

import os
from pathlib import Path


def children(pid: int) -> list[int]:
    """The children of every thread of a process, zombies included; [] when it is gone."""
    found: list[int] = []
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += map(int, path.read_text().split())
        except OSError:
            continue
    return found


def descendants(pid: int) -> list[int]:
    """All processes below a process."""
    direct = children(pid)
    return direct + [below for child in direct for below in descendants(child)]


def state(pid: int) -> str:
    """The letter of the process state: S, R, Z…; "" when there is no such process."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][:1]
    except OSError:
        return ""


def command(pid: int) -> str:
    """The name of what a process executes; "" when there is no such process."""
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


def zombies(pid: int) -> int:
    """How many of the children have ended and not been reaped."""
    return sum(state(child) == "Z" for child in children(pid))


def descriptors(pid: int) -> int:
    """How many descriptors are open."""
    return len(os.listdir(f"/proc/{pid}/fd"))


def rss_kib(pid: int) -> int:
    """Resident memory in KiB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))


def ticks(pid: int) -> int:
    """Processor time used by all threads so far, user and system, in clock ticks."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return int(fields[11]) + int(fields[12])


def waited_s(pid: int) -> float:
    """For how long the main thread has been ready to run and had no processor (the run delay of schedstat)."""
    return int(Path(f"/proc/{pid}/task/{pid}/schedstat").read_text().split()[1]) / 1e9


def sleeps(pid: int) -> dict[int, int]:
    """For each thread how often it has gone to sleep: its voluntary context switches."""
    found = {}
    for path in Path(f"/proc/{pid}/task").glob("*/status"):
        lines = path.read_text().splitlines()
        found[int(path.parent.name)] = next(int(line.split()[1]) for line in lines if line.startswith("voluntary"))
    return found
