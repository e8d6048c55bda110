"""Applies every checker to a story; a checker that fails to make up its mind is no pass.

A checker is a function of (seen, actor, entry) that returns what is wrong, or nothing. It is asked before the entry counts as
seen, in O(1). At the end of the story each is asked with the entry `(end, program, "end", "")`.
"""

from __future__ import annotations

import enum

from initd.record import Record
from sim.invariants import daemon, liveness, states, stopping
from sim.invariants.seen import Actor, Seen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from sim.scenario import Scenario
    from sim.trace import Entry, Trace

    Checker: TypeAlias = Callable[[Seen, Actor, Entry], str | None]
    DaemonChecker: TypeAlias = Callable[[Seen, Entry], str | None]


class Outcome(enum.Enum):
    """What a checker found; UNKNOWN is no pass."""

    PASS = "pass"
    FAIL = "fail"
    UNKNOWN = "unknown"


class Finding(Record):
    """A checker that does not pass: the first place in the story where."""

    name: str
    outcome: Outcome
    text: str
    entry: Entry

    def __str__(self) -> str:
        return f"{self.name} {self.outcome.value} at {self.entry[0] / 1e9:.9f} {self.entry[1] or '-'}: {self.text}"


def judge(scenario: Scenario, trace: Trace, slack_ns: int = 0, blur_ns: int = 0) -> list[Finding]:
    """What does not hold in the story of a scenario, one finding a checker; nothing if all pass.

    `slack_ns` is how late things may be: nothing in a simulation, some milliseconds in the event log of a real run. `blur_ns` is
    how much shorter a span of time may be told than it was: nothing where times are those that were decided by.
    """
    seen = Seen(scenario, slack_ns, blur_ns)
    found: dict[str, Finding] = {}
    for entry in trace:
        if entry[0] < seen.now:
            found.setdefault("order", Finding("order", Outcome.FAIL, "time runs backwards", entry))
        _look(seen, entry, found)
    if seen.exit_ns < 0:
        seen.come_to(scenario.until_ns)
    for name in seen.actors:
        _look(seen, (seen.now, name, "end", ""), found)
    _look(seen, (seen.now, "", "end", ""), found)
    return list(found.values())


def _look(seen: Seen, entry: Entry, found: dict[str, Finding]) -> None:
    time_ns, program, what, detail = entry
    try:
        if time_ns != seen.now:
            seen.come_to(time_ns)
        if what == "state":
            what, _, seen.more = detail.partition(" ")
        seen.what = what
        actor = None
        if program:
            actor = seen.actors[program]
            for name, check in CHECKS.get(what, ()):
                try:
                    text = check(seen, actor, entry)
                except Exception as error:  # whatever it is, it is not a pass
                    found.setdefault(name, Finding(name, Outcome.UNKNOWN, repr(error), entry))
                    continue
                if text is not None:
                    found.setdefault(name, Finding(name, Outcome.FAIL, text, entry))
        for name, overall in DAEMON_CHECKS.get(what, ()):
            try:
                text = overall(seen, entry)
            except Exception as error:  # as above
                found.setdefault(name, Finding(name, Outcome.UNKNOWN, repr(error), entry))
                continue
            if text is not None:
                found.setdefault(name, Finding(name, Outcome.FAIL, text, entry))
        seen.take(entry, actor)
    except (KeyError, ValueError, IndexError) as error:  # a story that speaks of what the scenario has not
        found.setdefault("story", Finding("story", Outcome.UNKNOWN, repr(error), entry))


def _by_what(*tables: dict[str, tuple[tuple[str, ...], Checker]]) -> dict[str, tuple[tuple[str, Checker], ...]]:
    by_what: dict[str, list[tuple[str, Checker]]] = {}
    for table in tables:
        for name, (whats, check) in table.items():
            for what in whats:
                by_what.setdefault(what, []).append((name, check))
    return {what: tuple(checks) for what, checks in by_what.items()}


CHECKS = _by_what(states.CHECKERS, stopping.CHECKERS, liveness.CHECKERS)
"""Every checker of one program, by the state entered or the `what` it looks at."""
DAEMON_CHECKS: dict[str, tuple[tuple[str, DaemonChecker], ...]] = daemon.by_what()
"""Every checker of the whole, likewise."""
NAMES = tuple(dict.fromkeys([name for checks in CHECKS.values() for name, _ in checks] + list(daemon.CHECKERS)))
