"""The order of a shutdown: one group after the other, and the end of the daemon (§2.8, D5, D7, D10)."""

from __future__ import annotations

from initd.signals import SIGKILL
from sim.model.silence import NEVER, Silence
from sim.scenario import SECOND_NS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sim.model.doings import Place
    from sim.model.telling import Telling

CAP_NS = 30 * SECOND_NS
"""D7: how long after its first SIGKILL the last group is waited for."""


def close(
    levels: list[list[Telling]], asked: Place, until_ns: int, silences: list[Silence]
) -> tuple[Place, int] | None:
    """Tell every program's story, and where the daemon ends and with which status; None if it does not in that time.

    `levels` are the groups in the order in which they are stopped.
    """
    turn: Place | None = (asked[0], asked[1] + 1)
    began = None
    for level in levels:
        began, turn = turn, _stop(level, turn)
        if began is None or level is levels[-1]:
            continue
        doubt_ns = _earliest_cap(level, began)
        if turn is None or turn[0] >= doubt_ns:
            silences.append(Silence("stuck-group", since_ns=doubt_ns))
    cap = None if began is None else _cap(levels[-1], began, turn, silences)
    status = 0
    if cap is not None and (turn is None or turn > cap):
        silences.append(Silence("cap-tie", what="signal", detail=str(SIGKILL), since_ns=cap[0], until_ns=cap[0]))
        turn, status = cap, 1
    if turn is None or turn[0] > until_ns:
        return None
    if any(each.lost and each.reaped_ns >= turn[0] for level in levels for each in level):
        silences.append(Silence("unknown-left", what="exit"))
    return turn, status


def _stop(level: list[Telling], turn: Place | None) -> Place | None:
    """Tell the stories of a group whose turn that is, and where all of it is down."""
    downs = []
    for each in level:
        if turn is not None:
            each.take_turn(turn)
        each.tell()
        downs.append(each.down)
    for down in downs:
        if down is None or turn is None:
            return None
        turn = max(turn, down)
    return turn


def _earliest_cap(level: list[Telling], began: Place) -> int:
    """The earliest time at which somebody may say that the group was waited for long enough."""
    first_ns = min([each.first_kill_ns for each in level], default=NEVER)
    if any(each.program.stopsignal == SIGKILL for each in level):
        first_ns = min(first_ns, began[0])
    return first_ns + CAP_NS


def _cap(last: list[Telling], began: Place, down: Place | None, silences: list[Silence]) -> Place | None:
    """Where the last group is given up on; None if nothing speaks for it yet."""
    first_ns = min([each.first_kill_ns for each in last], default=NEVER)
    cap = (first_ns + CAP_NS, -1)
    late = [each.grace_ns for each in last if each.down is None or each.down > cap]
    cap = (max([cap[0], *late]), -1)
    doubt_ns = _earliest_cap(last, began)
    if doubt_ns != cap[0] and (down is None or down[0] >= doubt_ns):
        silences.append(Silence("cap-start", since_ns=doubt_ns))
    return None if first_ns == NEVER else cap
