"""Starting a child: by vfork where nothing has to be prepared in it, else by fork (linux_fork); both end alike.

What a child sees is supervisord-4.3 §3: its own process group in our session, only 0, 1, 2 open, every signal default
but SIGPIPE and SIGXFSZ, our signal mask. The vfork path is the interpreter's own `fork_exec`; its signature is private,
hence the guard.
"""

from __future__ import annotations

import errno
import fcntl
import os
import resource
import select
import sys

from initd.errors import KernelError
from initd.kernel.linux_limits import set_soft_nofile
from initd.kernel.port import Child, SetupFailed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from initd.kernel.port import SpawnSpec

    ForkExec = Callable[..., int]

FORK_EXEC_KNOWN = ((3, 11), (3, 13))
"""The first and last version whose fork_exec takes exactly the 23 arguments given below."""
FAILURE_TEXT_MAX = 4096
"""PIPE_BUF: what a pipe that polls writable takes whole."""


def find_fork_exec() -> ForkExec | None:
    """The interpreter's vfork and exec, if it is one we know how to call."""
    first, last = FORK_EXEC_KNOWN
    if sys.implementation.name != "cpython" or not first <= sys.version_info[:2] <= last:
        return None
    try:
        from _posixsubprocess import fork_exec
    except ImportError:
        return None
    return fork_exec


def switches_user(spec: SpawnSpec) -> bool:
    """Whether the child has to become somebody else; becoming who we are is nothing to do."""
    return spec.user is not None and spec.user.uid != os.getuid()


def note_pipe() -> tuple[int, int]:
    """A pipe for the word of a failure, clear of 0, 1, 2 even when we run with those closed."""
    ends = os.pipe2(os.O_CLOEXEC)
    if min(ends) > 2:
        return ends
    raised: list[int] = []
    try:
        for end in ends:
            raised.append(fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 3))
    except OSError:
        for end in raised:
            os.close(end)
        raise
    finally:
        for end in ends:
            os.close(end)
    return raised[0], raised[1]


def vfork_exec(fork_exec: ForkExec, spec: SpawnSpec) -> Child:
    """Start a child that needs neither user nor directory; a failed exec is known when this returns.

    Raises KernelError, or ValueError for an argument no exec can take (a NUL in it).
    """
    arguments = [os.fsencode(argument) for argument in spec.argv]
    environment = [os.fsencode(name) + b"=" + os.fsencode(value) for name, value in spec.env.items()]
    umask = -1 if spec.umask is None else spec.umask
    try:
        note_read, note_write = note_pipe()
    except OSError as error:
        raise KernelError(error.errno or errno.EMFILE, "fork") from error
    try:
        limits = None if spec.nofile is None else set_soft_nofile(spec.nofile)
        try:
            pid = fork_exec(
                *(arguments, (os.fsencode(spec.path),), True, (note_write,), None, environment),
                *(spec.stdin, -1, -1, spec.stdout, -1, spec.stderr, note_read, note_write),
                *(False, False, 0, None, None, None, umask, None, True),
            )
        except OSError as error:
            raise KernelError(error.errno or errno.EAGAIN, "fork") from error
        finally:
            os.close(note_write)
            if limits is not None:
                resource.setrlimit(resource.RLIMIT_NOFILE, limits)
        note = os.read(note_read, 1000)
    finally:
        os.close(note_read)
    return Child(pid, -1, _exec_failure(spec, note))


def failure_text(what: str, why: str) -> bytes:
    """The two lines that a child which never became its program leaves in its stderr."""
    lines = f"supervisor: couldn't {what}: {why}\nsupervisor: child process was not spawned\n"
    return lines.encode("utf-8", "surrogateescape")


def error_name(number: int) -> str:
    """`ENOENT` and the like; the digits of a number without a name."""
    return errno.errorcode.get(number, str(number))


def _exec_failure(spec: SpawnSpec, note: bytes) -> SetupFailed | None:
    """Make sense of fork_exec's `class:errno in hex:text`, and tell the child's stderr in its place."""
    if not note:
        return None
    number = errno.EINVAL
    if note.startswith(b"OSError:"):
        number = int(note.split(b":")[1], 16)
    _write_ready(spec.stderr, failure_text(f"exec {spec.argv[0]}", error_name(number)))
    return SetupFailed("exec", number)


def _write_ready(fd: int, text: bytes) -> None:
    """Write if that will not wait, else leave it: a full pipe must not stop the loop."""
    waiter: Any = select.poll()
    waiter.register(fd, select.POLLOUT)
    try:
        if waiter.poll(0):
            os.write(fd, text[:FAILURE_TEXT_MAX])
    except OSError:
        return  # nobody reads that any more
