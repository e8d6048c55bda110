"""getAllProcessInfo of 100 programs through the UNIX socket: call after call, on one connection and on one each; a second apart.

The client reads bytes and parses none of them, so it is the daemon that is measured: a Python client takes longer over
the answer than either daemon. Of each time, what the daemon's main thread waited for a processor is taken off.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import proc
import rpc
from daemons import SUPERVISORS, Supervisord, TooSlow
from promises import Figure

ROUNDS = 3
PROGRAMS = 100
METHOD = "supervisor.getAllProcessInfo"
CALLS = 200
PAUSES = 3
PAUSE_S = 1.05
"""What a call finds written already, it does not find a second later: every uptime has changed."""
SECTION = (
    f"[program:p]\ncommand = /bin/sleep 100000\nprocess_name = p%(process_num)d\nnumprocs = {PROGRAMS}\nstartsecs = 0\n"
)


def measure(rounds: int) -> Iterator[Figure]:
    """Both daemons in turn, fresh in each round."""
    found: dict[str, dict[str, list[float]]] = {}
    for _ in range(rounds):
        for kind in SUPERVISORS:
            for how, seconds in _ask(kind).items():
                figure = found.setdefault(how, {each.name: [] for each in SUPERVISORS})
                figure[kind.name].append(seconds * 1e3)
    for how, values in found.items():
        rates = ", ".join(f"{name} {1e3 / min(each):.0f}/s" for name, each in values.items())
        yield Figure(f"getAllProcessInfo of 100 programs{how}", "ms a call", values, f"best: {rates}")


def _ask(kind: type[Supervisord]) -> dict[str, float]:
    with kind() as daemon:
        daemon.configure(SECTION)
        daemon.start()
        daemon.until_all("RUNNING")
        if len(daemon.states()) != PROGRAMS:
            raise TooSlow(f"{kind.name}: not {PROGRAMS} programs")
        with rpc.Kept(daemon.socket, METHOD) as client:
            client.call()
            times = {"": _timed(daemon, client.call, CALLS)}
            apart = []
            for _ in range(PAUSES):
                time.sleep(PAUSE_S)
                apart.append(_timed(daemon, client.call, 1))
        times[", a connection each"] = _timed(daemon, lambda: rpc.once(daemon.socket, METHOD), CALLS)
        return times | {", a second apart": min(apart)}


def _timed(daemon: Supervisord, call: Callable[[], object], calls: int) -> float:
    """Seconds a call."""
    waited, began = proc.waited_s(daemon.pid), time.monotonic()
    for _ in range(calls):
        call()
    return (time.monotonic() - began - (proc.waited_s(daemon.pid) - waited)) / calls
