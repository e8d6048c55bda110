"""Errors that are made to happen: which call fails, how often, and with what (simulation.md §4.6)."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


class Fault:
    """One way to fail: `seen` counts the matching calls, `fired` those that failed."""

    __slots__ = ("errno", "fired", "nth", "seen", "times", "when")

    def __init__(self, errno: int, nth: int | None, times: int | None, when: Callable[..., bool] | None) -> None:
        self.errno, self.nth, self.times, self.when = errno, nth, times, when
        self.seen = self.fired = 0

    def hits(self, args: tuple[Any, ...]) -> bool:
        """Whether this call fails."""
        if self.when is not None and not self.when(*args):
            return False
        self.seen += 1
        if self.nth is not None and self.seen < self.nth:
            return False
        if self.times is not None and self.fired >= self.times:
            return False
        self.fired += 1
        return True


class Faults:
    """The faults of one kernel, by the name of the call."""

    __slots__ = ("by_call",)

    def __init__(self) -> None:
        self.by_call: dict[str, list[Fault]] = {}

    def fail(
        self,
        call: str,
        errno: int,
        *,
        nth: int | None = None,
        times: int | None = 1,
        when: Callable[..., bool] | None = None,
    ) -> Fault:
        """Make calls fail with an errno: those for which `when(*arguments)` is true, from the `nth` on (1 is the first),
        `times` of them (None: all)."""
        fault = Fault(errno, nth, times, when)
        self.by_call.setdefault(call, []).append(fault)
        return fault

    def heal(self, call: str | None = None) -> None:
        """Forget the faults of one call, or all."""
        if call is None:
            self.by_call.clear()
        else:
            self.by_call.pop(call, None)

    def errno_for(self, call: str, args: tuple[Any, ...]) -> int:
        """The errno this call fails with; 0 for a call that goes well."""
        for fault in self.by_call.get(call, ()):
            if fault.hits(args):
                return fault.errno
        return 0
