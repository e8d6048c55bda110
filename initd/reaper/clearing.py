"""Leftovers: what still runs when CMD has ended gets SIGTERM, a grace, SIGKILL, and is waited for.

As PID 1 this is everybody in the pid namespace; elsewhere everybody below us, which the subreaper mark keeps there.
"""

from __future__ import annotations

from initd.reaper.forwarding import attempt
from initd.signals import SIGCONT, SIGKILL, SIGTERM

TYPE_CHECKING = False
if TYPE_CHECKING:
    from initd.kernel.init_port import Init

LOOK_NS = 20_000_000
"""How often PID 1 looks whether anybody is left: no signal tells of those whose parent is outside our namespace."""
LAST_WAIT_NS = 1_000_000_000
"""How long the killed may take to go; who sleeps in the kernel may take for ever."""


class Clearing:
    """Ends everybody but us. `main` is CMD's pid, the number of its group; `until_ns` is when SIGTERM has had its time."""

    def __init__(self, kernel: Init, main: int, until_ns: int) -> None:
        self._kernel, self._main, self._until_ns = kernel, main, until_ns
        self._first = kernel.getpid() == 1
        self._killing = False

    def begin(self) -> None:
        """Send SIGTERM, and SIGCONT, or the stopped would not hear of it."""
        self._signal(SIGTERM)
        self._signal(SIGCONT)

    def hurry(self) -> None:
        """No more grace: SIGKILL now."""
        if not self._killing:
            self._until_ns = self._kernel.mono()

    def next_look(self) -> int:
        """When to call `over` again, unless a child ends before."""
        now_ns = self._kernel.mono()
        return min(self._until_ns, now_ns + LOOK_NS) if self._first or self._killing else self._until_ns

    def over(self, alone: bool) -> bool:
        """Whether to end: nobody is left, or nobody who can be ended."""
        if alone:
            return True
        if self._kernel.mono() >= self._until_ns:
            if self._killing:
                return True
            self._killing = True
            self._until_ns = self._kernel.mono() + LAST_WAIT_NS
        if self._killing:  # again, for those who were born meanwhile
            self._signal(SIGKILL)
        return False

    def _signal(self, number: int) -> None:
        if self._first:
            self._kernel.kill_all(number)
            return
        below = self._kernel.descendants()
        for pid in below:
            attempt(self._kernel.kill, pid, number)
        if not below:  # no /proc to find them with
            attempt(self._kernel.killpg, self._main, number)
