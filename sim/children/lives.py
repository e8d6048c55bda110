"""The lives of a scenario (`sim.scenario.Life`) as scripts of the step language, and the verb that lives one."""

from __future__ import annotations

from sim.kernel.scheduler import PAUSE, Exit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator
    from typing import Any

    from sim.kernel.machine import Machine
    from sim.kernel.process import Process
    from sim.scenario import Life

SECOND_NS = 1_000_000_000
CATCHABLE = tuple(number for number in range(1, 32) if number not in (9, 19))
_WATCH: dict[int, list[Any]] = {number: [["struck", number]] for number in CATCHABLE}


def steps(life: Life) -> list[Any]:
    """The script of a life that is not refused."""
    return [
        ["live", _seconds(life.ends_ns), life.status, _seconds(life.stop_ns), life.stop_status, _seconds(life.kill_ns)]
    ]


def live(machine: Machine, process: Process, step: list[Any]) -> Generator[Any, None, None]:
    """End when it is time, which the first signal may bring nearer."""
    _, ends, status, stop, stop_status, kill = step
    clock = machine.clock
    process.handlers = dict(_WATCH)
    process.dying_ns = round(kill * SECOND_NS)
    end_ns = None if ends is None else clock.moment + round(ends * SECOND_NS)
    watching = stop is not None
    while True:
        if watching and process.struck:
            watching = False
            until_ns = clock.moment + round(stop * SECOND_NS)
            if end_ns is None or until_ns < end_ns:
                end_ns = until_ns
                status = -process.struck if stop_status is None else stop_status
        if end_ns is not None and clock.moment >= end_ns:
            yield Exit(status) if status >= 0 else Exit(0, -status)
        yield PAUSE if end_ns is None else end_ns


def struck(_machine: Machine, process: Process, step: list[Any]) -> None:
    """The handler of every signal that can be caught: the first one counts."""
    if not process.struck:
        process.struck = step[1]


def _seconds(time_ns: int | None) -> float | None:
    return None if time_ns is None else time_ns / SECOND_NS
