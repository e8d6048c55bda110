"""Where our story and supervisor's part, program by program, with what led there: what a divergence is judged by."""

from __future__ import annotations

import enum

from initd.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from sim.scenario import Scenario
    from sim.trace import Entry, Trace

    Judge: TypeAlias = Callable[["Parting"], "Explained | None"]


class Explained(enum.Enum):
    """How much of a program's stories a divergence accounts for."""

    ONE_OF_THEIRS = "theirs has one entry more; what follows has to be the same again"
    ONE_OF_OURS = "ours has one entry more; what follows has to be the same again"
    ONE_OF_EACH = "each has an entry of its own here; what follows has to be the same again"
    REST = "the stories have parted for good"


class Parting(Record):
    """One program's stories from where they part. `before` is what both tell, `ours` and `theirs` what each tells then.

    `told` is all that supervisor tells, of every program.
    """

    scenario: Scenario
    program: str
    before: tuple[Entry, ...]
    ours: tuple[Entry, ...]
    theirs: tuple[Entry, ...]
    told: Trace

    @property
    def time_ns(self) -> int:
        """When the first of the two tells what the other does not."""
        return min(story[0][0] for story in (self.ours, self.theirs) if story)

    def next_of(self, story: tuple[Entry, ...], at: int = 0) -> tuple[int, str, str] | None:
        """(time_ns, what, detail) of the entry at that place of `ours` or `theirs`; None if there is none."""
        return (story[at][0], story[at][2], story[at][3]) if at < len(story) else None

    def last_state(self) -> str:
        """The state, without its extras, in which both left the program."""
        states = [entry[3].split()[0] for entry in self.before if entry[2] == "state"]
        return states[-1] if states else "STOPPED"


def unexplained(
    scenario: Scenario, program: str, ours: Trace, theirs: Trace, told: Trace, explain: Judge
) -> Parting | None:
    """The first parting of that program's two stories that `explain` does not account for, if any."""
    mine, other = list(ours), list(theirs)
    at = 0
    while at < max(len(mine), len(other)):
        if at < min(len(mine), len(other)) and mine[at] == other[at]:
            at += 1
            continue
        parting = Parting(scenario, program, tuple(mine[:at]), tuple(mine[at:]), tuple(other[at:]), told)
        verdict = explain(parting)
        if verdict is None:
            return parting
        if verdict is Explained.REST:
            return None
        if verdict is not Explained.ONE_OF_OURS:
            del other[at]
        if verdict is not Explained.ONE_OF_THEIRS:
            del mine[at]
    return None
