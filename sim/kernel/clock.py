"""Virtual time: three clocks and the one queue of things to come (simulation.md §4.2, clock_gettime(2)).

Everything that will happen is in one heap under (time, priority, sequence). Things due at the same time and priority
happen in the order they were asked for, unless a chooser picks another one; what it picked is recorded.
"""

from __future__ import annotations

import heapq

from sim.kernel.rules import rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Entry = tuple[int, int, int, Callable[..., None], tuple[Any, ...]]


class Clock:
    """The clocks of one simulated machine, in nanoseconds, and its future.

    `now` is the monotonic clock. `moment` is the time of the thing that happens at this very point: it lags `now` when
    the daemon's own calls cost time, so that children keep exact time of their own.
    """

    __slots__ = (
        "_choose", "_drift_ppm", "_drift_since_ns", "_heap", "_rests", "_sequence", "choices", "end_time_ns", "moment", "now",
        "suspended_ns", "wall_offset_ns",
    )  # fmt: skip

    def __init__(self, wall_ns: int, choose: Callable[[int], int] | None) -> None:
        self.now = 0
        self.moment = 0
        self.suspended_ns = 0
        self.wall_offset_ns = wall_ns
        self._drift_ppm = self._drift_since_ns = 0
        self.end_time_ns: int | None = None
        self.choices: list[int] = []
        self._choose = choose
        self._heap: list[Entry] = []
        self._rests: list[Entry] = []
        self._sequence = 0

    @rule("wall-runs-with-mono")
    def wall(self) -> int:
        """The wall clock: the monotonic one plus an offset that steps change."""
        drifted = (self.now - self._drift_since_ns) * self._drift_ppm // 1_000_000 if self._drift_ppm else 0
        return self.now + self.wall_offset_ns + drifted

    def drift(self, ppm: int) -> None:
        """The wall clock runs faster by so many parts per million from now on; what it has gained or lost stays."""
        self.wall_offset_ns = self.wall() - self.now
        self._drift_ppm, self._drift_since_ns = ppm, self.now

    @rule("boot-never-behind-mono")
    def boot(self) -> int:
        """The boot clock: the monotonic one plus all time spent suspended."""
        return self.now + self.suspended_ns

    def choose(self, count: int) -> int:
        """Which of `count` equal things comes first; recorded."""
        if self._choose is None or count < 2:
            return 0
        picked = self._choose(count)
        self.choices.append(picked)
        return picked

    def at(self, time_ns: int, callback: Callable[..., None], *args: Any, priority: int = 0) -> None:
        """Call at that time; a time that has passed means at the next opportunity."""
        self._sequence += 1
        heapq.heappush(self._heap, (time_ns, priority, self._sequence, callback, args))

    def soon(self, callback: Callable[..., None], *args: Any) -> None:
        """Call at this very moment, after what is under way."""
        self._sequence += 1
        heapq.heappush(self._heap, (self.moment, 0, self._sequence, callback, args))

    def at_rest(self, time_ns: int, callback: Callable[..., None], *args: Any) -> None:
        """Call at that time once the daemon has nothing to do any more at it; equal ones in the order asked, each at rest."""
        self._sequence += 1
        heapq.heappush(self._rests, (time_ns, 0, self._sequence, callback, args))

    def next_rest(self) -> int | None:
        """When the next thing that waits for rest is due; None when there is none."""
        return self._rests[0][0] if self._rests else None

    def rest(self) -> bool:
        """Let the next thing happen that waits for rest, if it is due."""
        if not self._rests or self._rests[0][0] > self.now:
            return False
        entry = heapq.heappop(self._rests)
        self.moment = self.now
        entry[3](*entry[4])
        return True

    def next_time(self) -> int | None:
        """When the next thing is due; None when there is none."""
        return self._heap[0][0] if self._heap else None

    def spend(self, duration_ns: int) -> None:
        """Let time pass without looking at what is due."""
        self.now += duration_ns
        self.moment = self.now

    def happen(self) -> None:
        """Let the next thing happen, and time be what it then is."""
        entry = heapq.heappop(self._heap) if self._choose is None else self._pick()
        time_ns = entry[0]
        self.moment = time_ns
        if time_ns > self.now:
            self.now = time_ns
        entry[3](*entry[4])

    def _pick(self) -> Entry:
        first = heapq.heappop(self._heap)
        ties = [first]
        while self._heap and self._heap[0][:2] == first[:2]:
            ties.append(heapq.heappop(self._heap))
        chosen = ties.pop(self.choose(len(ties)))
        for entry in ties:
            heapq.heappush(self._heap, entry)
        return chosen
