"""Reaping: which child has ended, whose it was, and how (supervisord-4.3 §2.3, §2.4; D8, D9, D30).

A pid belongs to its owner from the fork to the reap. In between the kernel cannot give it to another process, so a pid
that is registered is never a reused one; nobody but the reaper may wait for children.
"""

from __future__ import annotations

from initd.record import Record
from initd.signals import signal_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from initd.kernel.port import ExitStatus, Kernel

    Log = Callable[[str, str], None]

UNKNOWN_LINES = 10
"""So many unknown children a second get a line of their own, the rest share one."""
SECOND_NS = 1_000_000_000


class Ended(Record):
    """A child that has been reaped; `owner` is what it was registered with, None if it never was."""

    pid: int
    owner: Any
    status: ExitStatus


class Reaper:
    """Reaps the children of one kernel. `log(level, text)` takes lines; `after(delay_ns, callback)` is the loop's."""

    def __init__(self, kernel: Kernel, log: Log, after: Callable[[int, Callable[[], None]], object]) -> None:
        self._kernel, self._log, self._after = kernel, log, after
        self._owners: dict[int, Any] = {}
        self._unknown = 0

    def register(self, pid: int, owner: Any) -> None:
        """That child is `owner`'s; to be called in the turn in which it was started."""
        self._owners[pid] = owner

    def holds(self, pid: int) -> bool:
        """Whether that pid is a registered child that has not been reaped, so that it is safe to signal."""
        return pid in self._owners

    def owners(self) -> list[Any]:
        """Whose children have not been reaped, in the order they were started."""
        return list(self._owners.values())

    def drain(self, limit: int, before_reap: Callable[[Any], None]) -> list[Ended]:
        """Reap up to `limit` children that have ended, in the order the kernel gives them.

        `before_reap(owner)` runs while the pid is still held; what it raises is logged and stops nothing.
        """
        ended: list[Ended] = []
        while len(ended) < limit:
            pid = self._kernel.peek_exited()
            if pid is None:
                break
            if pid in self._owners:
                self._last_call(pid, before_reap)
            try:
                status = self._kernel.reap(pid)
            except (BlockingIOError, ChildProcessError) as error:
                self._log("crit", f"waitpid error {error}; a process may not be cleaned up properly")
                break
            if pid not in self._owners:
                self._tell_unknown(pid, status)
            ended.append(Ended(pid, self._owners.pop(pid, None), status))
        return ended

    def _last_call(self, pid: int, before_reap: Callable[[Any], None]) -> None:
        try:
            before_reap(self._owners[pid])
        except Exception as error:  # a log or a client must not keep a child from being reaped (promise 3)
            self._log("crit", f"error while finishing pid {pid}: {error!r}")

    def _tell_unknown(self, pid: int, status: ExitStatus) -> None:
        if not self._unknown:
            self._after(SECOND_NS, self._tell_rest)
        self._unknown += 1
        if self._unknown <= UNKNOWN_LINES:
            self._log("info", f"reaped unknown pid {pid} ({describe(status)})")

    def _tell_rest(self) -> None:
        more, self._unknown = self._unknown - UNKNOWN_LINES, 0
        if more > 0:
            self._log("info", f"reaped {more} more unknown pids")


def describe(status: ExitStatus) -> str:
    """How a child ended, in the words of supervisord's log lines."""
    if status.signal is None:
        return f"exit status {status.code}"
    return f"terminated by {signal_name(status.signal)}" + (" (core dumped)" if status.dumped else "")
