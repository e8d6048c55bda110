"""T5, T6, R7, V3 and V5: what concerns several programs, or the daemon itself (simulation.md §4.5)."""

from __future__ import annotations

from sim.invariants.seen import CAP_NS, DOWN, NEVER
from sim.scenario import SECOND_NS, Kind

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sim.invariants.judge import DaemonChecker
    from sim.invariants.seen import Seen
    from sim.scenario import Op
    from sim.trace import Entry

CALLS = (Kind.START, Kind.STOP, Kind.SIGNAL)


def groups_in_turn(seen: Seen, entry: Entry) -> str | None:
    """A shutdown stops a group only when those of higher priority numbers are down, or given up on.

    A start that has no child yet is called off at once, whose ever it is (D5).
    """
    actor = seen.actors[entry[1]]
    if seen.shutdown_ns == NEVER or entry[0] < seen.shutdown_ns or actor.stop_op_ns == entry[0] or not actor.alive:
        return None
    if any(seen.unstopped[actor.group + 1 :]) and not _given_up(seen, actor.group):
        return f"stopped before the groups of {sum(seen.unstopped[actor.group + 1 :])} others were down"
    return None


def _given_up(seen: Seen, group: int) -> bool:
    left = [actor for actor in seen.actors.values() if actor.group > group and actor.state not in DOWN]
    for actor in left:
        killed = actor.refused_ns != NEVER or NEVER < actor.killed_ns <= seen.now - SECOND_NS + seen.blur_ns
        if actor.state != "STOPPING" or not killed:
            return False
    return True


def boot_order(seen: Seen, entry: Entry) -> str | None:
    """At boot, groups start in ascending priority."""
    actor = seen.actors[entry[1]]
    if entry[0] or actor.since_ns != NEVER or actor.start_ns == 0:
        return None
    if actor.group < seen.booting:
        return "started after a group of a higher priority number"
    seen.booting = actor.group
    return None


def exit_status(seen: Seen, entry: Entry) -> str | None:
    """The daemon ends after a shutdown, once, when all are down; with 1 if it had to give up on somebody."""
    if seen.exit_ns != NEVER:
        return "a second exit"
    if seen.shutdown_ns == NEVER:
        return "an exit without a shutdown"
    left = [actor.name for actor in seen.actors.values() if actor.state not in DOWN]
    if left and not _given_up(seen, -1):
        return f"an exit while {', '.join(left)} lives"
    return f"exit {entry[3]}, with {len(left)} given up on" if entry[3] != ("1" if left else "0") else None


def nothing_after_exit(seen: Seen, entry: Entry) -> str | None:
    if seen.exit_ns != NEVER and entry[0] > seen.exit_ns:
        return f"{entry[2]} {entry[3]} after the exit"
    return None


def shutdown_ends(seen: Seen, entry: Entry) -> str | None:
    if entry[1] or seen.shutdown_ns == NEVER:
        return None
    ended_ns = seen.now if seen.exit_ns == NEVER else seen.exit_ns
    waits_ns = [0] * len(seen.unstopped)
    for actor in seen.actors.values():
        waits_ns[actor.group] = max(waits_ns[actor.group], 2 * actor.stopwait_ns)
    bound_ns = sum(waits_ns) + CAP_NS + len(waits_ns) * SECOND_NS
    if ended_ns > seen.shutdown_ns + bound_ns + seen.slack_ns:
        return f"shutdown for {ended_ns - seen.shutdown_ns} ns"
    return None


def one_reply(seen: Seen, entry: Entry) -> str | None:
    """Every call gets its answer, and only one; a start that waits for a stop to end may still be waiting."""
    if entry[2] == "answer":
        at, op = _op(seen, entry)
        if op.target != entry[1] or op.kind not in CALLS:
            return f"answer {entry[3]} to what was no call"
        return f"a second answer: {entry[3]}" if at in seen.answers else None
    if entry[1]:
        return None
    end_ns = seen.scenario.until_ns if seen.exit_ns == NEVER else seen.exit_ns - 1
    for at, op in enumerate(seen.ops):
        if op.kind in CALLS and op.time_ns <= end_ns and at not in seen.answers:
            actor = seen.actors[op.target]
            if op.kind is not Kind.START or actor.state != "STOPPING":
                return f"no answer to operation {at}"
    return None


def _op(seen: Seen, entry: Entry) -> tuple[int, Op]:
    at = int(entry[3].partition(" ")[0])
    return at, seen.ops[at]


CHECKERS: dict[str, tuple[tuple[tuple[str, ...], DaemonChecker], ...]] = {
    "T5": ((("STOPPING",), groups_in_turn),),
    "T6": ((("STARTING",), boot_order),),
    "R7": ((("exit",), exit_status), (("spawn", "signal", "answer", "STARTING", "RUNNING"), nothing_after_exit)),
    "V3": ((("end",), shutdown_ends),),
    "V5": ((("answer", "end"), one_reply),),
}
"""By the name in simulation.md §4.5: what each looks at, and the checker."""


def by_what() -> dict[str, tuple[tuple[str, DaemonChecker], ...]]:
    """The checkers by what they look at."""
    found: dict[str, list[tuple[str, DaemonChecker]]] = {}
    for name, parts in CHECKERS.items():
        for whats, check in parts:
            for what in whats:
                found.setdefault(what, []).append((name, check))
    return {what: tuple(checks) for what, checks in found.items()}
