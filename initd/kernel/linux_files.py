"""The `Files` of a real system: plain system calls that may hang, made on worker threads or before the loop runs.

Opening retries EMFILE: while the main thread starts a child it lowers our own soft RLIMIT_NOFILE for an instant.
"""

from __future__ import annotations

import errno
import os
import stat
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    from initd.kernel.port import Seen

    Opened = TypeVar("Opened")

OPEN_TRIES = 4
OPEN_PAUSE_S = 0.005
NAME_LETTERS = b"abcdefghijklmnopqrstuvwxyz012345"
"""32 of them, so that a random byte picks each with equal chance."""
STANDARD_STREAMS = {"/dev/stdout": 1, "/dev/stderr": 2}
MOST_LINKS = 8
"""So many links are followed to a descriptor of ours."""


class LinuxFiles:
    """Implements `initd.kernel.port.Files`; without state, so that every thread can use the same one."""

    # log files
    def open_append(self, path: str, mode: int = 0o666) -> int:
        # What we were given cannot be opened again when it is a socket (ENXIO), or a pipe or terminal of another user (EACCES),
        # and a file opened again has an offset of its own, so that one writer overwrites the other.
        own = _inherited(path)
        if own >= 0:
            return _with_room(lambda: os.dup(own))
        return _open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOCTTY, mode)

    def own_stream(self, path: str) -> str:
        own = _inherited(path)
        if own < 0:
            return ""
        for name, number in STANDARD_STREAMS.items():
            if number == own or _same(number, own):
                return name
        return f"/dev/fd/{own}"

    def append(self, fd: int, data: bytes) -> int:
        rest = memoryview(data)
        while rest:
            try:
                rest = rest[os.write(fd, rest) :]
            except BlockingIOError:  # somebody who shares the target made it non-blocking
                _wait_writable(fd)
        status = os.fstat(fd)
        return status.st_size if stat.S_ISREG(status.st_mode) else -1

    def seekable(self, fd: int) -> bool:
        return stat.S_ISREG(os.fstat(fd).st_mode)

    def same_file(self, fd: int, path: str) -> bool:
        try:
            there = os.stat(path)
        except FileNotFoundError:
            return False
        return os.path.samestat(os.fstat(fd), there)

    def close(self, fd: int) -> None:
        os.close(fd)

    def rename(self, old: str, new: str) -> None:
        os.rename(old, new)

    def unlink(self, path: str) -> None:
        os.unlink(path)

    def truncate(self, fd: int) -> None:
        os.ftruncate(fd, 0)

    def size(self, path: str) -> int:
        return os.stat(path).st_size

    def file_id(self, path: str) -> tuple[int, int]:
        status = os.stat(path)
        return status.st_dev, status.st_ino

    def read_at(self, path: str, offset: int, length: int) -> bytes:
        fd = _open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY)  # a FIFO must not wait for its writer
        try:
            _require_regular(fd, path)
            pieces = []
            while length > 0 and (piece := os.pread(fd, length, offset)):
                pieces.append(piece)
                offset += len(piece)
                length -= len(piece)
            return b"".join(pieces)
        finally:
            os.close(fd)

    def make_temp(self, directory: str, prefix: str, suffix: str) -> str:
        while True:
            name = bytes(NAME_LETTERS[byte & 31] for byte in os.urandom(8)).decode("ascii")
            path = os.path.join(directory, prefix + name + suffix)
            try:
                os.close(_open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600))
            except FileExistsError:
                continue
            return path

    def random_bytes(self, size: int) -> bytes:
        return os.urandom(size)

    def listdir(self, path: str) -> list[str]:
        return sorted(os.listdir(path))

    # sockets that children share
    def share_unix(self, path: str, mode: int, owner: tuple[int, int] | None, backlog: int | None) -> int:
        from initd.kernel import linux_shared

        return linux_shared.share_unix(path, mode, owner, backlog)

    def share_tcp(self, host: str, port: int, backlog: int | None) -> int:
        from initd.kernel import linux_shared

        return linux_shared.share_tcp(host, port, backlog)

    # the system log
    def connect_log(self, path: str) -> tuple[int, bool]:
        from initd.kernel.linux_syslog import connect

        return _with_room(lambda: connect(path))

    def send(self, fd: int, record: bytes, wait_ns: int) -> None:
        from initd.kernel.linux_syslog import send

        send(fd, record, wait_ns)

    # looking up
    def stat(self, path: str) -> tuple[int, int]:
        status = os.stat(path)
        return status.st_mode, status.st_uid

    def executable(self, path: str) -> bool:
        return os.access(path, os.X_OK)

    def read_file(self, path: str) -> bytes:
        fd = _open(path, os.O_RDONLY | os.O_NOCTTY)
        try:
            pieces = []
            while piece := os.read(fd, 1 << 16):
                pieces.append(piece)
            return b"".join(pieces)
        finally:
            os.close(fd)

    def write_file(self, path: str, data: bytes) -> None:
        fd = _open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOCTTY)
        try:
            self.append(fd, data)
        finally:
            os.close(fd)

    def glob(self, pattern: str) -> list[str]:
        folder, name = os.path.split(pattern)
        if not name or any(mark in pattern for mark in "?[") or "*" in folder:
            from glob import glob

            return sorted(glob(pattern))
        if "*" not in name:
            return [pattern] if os.path.lexists(pattern) else []
        try:
            found = os.listdir(folder or ".")
        except OSError:
            return []
        return sorted(os.path.join(folder, each) for each in found if _matches(each, name))

    def user(self, name_or_uid: str) -> tuple[str, int, int, str] | None:
        import pwd

        try:
            entry = pwd.getpwuid(int(name_or_uid)) if name_or_uid.isdigit() else pwd.getpwnam(name_or_uid)
        except (KeyError, ValueError, OverflowError):  # absent, or a name or number that cannot be one
            return None
        return entry.pw_name, entry.pw_uid, entry.pw_gid, entry.pw_dir

    def group(self, name_or_gid: str) -> tuple[str, int] | None:
        import grp

        try:
            entry = grp.getgrgid(int(name_or_gid)) if name_or_gid.isdigit() else grp.getgrnam(name_or_gid)
        except (KeyError, ValueError, OverflowError):
            return None
        return entry.gr_name, entry.gr_gid

    def groups_of(self, name: str, gid: int) -> tuple[int, ...]:
        others = [other for other in os.getgrouplist(name, gid) if other != gid]
        return (gid, *others)

    # for whoever wants to know why
    def owner(self, path: str) -> tuple[int, int, int]:
        status = os.stat(path)
        return status.st_mode, status.st_uid, status.st_gid

    def processes(self) -> list[Seen]:
        from initd.kernel import linux_seen

        return linux_seen.processes()

    def listeners(self, port: int) -> list[int]:
        from initd.kernel import linux_seen

        return linux_seen.listeners(port)


