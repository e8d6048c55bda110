"""A group of processes: membership and the orders in which its members are started and stopped (supervisord-4.3 §2.8)."""

from __future__ import annotations

from initd.states import STOPPED_STATES
from initd.supervise.policy import GroupPolicy
from initd.supervise.process import Process

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


class Group:
    """Processes under one name; two members of one name collapse to the last, as in supervisord."""

    __slots__ = ("_members", "policy")

    def __init__(self, policy: GroupPolicy, members: Sequence[Process]) -> None:
        self.policy = policy
        self._members = {process.name: process for process in members}

    @property
    def name(self) -> str:
        """The group name."""
        return self.policy.name

    @property
    def priority(self) -> int:
        """The group priority."""
        return self.policy.priority

    @property
    def processes(self) -> Sequence[Process]:
        """The members in boot order."""
        return tuple(self._members.values())

    def process(self, name: str) -> Process | None:
        """The member of that name."""
        return self._members.get(name)

    def add(self, process: Process) -> None:
        """One more, last in boot order."""
        self._members[process.name] = process

    def remove(self, process: Process) -> None:
        """That one is no member any more."""
        del self._members[process.name]

    def in_stop_order(self) -> list[Process]:
        """Highest priority number first; of equals the last in boot order first."""
        return sorted(self._members.values(), key=lambda process: process.priority)[::-1]

    def unstopped(self) -> list[Process]:
        """The members that do not count as down."""
        return [process for process in self._members.values() if process.state not in STOPPED_STATES]
