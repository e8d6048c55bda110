"""Signals that are lost, late, too many, or somebody else's; wake-ups for nothing (simulation.md P3, P4, P16, P17, P23)."""

from __future__ import annotations

from sim.nemesis.nemesis import Nemesis

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sim.nemesis.nemesis import Field

SIGHUP, SIGINT, SIGKILL, SIGUSR1, SIGSEGV, SIGUSR2, SIGTERM, SIGCHLD, SIGCONT, SIGSTOP = 1, 2, 9, 10, 11, 12, 15, 17, 18, 19


class _Tampering(Nemesis):
    """Comes between the kernel and the daemon's SIGCHLD."""

    def setup(self, field: Field) -> None:
        machine = field.kernel.machine
        below = machine.tamper

        def tamper(signal: int) -> int | None:
            after_ns = 0 if below is None else below(signal)
            return self.late(after_ns) if signal == SIGCHLD and after_ns is not None and self.fires() else after_ns

        machine.tamper = tamper

    def late(self, after_ns: int) -> int | None:
        """How much later that one comes; None for never."""
        raise NotImplementedError

    def step(self, field: Field) -> None:
        """Its chances are the signals themselves."""


class SigchldDrop(_Tampering):
    """A SIGCHLD is lost; what it told of is found at the next wake-up, which `heal` sees to."""

    name = "sigchld_drop"

    def late(self, after_ns: int) -> int | None:
        return None

    def heal(self, field: Field) -> None:
        super().heal(field)
        field.kernel.nudge()


class SigchldDelay(_Tampering):
    """A SIGCHLD comes up to two seconds late."""

    name = "sigchld_delay"

    def late(self, after_ns: int) -> int | None:
        return after_ns + self.ns(2) + 1

    def heal(self, field: Field) -> None:
        super().heal(field)
        field.kernel.nudge()


class SpuriousWake(Nemesis):
    """`poll` returns without a reason."""

    name, harmless = "spurious_wake", True

    def act(self, field: Field) -> None:
        field.kernel.nudge()


class Eintr(Nemesis):
    """A signal arrives in the middle of a call, which the interpreter then makes again."""

    name, harmless = "eintr", True

    def setup(self, field: Field) -> None:
        kernel = field.kernel

        def hear(_call: str, _args: tuple[object, ...]) -> None:
            if SIGCHLD in kernel.machine.caught and self.fires():
                kernel.machine.taken.add(SIGCHLD)

        self.chance /= 4
        kernel.watch_calls(hear)

    def step(self, field: Field) -> None:
        """Its chances are the calls."""


class SignalStorm(Nemesis):
    """Many signals to the daemon at once; none of them ends it."""

    name, harmless = "signal_storm", True

    def act(self, field: Field) -> None:
        for _ in range(1 + self.below(20)):
            field.kernel.signal_daemon((SIGUSR1, SIGUSR2, SIGCHLD, SIGCONT)[self.below(4)])


class OutsiderKill(Nemesis):
    """Somebody else ends a program."""

    name = "outsider_kill"

    def act(self, field: Field) -> None:
        pid = self.pick(field.children())
        if pid is not None:
            field.kernel.outsider_kill(pid, (SIGHUP, SIGINT, SIGKILL, SIGSEGV, SIGTERM)[self.below(5)])


class OutsiderStop(Nemesis):
    """Somebody else stops a program, and mostly lets it go on after a while."""

    name = "outsider_stop"

    def act(self, field: Field) -> None:
        kernel, pid = field.kernel, self.pick(field.children())
        if pid is not None:
            kernel.outsider_kill(pid, SIGSTOP)
            if self.below(4):
                kernel.at(kernel.now + self.ns(3), lambda: kernel.outsider_kill(pid, SIGCONT))

    def heal(self, field: Field) -> None:
        super().heal(field)
        for pid in field.children():
            field.kernel.outsider_kill(pid, SIGCONT)


SIGNALS = (SigchldDrop, SigchldDelay, SpuriousWake, Eintr, SignalStorm, OutsiderKill, OutsiderStop)
