"""`initd -- CMD`: start it, pass signals on, reap everybody, end with its status and leave nobody behind.

The whole life of the init over `init_port.Init`, without a word of Linux: the simulator runs the same (pid1.md §8).
"""

from __future__ import annotations

import errno

from initd.kernel.command import Arrived, Command
from initd.reaper.options import CANNOT_START
from initd.signals import SIGCHLD, SIGCONT, SIGHUP, SIGINT, SIGKILL, SIGQUIT, SIGTERM, SIGTSTP, SIGTTIN, SIGTTOU

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from initd.kernel.init_port import Init
    from initd.reaper.clearing import Clearing
    from initd.reaper.forwarding import Forwarding
    from initd.reaper.options import Options

STOP_SIGNALS = (SIGTERM, SIGINT, SIGQUIT)
TERMINAL_STOPS = (SIGTSTP, SIGTTIN, SIGTTOU)
STOPPED = 0x7F
"""How wait(2) marks the status of a child that has only stopped."""
BATCH = 4096
"""So many are reaped before signals and timers have their turn."""
PATIENCE = 64
"""After so many signals in a row children are looked after even if their own signal had no turn."""
RETRY_NS, GIVE_UP_NS = 100_000_000, 2_000_000_000
"""How often and how long a start is tried when there is no room for one more process."""
SETTLED_NS = 100_000_000
"""Who lives longer than this is worth loading what may be needed later."""
ENOENT_CODE, REFUSED_CODE = 127, 126


