"""What a daemon does while nothing happens: how often any of its threads goes to sleep again, and processor time."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack

import proc
from daemons import SUPERVISORS
from promises import Figure

ROUNDS = 1
PROGRAMS = 100
SETTLE_S = 5.0
WINDOW_S = 15.0
SECTION = f"[program:p]\ncommand = /bin/sleep 100000\nprocess_name = p%(process_num)d\nnumprocs = {PROGRAMS}\n"


def measure(rounds: int) -> Iterator[Figure]:
    """One window a round, the same one for both."""
    sleeps: dict[str, list[float]] = {kind.name: [] for kind in SUPERVISORS}
    ticks: dict[str, list[float]] = {kind.name: [] for kind in SUPERVISORS}
    with ExitStack() as stack:
        both = [stack.enter_context(kind()) for kind in SUPERVISORS]
        for daemon in both:
            daemon.configure(SECTION)
            daemon.start()
        for daemon in both:
            daemon.until_all("RUNNING")
        time.sleep(SETTLE_S)
        for _ in range(rounds):
            before = {daemon.name: (proc.sleeps(daemon.pid), proc.ticks(daemon.pid)) for daemon in both}
            time.sleep(WINDOW_S)
            for daemon in both:
                sleeps[daemon.name].append(_grown(before[daemon.name][0], proc.sleeps(daemon.pid)))
                ticks[daemon.name].append(proc.ticks(daemon.pid) - before[daemon.name][1])
    window = f"{PROGRAMS} programs, {WINDOW_S:g} s"
    yield Figure("idle: sleeps of all threads", "times", sleeps, window)
    yield Figure("idle: processor ticks", "ticks", ticks, window)


def _grown(before: dict[int, int], after: dict[int, int]) -> int:
    """How often threads went to sleep in between; one that came or went did so for something."""
    grown = sum(count - before.get(thread, 0) for thread, count in after.items())
    return grown + len(before.keys() - after.keys())