def _inherited(path: str) -> int:
    """The descriptor that a path names and that we were given, also behind links; -1: none."""
    for _ in range(MOST_LINKS):
        folder, _, name = path.rpartition("/")
        number = STANDARD_STREAMS.get(path, -1)
        if folder in ("/dev/fd", "/proc/self/fd", f"/proc/{os.getpid()}/fd") and name.isascii() and name.isdigit():
            number = int(name)
        if number in (1, 2) or (number > 2 and _was_given(number)):
            return number
        try:
            path = os.path.join(folder, os.readlink(path))
        except OSError:
            return -1
    return -1


def _was_given(fd: int) -> bool:
    """Whether a descriptor came with us through exec(2): all of our own are closed there."""
    try:
        return os.get_inheritable(fd)
    except (OSError, OverflowError):
        return False


def _same(fd: int, other: int) -> bool:
    try:
        return os.path.sameopenfile(fd, other)
    except OSError:  # one of them is closed
        return False


def _matches(name: str, pattern: str) -> bool:
    """`glob` for stars alone, which most configurations have, without its regular expressions: they take 3 ms to load."""
    first, *middle, last = pattern.split("*")
    if len(name) < len(first) + len(last) or not (name.startswith(first) and name.endswith(last)):
        return False
    at, end = len(first), len(name) - len(last)
    for part in middle:
        at = name.find(part, at, end) + len(part)
        if at < len(part):
            return False
    return not name.startswith(".") or pattern.startswith(".")


def _open(path: str, flags: int, mode: int = 0o666) -> int:
    return _with_room(lambda: os.open(path, flags, mode))


def _with_room(opening: Callable[[], Opened]) -> Opened:
    for tries in range(OPEN_TRIES):
        try:
            return opening()
        except OSError as error:
            if error.errno != errno.EMFILE or tries == OPEN_TRIES - 1:
                raise
        time.sleep(OPEN_PAUSE_S)
    raise AssertionError("the last try returns or raises")


def _require_regular(fd: int, path: str) -> None:
    mode = os.fstat(fd).st_mode
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path)
    if not stat.S_ISREG(mode):
        raise OSError(errno.ESPIPE, os.strerror(errno.ESPIPE), path)


def _wait_writable(fd: int) -> None:
    import select

    waiter = select.poll()
    waiter.register(fd, select.POLLOUT)
    waiter.poll()
