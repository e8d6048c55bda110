"""What the programs of a play on Linux are: their command lines, the files behind them, and the notes their children leave.

Also what has no real twin at all. Children are `sim/children/part.py`; a program that cannot be executed is a file that
execve(2) refuses with just that errno.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path

from sim.children import real
from sim.scenario import Kind
from sim.stage.kernel import scripts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from sim.scenario import Program, Scenario
    from sim.trace import Trace

PART = str(Path(real.__file__).with_name("part.py"))
LIVES = 64
"""More children than any program of a scenario has."""
NEVER_BEGAN_NS = 1_000_000_000
BROKEN = {
    "ENOENT": b"#!/no/such/interpreter\n",
    "EACCES": b"#!/etc\n",
    "ENOEXEC": b"\x00 neither a script nor a program\n",
}
"""Files that are there and executable, and cannot be executed (execve(2))."""


class Part:
    """One program of a play, with its files in `folder`."""

    def __init__(self, program: Program, path: Path) -> None:
        self.path = str(path)
        self._scripts = every_script(program)
        self._refused = refused(self._scripts)

    def write(self, disk: tuple[str, str]) -> None:
        """Make its files."""
        if self._refused:
            Path(self.path).write_bytes(BROKEN[self._refused])
            Path(self.path).chmod(0o755)
            return
        packages = []
        if says(self._scripts, "daemon"):
            found = importlib.util.find_spec("daemon")
            assert found is not None and found.origin is not None
            packages.append(str(Path(found.origin).parents[1]))
        part = {"scripts": self._scripts, "packages": packages, "disk": disk}
        Path(self.path).write_text(json.dumps(part))

    @property
    def command(self) -> str:
        """Its command line; the last word is `path`."""
        return self.path if self._refused else f"{sys.executable} -I -S {PART} {self.path}"

    @property
    def needs_disk(self) -> bool:
        """Whether it is to wait in disk sleep."""
        return says(self._scripts, "dstate")

    def late_ns(self, name: str, trace: Trace) -> int:
        """How long its slowest child took from the fork to the first step; one that never came to it was too slow by far."""
        if self._refused:
            return 0
        late_ns = 0
        forks = [time_ns for time_ns, program, what, _ in trace if (program, what) == (name, "spawn")]
        for life, _ in enumerate(forks, 1):
            note = Path(f"{self.path}.{life}")
            words = note.read_text().split() if note.exists() else []
            late_ns = max(late_ns, int(words[1]) - int(words[0]) if words else NEVER_BEGAN_NS)
        return late_ns


def unplayable(scenario: Scenario) -> str:
    """Why a scenario has no real twin; empty if it has one."""
    for op in scenario.ops:
        if op.kind is Kind.WALL:
            return "the wall clock is everybody's: it is not set on a real machine"
        if op.kind is Kind.REFUSE:
            return "a kill that fails just once has no real twin"
    for name, program in scenario.programs():
        if any(life.refused for life in program.lives):
            return f"{name}: a fork that is refused just once has no real twin"
        every = every_script(program)
        if any(step[0] == "live" and step[-1] for script in every for step in script):
            return f"{name}: a life that SIGKILL does not end at once has no real twin"
        name_of_error = refused(every)
        if name_of_error and (name_of_error not in BROKEN or len(every) > 1):
            return f"{name}: nothing here makes execve fail with {name_of_error} at some attempts"
    return ""


def every_script(program: Program) -> list[list[Any]]:
    """What each child does; the last one recurs."""
    script = scripts(program)
    every = [script(attempt) for attempt in range(1, LIVES)]
    while len(every) > 1 and every[-1] == every[-2]:
        every.pop()
    return every


def refused(every: list[list[Any]]) -> str:
    """The errno's name with which executing it is to fail."""
    return next((str(script[0][1]) for script in every if script and script[0][0] == "exec-error"), "")


def says(steps: Any, verb: str) -> bool:
    """Whether there is such a step anywhere."""
    return isinstance(steps, list) and (steps[:1] == [verb] or any(says(step, verb) for step in steps))
