"""Which groups and processes there are, and how they come and go (supervisord-4.3 §2.8, §5.4).

Every process object has an instance number of its own, which is never used again: what comes late for one that was removed
meets nobody.
"""

from __future__ import annotations

from initd.states import STOPPED_STATES, Mood
from initd.supervise.effects import GroupChanged, MemberChanged, Outcome
from initd.supervise.group import Group
from initd.supervise.process import Process

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from initd.supervise import events
    from initd.supervise.audience import Audience
    from initd.supervise.policy import GroupPolicy
    from initd.supervise.rules import Rules
    from initd.supervise.sockets import Sockets

    Plain = tuple[tuple[GroupPolicy, tuple[tuple[Any, ...], ...]], ...]


class Membership:
    """The groups by name, in the order they were added, and the processes by instance; `instances` have been in all."""

    __slots__ = ("groups", "instances", "processes")

    def __init__(self) -> None:
        self.groups: dict[str, Group] = {}
        self.processes: dict[int, Process] = {}
        self.instances = 0

    def add_group(self, event: events.GroupAdded, rules: Rules, audience: Audience) -> Sequence[Process]:
        """One more group, unless that is refused; returns its processes in boot order."""
        policy = event.policy
        refusal = _while_stopping(rules) or (Outcome.ALREADY_ADDED if policy.name in self.groups else None)
        if refusal is not None:
            rules.reply(event.request, refusal)
            return ()
        first = self.instances + 1
        self.instances += len(policy.processes)
        group = Group(policy, [Process(first + at, policy.name, each) for at, each in enumerate(policy.processes)])
        self._enter(group)
        audience.added(group)
        rules.out.append(GroupChanged(group.name, True, tuple(process.instance for process in group.processes)))
        rules.reply(event.request, Outcome.DONE)
        return group.processes

    def remove_group(self, event: events.GroupRemoved, rules: Rules, audience: Audience, sockets: Sockets) -> None:
        """A group is gone, if nothing of it is left running."""
        group = self.groups.get(event.name)
        refusal = _while_stopping(rules)
        if refusal is not None or group is None:
            return rules.reply(event.request, refusal or Outcome.BAD_NAME)
        if group.unstopped():
            return rules.reply(event.request, Outcome.STILL_RUNNING)
        del self.groups[event.name]
        for process in group.processes:
            self._forget(process)
        for process in group.processes:
            sockets.left(process, self.processes.values(), rules)
        audience.removed(group)
        rules.out.append(GroupChanged(group.name, False, tuple(process.instance for process in group.processes)))
        rules.reply(event.request, Outcome.DONE)

    def add_member(self, event: events.MemberAdded, rules: Rules) -> Sequence[Process]:
        """One more process in a group, last in boot order, unless that is refused; returns it."""
        group = self.groups.get(event.group)
        refusal = _while_stopping(rules)
        if refusal is not None or group is None:
            rules.reply(event.request, refusal or Outcome.BAD_NAME)
            return ()
        if group.process(event.policy.name) is not None:
            rules.reply(event.request, Outcome.ALREADY_ADDED)
            return ()
        self.instances += 1
        process = Process(self.instances, group.name, event.policy)
        group.add(process)
        self.processes[process.instance] = process
        rules.out.append(MemberChanged(group.name, True, process.instance, process.name))
        rules.reply(event.request, Outcome.DONE)
        return (process,)

    def remove_member(self, event: events.MemberRemoved, rules: Rules, audience: Audience, sockets: Sockets) -> None:
        """A process is gone from its group, if it is down."""
        process = self.processes.get(event.instance)
        refusal = _while_stopping(rules)
        if refusal is not None or process is None:
            return rules.reply(event.request, refusal or Outcome.BAD_NAME)
        if process.state not in STOPPED_STATES:
            return rules.reply(event.request, Outcome.STILL_RUNNING)
        self.groups[process.group].remove(process)
        self._forget(process)
        sockets.left(process, self.processes.values(), rules)
        audience.pools.forget(process.instance)
        rules.out.append(MemberChanged(process.group, False, process.instance, process.name))
        rules.reply(event.request, Outcome.DONE)

    def snapshot(self) -> Plain:
        """The groups and the state of their processes as plain values."""
        return tuple(
            (group.policy, tuple(each.snapshot() for each in group.processes)) for group in self.groups.values()
        )

    @classmethod
    def restore(cls, instances: int, groups: Plain) -> Membership:
        """The membership that `snapshot` was taken of."""
        members = cls()
        members.instances = instances
        for policy, processes in groups:
            members._enter(Group(policy, [Process.restore(values) for values in processes]))
        return members

    def _enter(self, group: Group) -> None:
        self.groups[group.name] = group
        self.processes.update({process.instance: process for process in group.processes})

    def _forget(self, process: Process) -> None:
        del self.processes[process.instance]
        process.due_ns = process.report_ns = None  # nobody's deadlines any more


def _while_stopping(rules: Rules) -> Outcome | None:
    """The refusal of any change once everything stops."""
    return None if rules.mood is Mood.RUNNING else Outcome.SHUTDOWN_STATE
