"""The fork path: a short straight-line child in supervisord's order (supervisord-4.3 §3).

All signals are blocked across the fork. Until the child has dropped the wake-up descriptor and our handlers, a signal
meant for it would be handled by our code in its copy of us, and written into the pipe that wakes the parent.
"""

from __future__ import annotations

import errno
import fcntl
import os

from initd.errors import KernelError
from initd.kernel.linux_identity import IdentityError, switch_user
from initd.kernel.linux_limits import set_soft_nofile
from initd.kernel.linux_spawn import error_name, failure_text, note_pipe
from initd.kernel.port import Child

TYPE_CHECKING = False
if TYPE_CHECKING:
    import signal as _signal
    from collections.abc import Callable, Iterable
    from typing import Any, NoReturn

    from initd.kernel.port import SpawnSpec, UserIdentity
else:
    import _signal

SPAWN_FAILED_CODE = 127
WITHOUT_PROC_FDS = 65536
"""How far descriptors are closed blindly where /proc cannot tell which there are."""


def fork_exec(spec: SpawnSpec) -> Child:
    """Start a child that prepares itself; its note tells whether it became its program. Raises KernelError."""
    try:
        note_read, note_write = note_pipe()
    except OSError as error:
        raise KernelError(error.errno or errno.EMFILE, "fork") from error
    mask = _signal.pthread_sigmask(_signal.SIG_BLOCK, _signal.valid_signals())
    try:
        pid = os.fork()
        if pid == 0:
            _become(spec, note_write, mask)
    except OSError as error:
        os.close(note_read)
        raise KernelError(error.errno or errno.EAGAIN, "fork") from error
    finally:
        os.close(note_write)
        _signal.pthread_sigmask(_signal.SIG_SETMASK, mask)
    try:
        os.setpgid(pid, pid)
    except OSError:
        pass  # it has done so itself, and is already its program or gone
    os.set_blocking(note_read, False)
    return Child(pid, note_read)


class _Failed(Exception):
    """A step of the child: the stage and number for the note, what and why for its stderr."""

    def __init__(self, stage: str, number: int, what: str, why: str) -> None:
        self.note = f"{stage} {number}".encode("ascii")
        self.text = failure_text(what, why)


def _become(spec: SpawnSpec, note: int, mask: Iterable[int]) -> NoReturn:
    """Runs in the child, and never returns."""
    try:
        os.setpgid(0, 0)
        _reset_signals(mask)
        _take_streams(spec.stdin, spec.stdout, spec.stderr, note)
        if spec.user is not None:
            _become_user(spec.user)
        if spec.directory is not None:
            _step(f"chdir to {spec.directory}", "chdir", os.chdir, spec.directory)
        if spec.umask is not None:
            os.umask(spec.umask)
        if spec.nofile is not None:
            set_soft_nofile(spec.nofile)
        _step(f"exec {spec.argv[0]}", "exec", os.execve, spec.path, spec.argv, spec.env)
    except _Failed as failed:
        os.write(note, failed.note)
        os.write(2, failed.text)
    except BaseException as error:  # our own mistake: the program's log is the only place to tell
        os.write(2, failure_text(f"exec {spec.argv[0]}", repr(error)))
    finally:
        os._exit(SPAWN_FAILED_CODE)


def _reset_signals(mask: Iterable[int]) -> None:
    _signal.set_wakeup_fd(-1)
    for number in _signal.valid_signals():
        if callable(_signal.getsignal(number)):
            _signal.signal(number, _signal.SIG_DFL)
    _signal.pthread_sigmask(_signal.SIG_SETMASK, mask)


def _take_streams(stdin: int, stdout: int, stderr: int, note: int) -> None:
    """Make the three 0, 1, 2, whatever numbers they have, and close all others but `note`."""
    raised = [fcntl.fcntl(fd, fcntl.F_DUPFD, 3) if fd <= 2 else fd for fd in (stdin, stdout, stderr)]
    for target, fd in enumerate(raised):
        os.dup2(fd, target)
    try:
        last = max(int(name) for name in os.listdir("/proc/self/fd"))
    except OSError:
        last = WITHOUT_PROC_FDS
    os.closerange(3, note)
    os.closerange(note + 1, last + 1)


def _become_user(user: UserIdentity) -> None:
    try:
        switch_user(user)
    except IdentityError as error:
        raise _Failed("setuid", error.errno or errno.EPERM, f"setuid to {user.uid}", error.text) from error


def _step(what: str, stage: str, call: Callable[..., Any], *args: Any) -> None:
    try:
        call(*args)
    except OSError as error:
        number = error.errno or errno.EIO
        raise _Failed(stage, number, what, error_name(number)) from error
    except ValueError as error:  # a NUL, or text no encoding has
        raise _Failed(stage, errno.EINVAL, what, error_name(errno.EINVAL)) from error
