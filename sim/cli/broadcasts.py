"""A broadcast for a person: what both daemons tell of it, side by side where they differ."""

from __future__ import annotations

from sim.cli.options import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sim.broadcast import Broadcast


def compared(broadcast: Broadcast) -> int:
    """Play it again, compare, and print what happened; the exit status."""
    from sim.oracle.mending import Mending
    from sim.stage.broadcast import play
    from sim.trace import line

    mending = Mending()
    try:
        trace = play(broadcast)
        found = mending.compare(broadcast, trace)
    except Exception as error:  # a file that somebody wrote, or what neither takes
        raise UsageError(f"this broadcast cannot be compared: {error!r}") from None
    print("\n".join(line(entry) for entry in trace))
    for row in mending.rows:
        if row.predicate in found.met:
            print(f"meant to differ: {row.id} {row.reason}")
    if not found.complaint:
        print("supervisor 4.3.0 tells the same story" + (", but for that" if found.met else ""))
        return 0
    print(f"FAILED {found.complaint}")
    return 1
