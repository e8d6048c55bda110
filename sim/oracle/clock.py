"""The wall clock that supervisor reads: floats that stand for whole nanoseconds exactly.

supervisor adds whole seconds to `time.time()` and compares with `>` and `>=`. A nanosecond is no binary fraction, so
t = a·TICK_NS + b is shown as a·2⁻⁹ + b·2⁻³⁰: with times near whole ticks every sum of such floats and whole seconds is
exact, order is kept, and a boundary is really hit.
"""

from __future__ import annotations

from sim.scenario import SECOND_NS, TICK_NS

TICK = 2.0**-9
UNIT = 2.0**-30
"""What one nanosecond beside a tick looks like."""
EPOCH_NS = 2**20 * SECOND_NS
"""What the wall clock shows at the boot. supervisor takes 0 for `never`, so it cannot be that."""
LIMIT_NS = 2**23 * SECOND_NS
"""From here on the fractions would no longer fit a double."""


def to_float(wall_ns: int) -> float:
    """The float that stands for that time."""
    ticks = (wall_ns + TICK_NS // 2) // TICK_NS
    return ticks * TICK + (wall_ns - ticks * TICK_NS) * UNIT


def to_ns(wall: float) -> int:
    """The time that float stands for."""
    ticks = round(wall / TICK)
    return ticks * TICK_NS + round((wall - ticks * TICK) / UNIT)


class Clock:
    """What takes the place of the module `time` in supervisor's modules: monotonic nanoseconds, and a wall clock to set."""

    def __init__(self) -> None:
        self.now_ns = 0
        self._ahead_ns = EPOCH_NS
        self._wall = to_float(EPOCH_NS)

    def time(self) -> float:
        """The wall clock, as supervisor reads it."""
        return self._wall

    def advance(self, now_ns: int) -> None:
        """Let it be that time."""
        self.now_ns = now_ns
        self._wall = to_float(now_ns + self._ahead_ns)

    def step(self, by_ns: int) -> None:
        """Set the wall clock forward, or back; ValueError where no float can follow."""
        self._ahead_ns += by_ns
        if not 0 < self.now_ns + self._ahead_ns < LIMIT_NS:
            raise ValueError(f"the wall clock cannot be set by {by_ns} ns: it would leave what floats can follow exactly")
        self._wall = to_float(self.now_ns + self._ahead_ns)

    def when(self, wall: float) -> int:
        """The monotonic time at which the wall clock will show that, if nobody sets it."""
        return to_ns(wall) - self._ahead_ns
