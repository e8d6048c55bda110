"""When a child ends and how: its own plan, and the signals that reached it (sim.scenario.Life)."""

from __future__ import annotations

from initd.signals import SIGKILL
from sim.model.place import NOWHERE, PARTS, REAPED, REAPED_FIRST, next_turn

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sim.model.place import Place
    from sim.scenario import Life


class Child:
    """One child: where it is `reaped` (NOWHERE: not yet known to end) and its `status`, as things stand now.

    `born` is where it was forked; `elder` tells the eldest among children, the smallest being it.
    """

    __slots__ = ("_caught", "_killed", "_life", "born_ns", "elder", "reaped", "status")

    def __init__(self, life: Life, born: Place, elder: tuple[int, ...]) -> None:
        self._life, self.born_ns, self.elder = life, born[0], elder
        self.reaped = NOWHERE if life.ends_ns is None else self._after(life.ends_ns, born)
        self.status = life.status
        self._caught = self._killed = False

    def gone(self, place: Place) -> bool:
        """Whether it had ended by the beginning of the turn that place is in, so that nothing reaches it any more."""
        return self.reaped[0] <= place[0] and self.reaped[1] < (place[1] & -PARTS) + REAPED + 1

    def reached_by(self, signal: int, place: Place) -> None:
        """A signal arrives: the first that can be caught may make it end sooner, and nothing survives SIGKILL."""
        if self._killed or signal == 0 or self.gone(place):
            return
        life = self._life
        if signal == SIGKILL:
            self._killed = True
            self.reaped, self.status = self._after(life.kill_ns, place), -SIGKILL
        elif not self._caught:
            self._caught = True
            if life.stop_ns is not None and place[0] + life.stop_ns < self.reaped[0]:
                self.reaped = self._after(life.stop_ns, place)
                self.status = -signal if life.stop_status is None else life.stop_status

    def _after(self, ns: int, place: Place) -> Place:
        if ns > 0:
            return place[0] + ns, REAPED_FIRST, self.elder
        return place[0], next_turn(place[1]) + REAPED, self.elder
