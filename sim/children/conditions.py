"""What depends on others and on time: `db: down from 60s to 360s`, `web: crash after 0.3s exit 1 while db is down`.

    NAME: down from A to B [and from C [to D]]       out in these spans of virtual time; without an end, for good
    NAME: [needs THING,] WHAT while THING is down[, else WHAT]
    NAME: needs THING                                 short for `crash after 0.1s exit 1 while THING is down`
    NAME: WHAT                                        any behaviour of the catalogue (`sim.children.behaviours`)

A NAME with spans that is no program of the configuration is something outside of it; a program with spans dies when one
begins and fails at every start within it. A program is down while none of its processes is RUNNING, whatever the reason.
Who has begun what it does while THING is down finishes it, although THING may be back by then.
"""

from __future__ import annotations

import re

from initd.record import Record
from sim.children.behaviours import FOREVER, Behaviour, BehaviourError, parse_assignment, parse_behaviour, seconds

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    Told: TypeAlias = "Behaviour | Outage | Dependence"

SECOND_NS = 1_000_000_000
FORMS = """  down from 60s to 360s and from 400s     (NAME may be something outside of the configuration)
  needs db, crash after 0.3s exit 1 while db is down, else run
  needs db"""
"""Examples for `-h`."""


class Outage(Record):
    """Out from the first to below the second time of each span, nanoseconds; None: for good."""

    spans: tuple[tuple[int, int | None], ...]

    def covers(self, time_ns: int) -> bool:
        """Whether it is out at that time."""
        return any(first <= time_ns and (last is None or time_ns < last) for first, last in self.spans)


class Dependence(Record):
    """Does `what` from when `thing` goes down, or from its start where it is down; `otherwise` before."""

    thing: str
    what: Behaviour
    otherwise: Behaviour = FOREVER


def parse(text: str) -> tuple[str, Told]:
    """Read `NAME: …` in any of the forms above; BehaviourError says what was expected."""
    name, colon, rest = text.partition(": ")
    words = " ".join(rest.split())
    if not colon or not name.strip():
        return parse_assignment(text)
    if words.startswith("down "):
        return name.strip(), _outage(words)
    if words.startswith("needs ") or " while " in words:
        return name.strip(), _dependence(words)
    return parse_assignment(text)


def _outage(words: str) -> Outage:
    spans: list[tuple[int, int | None]] = []
    for part in words.removeprefix("down ").split(" and "):
        found = re.fullmatch(r"from (\S+)(?: to (\S+))?", part)
        if found is None:
            raise BehaviourError(f"expected 'down from 60s to 360s', found {words!r}")
        first, last = _ns(found[1]), _ns(found[2]) if found[2] else None
        if last is not None and last <= first or spans and (spans[-1][1] is None or first < (spans[-1][1] or 0)):
            raise BehaviourError(f"spans must have a length and be in order: {words!r}")
        spans.append((first, last))
    return Outage(tuple(spans))


def _dependence(words: str) -> Dependence:
    found = re.fullmatch(r"(?:needs (\S+), )?(.+?) while (\S+) is down(?:, else (.+))?", words)
    if found is not None:
        needed, what, thing, otherwise = found.groups()
        if needed and needed != thing:
            raise BehaviourError(f"needs {needed!r}, but says what it does while {thing!r} is down: {words!r}")
        return Dependence(thing, parse_behaviour(what), parse_behaviour(otherwise) if otherwise else FOREVER)
    found = re.fullmatch(r"needs ([^\s,]+)", words)
    if found is None:
        raise BehaviourError(f"expected 'needs db' or 'crash after 0.3s exit 1 while db is down', found {words!r}")
    return Dependence(found[1], parse_behaviour("crash after 0.1s exit 1"))


def _ns(text: str) -> int:
    return round(seconds(text) * SECOND_NS)
