"""Which process has a deadline next: a heap in which what is out of date is skipped when it surfaces."""

from __future__ import annotations

import heapq

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


class Timers:
    """Instants by instance. An entry counts only while `valid(when, instance)` says that the process still wants it."""

    def __init__(self, valid: Callable[[int, int], bool]) -> None:
        self._valid = valid
        self._heap: list[tuple[int, int, int]] = []
        self._sequence = 0

    def arm(self, when_ns: int, instance: int) -> None:
        """Add a deadline; equal ones fall due in the order they were armed."""
        self._sequence += 1
        heapq.heappush(self._heap, (when_ns, self._sequence, instance))

    def next_ns(self) -> int | None:
        """The earliest deadline still wanted."""
        heap = self._heap
        while heap and not self._valid(heap[0][0], heap[0][2]):
            heapq.heappop(heap)
        return heap[0][0] if heap else None

    def take_due(self, now_ns: int) -> int | None:
        """Remove the earliest deadline if it is due, and return its instance."""
        when = self.next_ns()
        if when is None or when > now_ns:
            return None
        return heapq.heappop(self._heap)[2]

    def pending(self) -> tuple[tuple[int, int], ...]:
        """The wanted deadlines as (when, instance) in the order they would fall due; what a snapshot keeps."""
        return tuple((when, instance) for when, _, instance in sorted(self._heap) if self._valid(when, instance))
