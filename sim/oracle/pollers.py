"""Where time passes for supervisor: its poll. The prompt one never lets it be late, the lagging one is as late as it really is.

Both play the ops of the scenario. At one instant the prompt poller lets ends, a signal that has come, and deadlines have
their passes of the loop first, then each op its own, as many as are needed until nothing changes any more.
"""

from __future__ import annotations

import signal

from supervisor.states import ProcessStates, SupervisorStates

from sim.oracle.clients import CLIENT_FD
from sim.oracle.clock import UNIT
from sim.scenario import SECOND_NS, TICK_NS, Kind

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, TypeAlias

    from supervisor.supervisord import Supervisor

    from sim.oracle.clients import Clients
    from sim.oracle.kernel import Kernel
    from sim.scenario import Op, Scenario

    Ready: TypeAlias = tuple[list[int], list[int]]

CALLS = (Kind.START, Kind.STOP, Kind.SIGNAL)
PASSES = 300
"""More passes than this within a tick: a program whose lives have next to no length is restarted again and again (D26)."""
CALM: Ready = ([], [])


class Over(BaseException):
    """The time of the scenario is over. Not an Exception: nothing in supervisor may catch it."""


class Poller:
    """The part of a poller that supervisor sees, and the ops."""

    def __init__(self, scenario: Scenario, kernel: Kernel, supervisord: Supervisor, clients: Clients) -> None:
        self._ops: Sequence[Op] = scenario.ops
        self._next_op = 0
        self._until_ns = scenario.until_ns
        self._kernel = kernel
        self._clock = kernel.clock
        self._supervisord = supervisord
        self._clients = clients

    def register_readable(self, fd: int) -> None:
        """Everything is watched."""

    register_writable = unregister_readable = unregister_writable = register_readable

    def _op_ns(self) -> int | None:
        return self._ops[self._next_op].time_ns if self._next_op < len(self._ops) else None

    def _play_op(self) -> Ready:
        index, op = self._next_op, self._ops[self._next_op]
        self._next_op += 1
        if op.kind in CALLS:
            self._clients.ask(index, op)
            return [CLIENT_FD], []
        if op.kind is Kind.OUTSIDER:
            self._kernel.outsider(op.target, op.argument)
        elif op.kind is Kind.REFUSE:
            self._kernel.refusals.setdefault(op.target, []).append(op.argument)
        elif op.kind is Kind.WALL:
            self._clock.step(op.argument)
        else:
            self._supervisord.options.signal_receiver.receive(signal.SIGTERM, None)
        return CALM


class Prompt(Poller):
    """Returns at the next instant at which there is anything to do."""

    _seen: tuple[Any, ...] = ()
    _passes = 0
    _since_ns = 0

    def poll(self, timeout: int) -> Ready:
        """The loop's next pass, now or at the next instant of interest."""
        if (seen := self._state()) != self._seen:
            self._seen = seen
            self._passes += 1
            self._spin_check()
            return ([CLIENT_FD], []) if self._clients.pending() else CALM
        if self._op_ns() == self._clock.now_ns:
            return self._play_op()
        self._kernel.advance(self._next_instant())
        while self._op_ns() == self._clock.now_ns and self._ops[self._next_op].kind is Kind.SHUTDOWN:
            self._play_op()
        return CALM

    def _spin_check(self) -> None:
        now_ns = self._clock.now_ns
        if now_ns - self._since_ns >= TICK_NS:
            self._passes, self._since_ns = 0, now_ns
        elif self._passes > PASSES:
            self._kernel.tell("", "spins", str(PASSES))
            raise Over

    def _state(self) -> tuple[Any, ...]:
        """Whatever a pass may change that makes another pass do more."""
        daemon, kernel = self._supervisord, self._kernel
        return kernel.changes, kernel.has_zombies(), daemon.options.mood, daemon.stopping, len(daemon.stop_groups or ())

    def _next_instant(self) -> int:
        now_ns = self._clock.now_ns
        soon = [when for when in (self._op_ns(), self._kernel.next_end_ns()) if when is not None]
        # What is due and was left alone is done by the next pass, which comes when a real poll times out.
        soon.extend(when if when > now_ns else now_ns + SECOND_NS for when in map(self._clock.when, deadlines(self._supervisord)))
        next_ns = min(soon, default=None)
        if next_ns is None or next_ns > self._until_ns:
            raise Over
        return next_ns


def deadlines(daemon: Supervisor) -> list[float]:
    """When, by the wall clock, the transitions of that daemon will be due that wait for time alone."""
    may_start = daemon.options.mood > SupervisorStates.RESTARTING
    due = []
    for group in daemon.process_groups.values():
        for process in group.processes.values():
            state = process.state
            if state == ProcessStates.STARTING:
                due.append(process.laststart + process.config.startsecs + UNIT)
            elif state == ProcessStates.STOPPING:
                due.append(process.delay)
            elif state == ProcessStates.BACKOFF and may_start:
                due.append(process.delay + UNIT)
    return due


class Lagging(Poller):
    """Returns when a client wants something, else when a second is over, as the real poll does while nobody writes."""

    def poll(self, timeout: int) -> Ready:
        """The loop's next pass, up to a second from now."""
        until_ns = self._clock.now_ns + timeout * SECOND_NS
        while (op_ns := self._op_ns()) is not None and op_ns <= until_ns:
            self._kernel.advance(op_ns)
            ready = self._play_op()
            if ready[0]:
                return ready
        if until_ns > self._until_ns:
            raise Over
        self._kernel.advance(until_ns)
        return CALM
