"""Where in the order of everything something happens: the instant, and what comes first at it (sim.scenario; D2, D5, D33).

An instant has its own turns: a signal to the daemon is looked at, then who has ended by the beginning of the turn is reaped, the
eldest first, then deadlines fall due, then children are forked; what that brings about at the same instant is for the next turn.
The i-th op comes when nothing is left to do, and turns of its own follow (docs/reference-model.md, "One instant").
"""

from __future__ import annotations

from sim.model.silence import NEVER

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    Place: TypeAlias = tuple[int, int, tuple[int, ...]]
    """time_ns, rank at that instant, and of a reap when that child was born, which makes the eldest."""

SIGNALLED, REAPED, DUE, FORKED = 1, 2, 3, 4
"""The parts of a turn, in their order."""
DONE = 7
"""In the place of a part, for an op itself: what follows from it begins with a turn."""
PARTS, TURNS = 8, 1 << 24


def rank(op: int, turn: int, part: int) -> int:
    """The rank of a part of the n-th turn, 1 for the first, that follows an op; -1 for what happens without any."""
    return (op + 1) * TURNS + turn * PARTS + part


REAPED_FIRST, DUE_FIRST = rank(-1, 1, REAPED), rank(-1, 1, DUE)
BOOT: Place = (0, rank(-1, 0, DONE), ())
NOWHERE: Place = (NEVER, 0, ())
"""What never happens."""


def next_turn(now: int) -> int:
    """The rank at which the next turn of this instant begins."""
    return (now & -PARTS) + PARTS


def next_rank(now: int, part: int) -> int:
    """The rank of that part when it is next its turn at this instant."""
    return (now & -PARTS) + part + (PARTS if now & DONE >= part else 0)
