"""Where the specification says nothing: the reasons, and the entries of a story that nobody can be held to.

The model chooses something there as well, so that its stories are whole; a comparison leaves the entries out on both sides.
"""

from __future__ import annotations

from initd.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sim.trace import Entry

NEVER = 1 << 62
"""Later than any time of a scenario, in nanoseconds."""

UNSPECIFIED = {
    "cancelled-start": "D20: what a start that waits for a stop is answered when a stop cancels it, and what that stop is",
    "second-start": "D20: what a second start is answered while one waits already",
    "overtaken-start": "D20: what a waiting start is answered when the program becomes UNKNOWN, or the daemon shuts down",
    "born-dead": "§5.4: whether a start without waiting is told of a child that ends in the instant of its birth",
    "turn-tie": "§2.8: which is first, the stop of a group's turn or what else happens to it at that instant",
    "last-words": "what a call is answered that comes at the very instant the daemon ends",
}
"""Every reason there is."""


class Silence(Record):
    """Entries of `program` (None: of any, and the daemon's) in [since_ns, until_ns] about which the specification is silent.

    `what` and `detail` narrow them down: one kind of entry, and how its detail begins; empty: any.
    """

    reason: str
    program: str | None = None
    what: str = ""
    detail: str = ""
    since_ns: int = 0
    until_ns: int = NEVER

    def covers(self, entry: Entry) -> bool:
        """Whether that entry is one of them."""
        time_ns, program, what, detail = entry
        return (
            self.since_ns <= time_ns <= self.until_ns
            and self.program in (None, program)
            and self.what in ("", what)
            and detail.startswith(self.detail)
        )
