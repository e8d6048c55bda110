"""What supervisor 4.3.0 does at a point of one of our stories, for people who read a failure."""

from __future__ import annotations

from sim.oracle.differential import Register, rows
from sim.oracle.play import play
from sim.trace import line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.scenario import Scenario
    from sim.trace import Entry, Trace

NAME = "supervisor 4.3.0"


def beside(scenario: Scenario, ours: Trace, program: str = "", time_ns: int | None = None) -> list[str]:
    """At most three lines: where its story of the scenario parts from ours, if it does, and how that program stands there."""
    register = Register(rows())
    finding = register.compare(scenario, ours)
    parting = finding.unexplained
    if parting is not None:
        at = f"{parting.time_ns / 1e9:.9f} {parting.program or 'the daemon'}"
        lines = [f"{NAME} does not do that. At {at}", f"  {NAME}: {_told(parting.theirs)}; initd: {_told(parting.ours)}"]
    elif finding.met:
        met = {row.id: row.reason for row in reversed(register.rows) if row.predicate in finding.met}
        lines = [f"{NAME} differs here, as it is meant to: {'; '.join(f'{key} {met[key]}' for key in sorted(met))}"]
    else:
        lines = [f"{NAME} tells the same story"]
    if time_ns is not None:
        lines.append(standing(play(scenario), program, time_ns))
    return lines


def standing(told: Trace, program: str, time_ns: int) -> str:
    """How a program stands in supervisor's story at a time, and what comes next."""
    states = [entry for entry in told if entry[1] == program and entry[2] in ("state", "exit", "crash")]
    before = [entry for entry in states if entry[0] <= time_ns]
    after = [entry for entry in states if entry[0] > time_ns]
    is_now = f"{_what(before[-1])} since {before[-1][0] / 1e9:.9f}" if before else "STOPPED" if program else "running"
    follows = f", {_what(after[0])} at {after[0][0] / 1e9:.9f}" if after else " till the end"
    return f"{NAME} at {time_ns / 1e9:.9f}: {program or 'the daemon'} is {is_now}{follows}"


def _what(entry: Entry) -> str:
    return entry[3] if entry[2] == "state" else f"{entry[2]} {entry[3]}"


def _told(entries: Sequence[Entry]) -> str:
    said = [f"{' '.join(line(entry).split()[2:])} at {entry[0] / 1e9:.9f}" for entry in entries[:2]]
    return ", ".join(said) or "nothing"
