"""The slice of the kernel that `initd -- CMD` stands on: `Init`, implemented by `linux_init` and by `sim.kernel.init`.

Apart from `port`, because what stands on it is loaded before CMD starts and must cost next to nothing: no records, plain
tuples and integers; this module itself is for readers and the type checker. No descriptors, no workers; every signal is
held from the start and taken by `wait_signal`, so none interrupts anything and none is lost. Conventions are the port's:
nanoseconds, OSError, no EINTR. `tests/contract` holds both to the same behaviour.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    from initd.kernel.command import Arrived, Command
else:
    Protocol = object

class Init(Protocol):
    """One process that has one command to run; single-threaded, and only `wait_signal` waits."""

    def mono(self) -> int:
        """CLOCK_MONOTONIC."""

    def getpid(self) -> int:
        """Our process id; 1 makes us the init of our pid namespace."""

    def start(self, command: Command) -> int:
        """Start the command; its pid. OSError only when there can be no new process."""

    def settle(self, output: bool) -> None:
        """Let go of what only the command needs: its descriptors (all but 2, a terminal and with `output`
        1), and the directory."""

    def load(self) -> None:
        """Load what may be needed later, while the files are still those we were started from."""

    # signals
    def wait_signal(self, deadline_ns: int | None) -> Arrived | None:
        """Take one signal that was sent to us, the lowest number first; None once `mono()` has reached the deadline.

        Realtime signals come one by one in the order sent, others once however often they were sent. A past deadline
        does not wait; without one the process sleeps until there is a signal.
        """

    def kill(self, pid: int, number: int) -> None:
        """kill(2) on one process; `pid` must be positive."""

    def queue(self, pid: int, number: int, arrived: Arrived) -> None:
        """Like `kill`, and pass on the value and the sender of `arrived` (rt_sigqueueinfo(2)); EAGAIN: too many are queued."""

    def killpg(self, pgid: int, number: int) -> None:
        """killpg(3); `pgid` must be greater than 1."""

    def kill_all(self, number: int) -> bool:
        """Signal every process of our pid namespace but ourselves; False if there is none. EPERM unless we are PID 1."""

    # the others
    def reap(self, limit: int) -> tuple[list[tuple[int, int]], bool]:
        """Reap up to `limit` children that have ended, and tell of those that have stopped: (pid, status as wait(2) encodes
        it) each; and whether any child is left."""

    def descendants(self) -> list[int]:
        """Everybody below us, the nearest first, zombies included; [] where /proc does not tell."""

    def session(self, sid: int) -> list[int]:
        """Everybody in that session, zombies included; [] where /proc does not tell."""

    def become_subreaper(self) -> None:
        """Orphans below us are reparented to us from now on (PR_SET_CHILD_SUBREAPER)."""

    def is_subreaper(self) -> bool:
        """Whether that is so, by whoever's doing."""

    def tie_to_parent(self, number: int) -> bool:
        """Have that signal sent to us when our parent ends (PR_SET_PDEATHSIG); False if it has ended already."""

    # the terminal we were in front of, if any
    def has_terminal(self) -> bool:
        """Whether the command was given the terminal at its start."""

    def left_terminal(self) -> bool:
        """Whether we gave up the terminal to the session of the command; the SIGHUP and SIGCONT of that are taken already."""

    def pass_terminal(self, giver: int, taker: int) -> None:
        """Put the group `taker` in front if `giver` is, 0 for our own; nothing to do when somebody else has the terminal."""

    def stop(self, group: bool) -> None:
        """Stop us, or our whole process group as job control does; returns when somebody continues us."""

    def say(self, text: str, fd: int = 2) -> None:
        """Write to standard error, or output; what cannot be written is lost."""
