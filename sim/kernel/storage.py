"""How the simulated disk misbehaves: errors, latency and calls that never return, by path.

A call that hangs keeps the operation it is part of where it is, half done; so while any path hangs, operations run in
threads of their own, strictly one at a time, and are parked inside the call until the path is released.
"""

from __future__ import annotations

import threading

from sim.kernel.halt import BlockedLoop
from sim.kernel.process import os_error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from sim.kernel.descriptors import Description


class Abandoned(BaseException):
    """Ends an operation that is parked when the simulation ends."""


class Operation:
    """One operation and its outcome; `run` is called once, or in pieces when it has a thread to be parked in."""

    __slots__ = ("_back", "_function", "_go", "_thread", "abandoned", "error", "finished", "value")

    def __init__(self, function: Callable[[], Any]) -> None:
        self._function = function
        self._thread: threading.Thread | None = None
        self._go = self._back = threading.Semaphore(0)
        self.value: Any = None
        self.error: Exception | None = None
        self.finished = self.abandoned = False

    def run(self) -> None:
        """Run to the end on this thread."""
        try:
            self.value = self._function()
        except Exception as error:
            self.error = error
        self.finished = True

    def advance(self) -> bool:
        """Run on in its own thread, until it has finished (True) or is parked (False)."""
        if self._thread is None:
            self._go, self._back = threading.Semaphore(0), threading.Semaphore(0)
            self._thread = threading.Thread(target=self._in_thread, daemon=True)
            self._thread.start()
        self._go.release()
        self._back.acquire()
        return self.finished

    def park(self) -> None:
        """Called inside the operation: wait here for the next `advance`."""
        self._back.release()
        self._go.acquire()
        if self.abandoned:
            raise Abandoned

    def _in_thread(self) -> None:
        self._go.acquire()
        try:
            self.run()
        except Abandoned:
            self.finished = True
        finally:
            self._back.release()


class Storage:
    """The state of the disk. `opened` knows the path of what is open; `spent_ns` is what the current operation took."""

    __slots__ = ("_errors", "_hung", "_latency", "current", "disturbed", "on_release", "opened", "spent_ns")

    def __init__(self) -> None:
        self.opened: dict[Description, str] = {}
        self.disturbed = False
        self.spent_ns = 0
        self.current: Operation | None = None
        self.on_release: list[Callable[[], None]] = []
        self._errors: list[tuple[str, int, tuple[str, ...], list[int] | None]] = []
        self._latency: dict[str, int] = {}
        self._hung: set[str] = set()

    def fail(self, path: str, error: int, calls: tuple[str, ...], times: int | None) -> None:
        """See Disk.fail."""
        self._errors.append((path, error, calls, None if times is None else [times]))
        self.disturbed = True

    def slow(self, path: str, latency_ns: int) -> None:
        """See Disk.slow."""
        self._latency[path] = latency_ns
        self.disturbed = True

    def hang(self, path: str) -> None:
        """See Disk.hang."""
        self._hung.add(path)
        self.disturbed = True

    def release(self, path: str) -> None:
        """See Disk.release."""
        self._hung.discard(path)
        self.look_again()

    def heal(self) -> None:
        """See Disk.heal."""
        self._errors.clear()
        self._latency.clear()
        self._hung.clear()
        self.disturbed = False
        self.look_again()

    def look_again(self) -> None:
        """What is parked sees whether it still has to be."""
        for tell in list(self.on_release):
            tell()

    def park(self, call: str, path: str) -> None:
        """Have the operation that runs wait for `look_again` or a `release`."""
        if self.current is None:
            raise BlockedLoop(f"{call}({path!r}) on the loop's own thread")
        self.current.park()

    @property
    def may_hang(self) -> bool:
        """Whether an operation that starts now needs a thread."""
        return bool(self._hung)

    def hangs(self, path: str) -> bool:
        """Whether a call on this path would not return now."""
        return any(covers(above, path) for above in self._hung)

    def enter(self, call: str, path: str) -> None:
        """What a call on this path meets before it does anything."""
        for above, latency_ns in self._latency.items():
            if covers(above, path):
                self.spent_ns += latency_ns
        while self._hung and self.hangs(path):
            self.park(call, path)
        for above, error, calls, left in self._errors:
            if covers(above, path) and (not calls or call in calls):
                if left is not None:
                    if not left[0]:
                        continue
                    left[0] -= 1
                raise os_error(error, path)


def covers(above: str, path: str) -> bool:
    """Whether a path is another one or below it."""
    return path == above or path.startswith(above if above.endswith("/") else above + "/")
