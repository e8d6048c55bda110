"""Clocks that step, drift and stand still, also just when something falls due (simulation.md P1, P2)."""

from __future__ import annotations

from sim.nemesis.nemesis import SECOND_NS, Nemesis

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sim.nemesis.nemesis import Field

HOUR_S = 3600


class ClockStep(Nemesis):
    """The wall clock is set forward or back, by up to an hour."""

    name, harmless = "clock_step", True

    def act(self, field: Field) -> None:
        field.kernel.step_wall(self.ns(2 * HOUR_S) - HOUR_S * SECOND_NS)


class ClockDrift(Nemesis):
    """The wall clock runs up to a tenth too fast or too slow."""

    name, harmless = "clock_drift", True

    def act(self, field: Field) -> None:
        field.kernel.clock.drift(self.below(200_001) - 100_000)

    def heal(self, field: Field) -> None:
        super().heal(field)
        field.kernel.clock.drift(0)


class SuspendResume(Nemesis):
    """The machine sleeps for up to an hour: what counts by the monotonic clock does not notice."""

    name, harmless = "suspend_resume", True

    def act(self, field: Field) -> None:
        field.kernel.suspend(self.ns(HOUR_S))


class BoundaryJump(Nemesis):
    """State-directed: a child ends, and the wall clock is set, at what falls due next, or a nanosecond beside it."""

    name = "boundary_jump"

    def act(self, field: Field) -> None:
        due_ns = field.deadline()
        if due_ns is None:
            return
        beside = (-1, 0, 1)[self.below(3)]
        kernel = field.kernel
        kernel.step_wall(due_ns + beside - kernel.now)
        pid = self.pick(field.children())
        if pid is not None and self.below(2):
            kernel.at(due_ns + beside, lambda: kernel.outsider_kill(pid, 9) if pid in field.children() else None)


CLOCKS = (ClockStep, ClockDrift, SuspendResume, BoundaryJump)
