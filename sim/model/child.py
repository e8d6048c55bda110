"""When a child ends and how: its own plan, and the signals that reached it (sim.scenario.Life)."""

from __future__ import annotations

from initd.signals import SIGKILL
from sim.model.silence import NEVER

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sim.scenario import Life


class Child:
    """One child: `end_ns` (NEVER: not yet known to end) and `status`, as things stand now."""

    __slots__ = ("_caught", "_killed", "_life", "born_ns", "end_ns", "status")

    def __init__(self, life: Life, born_ns: int) -> None:
        self._life, self.born_ns = life, born_ns
        self.end_ns = NEVER if life.ends_ns is None else born_ns + life.ends_ns
        self.status = life.status
        self._caught = self._killed = False

    def reached_by(self, signal: int, at_ns: int) -> None:
        """A signal arrives: the first of each sort replaces whatever was on its way, and nothing survives SIGKILL."""
        if self._killed or signal == 0:
            return
        if signal == SIGKILL:
            self._killed = True
            self.end_ns, self.status = at_ns + self._life.kill_ns, -SIGKILL
        elif not self._caught:
            self._caught = True
            if self._life.stop_ns is not None:
                self.end_ns = at_ns + self._life.stop_ns
                self.status = -signal if self._life.stop_status is None else self._life.stop_status
