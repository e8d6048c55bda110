"""A failure on one screen: what is broken and what that means, the scenario, the story around it, supervisor's, the command.

As simulation.md §4.8 has it. `LINES` is the most it takes.
"""

from __future__ import annotations

import re

from initd.record import Record
from sim.invariants.meanings import meaning
from sim.report.program import described
from sim.report.timeline import timeline

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.scenario import Scenario
    from sim.trace import Trace

LINES = 28
ROWS = 11
"""Lines of the story around the failure."""
PROGRAMS = 3
REASONS = 3
COLUMNS = 160
PLACE = re.compile(r"(?P<name>\S+) (?P<outcome>fail|unknown)(?: at (?P<time>\d+\.\d+) (?P<program>\S+):)?")
HERE = "   <-- here"


class Place(Record):
    """Where a reason says that something is wrong: the check, the time (None: it says none), the program or nothing."""

    name: str
    time_ns: int | None
    program: str


def place(reason: str) -> Place:
    """What a reason of `sim.campaign.check` is about."""
    found = PLACE.match(reason)
    if found is None:
        return Place(reason.partition(" ")[0], None, "")
    seconds, _, fraction = (found["time"] or "").partition(".")
    time_ns = int(seconds) * 10**9 + int(fraction.ljust(9, "0")[:9]) if seconds else None
    return Place(found["name"], time_ns, (found["program"] or "").replace("-", "", found["program"] == "-"))


def screen(
    heading: str, reasons: Sequence[str], scenario: Scenario, trace: Trace, supervisor: Sequence[str], replay: str
) -> list[str]:
    """The failure, line by line; `supervisor` is what there is to say of supervisor at that point."""
    lines = [heading, *(f"  {reason}" for reason in reasons[:REASONS])]
    if len(reasons) > REASONS:
        lines[-1] += f"  (and {len(reasons) - REASONS} more)"
    if sentence := meaning(reasons[0]):
        lines.append(f"  must hold: {sentence}")
    programs = scenario.programs()
    lines += [f"  {described(name, program)}" for name, program in programs[:PROGRAMS]]
    if len(programs) > PROGRAMS:
        lines.append(f"  and {len(programs) - PROGRAMS} programs more")
    lines += around(timeline(scenario, trace), place(reasons[0]).time_ns)
    lines += [*supervisor, f"replay: {replay}"]
    return [text if len(text) <= COLUMNS or text is lines[-1] else f"{text[: COLUMNS - 1]}…" for text in lines]


def around(rows: Sequence[str], time_ns: int | None) -> list[str]:
    """The head of a timeline and its rows about a time, which is marked; the last ones where there is none."""
    head, body = rows[0], list(rows[1:])
    here = len(body) - 1
    if time_ns is not None:
        reached = [at for at, row in enumerate(body) if _time_ns(row) <= time_ns]
        here = reached[-1] if reached else -1
        if here >= 0:
            body[here] = body[here][: COLUMNS - len(HERE)] + HERE
    last = min(len(body), max(here + 3, ROWS))
    first = max(0, last - ROWS)
    lines = [head, *([f"{'…':>14}  {first} lines before"] if first else []), *body[first:last]]
    return lines + ([f"{'…':>14}  {len(body) - last} lines more"] if last < len(body) else [])


def _time_ns(row: str) -> int:
    seconds, _, fraction = row[:14].strip().partition(".")
    return int(seconds) * 10**9 + int(fraction)
