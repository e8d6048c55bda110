"""A fair share of the loop for the control plane: every connection takes one step, and all of them together 2 ms a turn."""

from __future__ import annotations

from collections import deque

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from initd.drive.loop import Loop

BUDGET_NS = 2_000_000
STEPS_PER_TURN = 32


class Turns:
    """Runs steps first come, first served; a step must not raise, and asks again when it has more to do."""

    def __init__(self, loop: Loop) -> None:
        self._loop = loop
        self._queue: deque[Callable[[], None]] = deque()
        self._armed = False

    def add(self, step: Callable[[], None]) -> None:
        """Run `step` once, in this turn or a later one."""
        self._queue.append(step)
        self._arm()

    def _arm(self) -> None:
        if not self._armed:
            self._armed = True
            self._loop.soon(self._turn)

    def _turn(self) -> None:
        self._armed = False
        mono = self._loop.kernel.mono
        end_ns = mono() + BUDGET_NS
        for _ in range(min(len(self._queue), STEPS_PER_TURN)):
            self._queue.popleft()()
            if mono() >= end_ns:
                break
        if self._queue:
            self._arm()
