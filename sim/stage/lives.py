"""The children of a stage without a kernel: when each ends and what signals do to it, by the rules of `sim.scenario.Life`."""

from __future__ import annotations

import heapq

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sim.scenario import Life, Program

SIGKILL = 9


class Child:
    """One child. `rank` is its place among all, the order in which a kernel offers zombies.

    `dead`: it has ended; `reaped`: and that is known.
    """

    __slots__ = ("_doomed", "_struck", "dead", "end_ns", "life", "owner", "rank", "reaped", "status")

    def __init__(self, rank: int, owner: int, life: Life) -> None:
        self.rank, self.owner, self.life = rank, owner, life
        self.end_ns: int | None = None
        self.status = life.status
        self.dead = self.reaped = self._doomed = self._struck = False

    def strike(self, signal: int, now_ns: int) -> bool:
        """Take a signal; True if that changed when it ends."""
        if self.dead or self._doomed or signal == 0:
            return False
        life = self.life
        if signal == SIGKILL:
            self._doomed = True
            self.end_ns, self.status = now_ns + life.kill_ns, -signal
            return True
        if self._struck or life.stop_ns is None:
            return False
        self._struck = True
        end_ns = now_ns + life.stop_ns
        if self.end_ns is not None and self.end_ns <= end_ns:
            return False
        self.end_ns = end_ns
        self.status = -signal if life.stop_status is None else life.stop_status
        return True


class Actor:
    """A program on the stage: its forks so far, its child, the errnos that wait for its next kills."""

    __slots__ = ("child", "name", "program", "refusals", "tries")

    def __init__(self, name: str, program: Program) -> None:
        self.name, self.program = name, program
        self.tries = 0
        self.child: Child | None = None
        self.refusals: list[int] = []


class Children:
    """All children of a run, and who of them ends next."""

    __slots__ = ("_ends", "_ranks")

    def __init__(self) -> None:
        self._ends: list[tuple[int, int, Child]] = []
        self._ranks = 0

    def bear(self, owner: int, life: Life, now_ns: int) -> Child:
        """A child that lives that life from now on."""
        self._ranks += 1
        child = Child(self._ranks, owner, life)
        if life.ends_ns is not None:
            child.end_ns = now_ns + life.ends_ns
            heapq.heappush(self._ends, (child.end_ns, child.rank, child))
        return child

    def strike(self, child: Child, signal: int, now_ns: int) -> None:
        """Send a signal to a child."""
        if child.strike(signal, now_ns) and child.end_ns is not None:
            heapq.heappush(self._ends, (child.end_ns, child.rank, child))

    def next_ns(self) -> int | None:
        """When the next child ends; None if none will by itself."""
        ends = self._ends
        while ends and (ends[0][2].dead or ends[0][2].end_ns != ends[0][0]):
            heapq.heappop(ends)  # a signal has made another end of it
        return ends[0][0] if ends else None

    def take_dead(self, now_ns: int) -> list[Child]:
        """Those that have ended by now and were not taken before, the eldest first."""
        dead: list[Child] = []
        ends = self._ends
        while ends and ends[0][0] <= now_ns:
            end_ns, _, child = heapq.heappop(ends)
            if not child.dead and child.end_ns == end_ns:
                child.dead = True
                dead.append(child)
        if len(dead) > 1:
            dead.sort(key=_rank)
        return dead


def _rank(child: Child) -> int:
    return child.rank
