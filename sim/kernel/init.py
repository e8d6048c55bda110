"""The simulated kernel as an init of one command meets it: `initd.kernel.init_port.Init` over the same machine.

Every signal to the init is held until `wait_signal` takes it (sigtimedwait(2)). Only there does time pass.
"""

from __future__ import annotations

from initd.kernel.command import Arrived
from initd.kernel.port import SetupFailed, SpawnSpec
from initd.signals import SIGKILL, SIGRTMAX, SIGRTMIN, SIGSTOP
from sim.kernel.process import os_error
from sim.kernel.rules import rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from initd.kernel.command import Command
    from initd.kernel.port import ExitStatus
    from sim.kernel.kernel import SimKernel
    from sim.kernel.process import Process

HELD = frozenset(range(1, SIGRTMAX + 1)) - {SIGKILL, SIGSTOP}
STOPPED, DUMPED = 0x7F, 0x80
"""How wait(2) marks the status of a stopped and of a core-dumping process."""


class Held(set[int]):
    """The signals that wait for the init; the realtime ones among them in a queue besides."""

    def __init__(self, already: Iterable[int]) -> None:
        super().__init__(already)
        self.queue: list[Arrived] = []

    def add(self, number: int) -> None:
        """One more signal without a value."""
        super().add(number)
        if number >= SIGRTMIN:
            self.queue.append(Arrived(number))

    @rule("held-lowest-first", "held-standard-once", "held-realtime-each-in-order")
    def take(self) -> Arrived:
        """The next one; there must be one."""
        number = min(self)
        queued = [one for one in self.queue if one.number == number]
        if queued:
            self.queue.remove(queued[0])
        if len(queued) <= 1:
            self.discard(number)
        return queued[0] if queued else Arrived(number)


class SimInit:
    """Implements `initd.kernel.init_port.Init` on the machine of `kernel`.

    `ignored` and `blocked` are what the init was started with and gives back to its command. `terminal` is whether it is
    in front of one; then `front` is the group in front, 0 being its own. `sent` are the queued signals passed on as (pid,
    number, value), `said` its words.
    """

    def __init__(
        self, kernel: SimKernel, ignored: Iterable[int] = (), blocked: Iterable[int] = (), terminal: bool = False
    ) -> None:
        self.kernel, self._machine = kernel, kernel.machine
        self.ignored, self.blocked = frozenset(ignored), frozenset(blocked)
        self.terminal, self.front = terminal, 0
        self._left_terminal = False
        self.sent: list[tuple[int, int, int]] = []
        self.said: list[str] = []
        self.calls = 0
        self._told_stops: dict[int, int] = {}
        self._held = Held(self._machine.taken)
        self._machine.caught, self._machine.taken = HELD, self._held

    def mono(self) -> int:
        return self.kernel.mono()

    def getpid(self) -> int:
        return self.kernel.getpid()

    @rule("start-in-a-place", "start-restores-signals", "start-refused")
    def start(self, command: Command) -> int:
        self.kernel._enter("start", command)
        machine, path = self._machine, command.argv[0]
        streams = {fd: machine.descriptors.get(fd) for fd in range(3)}
        child = machine.family.fork(machine.daemon, streams, own_group=command.place == "group")
        if command.place == "session":
            machine.table.new_session(child)
            self._left_terminal, self.terminal = self.terminal, False
        elif command.place == "group" and self.terminal:
            self.front = child.pid
        child.ignored, child.blocked = set(self.ignored), set(self.blocked)
        failed, steps = self.kernel.spawner.prepare(child, SpawnSpec(path, command.argv, {}, 0, 1, 2))
        if failed is not None:
            text, code = self._refusal(command, failed, child.pid)
            self.said.append(text)
            steps = [["exit", code]]
        if machine.trace is not None:
            machine.trace(machine.clock.now, "spawn", child.pid, command.argv)
        machine.scheduler.start(child, steps, self.kernel.spawner.start_delay_ns)
        return child.pid

    @staticmethod
    def _refusal(command: Command, failed: SetupFailed, pid: int) -> tuple[str, int]:
        return command.refuse(failed.errno, os_error(failed.errno).strerror or "", pid)

    def settle(self, output: bool) -> None:
        return

    def load(self) -> None:
        return

    # signals
    @rule("wait-ends-with-a-held-signal", "wait-ends-at-the-deadline")
    def wait_signal(self, deadline_ns: int | None) -> Arrived | None:
        self.calls += 1
        self.kernel._catch_up()
        while not self._held:
            self.kernel.poll(deadline_ns)
            if not self._held and deadline_ns is not None and self.mono() >= deadline_ns:
                return None
        return self._held.take()

    def arrive(self, arrived: Arrived) -> None:
        """A queued signal to the init, from outside."""
        set.add(self._held, arrived.number)
        self._held.queue.append(arrived)

    def kill(self, pid: int, number: int) -> None:
        self.kernel.kill(pid, number)

    def queue(self, pid: int, number: int, arrived: Arrived) -> None:
        self.kernel.kill(pid, number)
        self.sent.append((pid, number, arrived.value))

    def killpg(self, pgid: int, number: int) -> None:
        self.kernel.killpg(pgid, number)

    def kill_all(self, number: int) -> bool:
        return self.kernel.kill_all(number)

    # the others
    @rule("reap-as-wait-encodes-it", "reap-tells-a-stop-once", "reap-tells-whether-any-is-left")
    def reap(self, limit: int) -> tuple[list[tuple[int, int]], bool]:
        ended: list[tuple[int, int]] = []
        while len(ended) < limit and (pid := self.kernel.peek_exited()) is not None:
            ended.append((pid, encoded(self.kernel.reap(pid))))
            self._told_stops.pop(pid, None)
        for pid, child in sorted(self._machine.daemon.children.items()):
            if child.state == "T" and self._told_stops.get(pid) != child.stops and len(ended) < limit:
                self._told_stops[pid] = child.stops
                ended.append((pid, child.stopped_by << 8 | STOPPED))
        return ended, bool(self._machine.daemon.children)

    @rule("descendants-nearest-first")
    def descendants(self) -> list[int]:
        found: list[int] = []
        row: list[Process] = [self._machine.daemon]
        while row:
            row = [child for process in row for _, child in sorted(process.children.items())]
            found += [process.pid for process in row]
        return found

    @rule("session-members")
    def session(self, sid: int) -> list[int]:
        return sorted(pid for pid, process in self._machine.table.by_pid.items() if process.sid == sid)

    def become_subreaper(self) -> None:
        self.kernel.become_subreaper()

    @rule("subreaper-is-known")
    def is_subreaper(self) -> bool:
        return self._machine.daemon.subreaper

    def tie_to_parent(self, number: int) -> bool:
        self.kernel._enter("tie_to_parent", number)
        return True

    # the terminal
    def has_terminal(self) -> bool:
        return self.terminal

    def left_terminal(self) -> bool:
        return self._left_terminal

    def pass_terminal(self, giver: int, taker: int) -> None:
        if self.front == giver:
            self.front = taker

    def stop(self, group: bool) -> None:
        self._machine.stopped = True
        while self._machine.stopped:
            self.kernel.poll(None)

    def say(self, text: str, fd: int = 2) -> None:
        self.said.append(text)


def encoded(status: ExitStatus) -> int:
    """The status as wait(2) has it."""
    if status.signal is None:
        return (status.code or 0) << 8
    return status.signal | (DUMPED if status.dumped else 0)
