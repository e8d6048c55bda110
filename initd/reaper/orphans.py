"""The end of PID 1: what no program owns any more gets SIGTERM, some time, then SIGKILL (D6).

Only as PID 1: elsewhere a daemon that has escaped its supervisor is left alone, as supervisord leaves it.
"""

from __future__ import annotations

from initd.signals import SIGKILL, SIGTERM

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from initd.drive.loop import Loop
    from initd.kernel.port import Kernel

GRACE_NS = 2_000_000_000
LOOK_NS = 10_000_000
"""How often to look whether anybody is left: no signal tells of those whose parent is outside our pid namespace."""


class Leftovers:
    """Ends every process of our pid namespace but us; to be begun when no program runs any more.

    `reap` reaps what has ended. `done(left)` is called once, at the latest after twice `grace_ns`, with the number of
    children that survived SIGKILL.
    """

    def __init__(
        self,
        kernel: Kernel,
        loop: Loop,
        reap: Callable[[], None],
        done: Callable[[int], None],
        grace_ns: int = GRACE_NS,
    ) -> None:
        self._kernel, self._loop, self._reap, self._done = kernel, loop, reap, done
        self._grace_ns = grace_ns
        self._until_ns: int  # set with each signal that is sent
        self._killed = False

    def begin(self) -> None:
        """Send SIGTERM to all there are; `done` may be called at once."""
        if self._kernel.getpid() != 1:
            self._done(0)
        else:
            self._signal(SIGTERM)
            self._look()

    def _look(self) -> None:
        self._reap()
        if not self._kernel.kill_all(0):
            self._done(0)
        elif self._kernel.mono() < self._until_ns:
            self._loop.after(LOOK_NS, self._look)
        elif not self._killed:
            self._killed = True
            self._signal(SIGKILL)
            self._look()
        else:
            self._done(len(self._kernel.children()))

    def _signal(self, number: int) -> None:
        self._until_ns = self._kernel.mono() + self._grace_ns
        self._kernel.kill_all(number)
