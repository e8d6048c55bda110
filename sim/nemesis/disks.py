"""Disks that are slow, full, or refuse to rotate, and processes that sleep in them (simulation.md P18, P20)."""

from __future__ import annotations

import errno

from sim.nemesis.nemesis import Nemesis
from sim.nemesis.shortages import _Errno

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from sim.nemesis.nemesis import Field

LOGS = "/var/log"


class DState(Nemesis):
    """A program is in disk sleep: not even SIGKILL ends it before that is over."""

    name = "dstate"

    def act(self, field: Field) -> None:
        kernel, pid = field.kernel, self.pick(field.children())
        process = None if pid is None else kernel.process(pid)
        if process is not None and process.state in "RS":
            kernel.machine.scheduler.sink(process, kernel.clock.moment + self.ns(5) + 1)


class SlowDisk(Nemesis):
    """Every call on a log takes its time."""

    name, harmless = "slow_disk", False

    def act(self, field: Field) -> None:
        field.kernel.files.slow(LOGS, self.ns(0.5))

    def heal(self, field: Field) -> None:
        super().heal(field)
        field.kernel.files.slow(LOGS, 0)


class _DiskErrno(_Errno):
    harmless = True

    def faults(self, field: Field) -> Any:
        return field.kernel.files.faults


class Enospc(_DiskErrno):
    """What is written to a log does not get there."""

    name, calls, errnos = "enospc", ("append",), (errno.ENOSPC, errno.EDQUOT, errno.EIO)


class LogRenameFail(_DiskErrno):
    """A rotation stops in the middle."""

    name, calls, errnos = "log_rename_fail", ("rename", "unlink"), (errno.EACCES, errno.EROFS, errno.EIO, errno.ENOSPC)


class ShareErrno(_DiskErrno):
    """A socket for programs to share cannot be made."""

    name, calls, harmless = "share_errno", ("share_unix", "share_tcp"), False
    errnos = (errno.EACCES, errno.EADDRINUSE, errno.ENOENT, errno.EMFILE)


DISKS = (DState, SlowDisk, Enospc, LogRenameFail)
