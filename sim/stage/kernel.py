"""The kernel of the whole stage: a simulated one that tells what the daemon has it do, and fails where a scenario says so."""

from __future__ import annotations

import errno

from sim.children.behaviours import parse_behaviour
from sim.children.lives import steps
from sim.invariants.machine import STDIO, Watch
from sim.kernel import SimFiles, SimKernel
from sim.kernel.faults import Fault

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from initd.kernel.port import Child, SpawnSpec
    from sim.scenario import Program, Scenario

    Tell = Callable[[str, str, str], None]
    """Called with a program, what happened, and the detail, as in `sim.trace`."""

DAEMON_PID = 50


class StageKernel(SimKernel):
    """A kernel that tells the story of what the daemon has it do. `pids` are the children by program."""

    def __init__(self, tell: Tell, scenario: Scenario, files: SimFiles, pid: int = DAEMON_PID) -> None:
        super().__init__(pid=pid, programs=self._script, files=files)
        self._tell = tell
        self._programs = dict(scenario.programs())
        self._tries = dict.fromkeys(self._programs, 0)
        self.pids: dict[str, int] = {}
        self._owners: dict[int, str] = {}
        self._refusals: list[Fault] = []
        self.watch_children = Watch(lambda pid: self.machine.table.by_pid[pid].fds)
        self.trace = self.watch_children.hear
        names = {life.refused for program in self._programs.values() for life in program.lives if life.refused}
        for name in sorted(names):
            self.faults.fail(
                "spawn", getattr(errno, name), times=None, when=lambda spec, name=name: self._fails(spec, name)
            )

    def _fails(self, spec: SpawnSpec, name: str) -> bool:
        key = _key(spec.env)
        program = self._programs[key]
        return not program.behaviour and program.life(self._tries[key]).refused == name

    def _script(self, argv: tuple[str, ...], env: Mapping[str, str], attempt: int) -> list[Any]:
        key = _key(env)
        return scripts(self._programs[key])(self._tries[key])

    def stop_detail(self, program: str) -> str:
        """How the first signal of a stop is told."""
        spec = self._programs[program]
        return f"{spec.stopsignal} group" if spec.stopasgroup else str(spec.stopsignal)

    def refuse_kill(self, program: str, number: int) -> None:
        """The next kill of that program fails with that errno."""
        fault = Fault(number, None, 1, lambda pid, signal: self._owners.get(pid) == program)
        self._refusals.append(fault)
        for call in ("kill", "killpg"):
            self.faults.by_call.setdefault(call, []).append(fault)

    def _refused(self) -> int:
        return sum([fault.fired for fault in self._refusals])

    def spawn(self, spec: SpawnSpec) -> Child:
        key = _key(spec.env)
        self._tries[key] += 1
        if self.watch_children.baseline is None:
            self.watch_children.baseline = self.open_count() - 2 * len(
                STDIO
            )  # the ends of the pipes of this very child
        child = super().spawn(spec)
        self.pids[key], self._owners[child.pid] = child.pid, key
        self._tell(key, "spawn", str(self._tries[key]))
        return child

    def kill(self, pid: int, signal: int) -> None:
        self._tell_signal(super().kill, pid, signal, str(signal))

    def killpg(self, pgid: int, signal: int) -> None:
        self._tell_signal(super().killpg, pgid, signal, f"{signal} group")

    def _tell_signal(self, send: Callable[[int, int], None], pid: int, signal: int, detail: str) -> None:
        self.watch_children.killed(self.now, pid, signal)
        refused = self._refused()
        try:
            send(pid, signal)
        finally:
            if self._refused() == refused and pid in self._owners:  # else somebody left over, who is nobody's program
                self._tell(self._owners[pid], "signal", detail)


def scripts(program: Program) -> Callable[[int], list[Any]]:
    """What each child of a program does, the first being 1."""
    if program.behaviour:
        return parse_behaviour(program.behaviour).steps
    return lambda attempt: steps(program.life(attempt))


def _key(env: Mapping[str, str]) -> str:
    return f"{env['SUPERVISOR_GROUP_NAME']}:{env['SUPERVISOR_PROCESS_NAME']}"
