"""A scenario: programs, what becomes of each of their lives, and what is done to them when. Plain data, one JSON file.

Every stage plays the same scenario and must tell the same story (`sim.trace`): the core alone, the whole daemon on the
simulated kernel, the real supervisor on a virtual one, the reference model, and Linux. Times are nanoseconds from the
start; those a generator draws are multiples of TICK_NS, give or take a nanosecond or two at a boundary, so that a clock
of binary fractions can follow exactly.

The order at one instant is the shipped driver's (deliberate-differences.md: D2, D5, D33): children that have ended are
reaped, the eldest first; then deadlines fall due; then children asked for are forked; and again, until nothing is left to
do at that instant. Only then comes the next operation, and all that follows from it at the same instant comes before the
one after it. A SHUTDOWN that is the first operation at its instant comes before the reaps: signals are looked at first.
"""

from __future__ import annotations

import enum
import json

from initd.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

TICK_NS = 1_953_125
"""2⁻⁹ s: exact in nanoseconds and in binary."""
SECOND_NS = 512 * TICK_NS


class Life(Record):
    """What becomes of one child.

    With `refused`, an errno name, there is no child: fork fails. Else it ends by itself after `ends_ns` (None: never) with
    `status`: an exit code, or the negative of the signal it dies of. The first catchable signal that reaches it ends it
    `stop_ns` later (None: it takes no notice) with `stop_status` (None: it dies of that signal), unless it ends by itself
    before or just then; later ones change nothing. SIGKILL ends it `kill_ns` later, whatever else was on its way.
    Signal 0 does nothing.
    """

    ends_ns: int | None = None
    status: int = 0
    stop_ns: int | None = 0
    stop_status: int | None = None
    kill_ns: int = 0
    refused: str = ""


class Program(Record):
    """One process of the configuration, by supervisord's option names; `lives[k]` is the k-th child, the last one recurs.

    Only forks that were tried count: a refused one uses up its Life.
    """

    name: str
    lives: tuple[Life, ...] = (Life(),)
    priority: int = 999
    autostart: bool = True
    startsecs: int = 1
    startretries: int = 3
    autorestart: str = "unexpected"
    exitcodes: tuple[int, ...] = (0,)
    stopsignal: int = 15
    stopwaitsecs: int = 10
    stopasgroup: bool = False
    """Not without `killasgroup`."""
    killasgroup: bool = False
    behaviour: str = ""
    """What its children do in place of `lives`, as `sim.children.behaviours` spells it. Only a stage with a kernel plays it."""

    def life(self, attempt: int) -> Life:
        """What becomes of the attempt-th fork, 1 for the first; ValueError where that is said by a behaviour."""
        if self.behaviour:
            raise ValueError(f"{self.name} has a behaviour and no lives: this takes a kernel, simulated or not")
        return self.lives[min(attempt, len(self.lives)) - 1]


class Group(Record):
    """Programs under one name; a program of its own is a group of one with its name and priority."""

    name: str
    programs: tuple[Program, ...]
    priority: int = 999


class Kind(enum.Enum):
    """What can be done from outside."""

    START = "start"
    """A client starts `target`, and does not wait."""
    STOP = "stop"
    """A client stops `target`, and does not wait."""
    SIGNAL = "signal"
    """A client has signal `argument` sent to `target`."""
    OUTSIDER = "outsider"
    """Somebody else sends signal `argument` to the process of `target`; nothing if it has none."""
    REFUSE = "refuse"
    """The daemon's next kill of `target` fails with errno number `argument`; nothing is sent, nor told of.
    Several wait in line."""
    WALL = "wall"
    """The wall clock is set forward by `argument` nanoseconds, or back."""
    SHUTDOWN = "shutdown"
    """SIGTERM to the daemon."""


class Op(Record):
    """Something done at a time; `target` is `group:program`, or empty where it has none."""

    time_ns: int
    kind: Kind
    target: str = ""
    argument: int = 0


class Scenario(Record):
    """The whole of it, from the boot at 0 to `until_ns`. Ops are in order of time; those at one instant in this order.

    A boot at 0 comes before them, and what happens at `until_ns` is still told.
    """

    groups: tuple[Group, ...]
    ops: tuple[Op, ...] = ()
    until_ns: int = 60 * SECOND_NS

    def programs(self) -> list[tuple[str, Program]]:
        """Every program with its full name, `group:program`, in the order written."""
        return [(f"{group.name}:{each.name}", each) for group in self.groups for each in group.programs]


def to_json(scenario: Scenario) -> str:
    """One readable text for a scenario; `from_json` gives it back. What has its default is left out."""
    return json.dumps(_plain(scenario), indent=1) + "\n"


def from_json(text: str) -> Scenario:
    """The scenario of that text; ValueError, KeyError or TypeError if it is none."""
    data = json.loads(text)
    groups = []
    for group in data.pop("groups"):
        programs = []
        for program in group.pop("programs"):
            program["lives"] = tuple(Life(**life) for life in program.get("lives", [{}]))
            program["exitcodes"] = tuple(program.get("exitcodes", (0,)))
            programs.append(Program(**program))
        groups.append(Group(programs=tuple(programs), **group))
    ops = tuple(Op(kind=Kind(op.pop("kind")), **op) for op in data.pop("ops", []))
    return Scenario(groups=tuple(groups), ops=ops, **data)


def _plain(value: Any) -> Any:
    if isinstance(value, Record):
        defaults = type(value)._defaults
        fields = {name: getattr(value, name) for name in type(value)._fields}
        return {name: _plain(each) for name, each in fields.items() if name not in defaults or each != defaults[name]}
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    return value.value if isinstance(value, enum.Enum) else value
