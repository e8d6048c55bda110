"""R1, R2, R4, R8, R9, S4 and T8: what only the kernel knows, seen on the simulated one while the whole daemon runs on it.

`Watch` hears the kernel's trace as it grows; nothing here stops anything, `broken` collects what was wrong.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any


STDIO = {0, 1, 2}
NAMES = ("R1", "R2", "R4", "R8", "R9", "T8")


class Watch:
    """The children of a daemon between their fork and their reap. `fds_of(pid)` gives a child's descriptors.

    `slack_ns` is how long a child that has ended may wait for its reap.
    """

    def __init__(self, fds_of: Callable[[int], Mapping[int, Any]], slack_ns: int = 0) -> None:
        self._fds_of, self._slack_ns = fds_of, slack_ns
        self.living: dict[int, int] = {}
        self.zombies: dict[int, int] = {}
        self._lives: dict[int, tuple[int, int]] = {}
        self.broken: list[str] = []
        self.baseline: int | None = None

    def hear(self, now_ns: int, what: str, pid: int, detail: Any) -> None:
        """One entry of the kernel's trace."""
        if what == "spawn":
            self.living[pid] = now_ns
            if set(self._fds_of(pid)) != STDIO:
                self._tell("R9", now_ns, f"child {pid} inherits {sorted(self._fds_of(pid))}")
        elif what == "exit" and pid in self.living:
            self._lives[pid] = self.living.pop(pid), now_ns
            self.zombies[pid] = now_ns
        elif what == "reap":
            ended_ns = self.zombies.pop(pid, None)
            if ended_ns is None:
                self._tell("R1", now_ns, f"{pid} reaped, which is no child that has ended")
            elif now_ns > ended_ns + self._slack_ns:
                self._tell("R2", now_ns, f"{pid} was a zombie for {now_ns - ended_ns} ns")

    def killed(self, now_ns: int, pid: int, signal: int) -> None:
        """The daemon sends a signal."""
        if pid not in self.living and pid not in self.zombies:
            self._tell("R4", now_ns, f"signal {signal} to {pid}, which is no child of ours (any more)")

    def running(self, now_ns: int, name: str, pid: int, startsecs_ns: int) -> None:
        """A program is called RUNNING by that child. Where reaps may be late, who was there at startsecs counts."""
        if pid in self.living:
            lived_ns = now_ns - self.living[pid]
            if lived_ns <= startsecs_ns:
                self._tell("S4", now_ns, f"false RUNNING: {name} is up for {lived_ns} ns, startsecs is {startsecs_ns} ns")
            return
        born_ns, ended_ns = self._lives.get(pid, (now_ns, now_ns))
        lived_ns = ended_ns - born_ns
        if pid in self.zombies:
            self._tell("S4", now_ns, f"false RUNNING: {name} has died {now_ns - ended_ns} ns ago and is not reaped")
        elif lived_ns < startsecs_ns and (not self._slack_ns or now_ns - born_ns < startsecs_ns):
            self._tell("S4", now_ns, f"false RUNNING: {name} lived for {lived_ns} ns, startsecs is {startsecs_ns} ns")

    def end(self, now_ns: int, open_count: int, exited: bool, excused: set[int]) -> None:
        """The run is over. `excused` are the pids that a daemon that has exited may leave behind."""
        late = [pid for pid, ended_ns in self.zombies.items() if ended_ns + self._slack_ns < now_ns]
        if late:
            self._tell("R1", now_ns, f"{late} never reaped")
        if exited:
            left = [pid for pid in self.living if pid not in excused]
            if left:
                self._tell("T8", now_ns, f"{left} alive after the exit")
        elif self.baseline is not None and not self.living and not self.zombies and open_count > self.baseline:
            self._tell("R8", now_ns, f"{open_count} descriptors without a child, {self.baseline} before the first one")

    def _tell(self, name: str, now_ns: int, text: str) -> None:
        self.broken.append(f"{name} fail at {now_ns / 1e9:.9f}: {text}")
