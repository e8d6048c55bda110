"""Resident memory of the daemon with few and with many programs, before and after a client has first spoken to it."""

from __future__ import annotations

import time
from collections.abc import Iterator

import proc
from daemons import SUPERVISORS
from promises import Figure

ROUNDS = 2
COUNTS = (1, 100)
SETTLE_S = 3.0
SECTION = "[program:p]\ncommand = /bin/sleep 100000\nprocess_name = p%(process_num)d\nnumprocs = {count}\n"


def measure(rounds: int) -> Iterator[Figure]:
    """One fresh daemon of each kind a round."""
    for count in COUNTS:
        before: dict[str, list[float]] = {kind.name: [] for kind in SUPERVISORS}
        after: dict[str, list[float]] = {kind.name: [] for kind in SUPERVISORS}
        for _ in range(rounds):
            for kind in SUPERVISORS:
                with kind() as daemon:
                    daemon.configure(SECTION.format(count=count))
                    daemon.start()
                    daemon.until_children(count)
                    time.sleep(SETTLE_S)
                    before[kind.name].append(proc.rss_kib(daemon.pid))
                    daemon.until_all("RUNNING")
                    after[kind.name].append(proc.rss_kib(daemon.pid))
        yield Figure(f"resident with {count} programs", "KiB", before)
        yield Figure(f"resident with {count} programs, after an RPC", "KiB", after)
