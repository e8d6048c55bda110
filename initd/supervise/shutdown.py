"""The order in which everything is stopped: group by group, highest priority number first (supervisord-4.3 §2.8, D7, D10).

The next group is stopped as soon as the one before it is down. Processes that survive SIGKILL may hold the shutdown up
for `DEFAULT_CAP_NS` in all: what a group takes after every process still alive in it has been sent SIGKILL is counted.
Then their pids are given up on and the shutdown goes on; a later group gets `LEAST_CAP_NS` to die of its SIGKILL.

A shutdown may have a last moment. Then everything is told to stop that has not been, everything that runs gets SIGKILL, and
what has not died of it `LEAST_CAP_NS` later is given up on.

Listeners are told before they are stopped what waited for them when the group before theirs went down. supervisord comes to
that by going round its loop once a group, which is also why the end of that last group is told only if it was down before
its turn, and why listeners that are stopped first of all hear nothing.
"""

from __future__ import annotations

from initd.states import STOPPED_STATES, ProcessState
from initd.supervise.policy import SECOND
from initd.supervise.table import Phase, Trigger

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from initd.supervise.group import Group
    from initd.supervise.pools import Pools
    from initd.supervise.process import Process
    from initd.supervise.rules import Rules

REPORT_NS = 3 * SECOND
"""`waiting for … to die` is logged at once, then whenever this much time has passed."""
DEFAULT_CAP_NS = 30 * SECOND
LEAST_CAP_NS = SECOND
HEARING_NS = SECOND
"""How long busy listeners may keep their pool from being told the rest; supervisord's loop waits as long at most."""
HEARING_TURNS = 2
"""So many turns begin before the stop when nothing is left to tell: a signal at once would overtake what was sent last."""


