"""The file of a recording on a real system: new, ours alone to read, and written without ever starting a thread.

A plain write to a regular file may wait for a disk, and then the daemon waits with it: that is the price of recording.
"""

from __future__ import annotations

import errno
import os
import stat
from _thread import get_ident as current_thread

__all__ = ["RecordFile", "current_thread"]

OLD = ".old"
"""Appended to the name of the recording that was there before: after a crash it is the one that matters."""


class RecordFile:
    """An open recording; OSError if it cannot be made."""

    def __init__(self, path: str) -> None:
        self.path = path
        _set_aside(path)
        self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)

    def write(self, data: bytes) -> None:
        """Write all of it; after a failure the file is closed, and ends with whatever got out."""
        rest = memoryview(data)
        try:
            while rest:
                rest = rest[os.write(self._fd, rest) :]
        except OSError:
            self.close()
            raise

    def close(self) -> None:
        """Let go of it."""
        if self._fd >= 0:
            fd, self._fd = self._fd, -1
            os.close(fd)


def _set_aside(path: str) -> None:
    try:
        mode = os.lstat(path).st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISREG(mode):
        raise OSError(errno.EEXIST, "it exists and is no regular file", path)
    os.rename(path, path + OLD)
