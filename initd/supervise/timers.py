"""Which process has a deadline next: a heap in which what is out of date is skipped when it surfaces."""

from __future__ import annotations

import heapq

TYPE_CHECKING = False
if TYPE_CHECKING:
    from initd.supervise.process import Process


class Timers:
    """Instants by process. One counts only while it is the process's `due_ns` or `report_ns`."""

    __slots__ = ("_heap", "_sequence")

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, Process]] = []
        self._sequence = 0

    def arm(self, when_ns: int, process: Process) -> None:
        """Add a deadline; equal ones fall due in the order they were armed."""
        self._sequence += 1
        heapq.heappush(self._heap, (when_ns, self._sequence, process))

    def next_ns(self) -> int | None:
        """The earliest deadline still wanted."""
        heap = self._heap
        while heap:
            when_ns, _, process = heap[0]
            if when_ns == process.due_ns or when_ns == process.report_ns:
                return when_ns
            heapq.heappop(heap)
        return None

    def take_due(self, now_ns: int) -> Process | None:
        """Remove the earliest deadline if it is due, and return its process."""
        when_ns = self.next_ns()
        if when_ns is None or when_ns > now_ns:
            return None
        return heapq.heappop(self._heap)[2]

    def pending(self) -> tuple[tuple[int, int], ...]:
        """The wanted deadlines as (when, instance) in the order they would fall due; what a snapshot keeps."""
        wanted = sorted(each for each in self._heap if each[0] in (each[2].due_ns, each[2].report_ns))
        return tuple((when_ns, process.instance) for when_ns, _, process in wanted)
