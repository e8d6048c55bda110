"""Work that may wait, off the loop: lanes of operations and their completions (initd/kernel/port.py, `submit`)."""

from __future__ import annotations

from collections import deque

from initd.kernel.port import Completion
from sim.kernel.rules import rule
from sim.kernel.storage import Operation

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from initd.kernel.port import Files
    from sim.kernel.clock import Clock
    from sim.kernel.files import SimFiles

EVERY_LANE = "*"


class Workers:
    """The lanes of one daemon.

    An operation takes `latency_ns`, plus its lane's delay, plus what its calls take. A withheld lane runs its operation
    and keeps the answer to itself.
    """

    __slots__ = (
        "_clock", "_delays", "_files", "_held", "_lanes", "_parked", "_tokens", "_withheld", "completed", "latency_ns",
    )  # fmt: skip

    def __init__(self, clock: Clock, files: SimFiles) -> None:
        self._clock, self._files = clock, files
        self._lanes: dict[str, deque[tuple[int, Callable[[Files], Any]]]] = {}
        self._delays: dict[str, int] = {}
        self._withheld: set[str] = set()
        self._held: dict[str, Completion] = {}
        self._parked: dict[str, tuple[int, Operation]] = {}
        self._tokens = 0
        self.completed: list[tuple[str, Completion]] = []
        self.latency_ns = 0
        files.storage.on_release.append(self._unpark)

    @rule("lane-runs-in-order", "completion-comes-later")
    def submit(self, lane: str, operation: Callable[[Files], Any]) -> int:
        """Queue an operation; its token."""
        self._tokens += 1
        queue = self._lanes.get(lane)
        if queue is None:
            queue = self._lanes[lane] = deque()
        queue.append((self._tokens, operation))
        if len(queue) == 1:
            self._clock.soon(self._begin, lane)
        return self._tokens

    def take(self) -> list[Completion]:
        """What has completed since the last call; lets the next operation of each of those lanes go."""
        taken, self.completed = self.completed, []
        for lane, _ in taken:
            queue = self._lanes[lane]
            queue.popleft()
            if queue:
                self._clock.soon(self._begin, lane)
            else:
                del self._lanes[lane]
        return [completion for _, completion in taken]

    def delay(self, lane: str, delay_ns: int) -> None:
        """Operations of a lane (`*`: of every lane without a delay of its own) take that much longer."""
        self._delays[lane] = delay_ns

    def withhold(self, lane: str) -> None:
        """No completion of that lane (`*`: of any) comes out until `let_go`."""
        self._withheld.add(lane)

    def let_go(self, lane: str) -> None:
        """What was withheld comes out now."""
        self._withheld.discard(lane)
        for one in [held for held in self._held if not self._holds(held)]:
            self._clock.soon(self._complete, one, self._held.pop(one))

    def heal(self) -> None:
        """No delays, and nothing withheld."""
        self._delays.clear()
        for lane in list(self._withheld):
            self.let_go(lane)

    def die(self) -> None:
        """The process whose lanes these were is no more: nothing else of what it has submitted happens."""
        self.abandon()
        self._lanes.clear()
        self._files.storage.on_release.remove(self._unpark)

    def abandon(self) -> None:
        """End what hangs; for the end of a simulation."""
        for _, operation in self._parked.values():
            operation.abandoned = True
            operation.advance()
        self._parked.clear()

    def _holds(self, lane: str) -> bool:
        return lane in self._withheld or EVERY_LANE in self._withheld

    def _begin(self, lane: str) -> None:
        if lane not in self._lanes:
            return  # whose it was is no more
        token, function = self._lanes[lane][0]
        storage = self._files.storage
        operation = Operation(lambda: function(self._files))
        storage.spent_ns = 0
        storage.current = operation
        try:
            if not storage.may_hang:
                operation.run()
            elif not operation.advance():
                self._parked[lane] = (token, operation)
                return
        finally:
            storage.current = None
        self._ended(lane, token, operation)

    def _ended(self, lane: str, token: int, operation: Operation) -> None:
        took_ns = self._files.storage.spent_ns + self.latency_ns
        took_ns += self._delays.get(lane, self._delays.get(EVERY_LANE, 0))
        completion = Completion(token, operation.value, operation.error)
        self._clock.at(self._clock.moment + took_ns, self._complete, lane, completion)

    def _complete(self, lane: str, completion: Completion) -> None:
        if self._holds(lane):
            self._held[lane] = completion
            return
        self.completed.append((lane, completion))

    def _unpark(self) -> None:
        for lane in list(self._parked):
            self._clock.soon(self._go_on, lane)

    def _go_on(self, lane: str) -> None:
        if lane not in self._parked:
            return
        token, operation = self._parked[lane]
        storage = self._files.storage
        storage.spent_ns = 0
        storage.current = operation
        try:
            if not operation.advance():
                return
        finally:
            storage.current = None
        del self._parked[lane]
        self._ended(lane, token, operation)
