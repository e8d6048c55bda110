"""The simulated kernel as the daemon meets it: the `Kernel` protocol over the machine (initd/kernel/port.py).

Only here does the daemon's time pass, in `poll`. What a test or a scenario does to the machine from outside is in
`SimKernel`'s base, `sim.kernel.outside`.
"""

from __future__ import annotations

import errno
import time

from initd.errors import KernelError
from sim.kernel.halt import BlockedLoop, Deadlock, EndOfRun, Livelock, Terminated
from sim.kernel.outside import Outside
from sim.kernel.pipes import Pipe
from sim.kernel.process import os_error
from sim.kernel.rules import rule
from sim.kernel.sockets import Listener

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any, NoReturn

    from initd.kernel.port import Child, Completion, ExitStatus, Files, SpawnSpec

SPIN_LIMIT = 100_000
"""So many polls, or so many events, without any time passing are a livelock."""


class SimKernel(Outside):
    """Implements `initd.kernel.port.Kernel` on a simulated machine."""

    def _enter(self, call: str, *args: Any) -> None:
        if self.tick_ns:
            self.clock.spend(self.tick_ns)
        if self.on_call is not None:
            self.on_call(call, args)
        if self.faults.by_call:
            number = self.faults.errno_for(call, args)
            if number:
                if call in ("spawn", "pipe"):
                    raise KernelError(number, "fork" if call == "spawn" else "pipe")
                raise os_error(number)

    # clocks
    def mono(self) -> int:
        return self.clock.now

    def boot(self) -> int:
        return self.clock.boot()

    def wall(self) -> int:
        return self.clock.wall()

    def local_time(self, wall_ns: int) -> tuple[int, int, int, int, int, int]:
        there = time.gmtime(wall_ns // 1_000_000_000 + self.timezone_s)
        return there.tm_year, there.tm_mon, there.tm_mday, there.tm_hour, there.tm_min, there.tm_sec

    # who we are
    def getpid(self) -> int:
        return self.machine.daemon.pid

    def become_subreaper(self) -> None:
        self._enter("become_subreaper")
        self.machine.daemon.subreaper = True

    # processes
    def spawn(self, spec: SpawnSpec) -> Child:
        self._enter("spawn", spec)
        return self.spawner.spawn(spec)

    @rule("kill-refuses-groups")
    def kill(self, pid: int, signal: int) -> None:
        self._enter("kill", pid, signal)
        if pid <= 0:
            raise os_error(errno.EINVAL)
        self.machine.signals.kill(self.machine.daemon, pid, signal)

    @rule("killpg-refuses-everybody")
    def killpg(self, pgid: int, signal: int) -> None:
        self._enter("killpg", pgid, signal)
        if pgid <= 1:
            raise os_error(errno.EINVAL)
        self.machine.signals.kill_group(self.machine.daemon, pgid, signal)

    @rule("kill-all-only-as-init")
    def kill_all(self, signal: int) -> bool:
        self._enter("kill_all", signal)
        if self.machine.daemon.pid != 1:
            raise os_error(errno.EPERM)
        return self.machine.signals.kill_all(self.machine.daemon, signal)

    def peek_exited(self) -> int | None:
        self._enter("peek_exited")
        return self.machine.family.peek()

    def reap(self, pid: int) -> ExitStatus:
        self._enter("reap", pid)
        status = self.machine.family.reap(self.machine.daemon, pid)
        if self.machine.trace is not None:
            self.machine.trace(self.clock.now, "reap", pid, status)
        return status

    @rule("children-with-zombies-ascending")
    def children(self) -> list[int]:
        self._enter("children")
        return sorted(self.machine.daemon.children)

    # signals to us
    def catch_signals(self, signals: Iterable[int]) -> None:
        self._enter("catch_signals")
        self.machine.caught |= frozenset(signals)

    @rule("take-signals-once-ascending")
    def take_signals(self) -> list[int]:
        self._enter("take_signals")
        taken = sorted(self.machine.taken)
        self.machine.taken.clear()
        return taken

    # descriptors
    @rule("pipe-emfile")
    def pipe(self) -> tuple[int, int]:
        self._enter("pipe")
        opened = self.machine.descriptors
        try:
            opened.need(2)
        except OSError as error:
            raise KernelError(error.errno or errno.EMFILE, "pipe") from None
        pipe = Pipe(self.machine.scheduler.wake)
        return opened.install(pipe.reader), opened.install(pipe.writer)

    def set_nonblocking(self, fd: int) -> None:
        self._enter("set_nonblocking", fd)
        self.machine.descriptors.get(fd).blocking = False

    def read(self, fd: int, size: int) -> bytes:
        self._enter("read", fd, size)
        description = self.machine.descriptors.get(fd)
        try:
            return description.read(size)
        except BlockingIOError:
            self._would_wait("read", fd, description.blocking)
            raise

    def write(self, fd: int, data: bytes) -> int:
        self._enter("write", fd, data)
        description = self.machine.descriptors.get(fd)
        try:
            return description.write(data)
        except BlockingIOError:
            self._would_wait("write", fd, description.blocking)
            raise

    @staticmethod
    def _would_wait(call: str, fd: int, blocking: bool) -> None:
        if blocking:
            raise BlockedLoop(f"{call} of {fd}, which is blocking and not ready")

    def pending(self, fd: int) -> int:
        self._enter("pending", fd)
        return self.machine.descriptors.get(fd).pending()

    @rule("close-twice-ebadf")
    def close(self, fd: int) -> None:
        self._enter("close", fd)
        self.machine.descriptors.close(fd)

    # readiness
    def watch(self, fd: int, interest: int) -> None:
        self._enter("watch", fd, interest)
        self.machine.descriptors.watch(fd, interest)

    @rule(
        "poll-waits-for-the-deadline",
        "poll-past-deadline-returns",
        "poll-wakes-for-signal",
        "poll-wakes-for-completion",
    )
    def poll(self, deadline_ns: int | None) -> list[tuple[int, int]]:
        self._enter("poll", deadline_ns)
        clock, machine, completed = self.clock, self.machine, self.workers
        began_ns = clock.now
        while True:
            self._catch_up()
            if not machine.stopped:
                ready = machine.descriptors.ready()
                due = deadline_ns is not None and clock.now >= deadline_ns
                if ready or due or machine.taken or completed.completed or self._nudged:
                    break
            if clock.rest():
                continue
            clock.now = clock.moment = self._next_wake(None if machine.stopped else deadline_ns)
        self._nudged = False
        self._spins = self._spins + 1 if clock.now == began_ns else 0
        if self._spins > SPIN_LIMIT:
            raise Livelock(f"{SPIN_LIMIT} polls at {clock.now} ns")
        clock.moment = clock.now
        return ready

    def _catch_up(self) -> None:
        """Let everything happen that is due by now."""
        clock = self.clock
        events = 0
        due_ns = clock.next_time()
        while due_ns is not None and due_ns <= clock.now:
            clock.happen()
            due_ns = clock.next_time()
            events += 1
            if events > SPIN_LIMIT:
                raise Livelock(f"{SPIN_LIMIT} events at {clock.now} ns")
        clock.moment = clock.now
        self.events += events

    def _next_wake(self, deadline_ns: int | None) -> int:
        """When there is next anything to see to: the next event or the deadline."""
        clock = self.clock
        next_ns = clock.next_time()
        rest_ns = clock.next_rest()
        if next_ns is None or (rest_ns is not None and rest_ns < next_ns):
            next_ns = rest_ns
        if next_ns is None or (deadline_ns is not None and deadline_ns < next_ns):
            next_ns = deadline_ns
        if next_ns is None and clock.end_time_ns is None:
            raise Deadlock(f"nothing can happen any more after {clock.now} ns")
        if clock.end_time_ns is not None and (next_ns is None or next_ns > clock.end_time_ns):
            clock.now = clock.moment = clock.end_time_ns
            raise EndOfRun(f"end of run at {clock.now} ns")
        assert next_ns is not None
        return next_ns

    # sockets
    def listen_unix(self, path: str, mode: int, owner: tuple[int, int] | None) -> int:
        self._enter("listen_unix", path)
        self.machine.descriptors.need(1)
        return self._listening(self.network.listen_unix(path, mode, owner))

    def listen_tcp(self, host: str, port: int) -> int:
        self._enter("listen_tcp", host, port)
        self.machine.descriptors.need(1)
        return self._listening(self.network.listen_tcp(port))

    def _listening(self, listener: Listener) -> int:
        listener.blocking = False
        return self.machine.descriptors.install(listener)

    def socket_port(self, fd: int) -> int:
        return self._listener(fd).port

    @rule("accept-emfile-keeps-the-connection")
    def accept(self, fd: int) -> tuple[int, str]:
        self._enter("accept", fd)
        listener = self._listener(fd)
        if listener.queue:
            self.machine.descriptors.need(1)
        connection = listener.accept()
        connection.blocking = False
        return self.machine.descriptors.install(connection), connection.peer

    def _listener(self, fd: int) -> Listener:
        listener = self.machine.descriptors.get(fd)
        if not isinstance(listener, Listener):
            raise os_error(errno.EINVAL)
        return listener

    # work that may wait
    def submit(self, lane: str, operation: Callable[[Files], Any]) -> int:
        self._enter("submit", lane)
        return self.workers.submit(lane, operation)

    def take_completions(self) -> list[Completion]:
        self._enter("take_completions")
        return self.workers.take()

    # limits and end
    def open_limit(self) -> int:
        return self.machine.descriptors.limit

    def open_count(self) -> int:
        return len(self.machine.descriptors.entries)

    def terminate(self, code: int) -> NoReturn:
        if self.machine.trace is not None:
            self.machine.trace(self.clock.now, "terminate", self.machine.daemon.pid, code)
        raise Terminated(code)
