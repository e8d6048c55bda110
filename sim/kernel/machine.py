"""The simulated machine: what all parts of the kernel share, and the daemon's place in it."""

from __future__ import annotations

from initd import signals as sig
from sim.kernel.clock import Clock
from sim.kernel.descriptors import DescriptorTable
from sim.kernel.family import Family
from sim.kernel.halt import Killed
from sim.kernel.process import Process
from sim.kernel.rules import rule
from sim.kernel.scheduler import Scheduler
from sim.kernel.signals import IGNORED_BY_DEFAULT, STOPS, Signals

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from initd.kernel.port import ExitStatus
    from sim.kernel.files import SimFiles
    from sim.kernel.process import Frame, ProcessTable

    Trace = Callable[[int, str, int, Any], None]
    """Called with (monotonic ns, what happened, the pid it happened to, a detail)."""


class Machine:
    """One machine with its daemon, which is PID 1 of it or a process below an init that reaps by itself.

    `tamper(signal)`, if set, answers how many nanoseconds later the daemon hears of a signal it catches; None for never.
    """

    __slots__ = (
        "caught", "clock", "daemon", "descriptors", "family", "files", "init", "interpret", "scheduler", "signals", "stopped",
        "table", "taken", "tamper", "trace",
    )  # fmt: skip

    def __init__(
        self,
        pid: int,
        clock: Clock,
        interpret: Callable[[Machine, Process, list[Any]], Frame],
        files: SimFiles,
        table: ProcessTable,
        uid: int,
        nofile: int,
    ) -> None:
        self.clock = clock
        self.interpret = interpret
        self.files = files
        self.trace: Trace | None = None
        self.table = table
        self.signals = Signals(self)
        self.family = Family(self)
        self.scheduler = Scheduler(self)
        self.descriptors = DescriptorTable(nofile)
        files.attach(self.descriptors, uid, table)
        files.storage.on_release.append(self.scheduler.disk_is_back)
        self.caught: frozenset[int] = frozenset()
        self.taken: set[int] = set()
        self.stopped = False
        self.tamper: Callable[[int], int | None] | None = None
        self.daemon = self._new_daemon(pid, uid, nofile)
        self.init = self.daemon if pid == 1 else self._outer_init()
        self.table.add(self.daemon)

    @staticmethod
    def _new_daemon(pid: int, uid: int, nofile: int) -> Process:
        daemon = Process(pid, None, pid, pid)
        daemon.is_daemon = True
        daemon.ignored = {sig.SIGPIPE, sig.SIGXFSZ}
        daemon.uid = daemon.gid = uid
        daemon.nofile = nofile
        return daemon

    def replace_daemon(self, status: ExitStatus) -> None:
        """The daemon ends here and now, below an init that outlives it, and another process is started in its place."""
        old = self.daemon
        for fd in list(self.descriptors.entries):
            self.descriptors.close(fd)
        self.family.exit(old, status)
        self.family.zombies.clear()  # they are the init's now, which has reaped them
        self.caught, self.stopped = frozenset(), False
        self.taken.clear()
        pid = self.table.allocate(0)
        self.daemon = daemon = self._new_daemon(pid, old.uid, old.nofile)
        daemon.parent = self.init
        self.init.children[pid] = daemon
        self.table.add(daemon)

    def _outer_init(self) -> Process:
        init = Process(1, None, 1, 1)
        init.auto_reap = True
        self.table.add(init)
        self.daemon.parent = init
        init.children[self.daemon.pid] = self.daemon
        return init

    @rule("caught-signals-are-a-set", "pid1-ignores-uncaught", "uncaught-signal-kills", "init-safe-from-inside")
    def signal_daemon(self, signal: int, inside: bool) -> None:
        """A signal to the daemon itself: caught, dropped, or its end.

        As PID 1 it is safe from what it does not catch, SIGKILL and SIGSTOP included unless they come from outside.
        """
        if signal == sig.SIGCONT:
            self.stopped = False
        if signal in self.caught:
            delay_ns = 0 if self.tamper is None else self.tamper(signal)
            if delay_ns:
                self.clock.at(self.clock.moment + delay_ns, self.taken.add, signal)
            elif delay_ns is not None:
                self.taken.add(signal)
        elif signal in IGNORED_BY_DEFAULT or signal in self.daemon.ignored:
            pass
        elif self.daemon.pid == 1 and (inside or signal not in (sig.SIGKILL, sig.SIGSTOP)):
            return
        elif signal in STOPS:
            self.stopped = True
        else:
            raise Killed(signal)
