"""TICK_5, TICK_60, TICK_3600: the wall clock's slices, looked for on the monotonic clock (supervisord-4.3 §6.3).

A tick fires when the number of the slice has changed, the first time only after a rollover; what was missed is not made up
for. Nobody tells that the wall clock was set, so as long as somebody has subscribed it is looked at every second, as by
supervisord; nothing is armed for a period nobody has subscribed to.
"""

from __future__ import annotations

from initd.supervise.notifications import Notification, tick

SECOND = 1_000_000_000
PERIODS_S = (5, 60, 3600)
LOOK_NS = SECOND
"""So long a step of the wall clock may go unseen."""


class Ticks:
    """The slice last seen of each period that is wanted."""

    __slots__ = ("_due_ns", "_seen")

    def __init__(self) -> None:
        self._seen: dict[int, int | None] = {}
        self._due_ns: int | None = None

    def want(self, periods_s: frozenset[int]) -> None:
        """Only these from now on; a period that is new starts with the slice it is in at the next look."""
        self._seen = {period: self._seen.get(period) for period in PERIODS_S if period in periods_s}
        self._due_ns = 0 if self._seen else None

    def next_ns(self) -> int | None:
        """When to look again; None while nobody wants to know."""
        return self._due_ns

    def look(self, now_ns: int, wall_ns: int) -> list[Notification]:
        """The slices that have begun since the last look; arms the next one."""
        begun = []
        wait_ns = LOOK_NS
        for period, seen in self._seen.items():
            current = self._seen[period] = wall_ns // SECOND // period * period
            if seen is not None and current != seen:
                begun.append(tick(period, current))
            wait_ns = min(wait_ns, (current + period) * SECOND - wall_ns)
        self._due_ns = now_ns + wait_ns if self._seen else None
        return begun

    def snapshot(self) -> tuple[tuple[tuple[int, int | None], ...], int | None]:
        """Plain values."""
        return tuple(self._seen.items()), self._due_ns

    @classmethod
    def restore(cls, values: tuple[tuple[tuple[int, int | None], ...], int | None]) -> Ticks:
        """The ticks of a snapshot."""
        ticks = cls()
        ticks._seen, ticks._due_ns = dict(values[0]), values[1]
        return ticks
