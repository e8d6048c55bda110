"""The processes below us: signalling, waiting and listing them. kill(2), waitid(2), proc(5)."""

from __future__ import annotations

import errno
import os

from initd.kernel.port import ExitStatus

PR_SET_CHILD_SUBREAPER = 36


def kill(pid: int, signal: int) -> None:
    """See the port."""
    if pid <= 0:  # 0 and below would reach groups, or everything
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
    os.kill(pid, signal)


def killpg(pgid: int, signal: int) -> None:
    """See the port."""
    if pgid <= 1:
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
    os.killpg(pgid, signal)


def kill_all(signal: int) -> bool:
    """See the port."""
    if os.getpid() != 1:  # from anywhere else this would leave our own tree
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))
    try:
        os.kill(-1, signal)
    except ProcessLookupError:
        return False
    return True


def peek_exited() -> int | None:
    """See the port."""
    try:
        found = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return None
    return found.si_pid if found is not None else None


def reap(pid: int) -> ExitStatus:
    """See the port."""
    if pid <= 0:  # these would reap whoever comes first
        raise ChildProcessError(errno.ECHILD, os.strerror(errno.ECHILD))
    reaped, status = os.waitpid(pid, os.WNOHANG)
    if reaped == 0:
        raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
    if os.WIFSIGNALED(status):
        return ExitStatus(None, os.WTERMSIG(status), os.WCOREDUMP(status))
    return ExitStatus(os.WEXITSTATUS(status))


def children() -> list[int]:
    """See the port; empty where /proc is not mounted."""
    found: list[int] = []
    try:
        threads = os.listdir("/proc/self/task")
    except FileNotFoundError:
        return found
    listed = False
    for thread in threads:
        try:
            with open(f"/proc/self/task/{thread}/children", "rb") as listing:
                found.extend(map(int, listing.read().split()))
        except (FileNotFoundError, ProcessLookupError):
            continue  # that thread has ended; or the kernel has no such list, then none of them has
        listed = True
    return sorted(found) if listed else _children_by_parent()


def become_subreaper() -> None:
    """See the port. `ctypes` is slow to import and nothing lighter reaches prctl(2); PID 1 never gets here."""
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def _children_by_parent() -> list[int]:
    """For kernels without CONFIG_PROC_CHILDREN: everybody whose parent we are."""
    found: list[int] = []
    us = str(os.getpid()).encode("ascii")
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat", "rb") as status:
                fields = status.read().rpartition(b")")[2].split()
        except OSError:
            continue  # gone meanwhile
        if len(fields) > 1 and fields[1] == us:
            found.append(int(name))
    return sorted(found)
