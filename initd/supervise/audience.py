"""Everybody who is told what happens: the listener pools and the ticks, as one part of the core (supervisord-4.3 §6).

It follows the effects of the core, so that what is sent stands in them where it belongs, right after its cause.
"""

from __future__ import annotations

from initd.states import ProcessState
from initd.supervise import events
from initd.supervise.effects import StateChanged
from initd.supervise.notifications import of_effect
from initd.supervise.pools import Pools
from initd.supervise.ticks import PERIODS_S, Ticks

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any

    from initd.supervise.effects import Effect
    from initd.supervise.group import Group

    About = events.Emitted | events.ListenerSpoke | events.Sent | events.Unsent | events.ResultJudged


class Audience:
    """`identifier` is the daemon's; `running(instance)` answers whether that process is RUNNING."""

    __slots__ = ("pools", "ticks")

    def __init__(self, identifier: str, running: Callable[[int], bool], serial: int = 0) -> None:
        self.pools = Pools(identifier, running, serial)
        self.ticks = Ticks()

    def next_ns(self) -> int | None:
        """When `time_passed` has something to do; None for never."""
        if self.pools.empty:
            return None
        return 0 if self.pools.restless() else self.ticks.next_ns()

    def added(self, group: Group) -> None:
        """A group is there; it is told of that itself, if it listens."""
        if group.policy.listener is not None:
            members = [(process.instance, process.name) for process in group.processes]
            self.pools.add(group.name, group.policy.listener, members)
            self._want()

    def removed(self, group: Group) -> None:
        """A group is about to be announced as removed; it is not told of that itself."""
        if group.policy.listener is not None:
            self.pools.remove(group.name)
            self._want()

    def overhear(self, names: Iterable[str]) -> None:
        """From now on there is somebody inside of the daemon who hears of these: they are in effects of their own, too."""
        self.pools.overheard = frozenset(names)
        self._want()

    def _want(self) -> None:
        self.ticks.want(frozenset(period for period in PERIODS_S if self.pools.wanted(f"TICK_{period}")))

    def begin_turn(self, out: list[Effect]) -> None:
        """Send what arose in the last turn to who is free."""
        self.pools.out = out
        self.pools.dispatch()

    def look_at_clock(self, now_ns: int, wall_ns: int, out: list[Effect]) -> None:
        """Tell of the slices of the wall clock that have begun."""
        self.pools.out = out
        due_ns = self.ticks.next_ns()
        if due_ns is not None and due_ns <= now_ns:
            for notification in self.ticks.look(now_ns, wall_ns):
                self.pools.offer(notification)

    def hear(self, event: About, out: list[Effect]) -> None:
        """News from outside of the core, or of a listener."""
        pools = self.pools
        pools.out = out
        if isinstance(event, events.Emitted):
            pools.offer(event.notification)
        elif isinstance(event, events.ListenerSpoke):
            pools.heard(event.instance, event.data)
        elif isinstance(event, events.Sent):
            pools.sent(event.instance, event.serial)
        elif isinstance(event, events.Unsent):
            pools.unsent(event.instance, event.serial)
        else:
            pools.judged(event.instance, event.serial, event.verdict)

    def follow(self, done: Sequence[Effect]) -> list[Effect]:
        """The effects, each followed by what it means for listeners."""
        pools = self.pools
        out = pools.out = []
        risen = []
        for effect in done:
            out.append(effect)
            notification = of_effect(effect)
            if notification is not None:
                pools.offer(notification)
            if isinstance(effect, StateChanged):
                pools.changed(effect.instance, effect.new)
                if effect.new is ProcessState.RUNNING:
                    risen.append(effect.instance)
        for instance in risen:
            pools.came_up(instance)
        return out

    def snapshot(self) -> tuple[Any, ...]:
        """Plain values."""
        return self.pools.snapshot(), self.ticks.snapshot()

    @classmethod
    def restore(cls, values: tuple[Any, ...], running: Callable[[int], bool]) -> Audience:
        """The audience of a snapshot."""
        audience = cls("", running)
        audience.pools, audience.ticks = Pools.restore(values[0], running), Ticks.restore(values[1])
        return audience
