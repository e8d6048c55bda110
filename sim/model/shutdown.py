"""The order of a shutdown: one group after the other, and the end of the daemon (§2.8, D5, D7, D10, V3)."""

from __future__ import annotations

from sim.model.place import DUE_FIRST, NOWHERE
from sim.scenario import SECOND_NS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sim.model.place import Place
    from sim.model.telling import Telling

CAP_NS = 30 * SECOND_NS
"""D7: how long all together are waited for that do not die of SIGKILL."""
LEAST_NS = SECOND_NS
"""What is left of that for a group whose predecessors have used it up."""


def close(levels: list[list[Telling]], asked: Place, until_ns: int) -> tuple[Place, int] | None:
    """Tell every program's story, and where the daemon ends and with which status; None if it does not in that time.

    `levels` are the groups in the order in which they are stopped.
    """
    turn: Place = asked
    left_ns, status = CAP_NS, 0
    for level in levels:
        for each in level:
            if turn[0] <= until_ns:
                each.take_turn(turn)
            each.tell()
        down = max([turn, *[each.down or NOWHERE for each in level]])
        killed = max([turn, *[min(each.down or NOWHERE, each.killed) for each in level]])
        cap: Place = (killed[0] + max(left_ns, LEAST_NS), DUE_FIRST, ())
        if cap < down:
            turn, left_ns, status = cap, 0, 1
            continue
        if killed < down:
            left_ns = max(0, cap[0] - down[0])
        turn = down
    return (turn, status) if turn[0] <= until_ns else None
