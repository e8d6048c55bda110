"""A core on a workbench: feeds events at seconds, keeps what came out."""

from __future__ import annotations

from initd.states import ProcessState
from initd.supervise import events
from initd.supervise.effects import Effect, Kill, Log, Reply, Spawn, StateChanged
from initd.supervise.policy import SECOND, GroupPolicy, ProcessPolicy
from initd.supervise.process import Process
from initd.supervise.supervisor import Supervisor


class Bench:
    """One core; processes are named by instance, 1 for the first."""

    def __init__(self, *policies: ProcessPolicy, booted: bool = True) -> None:
        self.core = Supervisor()
        self.out: list[Effect] = []
        self.time = 0.0
        for policy in policies:
            self.add(GroupPolicy(policy.name, policy.priority, (policy,)))
        if booted:
            self.do(events.Booted())

    def add(self, group: GroupPolicy) -> None:
        self.do(events.GroupAdded(group))

    def do(self, event: events.Event, at: float | None = None) -> list[Effect]:
        """Feed an event; returns what it alone gave."""
        if at is not None:
            self.time = at
        given = self.core.handle(event, round(self.time * SECOND))
        self.out += given
        return given

    def process(self, instance: int = 1) -> Process:
        found = self.core.process(instance)
        assert found is not None
        return found

    def state(self, instance: int = 1) -> ProcessState:
        return self.process(instance).state

    def born(self, pid: int, at: float | None = None, instance: int = 1) -> None:
        self.do(events.Spawned(instance, self.process(instance).attempt, pid), at)

    def unborn(self, text: str, at: float | None = None, instance: int = 1) -> None:
        self.do(events.SpawnFailed(instance, self.process(instance).attempt, text), at)

    def dies(self, code: int, at: float | None = None, instance: int = 1) -> list[Effect]:
        cause = f"exit status {code}" if code >= 0 else "terminated by SIGKILL"
        return self.do(events.Reaped(instance, self.process(instance).pid, code, cause), at)

    def tick(self, at: float) -> list[Effect]:
        return self.do(events.TurnBegun(), at) + self.do(events.TimePassed())

    def running(self, pid: int = 10, instance: int = 1) -> None:
        """Bring a process with startsecs=1 to RUNNING, taking 1.1 seconds."""
        self.born(pid, instance=instance)
        self.tick(self.time + 1.1)
        assert self.state(instance) is ProcessState.RUNNING

    def moves(self, instance: int = 1) -> list[tuple[str, str]]:
        """The public state changes so far."""
        return [
            (effect.old.name, effect.new.name)
            for effect in self.out
            if isinstance(effect, StateChanged) and effect.instance == instance
        ]

    def lines(self) -> list[str]:
        return [effect.text for effect in self.out if isinstance(effect, Log)]


def kills(effects: list[Effect]) -> list[tuple[int, int, bool]]:
    return [(effect.pid, effect.signal, effect.group) for effect in effects if isinstance(effect, Kill)]


def spawns(effects: list[Effect]) -> list[int]:
    return [effect.instance for effect in effects if isinstance(effect, Spawn)]


def replies(effects: list[Effect]) -> dict[int, str]:
    return {effect.request: effect.outcome.name for effect in effects if isinstance(effect, Reply)}
