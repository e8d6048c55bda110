"""What is done to each program from outside, in order: the ops of a scenario, and its group's turn in a shutdown."""

from __future__ import annotations

from sim.model.place import DONE, SIGNALLED, rank
from sim.model.silence import NEVER
from sim.scenario import Kind

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    from sim.model.place import Place
    from sim.scenario import Scenario

    Doing: TypeAlias = tuple[Place, int, int, int]
    """Its place, one of the numbers below, the op's argument, the op's index."""

START, STOP, SIGNAL, OUTSIDER, REFUSE, SHUTDOWN, TURN, END, ANSWERED = range(9)
"""TURN and END are no ops; ANSWERED stands for one of which nothing is left to do."""
NUMBERS = {
    Kind.START: START,
    Kind.STOP: STOP,
    Kind.SIGNAL: SIGNAL,
    Kind.OUTSIDER: OUTSIDER,
    Kind.REFUSE: REFUSE,
    Kind.SHUTDOWN: SHUTDOWN,
}
"""Setting the wall clock is missing: it does nothing (D3)."""


def sort_out(scenario: Scenario, names: list[str]) -> tuple[dict[str, list[Doing]], list[Doing], Place | None]:
    """Each program's doings, each with an END last; those for names nobody has; and the place of the shutdown, if any."""
    doings: dict[str, list[Doing]] = {name: [] for name in names}
    strays: list[Doing] = []
    shutdown = None
    before_ns = 0
    for index, op in enumerate(scenario.ops):
        number, time_ns = NUMBERS.get(op.kind), op.time_ns
        first, before_ns = time_ns > before_ns, time_ns
        if number is None or time_ns > scenario.until_ns:
            continue
        if number != SHUTDOWN:
            doings.get(op.target, strays).append(((time_ns, rank(index, 0, DONE), ()), number, op.argument, index))
        elif shutdown is None:
            shutdown = (time_ns, rank(-1 if first else index, 1, SIGNALLED), ())
            for each in doings.values():
                each.append((shutdown, number, 0, index))
    for each in doings.values():
        each.append(((scenario.until_ns, NEVER, ()), END, 0, -1))
    return doings, strays, shutdown