class Shutdown:
    """A shutdown or restart under way. `remaining` are group names, the one being stopped last."""

    FIELDS = (
        "cap_at",
        "cap_left_ns",
        "deadline_ns",
        "given_up",
        "hearing_until",
        "late",
        "look_at",
        "remaining",
        "report_at",
        "told",
        "turns",
    )
    __slots__ = (*FIELDS, "_up")

    def __init__(self, groups: list[Group], cap_ns: int, deadline_ns: int | None = None) -> None:
        self.remaining = tuple(group.name for group in groups)
        self.cap_left_ns = cap_ns
        self.deadline_ns = deadline_ns
        self.told = self.late = False
        self.hearing_until: int | None = None
        self.look_at: int | None = None
        self.turns = 0
        self.report_at: int | None = None
        self.cap_at: int | None = None
        self.given_up: tuple[tuple[str, int], ...] = ()
        self._up: list[Process] = []

    def begin(self, rules: Rules, groups: Mapping[str, Group]) -> None:
        """Nothing may be born any more: call off every start that is under way or waits (D5)."""
        for group in groups.values():
            for process in group.processes:
                if process.phase in (Phase.SPAWNING, Phase.CANCELLING, Phase.STOPPING):
                    rules.apply(process, Trigger.QUIT)

    def advance(self, rules: Rules, groups: Mapping[str, Group], pools: Pools, due: bool) -> bool:
        """Stop what is next; True once nothing remains. `due`: deadlines are being judged, and the cap is one (D2)."""
        if self.late or (due and self.deadline_ns is not None and rules.now >= self.deadline_ns):
            self._hurry(rules, groups)
        idle = False
        while self.remaining:
            group = groups[self.remaining[-1]]
            idle, before = not self.told, idle
            if not self.told:
                first = len(self.remaining) == len(groups)
                hears = group.policy.listener is not None and not first and not self.late
                if hears and self._hear(rules.now, group, pools, before, due):
                    self._report(rules, groups)
                    return False
                self.told = True
                for process in group.in_stop_order():
                    rules.apply(process, Trigger.QUIT)
            if self._last_up(group) is not None and not self._give_up(rules, group, due):
                self._report(rules, groups)
                return False
            if self.cap_at is not None:
                self.cap_left_ns = self.cap_at - rules.now
            self.remaining = self.remaining[:-1]
            self.told, self.cap_at, self._up = False, None, []
        return True

    def _hurry(self, rules: Rules, groups: Mapping[str, Group]) -> None:
        """The last moment has come: nobody waits for anybody, and whoever gets a pid only now is killed as well."""
        left = [process for name in reversed(self.remaining) for process in groups[name].in_stop_order()]
        if not self.late:
            self.late, self.look_at = True, None
            names = ", ".join(process.name for process in left if process.state not in STOPPED_STATES)
            if names:
                rules.log("warn", f"shutdown_timeout is over: killing {names}")
            for process in left:
                rules.apply(process, Trigger.QUIT)
        for process in left:
            rules.kill_now(process)

    def _hear(self, now: int, group: Group, pools: Pools, idle: bool, due: bool) -> bool:
        """Whether these listeners are still to be told something. `idle`: the group before had nothing to stop."""
        if self.hearing_until is None:
            if not idle and not pools.waits(group.name):
                return False
            self.hearing_until, self.look_at, self.turns = now + HEARING_NS, now, HEARING_TURNS
            if not idle:  # otherwise what has just happened is theirs to hear
                pools.close(group.name)
            return True
        if due:
            pools.close(group.name)
        waits = now < self.hearing_until and pools.waits(group.name)
        self.look_at = self.hearing_until if waits else now
        self.turns -= due and not waits
        if self.turns > 0:
            return True
        self.hearing_until = self.look_at = None
        return False

    def told_more(self, pools: Pools) -> None:
        """Something has happened. Where it has taken the place of all that listeners were to hear, there is no need to wait."""
        if self.look_at is not None and not pools.waits(self.remaining[-1]):
            self.look_at = 0

    def _last_up(self, group: Group) -> Process | None:
        """The member stopped last of those that do not count as down.

        This is asked at every event. So those that have been seen down are not looked at again until no other is left.
        """
        up = self._up
        while up and up[-1].state in STOPPED_STATES:
            up.pop()
        if not up:
            up.extend(process for process in group.in_stop_order() if process.state not in STOPPED_STATES)
        return up[-1] if up else None

    def _give_up(self, rules: Rules, group: Group, due: bool) -> bool:
        """Whether what is left of the group is beyond SIGKILL for good."""
        last = self._last_up(group)
        if self.cap_at is not None and rules.now < self.cap_at or last is not None and not _killed(last):
            return False
        left = group.unstopped()
        if not all(map(_killed, left)):
            return False
        if self.cap_at is None:
            left_ns = 0 if self.late else self.cap_left_ns
            self.cap_at = rules.now + max(left_ns, LEAST_CAP_NS)
        if not due or rules.now < self.cap_at:
            return False
        for process in left:
            rules.given_up(process, f"giving up on {process.name} (pid {process.pid}): it does not die of SIGKILL")
            self.given_up += ((process.name, process.pid),)
        return True

    def _report(self, rules: Rules, groups: Mapping[str, Group]) -> None:
        if self.report_at is None or rules.now >= self.report_at:
            names = ", ".join(process.name for group in groups.values() for process in group.unstopped())
            rules.log("info", f"waiting for {names} to die")
            self.report_at = rules.now + REPORT_NS + 1

    def next_ns(self) -> int | None:
        """When `advance` has to look again although nothing happens."""
        last_moment = None if self.late else self.deadline_ns
        due = (self.report_at, self.cap_at, self.look_at, last_moment)
        return min((when for when in due if when is not None), default=None)

    def snapshot(self) -> tuple[Any, ...]:
        """Every variable, in the order of FIELDS."""
        return tuple([getattr(self, field) for field in self.FIELDS])

    @classmethod
    def restore(cls, values: tuple[Any, ...]) -> Shutdown:
        """The shutdown that `snapshot` was taken of."""
        shutdown = cls.__new__(cls)
        shutdown._up = []
        for field, value in zip(cls.FIELDS, values, strict=True):
            setattr(shutdown, field, value)
        return shutdown


def _killed(process: Process) -> bool:
    return process.state is ProcessState.STOPPING and process.kills > 0
