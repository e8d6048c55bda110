"""Running the scripts of simulated processes: each runs until it waits, and is resumed to look whether it still has to."""

from __future__ import annotations

from initd.kernel.port import ExitStatus

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sim.kernel.machine import Machine
    from sim.kernel.process import Process

PAUSE = -1
"""Yielded by a script: wait for a signal or for whatever it has arranged to be woken by."""
AGAIN = -2
"""Yielded by a script: look at the signals, then go on."""


class Exit:
    """Yielded by a script: end with that code, or of that signal."""

    __slots__ = ("code", "signal")

    def __init__(self, code: int, signal: int | None = None) -> None:
        self.code, self.signal = code, signal


class Uninterruptible:
    """Yielded by a script: disk sleep until that time (None: until a disk is back), when even SIGKILL has to wait."""

    __slots__ = ("until_ns",)

    def __init__(self, until_ns: int | None) -> None:
        self.until_ns = until_ns


class Scheduler:
    """Who runs next is the clock's affair; what running means is here."""

    __slots__ = ("_asleep", "_machine")

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._asleep: list[tuple[Process, int]] = []

    def push(self, process: Process, steps: list[object]) -> None:
        """Run these steps on top of what the process is doing."""
        process.frames.append(self._machine.interpret(self._machine, process, steps))

    def start(self, process: Process, steps: list[object], delay_ns: int = 0) -> None:
        """Give a new process its script, from this moment plus the delay."""
        self.push(process, steps)
        process.ticket += 1
        self._machine.clock.at(self._machine.clock.moment + delay_ns, self._resume, process, process.ticket)

    def wake(self, process: Process) -> None:
        """Have a waiting process run at this moment; harmless if it does not wait, or may not run."""
        if process.frames and process.state != "D":
            self._machine.clock.soon(self._resume, process, process.ticket)

    def wake_waiting_parent(self, parent: Process) -> None:
        """Have a parent that waits for its children look again."""
        if not parent.is_daemon and parent.frames:
            self.wake(parent)

    def _resume(self, process: Process, ticket: int) -> None:
        if process.ticket != ticket or process.state not in "RST":
            return
        if process.state == "T" and not self._machine.signals.kills(process):
            return
        process.ticket += 1
        process.state = "R"
        signals = self._machine.signals
        while True:
            if process.pending:
                signals.deliver(process)
                if process.state != "R":
                    return
            if not self._step(process):
                return

    def _step(self, process: Process) -> bool:
        """Run the script on top until it waits or ends; False when the process is to be left alone."""
        try:
            wait = next(process.frames[-1])
        except StopIteration:
            process.frames.pop()
            if process.frames:
                return True
            wait = Exit(0)
        if type(wait) is int:
            if wait == AGAIN:
                return True
            process.state = "S"
            if wait != PAUSE:
                self._machine.clock.at(wait, self._resume, process, process.ticket)
            return False
        if isinstance(wait, Exit):
            status = ExitStatus(wait.code & 0xFF) if wait.signal is None else ExitStatus(None, wait.signal)
            self._machine.family.exit(process, status)
            return False
        process.state = "D"
        if wait.until_ns is None:
            self._asleep.append((process, process.ticket))
        else:
            self._machine.clock.at(wait.until_ns, self._surface, process, process.ticket)
        return False

    def disk_is_back(self) -> None:
        """Have everybody who sleeps for a disk look again."""
        asleep, self._asleep = self._asleep, []
        for process, ticket in asleep:
            self._machine.clock.soon(self._surface, process, ticket)

    def sink(self, process: Process, until_ns: int) -> None:
        """Disk sleep until that time, whatever the process is doing."""
        process.state = "D"
        process.ticket += 1
        self._machine.clock.at(until_ns, self._surface, process, process.ticket)

    def _surface(self, process: Process, ticket: int) -> None:
        """The end of disk sleep."""
        if process.ticket == ticket and process.state == "D":
            process.state = "S"
            self._resume(process, ticket)
