"""Namespaces for one attempt, where we may have them: pids and mounts of its own.

Whatever the attempt starts ends with it, a signal to everybody meets nobody else, and a file may have another content for it
and for all that it starts. unshare(2), pid_namespaces(7), mount_namespaces(7)
"""

from __future__ import annotations

import ctypes
import os
from pathlib import Path
from tempfile import mkstemp

CLONE_NEWNS, CLONE_NEWPID = 0x20000, 0x20000000
MS_BIND, MS_REC, MS_PRIVATE = 4096, 16384, 1 << 18
BY_SIGNAL = 128
"""What is added to the number of a signal in an exit status."""


def possible() -> bool:
    """Whether we are allowed to; asked of a child that tries."""
    pid = os.fork()
    if not pid:
        status = 1
        try:
            enter()
            status = 0
        finally:
            os._exit(status)
    return os.waitpid(pid, 0)[1] == 0


def enter() -> None:
    """Go on in new namespaces, as a process that is not their first; the one that called waits and ends as that does."""
    _call("unshare", CLONE_NEWNS | CLONE_NEWPID)
    _call("mount", b"none", b"/", None, MS_REC | MS_PRIVATE, None)
    first = os.fork()
    if first:
        _end_as(os.waitpid(first, 0)[1])
    _call("mount", b"proc", b"/proc", b"proc", 0, None)
    second = os.fork()
    if second:
        _reap_until(second)
    os.setsid()


def overlay(path: Path, text: str) -> None:
    """From now on the file has this content, for us and for whatever we start; to be called after `enter`."""
    fd, other = mkstemp()
    with open(fd, "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(other, path.stat().st_mode & 0o777)  # others may read it, too
    os.utime(other, (1, 1))  # no time the compiled one could be of
    _call("mount", os.fsencode(other), os.fsencode(path), None, MS_BIND, None)
    os.unlink(other)
    compiled = path.parent / "__pycache__"
    if compiled.is_dir():
        _call("mount", b"tmpfs", os.fsencode(compiled), b"tmpfs", 0, None)


def _end_as(status: int) -> None:
    """As the first process, whose exit status says by which signal the second ended, if by one."""
    code = os.waitstatus_to_exitcode(status)
    if code > BY_SIGNAL:
        os.kill(os.getpid(), code - BY_SIGNAL)
    os._exit(code if code >= 0 else 1)


def _reap_until(pid: int) -> None:
    """What the first process of a pid namespace is for: when it ends, everything in there ends."""
    while True:
        ended, status = os.wait()
        if ended == pid:
            code = os.waitstatus_to_exitcode(status)
            os._exit(code if code >= 0 else BY_SIGNAL - code)


def _call(name: str, *arguments: object) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, name)(*arguments):
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
