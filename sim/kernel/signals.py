"""Sending signals and what they do to their target (signal(7), kill(2); pid1.md §1.3 for PID 1)."""

from __future__ import annotations

import errno

from initd import signals as sig
from initd.kernel.port import ExitStatus
from sim.kernel.process import os_error
from sim.kernel.rules import rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from sim.kernel.machine import Machine
    from sim.kernel.process import Process

IGNORED_BY_DEFAULT = frozenset({sig.SIGCHLD, sig.SIGCONT, sig.SIGURG, sig.SIGWINCH})
TERMINAL_STOPS = frozenset({sig.SIGTSTP, sig.SIGTTIN, sig.SIGTTOU})
STOPS = TERMINAL_STOPS | {sig.SIGSTOP}
HIGHEST = 64


class Signals:
    """The signal rules of one machine."""

    __slots__ = ("_machine",)

    def __init__(self, machine: Machine) -> None:
        self._machine = machine

    # kill(2) and its kin, called by `sender`
    @rule("kill-esrch", "kill-zombie-ok", "kill-eperm", "kill-einval")
    def kill(self, sender: Process, pid: int, signal: int) -> None:
        """kill(2) on one process: ESRCH once it is reaped, EPERM for another user's, EINVAL for no signal."""
        if not 0 <= signal <= HIGHEST:
            raise os_error(errno.EINVAL)
        target = self._machine.table.by_pid.get(pid)
        if target is None:
            raise os_error(errno.ESRCH)
        if not may_signal(sender, target):
            raise os_error(errno.EPERM)
        self.send(target, signal, inside=True)

    @rule("killpg-esrch", "killpg-dead-leader-ok", "killpg-partly-permitted-ok", "killpg-zombie-only-ok")
    def kill_group(self, sender: Process, pgid: int, signal: int) -> None:
        """killpg(3): reaches every member; EPERM only when none may be signalled."""
        if not 0 <= signal <= HIGHEST:
            raise os_error(errno.EINVAL)
        members = self._machine.table.groups.get(pgid)
        if not members:
            raise os_error(errno.ESRCH)
        if not self._send_each(sender, members.values(), signal):
            raise os_error(errno.EPERM)

    @rule("kill-all-spares-us", "kill-all-counts-zombies")
    def kill_all(self, sender: Process, signal: int) -> bool:
        """kill(-1): everybody but PID 1 and the sender; False when there is nobody, zombies counted."""
        others = [one for one in self._machine.table.by_pid.values() if one.pid != 1 and one is not sender]
        self._send_each(sender, others, signal)
        return bool(others)

    def _send_each(self, sender: Process, targets: Iterable[Process], signal: int) -> bool:
        reached = False
        for target in list(targets):
            if may_signal(sender, target):
                self.send(target, signal, inside=True)
                reached = True
        return reached

    # delivery
    @rule(
        "cont-cancels-pending-stops",
        "stop-cancels-pending-cont",
        "ignored-signal-is-dropped",
        "blocked-signal-stays-pending",
    )
    def send(self, target: Process, signal: int, inside: bool) -> None:
        """Make a signal pending on a process, and wake it if it will act on it. `inside` its own pid namespace."""
        if not signal or target.state == "Z":
            return
        machine = self._machine
        if machine.trace is not None:
            machine.trace(machine.clock.moment, "signal", target.pid, signal)
        if target.is_daemon:
            machine.signal_daemon(signal, inside)
            return
        if target.auto_reap:
            return
        if signal in STOPS:
            target.pending.discard(sig.SIGCONT)
        elif signal == sig.SIGCONT:
            target.pending -= STOPS
            self._continue(target)
        if self._dropped(target, signal):
            return
        target.pending.add(signal)
        if signal == sig.SIGKILL and target.dying_ns and target.state != "D":
            machine.scheduler.sink(target, machine.clock.moment + target.dying_ns)
        self.wake(target)

    @rule("term-waits-for-cont", "kill-ends-a-stopped-process", "kill-waits-for-uninterruptible-sleep")
    def wake(self, target: Process) -> None:
        """Have the target look at its pending signals, if it is in a state to."""
        if target.state == "D" or (target.state == "T" and sig.SIGKILL not in target.pending):
            return
        if sig.SIGKILL in target.pending or target.pending - target.blocked:
            self._machine.scheduler.wake(target)

    def kills(self, target: Process) -> bool:
        """Whether a SIGKILL is pending, which nothing but disk sleep keeps waiting."""
        return sig.SIGKILL in target.pending

    @rule("continue-tells-parent")
    def _continue(self, target: Process) -> None:
        if target.state != "T":
            return
        target.state = "S"
        self._machine.scheduler.wake(target)
        self._machine.family.tell_parent(target)

    def _dropped(self, target: Process, signal: int) -> bool:
        if signal in target.blocked or signal in (sig.SIGKILL, sig.SIGSTOP):
            return False
        if signal in target.ignored:
            return True
        return signal in IGNORED_BY_DEFAULT and signal not in target.handlers

    def deliver(self, process: Process) -> None:
        """Act on every deliverable pending signal, SIGKILL first, then by number, until one stops or ends the process."""
        while process.pending:
            if sig.SIGKILL in process.pending:
                self._machine.family.exit(process, ExitStatus(None, sig.SIGKILL))
                return
            ready = process.pending - process.blocked
            if not ready:
                return
            signal = min(ready)
            process.pending.discard(signal)
            if not self._act(process, signal):
                return

    @rule("death-by-signal-status", "handler-runs", "stop-tells-parent", "terminal-stop-needs-a-connected-group")
    def _act(self, process: Process, signal: int) -> bool:
        """One signal; False when the process does not go on."""
        machine = self._machine
        if signal in process.handlers:
            machine.scheduler.push(process, process.handlers[signal])
            return True
        if signal in process.ignored or signal in IGNORED_BY_DEFAULT:
            return True
        if signal not in STOPS:
            machine.family.exit(process, ExitStatus(None, signal))
            return False
        if signal in TERMINAL_STOPS and machine.family.group_is_orphaned(process.pgid, None):
            return True
        process.state = "T"
        process.stops, process.stopped_by = process.stops + 1, signal
        process.ticket += 1
        machine.family.tell_parent(process)
        return False


@rule("root-may-signal-all")
def may_signal(sender: Process, target: Process) -> bool:
    """Whether kill(2) is permitted: root, or the same user."""
    return sender.uid == 0 or sender.uid == target.uid


def set_disposition(process: Process, signal: int, ignore: bool, handler: list[object] | None) -> None:
    """sigaction(2): a signal that becomes ignored is no longer pending."""
    process.ignored.discard(signal)
    process.handlers.pop(signal, None)
    if ignore:
        process.ignored.add(signal)
        process.pending.discard(signal)
    elif handler is not None:
        process.handlers[signal] = handler
