"""What has changed since when: how open pages are kept up to date without a queue for each of them.

Every change has a number. The board keeps, of every process that changed since the table as a whole did, the number of its
last change; a page knows the number it has seen and asks for what came after. So a reader who is slow, or was away, skips
what is no longer true, and costs nothing meanwhile.
"""

from __future__ import annotations

from initd.control.times import SECOND_NS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from initd.control.daemon import Daemon
    from initd.control.steps import Later
    from initd.drive.loop import Loop, Timer

HEARTBEAT_NS = 20 * SECOND_NS
"""After so long without a change a page is told that there was none: a client that is gone is noticed by that."""


class Board:
    """The numbers of the last changes; `epoch` tells this daemon's numbers from those of another one."""

    def __init__(self, daemon: Daemon, epoch: str) -> None:
        self._loop, self._epoch = daemon.loop, epoch
        self._version = self._table = 1
        self._changed: dict[int, int] = {}
        self._watchers: dict[Watcher, None] = {}
        daemon.on_change(self._heard)

    @property
    def version(self) -> int:
        """The number of the last change."""
        return self._version

    def mark(self, version: int) -> str:
        """A number as pages keep it."""
        return f"{self._epoch}-{version}"

    def seen(self, mark: str) -> int:
        """The number in a page's mark; 0, which is older than the table, for one that is not ours."""
        epoch, _, number = mark.partition("-")
        known = epoch == self._epoch and number.isascii() and number.isdigit() and len(number) < 20
        return int(number) if known else 0

    def whole(self, seen: int) -> bool:
        """Whether the table as a whole has changed after `seen`: groups came or went, or the daemon is stopping."""
        return seen < self._table or seen > self._version

    def changes(self, seen: int, limit: int) -> tuple[int, list[int]]:
        """The processes whose last change came after `seen`, oldest first, up to `limit`; and the number then seen."""
        after: list[int] = []
        for instance in reversed(self._changed):
            if self._changed[instance] <= seen:
                break
            after.append(instance)
        if len(after) <= limit:
            return self._version, after[::-1]
        after = after[: -limit - 1 : -1]
        return self._changed[after[-1]], after

    def watcher(self) -> Watcher:
        """For one page; to be left when the page is closed."""
        watcher = Watcher(self._loop, self._watchers)
        self._watchers[watcher] = None
        return watcher

    def _heard(self, instance: int | None) -> None:
        self._version += 1
        if instance is None:
            self._table = self._version
            self._changed.clear()
        else:
            self._changed.pop(instance, None)
            self._changed[instance] = self._version
        for watcher in list(self._watchers):
            watcher.ring(True)


class Watcher:
    """One page that waits for the next change."""

    __slots__ = ("_all", "_answer", "_loop", "_timer")

    def __init__(self, loop: Loop, everyone: dict[Watcher, None]) -> None:
        self._loop, self._all = loop, everyone
        self._answer: Callable[[Any], None] | None = None
        self._timer: Timer | None = None

    def change(self) -> Later:
        """Waits for the next change: True; or False after HEARTBEAT_NS without one."""

        def later(answer: Callable[[Any], None]) -> None:
            self._answer = answer
            self._timer = self._loop.after(HEARTBEAT_NS, lambda: self.ring(False))

        return later

    def ring(self, changed: bool) -> None:
        """Answer, if somebody waits."""
        answer, self._answer = self._answer, None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if answer is not None:
            answer(changed)

    def leave(self) -> None:
        """Nobody waits any more."""
        self._answer = None
        self.ring(False)
        self._all.pop(self, None)
