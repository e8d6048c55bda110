"""Our story against the supervisor that polls as it really does (level L2), and main log against main log (level L3).

With its own poll supervisor tells every program the same, only later: each wait adds up to a second, since a deadline counts from
when what went before was noticed. How late it is is what the rows of the register with `seen = "lagging"` are about.
"""

from __future__ import annotations

import re

from initd.record import Record
from sim.oracle.divergences import shutdown_ns
from sim.oracle.play import play
from sim.scenario import SECOND_NS, TICK_NS
from sim.trace import by_program, line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from sim.scenario import Scenario
    from sim.trace import Entry, Trace

BOOT = "boots_a_second_late"
NOTICE = "notices_late"
ALIVE = "calls_the_dead_running"
GROUPS = "takes_a_turn_for_every_group"
ROWS = (BOOT, NOTICE, ALIVE, GROUPS)
"""What the register may name."""
CODES = re.compile(
    r"spawned: '(?P<a>[^']*)'|spawnerr|success: (?P<b>\S+)|exited: (?P<c>\S+)|stopped: (?P<d>\S+)|gave up: (?P<e>\S+)"
    r"|killing '(?P<f>[^']*)'"
)


class Lateness(Record):
    """The rows that were met, and in words what no row accounts for; empty if nothing."""

    met: tuple[str, ...] = ()
    complaint: str = ""


def compare_late(scenario: Scenario, ours: Trace) -> Lateness:
    """L2: of every program the same, never sooner than ours, and at each entry at most a turn later than at what it follows.

    That is the entry before, for an end also the birth of the child, and for the exit of the daemon whatever was last.
    For scenarios whose only op is a shutdown: any other meets a program that lags in another state. So may the shutdown; what
    follows it then, of that program and of those whose turn comes after, is not compared.
    """
    mine, theirs = by_program(ours), by_program(play(scenario, lagging=True))
    stories = [_Late(scenario, mine.get(name, []), story) for name, story in sorted(theirs.items()) if name]
    last_ns = max((story.late_ns for story in stories), default=0)
    stories.insert(0, _Late(scenario, mine.get("", []), theirs.get("", []), last_ns))
    met = sorted({row for story in stories for row in story.met})
    told_ns = shutdown_ns(scenario)
    elsewhere = any(story.elsewhere for story in stories)
    for story in stories:
        if story.complaint and not (elsewhere and told_ns is not None and story.time_ns >= told_ns):
            return Lateness(tuple(met), story.complaint)
    return Lateness(tuple(met))


class _Late:
    """One program's stories: the rows they met, whether the lag brought it elsewhere, and what is wrong since when.

    `late_ns` is by how much the last entry is late; at the beginning, what the first one follows.
    """

    def __init__(self, scenario: Scenario, ours: Trace, theirs: Trace, late_ns: int = 0) -> None:
        self.met: set[str] = set()
        self.elsewhere = False
        self.complaint, self.time_ns = "", 0
        self._told_ns = shutdown_ns(scenario)
        self.late_ns, born_ns = late_ns, 0
        left = list(theirs)
        for at, mine in enumerate(ours):
            if _kills_the_dead(mine, left[at : at + 2]):
                self.met.add(NOTICE)
                del left[at]
            if at >= len(left):
                break
            other = left[at]
            if mine[2:] != other[2:]:
                self._differ(mine, other)
                return
            before_ns = max(self.late_ns, born_ns) if mine[3] == "STOPPED" else self.late_ns
            self.late_ns = other[0] - mine[0]
            if mine[2] == "spawn":
                born_ns = self.late_ns
            turns = 1 if self._told_ns is None or other[0] < self._told_ns else 2 + len(scenario.groups)
            if self.late_ns < 0 or self.late_ns - before_ns > turns * (SECOND_NS + TICK_NS):
                self._complain(f"are {self.late_ns / 1e9} s apart", mine, other)
                return
            if self.late_ns:
                self.met.add(BOOT if at == 0 and other[0] == SECOND_NS else GROUPS if other[2] == "exit" else NOTICE)
        # What is noticed only once the shutdown has begun is not followed by what would have followed it.
        self.elsewhere = self._told_ns is not None and len(ours) != len(left)

    def _differ(self, mine: Entry, other: Entry) -> None:
        if other[3] == "RUNNING" and mine[3].startswith("BACKOFF"):
            self.met.add(ALIVE)
            self.elsewhere = True
        elif self._told_ns is not None and max(mine[0], other[0]) >= self._told_ns and self.late_ns:
            self.elsewhere = True
        else:
            self._complain("differ", mine, other)

    def _complain(self, how: str, mine: Entry, other: Entry) -> None:
        name = other[1] or "the daemon"
        self.complaint = f"{name}: entries {how}\n  initd:            {line(mine)}\n  supervisor 4.3.0: {line(other)}"
        self.time_ns = min(mine[0], other[0])


def _kills_the_dead(mine: Entry, theirs: list[Entry]) -> bool:
    """Whether an end and the deadline of its stop are noticed in one turn: the deadline comes first there, with a SIGKILL."""
    if mine[2:] != ("state", "STOPPED") or [entry[2] for entry in theirs] != ["signal", "state"]:
        return False
    kill, end = theirs
    return kill[3] in ("9", "9 group") and end[2:] == mine[2:] and kill[0] == end[0]


def codes(texts: Iterable[str]) -> dict[str, list[str]]:
    """L3: what kinds of lines a main log has of each program, in order; those of no program under the empty name."""
    found: dict[str, list[str]] = {}
    for text in texts:
        match = CODES.match(text)
        if match is not None:
            name = next((each for each in match.groups() if each is not None), "")
            found.setdefault(name, []).append(re.split(r"[ :]", text)[0])
    return found