class Run:
    """One life of the init. `run` returns the exit status."""

    def __init__(self, kernel: Init, options: Options) -> None:
        self._kernel, self._options = kernel, options
        self._timers: list[tuple[int, Callable[[], None]]] = []
        self._main = 0
        self._forwarder: Forwarding | None = None
        self._clearing: Clearing | None = None
        self._stop_ns: int | None = None  # when the first stop signal came
        self._code: int | None = None
        self._over = False
        self._children_left = True
        self._unreaped = 0  # signals taken since children were looked after
        self._busy = False  # there are more to reap

    def run(self) -> int:
        """Start CMD and look after everybody until the end."""
        missed = self._tie()
        if not self._options.pause and not self._start():
            return CANNOT_START if self._code is None else self._code
        if missed:
            self._take(Arrived(missed))
        self._kernel.settle(self._options.remark is not None)
        self._after(SETTLED_NS, self._load)
        while not self._turn():
            pass
        code = self._options.codes.get(self._code or 0, self._code or 0)
        self._remark("over", code)
        return code

    # the start
    def _tie(self) -> int:
        """Our ties to those above and below; the parent-death signal if the parent is gone already."""
        kernel, options = self._kernel, self._options
        adopts = kernel.getpid() != 1 if options.subreaper is None else options.subreaper
        try:
            if adopts:
                kernel.become_subreaper()
            if options.remark is not None:
                self._remark("bound", adopts, kernel.is_subreaper())
            if options.parent_death and not kernel.tie_to_parent(options.parent_death):
                return options.parent_death
        except (OSError, ImportError) as error:
            self._tell(f"orphans or the parent's end may go unnoticed: {error}")
        return 0

    def _start(self) -> bool:
        command = Command(self._options.command, self._options.place, self._options.refuse or self._refusal)
        give_up_ns = self._kernel.mono() + GIVE_UP_NS
        while True:
            try:
                self._main = self._kernel.start(command)
                self._remark("started", self._main)
                if self._kernel.left_terminal():
                    for number in (SIGHUP, SIGCONT):
                        self._remark("ignored", number)
                return True
            except OSError as error:
                now_ns = self._kernel.mono()
                if error.errno not in (errno.EAGAIN, errno.ENOMEM) or now_ns >= give_up_ns:
                    self._tell(f"cannot start a process for {command.argv[0]!r}: {error.strerror}")
                    return False
            arrived = self._kernel.wait_signal(now_ns + RETRY_NS)
            if arrived is not None and arrived.number in STOP_SIGNALS:
                self._code = 128 + arrived.number
                return False

    def _refusal(self, number: int, text: str, _pid: int) -> tuple[str, int]:
        """What the child says and exits with when its program cannot be executed."""
        code = ENOENT_CODE if number in (errno.ENOENT, errno.ENOTDIR) else REFUSED_CODE
        return f"{self._options.name}: cannot run {self._options.command[0]!r}: {text}\n", code

    def _load(self) -> None:
        """Load what a short life does not need, while the files are still those we were started from."""
        import initd.reaper.clearing  # noqa: F401  and forwarding with it

        self._kernel.load()

    @property
    def _forwarding(self) -> Forwarding:
        if self._forwarder is None:
            from initd.reaper.forwarding import Forwarding

            self._forwarder = Forwarding(self._kernel, self._options, self._main, self._after)
        return self._forwarder

    # the loop
    def _turn(self) -> bool:
        """Wait for one thing and see to it; True when all is over."""
        arrived = self._kernel.wait_signal(self._next_ns())
        try:
            if self._timers:
                self._due()
            if arrived is not None and arrived.number != SIGCHLD:
                self._unreaped += 1
                self._take(arrived)
            if self._busy or self._unreaped > PATIENCE or (arrived is not None and arrived.number == SIGCHLD):
                self._reap()
            return self._over or (self._clearing is not None and self._clearing.over(self._alone()))
        except Exception as error:  # PID 1 does not die of its own mistakes
            self._tell(f"internal error: {error!r}")
            return self._code is not None and self._clearing is None  # nobody can be cleared away any more

    def _next_ns(self) -> int | None:
        if self._busy:
            return 0
        if not self._timers and self._clearing is None:
            return None
        due = [due_ns for due_ns, _ in self._timers]
        if self._clearing is not None:
            due.append(self._clearing.next_look())
        return min(due) if due else None

    def _after(self, delay_ns: int, action: Callable[[], None]) -> None:
        self._timers.append((self._kernel.mono() + delay_ns, action))

    def _due(self) -> None:
        now_ns = self._kernel.mono()
        due = [timer for timer in self._timers if timer[0] <= now_ns]
        if due:
            self._timers = [timer for timer in self._timers if timer[0] > now_ns]
            for _, action in due:
                action()

    # signals
    def _take(self, arrived: Arrived) -> None:
        if self._clearing is not None or self._options.pause:
            if arrived.number in STOP_SIGNALS:
                self._over = self._options.pause
                if self._clearing is not None:
                    self._clearing.hurry()
            return
        number = self._forwarding.take(arrived)
        self._remark("passed", arrived.number, number)
        if arrived.number in self._options.suspend:
            self._kernel.stop(False)
        if arrived.number in STOP_SIGNALS and self._stop_ns is None:
            self._stop_ns = self._kernel.mono()
            if self._options.kill_after_ns is not None:
                self._after(self._options.kill_after_ns, self._kill)

    def _kill(self) -> None:
        if self._clearing is None:
            self._tell(f"pid {self._main} has not ended in time: SIGKILL")
            self._forwarding.send(SIGKILL)

    # children
    def _reap(self) -> None:
        ended, self._children_left = self._kernel.reap(BATCH)
        self._busy, self._unreaped = len(ended) == BATCH, 0
        if self._options.remark is not None:
            self._remark("changed")
            for pid, status in ended:
                if pid != self._main and status & 0xFF != STOPPED:
                    self._remark("reaped", pid)
            if self._children_left and self._main not in dict(ended):
                self._remark("waits")
        for pid, status in ended:
            if pid == self._main:
                self._changed(status)

    def _changed(self, status: int) -> None:
        """CMD has ended or stopped; status as wait(2) encodes it."""
        if status & 0xFF == STOPPED:
            self._stopped(status >> 8)
            return
        signal = status & 0x7F
        self._code = 128 + signal if signal else status >> 8
        self._remark("died" if signal else "exited", self._main, signal or self._code)
        if self._kernel.has_terminal():
            self._kernel.pass_terminal(self._main, 0)
        self._clear()

    def _clear(self) -> None:
        if self._options.farewell and self._options.target != "child":
            from initd.reaper.forwarding import attempt

            attempt(self._kernel.killpg, self._main, self._options.rewrites.get(self._options.farewell, self._options.farewell))
        grace_ns = self._options.grace_ns
        if grace_ns is None or self._alone():
            self._over = True
            return
        from initd.reaper.clearing import Clearing

        now_ns = self._kernel.mono()
        until_ns = now_ns + grace_ns
        if self._stop_ns is not None:
            until_ns = min(until_ns, max(now_ns, self._stop_ns + self._options.deadline_ns))
        self._timers = []
        self._clearing = Clearing(self._kernel, self._main, until_ns)
        self._clearing.begin()

    def _alone(self) -> bool:
        """Whether nobody is left for us: PID 1 has to do with all of its namespace, others with whom they can reap."""
        return not (self._kernel.kill_all(0) if self._kernel.getpid() == 1 else self._children_left)

    def _stopped(self, signal: int) -> None:
        """Ctrl-Z in front of a terminal: stop as CMD did, so that the shell that started us gets its prompt."""
        if signal in TERMINAL_STOPS and self._kernel.has_terminal() and self._kernel.getpid() != 1:
            self._kernel.pass_terminal(self._main, 0)
            self._kernel.stop(True)
            self._kernel.pass_terminal(0, self._main)
            self._forwarding.send(SIGCONT)

    # words
    def _tell(self, text: str) -> None:
        self._kernel.say(f"{self._options.name}: {text}\n")

    def _remark(self, event: str, first: int = 0, second: int = 0) -> None:
        if self._options.remark is not None:
            for fd, text in self._options.remark(event, first, second):
                self._kernel.say(text, fd)
