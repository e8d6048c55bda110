"""1,000 programs: started, called RUNNING, listed, stopped, started again by a client, and shut down."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from daemons import SUPERVISORS, Supervisord, TooSlow
from promises import Figure

ROUNDS = 1
PROGRAMS = 1000
SECTION = f"[program:p]\ncommand = /bin/sleep 100000\nprocess_name = p%(process_num)d\nnumprocs = {PROGRAMS}\n"


def measure(rounds: int) -> Iterator[Figure]:
    """One life of a fresh daemon of each kind a round."""
    found: dict[str, dict[str, list[float]]] = {}
    for _ in range(rounds):
        for kind in SUPERVISORS:
            for what, seconds in _life(kind).items():
                figure = found.setdefault(what, {each.name: [] for each in SUPERVISORS})
                figure[kind.name].append(seconds * 1e3)
    for what, values in found.items():
        yield Figure(f"1,000 programs: {what}", "ms", values)


def _life(kind: type[Supervisord]) -> dict[str, float]:
    times = {}
    with kind() as daemon:
        daemon.configure(SECTION)
        began = time.monotonic()
        daemon.start()
        daemon.until_children(PROGRAMS)
        times["exec to all started"] = time.monotonic() - began
        daemon.until_all("RUNNING")
        times["exec to all running"] = time.monotonic() - began
        times["status"], states = _timed(daemon.states)
        times["stop"], stopped = _timed(lambda: daemon.rpc.supervisor.stopProcessGroup("p"))
        times["start"], started = _timed(lambda: daemon.rpc.supervisor.startProcessGroup("p"))
        for results in (states, stopped, started):
            if len(results) != PROGRAMS:
                raise TooSlow(f"{kind.name}: {len(results)} results")
        daemon.until_all("RUNNING")
        times["shutdown"] = daemon.time_shutdown()
    return times


def _timed(call: Callable[[], list[object]]) -> tuple[float, list[object]]:
    began = time.monotonic()
    result = call()
    return time.monotonic() - began, result
