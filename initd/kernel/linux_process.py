"""What the daemon does to its own process at start: whom it runs as, where, and that it is the only one.

Limits are in `linux_limits`, going into the background in `initd.daemonize`. The locked pidfile is deliberate
difference D12. flock(2)
"""

from __future__ import annotations

import fcntl
import os
import stat

from initd.errors import InitdError
from initd.kernel.linux_identity import IdentityError, switch_user
from initd.kernel.linux_limits import LimitError, Limits, raise_limits
from initd.kernel.linux_streams import fill_standard_streams
from initd.kernel.port import UserIdentity

TYPE_CHECKING = False
if TYPE_CHECKING:
    import signal as _signal
    from collections.abc import Iterable
else:
    import _signal

__all__ = [
    "IdentityError",
    "LimitError",
    "Limits",
    "PidfileHeld",
    "drop_privileges",
    "enter",
    "fill_standard_streams",
    "hold_only",
    "lock_pidfile",
    "remove_pidfile",
    "raise_limits",
    "release_signals",
    "write_pidfile",
]


class PidfileHeld(InitdError):
    """Another process has the pidfile locked; `pid` is what it wrote there, None if that is unreadable."""

    def __init__(self, path: str, pid: int | None) -> None:
        super().__init__(f"{path} is locked by " + (f"process {pid}" if pid else "another process"))
        self.path, self.pid = path, pid


def drop_privileges(uid: int, gid: int, groups: tuple[int, ...]) -> None:
    """Become that user for good; nothing to do if we are. Raises IdentityError."""
    switch_user(UserIdentity(uid, gid, groups))


def enter(directory: str | None, umask: int | None) -> None:
    """Change our working directory and umask; None leaves either. Raises OSError of chdir(2)."""
    if directory is not None:
        os.chdir(directory)
    if umask is not None:
        os.umask(umask)


def hold_only(numbers: Iterable[int], mask: Iterable[int]) -> None:
    """Keep these pending, and what the mask blocks, no more: PID 1 loses what arrives before it has handlers, any other
    process dies of it."""
    _signal.pthread_sigmask(_signal.SIG_SETMASK, {*mask, *numbers})


def release_signals(numbers: Iterable[int]) -> None:
    """Deliver what was held. To be called once there are handlers and before there are children."""
    _signal.pthread_sigmask(_signal.SIG_UNBLOCK, numbers)


def lock_pidfile(path: str, umask: int | None = None) -> int:
    """Open the pidfile, created if missing and never truncated, and lock it; the descriptor holds the lock.

    A new one gets the mode that `umask` leaves, which need not be in force yet; None means our own. /dev/null and the like
    are everybody's, and not locked. Raises PidfileHeld when somebody else has it, OSError when it cannot be opened or its
    filesystem cannot lock.
    """
    while True:
        fd = _open_pidfile(path, umask)
        if not _is_file(fd):
            return fd
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _still_at(fd, path):
                return fd
        except BlockingIOError:
            content = os.pread(fd, 32, 0).strip()
            os.close(fd)
            raise PidfileHeld(path, int(content) if content.isdigit() else None) from None
        except BaseException:
            os.close(fd)
            raise
        os.close(fd)  # its holder removed it between our open and our lock


def _open_pidfile(path: str, umask: int | None) -> int:
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOCTTY
    try:
        fd = os.open(path, flags | os.O_EXCL, 0o666)
    except FileExistsError:
        return os.open(path, flags, 0o666)
    if umask is not None:
        os.fchmod(fd, 0o666 & ~umask)
    return fd


def write_pidfile(fd: int, pid: int) -> None:
    """Make that pid the content of a locked pidfile."""
    if _is_file(fd):
        os.ftruncate(fd, 0)
        os.pwrite(fd, b"%d\n" % pid, 0)


def remove_pidfile(fd: int, path: str) -> None:
    """Remove a pidfile we have locked, at the end; what is no file, as /dev/null, stays. Never fails."""
    try:
        if _is_file(fd):
            os.unlink(path)
    except OSError:
        return


def _is_file(fd: int) -> bool:
    return stat.S_ISREG(os.fstat(fd).st_mode)


def _still_at(fd: int, path: str) -> bool:
    try:
        return os.path.samestat(os.fstat(fd), os.stat(path))
    except FileNotFoundError:
        return False
