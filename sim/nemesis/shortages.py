"""Calls that fail: no process, descriptor, program or permission, and no pid that is new (simulation.md P5, P8 to P10, P27)."""

from __future__ import annotations

import errno

from sim.nemesis.nemesis import Nemesis

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from sim.nemesis.nemesis import Field

FEW_PIDS = 24


class _Errno(Nemesis):
    """Each of the calls named fails with one of the errnos, with the probability of this run."""

    calls: tuple[str, ...] = ()
    errnos: tuple[int, ...] = ()

    def setup(self, field: Field) -> None:
        for call in self.calls:
            number = self.errnos[self.below(len(self.errnos))]
            self.faults(field).fail(call, number, times=None, when=lambda *args: self.fires())

    def faults(self, field: Field) -> Any:
        """Where these calls are made."""
        return field.kernel.faults

    def step(self, field: Field) -> None:
        """Its chances are the calls."""


class ForkErrno(_Errno):
    """fork(2) fails."""

    name, calls, errnos = "fork_errno", ("spawn",), (errno.EAGAIN, errno.ENOMEM)


class ExecErrno(_Errno):
    """execve(2) fails in the child, which ends with 127."""

    name, calls = "exec_errno", ("exec",)
    errnos = (errno.ENOENT, errno.EACCES, errno.ENOEXEC, errno.ETXTBSY, errno.E2BIG)


class PipeErrno(_Errno):
    """There are no descriptors for the pipes of a child."""

    name, calls, errnos = "pipe_errno", ("pipe",), (errno.EMFILE, errno.ENFILE)


class KillErrno(_Errno):
    """A program may not be signalled, or is said not to be there."""

    name, calls, errnos = "kill_errno", ("kill", "killpg"), (errno.EPERM, errno.ESRCH)


class PidSqueeze(Nemesis):
    """There are so few pids that each comes back soon, or that there is none left."""

    name = "pid_squeeze"

    def setup(self, field: Field) -> None:
        table = field.kernel.machine.table
        self.fired += 1
        self._before = table.pid_max
        table.pid_max = table.first_pid + FEW_PIDS

    def step(self, field: Field) -> None:
        """It is on all the time."""
        if self.on:
            self.seen()

    def heal(self, field: Field) -> None:
        super().heal(field)
        field.kernel.machine.table.pid_max = self._before


SHORTAGES = (ForkErrno, ExecErrno, PipeErrno, KillErrno, PidSqueeze)
