"""What is done to each program from outside, in order: the ops of a scenario, and its group's turn in a shutdown.

A place in the order is (time_ns, rank): whatever happens by itself at an instant has rank -1, the i-th op 2·i, and a group's
turn the odd rank after whatever brought it about. What an op brings about at its own instant keeps the op's rank, because
it is over before the next op (docs/reference-model.md, "One instant").
"""

from __future__ import annotations

from sim.model.silence import NEVER
from sim.scenario import Kind

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    from sim.scenario import Scenario

    Place: TypeAlias = tuple[int, int]
    Doing: TypeAlias = tuple[int, int, int, int, int]
    """time_ns, rank, one of the numbers below, the op's argument, the op's index."""

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
    for index, op in enumerate(scenario.ops):
        number = NUMBERS.get(op.kind)
        if number is None or op.time_ns > scenario.until_ns:
            continue
        doing = (op.time_ns, 2 * index, number, op.argument, index)
        if number != SHUTDOWN:
            doings.get(op.target, strays).append(doing)
        elif shutdown is None:
            shutdown = (op.time_ns, 2 * index)
            for each in doings.values():
                each.append(doing)
    for each in doings.values():
        each.append((scenario.until_ns, NEVER, END, 0, -1))
    return doings, strays, shutdown
