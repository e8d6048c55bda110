"""V1, V2 and V4: what has begun comes to its end in time (simulation.md §4.5)."""

from __future__ import annotations

from sim.invariants.seen import NEVER
from sim.scenario import SECOND_NS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sim.invariants.judge import Checker
    from sim.invariants.seen import Actor, Seen
    from sim.trace import Entry


def start_ends(seen: Seen, actor: Actor, entry: Entry) -> str | None:
    """A start goes on by startsecs, a wait by the seconds it is for; so the whole is bounded as V1 has it."""
    if actor.state == "STARTING" and entry[2] != "spawn":
        since_ns = actor.fork_ns if actor.alive else actor.since_ns
        bound_ns = max(actor.startsecs_ns, 0) + 1 if actor.alive else 0
        if entry[0] > since_ns + bound_ns + seen.slack_ns:
            return f"STARTING for {entry[0] - since_ns} ns"
    elif actor.state == "BACKOFF":
        shut = seen.shutdown_ns != NEVER
        if not shut and entry[0] > actor.since_ns + actor.tries * SECOND_NS + 1 + seen.slack_ns:
            return f"BACKOFF {actor.tries} for {entry[0] - actor.since_ns} ns"
    return None


def stop_ends(seen: Seen, actor: Actor, entry: Entry) -> str | None:
    if actor.state != "STOPPING" or actor.refused_ns != NEVER or seen.exit_ns != NEVER:
        return None
    bound_ns = actor.stopwait_ns + actor.life().kill_ns
    if entry[0] > actor.since_ns + bound_ns + seen.slack_ns:
        return f"STOPPING for {entry[0] - actor.since_ns} ns"
    return None


def attempted(seen: Seen, actor: Actor, entry: Entry) -> str | None:
    if actor.spec.autostart and actor.since_ns == NEVER and entry[0] > seen.slack_ns:
        return "never started, with autostart=true"
    return None


CHECKERS: dict[str, tuple[tuple[str, ...], Checker]] = {
    "V1": (("RUNNING", "BACKOFF", "STOPPING", "STARTING", "STOPPED", "answer", "end"), start_ends),
    "V2": (("STOPPED", "UNKNOWN", "signal", "answer", "end"), stop_ends),
    "V4": (("STARTING", "end"), attempted),
}
"""By the name in simulation.md §4.5: what each looks at, and the checker."""
