"""The reactor: descriptors, timers, off-loop work and deferred calls, one bounded turn after the other.

It knows nothing of programs. Whoever watches a descriptor here owns it. Work per turn is bounded by the callbacks
themselves: each handles one piece (one read, one accept, one multicall entry) and asks again with `soon`. An exception
that escapes a callback ends that callback only (promise 3 of the design): it is handed to `on_error`, and what the
callback watched is forgotten.
"""

from __future__ import annotations

import heapq
from collections import deque

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from initd.kernel.port import Files, Kernel

    Ready = Callable[[int], None]
    Done = Callable[[Any, Exception | None], None]

SOON_PER_TURN = 64
"""Deferred calls run in one turn before descriptors are looked at again."""


class Timer:
    """One pending call of `Loop.at`; `cancel` forgets it, also after it has run."""

    __slots__ = ("callback",)

    def __init__(self, callback: Callable[[], None]) -> None:
        self.callback: Callable[[], None] | None = callback

    def cancel(self) -> None:
        """The callback will not be called any more."""
        self.callback = None


class Loop:
    """Single-threaded event dispatch over a Kernel; all callbacks run on the thread that calls `turn`."""

    def __init__(self, kernel: Kernel, on_error: Callable[[Exception], None]) -> None:
        self.kernel = kernel
        self._on_error = on_error
        self._ready: dict[int, Ready] = {}
        self._timers: list[tuple[int, int, Timer]] = []
        self._sequence = 0
        self._soon: deque[Callable[[], None]] = deque()
        self._waiting: dict[int, Done] = {}

    def watch(self, fd: int, interest: int, ready: Ready) -> None:
        """Call `ready(readiness bits)` in every turn in which `fd` is ready; replaces an earlier interest."""
        self.kernel.watch(fd, interest)
        self._ready[fd] = ready

    def unwatch(self, fd: int) -> None:
        """Forget a descriptor; harmless if it is not watched. To be called before it is closed."""
        if self._ready.pop(fd, None) is not None:
            self.kernel.watch(fd, 0)

    def at(self, deadline_ns: int, callback: Callable[[], None]) -> Timer:
        """Call once, as soon as the monotonic clock has reached `deadline_ns`; equal deadlines in the order asked."""
        timer = Timer(callback)
        self._sequence += 1
        heapq.heappush(self._timers, (deadline_ns, self._sequence, timer))
        return timer

    def after(self, delay_ns: int, callback: Callable[[], None]) -> Timer:
        """`at`, counted from now."""
        return self.at(self.kernel.mono() + delay_ns, callback)

    def soon(self, callback: Callable[[], None]) -> None:
        """Call once, in a later turn, after the descriptors that are ready now."""
        self._soon.append(callback)

    def submit(self, lane: str, operation: Callable[[Files], Any], done: Done) -> None:
        """Run `operation(files)` off the loop, then `done(value, error)` on it; see `Kernel.submit` for lanes."""
        self._waiting[self.kernel.submit(lane, operation)] = done

    def inherit(self, earlier: Loop) -> None:
        """Take over what an earlier loop on this kernel has submitted: it ends here, and so does what it leads to."""
        self._waiting = earlier._waiting

    def next_deadline(self) -> int | None:
        """When the next timer is due; None if there is none."""
        while self._timers and self._timers[0][2].callback is None:
            heapq.heappop(self._timers)
        return self._timers[0][0] if self._timers else None

    @property
    def busy(self) -> bool:
        """Whether deferred calls wait, so that the next turn will not sleep."""
        return bool(self._soon)

    def turn(self, deadline_ns: int | None, first: Callable[[], None]) -> None:
        """Wait at most until `deadline_ns` (None: for ever) and run what is due, in this order: `first`, completions,
        ready descriptors, due timers, deferred calls."""
        own = self.next_deadline()
        if own is not None and (deadline_ns is None or own < deadline_ns):
            deadline_ns = own
        if self._soon:
            deadline_ns = 0
        ready = self.kernel.poll(deadline_ns)
        self._guard(first)
        self._completions()
        for fd, bits in ready:
            callback = self._ready.get(fd)
            if callback is not None:
                self._guard(callback, bits, fd=fd)
        self._due(self.kernel.mono())
        for _ in range(min(len(self._soon), SOON_PER_TURN)):
            self._guard(self._soon.popleft())

    def _completions(self) -> None:
        for completion in self.kernel.take_completions():
            done = self._waiting.pop(completion.token, None)
            if done is not None:
                self._guard(done, completion.value, completion.error)

    def _due(self, now_ns: int) -> None:
        while self._timers and self._timers[0][0] <= now_ns:
            timer = heapq.heappop(self._timers)[2]
            if timer.callback is not None:
                callback, timer.callback = timer.callback, None
                self._guard(callback)

    def _guard(self, callback: Callable[..., None], *args: Any, fd: int | None = None) -> None:
        try:
            callback(*args)
        except Exception as error:
            try:
                if fd is not None:
                    self.unwatch(fd)
                self._on_error(error)
            except Exception:  # even the report can fail, of memory for instance; PID 1 goes on without it
                return
