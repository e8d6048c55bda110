"""getAllProcessInfo of 100 programs over one kept connection to the UNIX socket: call after call, and a second apart.

The client reads bytes and parses none of them, so it is the daemon that is measured: a Python client takes longer over
the answer than either daemon. Of each time, what the daemon's main thread waited for a processor is taken off.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import proc
import rpc
from daemons import SUPERVISORS, Supervisord, TooSlow
from promises import Figure

ROUNDS = 3
PROGRAMS = 100
CALLS = 200
PAUSES = 3
PAUSE_S = 1.05
"""What a call finds written already, it does not find a second later: every uptime has changed."""
SECTION = (
    f"[program:p]\ncommand = /bin/sleep 100000\nprocess_name = p%(process_num)d\nnumprocs = {PROGRAMS}\nstartsecs = 0\n"
)


def measure(rounds: int) -> Iterator[Figure]:
    """Both daemons at rest side by side, and each asked in its turn."""
    busy: dict[str, list[float]] = {kind.name: [] for kind in SUPERVISORS}
    apart: dict[str, list[float]] = {kind.name: [] for kind in SUPERVISORS}
    for _ in range(rounds):
        for kind in SUPERVISORS:
            one, other = _ask(kind)
            busy[kind.name].append(one * 1e3)
            apart[kind.name].append(other * 1e3)
    rates = ", ".join(f"{name} {1e3 / min(each):.0f}/s" for name, each in busy.items())
    yield Figure("getAllProcessInfo of 100 programs", "ms a call", busy, f"best: {rates}")
    yield Figure("getAllProcessInfo of 100 programs, a second apart", "ms a call", apart)


def _ask(kind: type[Supervisord]) -> tuple[float, float]:
    with kind() as daemon:
        daemon.configure(SECTION)
        daemon.start()
        daemon.until_all("RUNNING")
        if len(daemon.states()) != PROGRAMS:
            raise TooSlow(f"{kind.name}: not {PROGRAMS} programs")
        with rpc.Kept(daemon.socket, "supervisor.getAllProcessInfo") as client:
            client.call()
            busy = _timed(daemon, client, CALLS)
            times = []
            for _ in range(PAUSES):
                time.sleep(PAUSE_S)
                times.append(_timed(daemon, client, 1))
    return busy, min(times)


def _timed(daemon: Supervisord, client: rpc.Kept, calls: int) -> float:
    """Seconds a call."""
    waited, began = proc.waited_s(daemon.pid), time.monotonic()
    for _ in range(calls):
        client.call()
    return (time.monotonic() - began - (proc.waited_s(daemon.pid) - waited)) / calls
