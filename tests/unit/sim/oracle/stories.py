"""Short words for scenarios of one program and their stories."""

from __future__ import annotations

from sim.oracle.play import play
from sim.scenario import SECOND_NS, Group, Kind, Life, Op, Program, Scenario

CRASHES = Life(ends_ns=SECOND_NS // 2, status=1)
LASTS = Life()
DEAF = Life(stop_ns=None)
UNKILLABLE = Life(stop_ns=None, kill_ns=1000 * SECOND_NS)


def at(seconds: float, kind: Kind, argument: int = 0, target: str = "p:p") -> Op:
    """An op at a time that is a whole number of ticks."""
    return Op(int(seconds * SECOND_NS), kind, "" if kind in (Kind.WALL, Kind.SHUTDOWN) else target, argument)


def wall(seconds: float, by_seconds: float) -> Op:
    """A step of the wall clock."""
    return at(seconds, Kind.WALL, int(by_seconds * SECOND_NS))


def alone(*lives: Life, ops: tuple[Op, ...] = (), until: float = 30, **options) -> Scenario:
    """One program `p:p` with those lives and options."""
    program = Program("p", lives or (LASTS,), **options)
    return Scenario((Group("p", (program,)),), ops, int(until * SECOND_NS))


def told(scenario: Scenario, *what: str, **how) -> list[tuple[float, str]]:
    """(seconds, detail) of what the oracle tells, of those kinds; answers and the like as `what detail`."""
    story = play(scenario, **how)
    return [
        (time_ns / SECOND_NS, detail if kind in ("state", "spawn") else f"{kind} {detail}")
        for time_ns, _, kind, detail in story
        if kind in (what or ("state",))
    ]
