"""The `Kernel` of a real Linux system, put together from the `linux_*` modules beside it.

Here only: which module answers which call, and the calls that are one line. Semantics are the port's.
"""

from __future__ import annotations

import errno
import fcntl
import os
import resource
import time

from initd.errors import KernelError
from initd.kernel import linux_children
from initd.kernel.linux_files import LinuxFiles
from initd.kernel.linux_fork import SPAWN_FAILED_CODE, fork_exec
from initd.kernel.linux_poller import Poller
from initd.kernel.linux_sockets import Sockets
from initd.kernel.linux_spawn import find_fork_exec, switches_user, vfork_exec
from initd.kernel.linux_wakeup import Wakeup
from initd.kernel.linux_workers import Workers
from initd.kernel.port import READABLE, ExitStatus

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from initd.kernel.port import Child, Completion, Files, SpawnSpec

FIONREAD = 0x541B
_SHORTAGE = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM})


class LinuxKernel:
    """Implements `initd.kernel.port.Kernel`; one a process, made and used by the main thread."""

    def __init__(self, files: Files | None = None) -> None:
        self._wakeup = Wakeup()
        self._poller = Poller()
        self._poller.watch(self._wakeup.fd, READABLE)
        self._sockets = Sockets()
        self._workers = Workers(files or LinuxFiles(), self._wakeup.ring)
        self._fork_exec = find_fork_exec()
        self._never_executed: set[int] = set()  # children of the vfork path that exit 255 and count as 127

    def release(self) -> None:
        """Give back the internal descriptors and idle threads; for tests and for handing over in place."""
        self._workers.close()
        self._poller.close()
        self._wakeup.close()

    # clocks
    def mono(self) -> int:
        return time.monotonic_ns()

    def boot(self) -> int:
        return time.clock_gettime_ns(time.CLOCK_BOOTTIME)

    def wall(self) -> int:
        return time.time_ns()

    def local_time(self, wall_ns: int) -> tuple[int, int, int, int, int, int]:
        return time.localtime(wall_ns // 1_000_000_000)[:6]

    # who we are
    def getpid(self) -> int:
        return os.getpid()

    def become_subreaper(self) -> None:
        linux_children.become_subreaper()

    # processes
    def spawn(self, spec: SpawnSpec) -> Child:
        if self._fork_exec is not None and spec.directory is None and not switches_user(spec):
            try:
                child = vfork_exec(self._fork_exec, spec)
            except ValueError:
                pass  # what no exec can take is for the forked child to fail at
            else:
                if child.failed is not None:
                    self._never_executed.add(child.pid)
                return child
        return fork_exec(spec)

    def kill(self, pid: int, signal: int) -> None:
        linux_children.kill(pid, signal)

    def killpg(self, pgid: int, signal: int) -> None:
        linux_children.killpg(pgid, signal)

    def kill_all(self, signal: int) -> bool:
        return linux_children.kill_all(signal)

    def peek_exited(self) -> int | None:
        return linux_children.peek_exited()

    def reap(self, pid: int) -> ExitStatus:
        status = linux_children.reap(pid)
        if pid in self._never_executed:
            self._never_executed.discard(pid)
            return ExitStatus(SPAWN_FAILED_CODE)
        return status

    def children(self) -> list[int]:
        return linux_children.children()

    # signals to us
    def catch_signals(self, signals: Iterable[int]) -> None:
        self._wakeup.catch(signals)

    def take_signals(self) -> list[int]:
        return self._wakeup.take()

    # descriptors
    def pipe(self) -> tuple[int, int]:
        try:
            return os.pipe2(os.O_CLOEXEC)
        except OSError as error:
            raise KernelError(error.errno or errno.EMFILE, "pipe") from error

    def set_nonblocking(self, fd: int) -> None:
        os.set_blocking(fd, False)

    def read(self, fd: int, size: int) -> bytes:
        return os.read(fd, size)

    def write(self, fd: int, data: bytes) -> int:
        return os.write(fd, data)

    def pending(self, fd: int) -> int:
        return int.from_bytes(fcntl.ioctl(fd, FIONREAD, b"\0\0\0\0"), "little", signed=True)

    def close(self, fd: int) -> None:
        self._poller.forget(fd)
        self._sockets.forget(fd)
        os.close(fd)

    # readiness
    def watch(self, fd: int, interest: int) -> None:
        self._poller.watch(fd, interest)

    def poll(self, deadline_ns: int | None) -> list[tuple[int, int]]:
        wakeup = self._wakeup
        while True:
            if wakeup.pending() or self._workers.ended():
                deadline_ns = 0  # there is something to come back for; take what is ready along
            until = deadline_ns
            start_due = self._workers.start_due_ns()
            if start_due is not None and (until is None or start_due < until):
                until = start_due
            ready = self._poller.wait(until)
            self._workers.tend(self.mono())
            woken = [pair for pair in ready if pair[0] == wakeup.fd]
            if woken:
                wakeup.drain()
                ready.remove(woken[0])
            if ready or (deadline_ns is not None and self.mono() >= deadline_ns):
                return ready

    # sockets
    def listen_unix(self, path: str, mode: int, owner: tuple[int, int] | None) -> int:
        return self._sockets.listen_unix(path, mode, owner)

    def listen_tcp(self, host: str, port: int) -> int:
        return self._sockets.listen_tcp(host, port)

    def socket_port(self, fd: int) -> int:
        return self._sockets.port(fd)

    def accept(self, fd: int) -> tuple[int, str]:
        return self._sockets.accept(fd)

    # work that may wait
    def submit(self, lane: str, operation: Callable[[Files], Any]) -> int:
        return self._workers.submit(lane, operation, self.mono())

    def take_completions(self) -> list[Completion]:
        return self._workers.take(self.mono())

    # limits and end
    def open_limit(self) -> int:
        return resource.getrlimit(resource.RLIMIT_NOFILE)[0]

    def open_count(self) -> int:
        try:
            # told by the size since Linux 6.2 (proc_pid_fd(5)); a list of a thousand takes a millisecond
            return os.stat("/proc/self/fd").st_size or len(os.listdir("/proc/self/fd")) - 1  # the listing itself
        except FileNotFoundError:
            return sum(map(_is_open, range(min(self.open_limit(), 65536))))
        except OSError as error:
            if error.errno not in _SHORTAGE:
                raise
            return self.open_limit()  # not even one more to count them with

    def terminate(self, code: int) -> None:
        os._exit(code)


def _is_open(fd: int) -> bool:
    try:
        fcntl.fcntl(fd, fcntl.F_GETFD)
    except OSError:
        return False
    return True
