"""Our story of a broadcast against supervisor's own: equal, or equal once what is different on purpose is mended there.

A row of the register is met where its mend, and not the others alone, makes the two stories one. So whatever else differs is
seen, however early the stories part.
"""

from __future__ import annotations

from collections import Counter

from initd.record import Record
from sim.oracle.broadcast import play
from sim.oracle.differential import BROADCAST, rows
from sim.trace import by_program, first_difference, line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sim.broadcast import Broadcast
    from sim.trace import Trace


class Mended(Record):
    """The rows that were met, and in words what no row accounts for; empty if nothing."""

    met: tuple[str, ...] = ()
    complaint: str = ""


class Mending:
    """The rows of the register that broadcasts show, and how often each was met."""

    def __init__(self) -> None:
        self.rows = rows(seen=(BROADCAST,))
        self.hits: Counter[str] = Counter()

    def compare(self, broadcast: Broadcast, ours: Trace) -> Mended:
        """Our story of a broadcast against supervisor's, to the nanosecond."""
        mine = by_program(ours)
        if by_program(play(broadcast)) == mine:
            return Mended()
        every = frozenset(row.predicate for row in self.rows)
        told = play(broadcast, every)
        if by_program(told) != mine:
            return Mended((), _words(ours, told))
        met = tuple(sorted(each for each in every if by_program(play(broadcast, every - {each})) != mine))
        self.hits.update(met)
        return Mended(met)

    def stale(self) -> list[str]:
        """The rows no comparison has met: each is wrong by now, or nothing drives it."""
        return [f"{row.id} {row.predicate}" for row in self.rows if not self.hits[row.predicate]]


def _words(ours: Trace, theirs: Trace) -> str:
    found = first_difference(ours, theirs)
    assert found is not None, "two stories that are not the same differ somewhere"
    who, mine, other = found
    at = min(entry[0] for entry in (mine, other) if entry is not None)
    said = ["nothing" if entry is None else " ".join(line(entry).split()) for entry in (mine, other)]
    return f"at {at / 1e9:.9f} {who or '-'}: told {said[0]!r}, supervisor 4.3.0 {said[1]!r}"
