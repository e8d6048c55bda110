"""The virtual kernel under supervisor: children that live the lives of a scenario, signals, and what is told of them.

No rules of Linux beyond those a Life names (`sim.scenario`): a child is alive, a zombie, or reaped, and a signal to a
zombie reaches nobody and succeeds.
"""

from __future__ import annotations

import errno
import heapq
import signal

from sim.oracle.clock import Clock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sim.scenario import Life, Program
    from sim.trace import Trace

UNCATCHABLE = (signal.SIGKILL, signal.SIGSTOP)
FIRST_PID = 100


class Child:
    """One child; `ends_ns` is None while nothing is going to end it."""

    __slots__ = ("caught", "dead", "doomed", "ends_ns", "life", "name", "pid", "status")

    def __init__(self, pid: int, name: str, life: Life, born_ns: int) -> None:
        self.pid = pid
        self.name = name
        self.life = life
        self.ends_ns = None if life.ends_ns is None else born_ns + life.ends_ns
        self.status = life.status
        self.caught = self.doomed = self.dead = False


class Kernel:
    """Processes and time. What happens is appended to `story` as entries of `sim.trace`."""

    def __init__(self, programs: list[tuple[str, Program]]) -> None:
        self.clock = Clock()
        self.story: Trace = []
        self.refusals: dict[str, list[int]] = {}
        self.changes = 0
        self._programs = dict(programs)
        self._attempts = dict.fromkeys(self._programs, 0)
        self._last_pid = FIRST_PID - 1
        self._children: dict[int, Child] = {}
        self._zombies: list[Child] = []
        self._ends: list[tuple[int, int, Child]] = []

    def tell(self, program: str, what: str, detail: str) -> None:
        """One more entry, now. Entries of states are counted in `changes`."""
        if what == "state":
            self.changes += 1
        self.story.append((self.clock.now_ns, program, what, detail))

    # -- time --------------------------------------------------------------------------------------------------------

    def next_end_ns(self) -> int | None:
        """When the next child ends."""
        while self._ends and (self._ends[0][2].dead or self._ends[0][2].ends_ns != self._ends[0][0]):
            heapq.heappop(self._ends)
        return self._ends[0][0] if self._ends else None

    def advance(self, now_ns: int) -> None:
        """Let it be that time; children whose end has come are zombies, in the order of their ends."""
        while (ends_ns := self.next_end_ns()) is not None and ends_ns <= now_ns:
            self._end(heapq.heappop(self._ends)[2])
        self.clock.advance(now_ns)

    def has_zombies(self) -> bool:
        """Whether somebody waits to be reaped."""
        return bool(self._zombies)

    # -- what the daemon asks for ------------------------------------------------------------------------------------

    def fork(self, name: str) -> int:
        """A new child of that program; OSError if its Life says so."""
        attempt = self._attempts[name] = self._attempts[name] + 1
        life = self._programs[name].life(attempt)
        if life.refused:
            raise OSError(getattr(errno, life.refused), life.refused)
        self._last_pid += 1
        child = self._children[self._last_pid] = Child(self._last_pid, name, life, self.clock.now_ns)
        self._schedule(child)
        self.tell(name, "spawn", str(attempt))
        return child.pid

    def kill(self, pid: int, number: int) -> None:
        """Send a signal to a child, or with a negative pid to its group, which has nobody else in it."""
        child = self._children.get(abs(pid))
        if child is None:
            raise ProcessLookupError(errno.ESRCH, "No such process")
        refusals = self.refusals.get(child.name)
        if refusals:
            code = refusals.pop(0)
            raise OSError(code, errno.errorcode[code])
        self.tell(child.name, "signal", f"{int(number)} group" if pid < 0 else f"{int(number)}")
        self._deliver(child, number)

    def waitpid(self) -> tuple[int, int] | tuple[None, None]:
        """Reap the child that has been dead longest, if there is one."""
        if not self._zombies:
            return None, None
        child = self._zombies.pop(0)
        del self._children[child.pid]
        return child.pid, child.status << 8 if child.status >= 0 else -child.status

    def read(self, fd: int) -> bytes:
        """Nobody writes anything."""
        return b""

    def write(self, fd: int, data: bytes) -> int:
        """Nobody reads."""
        return len(data)

    def close(self, fd: int) -> None:
        """There is nothing behind a descriptor."""

    # -- what others do ----------------------------------------------------------------------------------------------

    def outsider(self, name: str, number: int) -> None:
        """Somebody else sends that program's process a signal."""
        for child in self._children.values():
            if child.name == name:
                self._deliver(child, number)

    def _deliver(self, child: Child, number: int) -> None:
        life, now_ns = child.life, self.clock.now_ns
        if child.doomed or child.dead or number == 0:
            return
        if number == signal.SIGKILL:
            child.doomed = True
            child.ends_ns, child.status = now_ns + life.kill_ns, -number
        elif number in UNCATCHABLE or child.caught:
            return
        else:
            child.caught = True
            if life.stop_ns is None or (child.ends_ns is not None and child.ends_ns <= now_ns + life.stop_ns):
                return
            child.ends_ns = now_ns + life.stop_ns
            child.status = -number if life.stop_status is None else life.stop_status
        self._schedule(child)

    def _schedule(self, child: Child) -> None:
        if child.ends_ns is None:
            return
        if child.ends_ns <= self.clock.now_ns:
            self._end(child)
        else:
            heapq.heappush(self._ends, (child.ends_ns, child.pid, child))

    def _end(self, child: Child) -> None:
        child.dead = True
        self._zombies.append(child)
