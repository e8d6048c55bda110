"""One scenario, played by the real supervisor: its modules are given our clock, its options object is our kernel's door.

supervisor keeps its subscribers and its clock in module globals, so there can be one play at a time in a process.
"""

from __future__ import annotations

import contextlib
import shlex
from functools import lru_cache

from supervisor import events, process, rpcinterface, supervisord
from supervisor.medusa import asyncore_25
from supervisor.states import getProcessStateDescription

from sim.oracle.clients import CLIENT_FD, Clients
from sim.oracle.configuration import options, parsed
from sim.oracle.kernel import Kernel
from sim.oracle.mainlog import MainLog
from sim.oracle.pollers import Lagging, Over, Prompt

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from sim.oracle.clock import Clock
    from sim.oracle.speakers import SpeakingKernel
    from sim.scenario import Scenario
    from sim.trace import Trace

PATCHED = (process, supervisord, rpcinterface)


def play(scenario: Scenario, lagging: bool = False, log: MainLog | None = None) -> Trace:
    """The story supervisor 4.3.0 tells of it: prompt, or as late as its real poll lets it be. `log` gets its log lines.

    Two kinds of entries are only told here, and are the last: `crash` with the name of the exception the daemon dies of, and
    `spins` if its loop does not come to rest at that instant. ValueError if supervisor refuses the configuration.
    """
    groups = parsed(scenario)
    kernel = Kernel(scenario.programs())
    daemon = supervisord.Supervisor(options())
    clients = Clients(daemon, kernel)
    poller = (Lagging if lagging else Prompt)(scenario, kernel, daemon, clients)
    log = MainLog() if log is None else log
    options().begin(groups, kernel, {CLIENT_FD: clients}, poller, log.bound(kernel.clock))
    with patched(kernel.clock):
        events.subscribe(events.ProcessStateEvent, lambda event: told_state(kernel, event))
        for config in groups:
            daemon.add_process_group(config)
        try:
            daemon.runforever()
        except asyncore_25.ExitNow:
            kernel.tell("", "exit", "0")
        except AssertionError as error:
            kernel.tell("", "crash", type(error).__name__)
        except Over:
            pass
    return kernel.story


def told_state(kernel: Kernel | SpeakingKernel, event: Any) -> None:
    """Tell of a change of state as supervisor's own event has it."""
    child = event.process
    name = f"{child.group.config.name}:{child.config.name}"
    state = getProcessStateDescription(child.state)
    if state in ("STARTING", "BACKOFF"):
        state += f" {child.backoff}"
    elif state == "EXITED":
        state += " expected" if event.expected else " unexpected"
    kernel.tell(name, "state", state)


class Words:
    """What takes the place of the module `shlex`: it does the same, but splits a command once, not at every fork."""

    _split = staticmethod(lru_cache(lambda command: tuple(shlex.split(command))))

    @classmethod
    def split(cls, command: str) -> list[str]:
        """`shlex.split`."""
        return list(cls._split(command))


@contextlib.contextmanager
def patched(clock: Clock) -> Iterator[None]:
    """supervisor's modules read that clock, and have no subscribers but ours."""
    times = [module.time for module in PATCHED]
    subscribers = events.callbacks[:]
    events.clear()
    try:
        for module in PATCHED:
            module.time = clock
        process.shlex = Words
        yield
    finally:
        process.shlex = shlex
        for module, time in zip(PATCHED, times):
            module.time = time
        events.callbacks[:] = subscribers
