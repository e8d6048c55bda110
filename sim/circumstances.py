"""Programs whose behaviour depends on others and on time (`sim.children.conditions`), on a simulated kernel.

The news that something has gone down reaches a running program as SIGPWR, which no supervisor sends by itself.
"""

from __future__ import annotations

from initd.states import ProcessState
from sim.children.behaviours import Behaviour, BehaviourError
from sim.children.conditions import Dependence, Outage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from initd.config.model import Config
    from sim.children.conditions import Told
    from sim.kernel import SimKernel
    from sim.kernel.process import Process
    from sim.simulation import Change

NEWS, NEWS_NAME = 30, "PWR"
_OUT: list[Any] = [["sleep", 0.05], ["exit", 1]]


class Circumstances:
    """What each program of a configuration does; tell it of every change with `heard`."""

    def __init__(self, told: Mapping[str, Told], config: Config, source: str) -> None:
        self._told = dict(told)
        self._names = {(group.name, each.name) for group in config.groups for each in group.processes}
        self._states: dict[tuple[str, str], ProcessState] = {}
        known = {key for group, name in self._names for key in (group, name, f"{group}:{name}")} | {"*"}
        outside = {name for name, each in told.items() if isinstance(each, Outage)}
        for name, each in told.items():
            if name not in known | outside:
                raise BehaviourError(f"no program {name!r} in {source}: it has {', '.join(sorted(known - {'*'}))}")
            if isinstance(each, Dependence) and each.thing not in known | outside:
                raise BehaviourError(
                    f"nothing is said of {each.thing!r} and {source} has no such program; "
                    f"add --behaviour '{each.thing}: down from 60s to 360s'"
                )
        self._outside = outside - known

    def attach(self, kernel: SimKernel) -> None:
        """Have the programs of that kernel behave so, times counted from now."""
        self._kernel, self._began_ns = kernel, kernel.now
        kernel.programs = self._script
        for name, told in self._told.items():
            for first, _ in told.spans if isinstance(told, Outage) else ():
                kernel.at(self._began_ns + first, lambda name=name: self._begins(name))  # type: ignore[misc]

    def heard(self, change: Change) -> None:
        """A process has changed its state; who depends on it gets to know once the daemon waits."""
        key = change.change.group, change.change.name
        self._states[key] = change.change.new
        if change.change.old is ProcessState.RUNNING:
            things = [name for name in (*key, ":".join(key)) if self.is_down(name)]
            self._kernel.at(self._kernel.now, lambda: self._spread(things))

    def is_down(self, thing: str) -> bool:
        """Whether something is down now."""
        if thing in self._outside:
            told = self._told[thing]
            return isinstance(told, Outage) and told.covers(self._kernel.now - self._began_ns)
        states = [state for key, state in self._states.items() if thing in (*key, ":".join(key))]
        return ProcessState.RUNNING not in states

    def spans(self) -> list[tuple[str, int, int | None]]:
        """Every span that something is out: its name, from when, to when."""
        return sorted(
            ((name, *span) for name, told in self._told.items() if isinstance(told, Outage) for span in told.spans),
            key=lambda each: each[1],
        )

    def _script(self, argv: tuple[str, ...], env: Mapping[str, str], attempt: int) -> Behaviour | list[Any]:
        told = self._of(env)
        if isinstance(told, Outage):
            if told.covers(self._kernel.now - self._began_ns):
                return _OUT
            return [["handle", NEWS_NAME, _OUT], ["pause"]]
        if isinstance(told, Dependence):
            what = told.what.steps(attempt)
            return what if self.is_down(told.thing) else [["handle", NEWS_NAME, what], *told.otherwise.steps(attempt)]
        return told if told is not None else [["pause"]]

    def _of(self, env: Mapping[str, str]) -> Told | None:
        name, group = env.get("SUPERVISOR_PROCESS_NAME", ""), env.get("SUPERVISOR_GROUP_NAME", "")
        keys = (f"{group}:{name}", name, group, "*")
        return next((self._told[key] for key in keys if key in self._told), None)

    def _begins(self, name: str) -> None:
        if name in self._outside:
            self._spread([name])
            return
        for process, told in self._children():
            if told is self._told[name]:
                self._kernel.outsider_kill(process.pid, NEWS)

    def _spread(self, things: list[str]) -> None:
        for process, told in self._children():
            if isinstance(told, Dependence) and told.thing in things:
                self._kernel.outsider_kill(process.pid, NEWS)

    def _children(self) -> list[tuple[Process, Told | None]]:
        return [
            (one, self._of(one.env))
            for one in self._kernel.processes()
            if one.state != "Z" and one.parent is not None and one.parent.is_daemon
        ]
