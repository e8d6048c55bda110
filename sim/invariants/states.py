"""S1 to S14: which state may follow which, when, and with what in between (supervisord-4.3 §2.4; simulation.md §4.5)."""

from __future__ import annotations

from sim.invariants.seen import NEVER
from sim.scenario import SECOND_NS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sim.invariants.judge import Checker
    from sim.invariants.seen import Actor, Seen
    from sim.trace import Entry

EDGES = {
    "STOPPED": {"STARTING"},
    "STARTING": {"RUNNING", "BACKOFF", "STOPPING", "UNKNOWN"},
    "RUNNING": {"EXITED", "STOPPING", "UNKNOWN"},
    "BACKOFF": {"STARTING", "FATAL", "STOPPED"},
    "STOPPING": {"STOPPED", "UNKNOWN"},
    "EXITED": {"STARTING"},
    "FATAL": {"STARTING"},
    "UNKNOWN": {"STOPPED", "EXITED"},
}
STATES = tuple(EDGES)
CHANGES = (*STATES, "end")
RESTART_NS = SECOND_NS // 5
"""A program that has used its burst up waits that long between restarts (D26)."""


def edge(seen: Seen, actor: Actor, entry: Entry) -> str | None:
    if seen.what not in EDGES[actor.state]:
        return f"{actor.state} -> {seen.what} is no transition"
    return None


def has_process(seen: Seen, actor: Actor, entry: Entry) -> str | None:
    if entry[2] == "signal":
        return None if actor.alive else f"signal {entry[3]}, but there is no process"
    if seen.what == "RUNNING":
        return None if actor.alive else "RUNNING without a process"
    return f"{seen.what} while there is a process" if actor.alive else None


def one_process(seen: Seen, actor: Actor, entry: Entry) -> str | None:
    return "a second process while there is one" if actor.alive else None


def long_enough(seen: Seen, actor: Actor, entry: Entry) -> str | None:
    """RUNNING after more than startsecs; at exactly startsecs only for one who has ended just then (edge rule)."""
    if seen.what == "RUNNING":
        age_ns = entry[0] - actor.fork_ns
        if age_ns > actor.startsecs_ns - seen.blur_ns:
            return None
        actor.short_ns = entry[0]
        return (
            None if age_ns == actor.startsecs_ns else f"RUNNING after {age_ns} ns, startsecs is {actor.spec.startsecs}"
        )
    if actor.short_ns != NEVER and actor.state == "RUNNING":
        short_ns, actor.short_ns = actor.short_ns, NEVER
        if entry[0] != short_ns or not entry[3].startswith("EXITED"):
            return f"RUNNING after exactly {actor.spec.startsecs} s, and still there"
    return None


def too_quick(seen: Seen, actor: Actor, entry: Entry) -> str | None:
    if actor.alive:
        age_ns = entry[0] - actor.fork_ns
        if age_ns >= actor.startsecs_ns + seen.slack_ns + seen.blur_ns:
            return f"BACKOFF of a child that lived {age_ns} ns, startsecs is {actor.spec.startsecs}"
    elif not actor.spec.life(actor.forks + 1).refused:
        return f"BACKOFF without a child, but fork {actor.forks + 1} is not refused"
    return None


def waits_k_seconds(seen: Seen, actor: Actor, entry: Entry) -> str | None:
    if actor.state != "BACKOFF":
        return None
    waited_ns, wanted_ns = entry[0] - actor.since_ns, actor.tries * SECOND_NS
    if waited_ns <= wanted_ns - seen.blur_ns:
        return f"backoff {actor.tries} too short: {waited_ns} ns"
    return f"backoff {actor.tries} too long: {waited_ns} ns" if waited_ns > wanted_ns + 1 + seen.slack_ns else None


def bounded_retries(seen: Seen, actor: Actor, entry: Entry) -> str | None:
    if actor.failures + 1 > max(actor.spec.startretries, 0) + 1 and actor.tries > actor.spec.startretries:
        return f"failure {actor.failures + 1} in a row, startretries is {actor.spec.startretries}"
    return None


def fatal_when_used_up(seen: Seen, actor: Actor, entry: Entry) -> str | None:
    """BACKOFF with the retries used up turns FATAL at once; FATAL comes of nothing else but a shutdown."""
    state = seen.what
    used_up = actor.state == "BACKOFF" and actor.tries > actor.spec.startretries
    if state == "FATAL":
        if not used_up and seen.shutdown_ns == NEVER:
            return f"FATAL after failure {actor.tries}, startretries is {actor.spec.startretries}"
        return "FATAL late" if used_up and entry[0] > actor.since_ns + seen.slack_ns else None
    if used_up and entry[0] > actor.since_ns + seen.slack_ns:
        return f"failure {actor.tries} with startretries {actor.spec.startretries}, and not FATAL"
    if actor.state == "FATAL" and state == "STARTING" and actor.start_ns < actor.since_ns:
        return "starts again after FATAL without a command"
    return None


def counter(seen: Seen, actor: Actor, entry: Entry) -> str | None:
    wanted = actor.failures + (seen.what == "BACKOFF")
    return f"{entry[3]}, expected {seen.what} {wanted}" if int(seen.more) != wanted else None


def stays_stopped(seen: Seen, actor: Actor, entry: Entry) -> str | None:
    if actor.state == "STOPPED" and actor.since_ns != NEVER and actor.start_ns < 0:
        return "starts after a stop without a command"
    if actor.state == "STOPPED" and actor.start_ns < actor.stop_op_ns < entry[0]:
        return "starts after a stop without a command since"
    return None


def not_after_shutdown(seen: Seen, actor: Actor, entry: Entry) -> str | None:
    if seen.shutdown_ns == NEVER or entry[0] < seen.shutdown_ns:
        return None
    if entry[0] > seen.shutdown_ns or seen.shutdown_first:
        return f"{entry[2]} {entry[3]} after the shutdown at {seen.shutdown_ns} ns"
    return None


def restarts(seen: Seen, actor: Actor, entry: Entry) -> str | None:
    """EXITED starts again exactly where autorestart says so; what its end counts as follows its status."""
    if seen.what == "EXITED":
        life = actor.life()
        if actor.alive and not actor.struck:
            expected = life.status in actor.spec.exitcodes
            if seen.more != ("expected" if expected else "unexpected"):
                return f"{entry[3]} with status {life.status}, exitcodes are {actor.spec.exitcodes}"
        return None
    if actor.state != "EXITED":
        return None
    if seen.what == "STARTING":
        return "restarts against autorestart" if actor.due_ns is None and actor.start_ns < actor.since_ns else None
    called_off = actor.stop_op_ns >= actor.since_ns or seen.shutdown_ns != NEVER
    if actor.due_ns is not None and not called_off and entry[0] > actor.due_ns + RESTART_NS + seen.slack_ns:
        return f"EXITED at {actor.due_ns} ns and not restarted"
    return None


def autostart(seen: Seen, actor: Actor, entry: Entry) -> str | None:
    if actor.since_ns == NEVER and not actor.spec.autostart and actor.start_ns == NEVER:
        return "starts by itself with autostart=false"
    return None


def chain(seen: Seen, actor: Actor, entry: Entry) -> str | None:
    if entry[2] == "spawn":
        return None if int(entry[3]) == actor.forks + 1 else f"fork {entry[3]} after fork {actor.forks}"
    return f"{seen.what} told twice" if seen.what == actor.state else None


CHECKERS: dict[str, tuple[tuple[str, ...], Checker]] = {
    "S1": (STATES, edge),
    "S2": (("signal", "RUNNING", "STARTING", "FATAL"), has_process),
    "S3": (("spawn",), one_process),
    "S4": (("RUNNING", "EXITED", "STOPPING", "UNKNOWN", "end"), long_enough),
    "S5": (("BACKOFF",), too_quick),
    "S6": (("STARTING",), waits_k_seconds),
    "S7": (("BACKOFF",), bounded_retries),
    "S8": (("FATAL", "STARTING", "STOPPED", "end"), fatal_when_used_up),
    "S9": (("STARTING", "BACKOFF"), counter),
    "S10": (("STARTING",), stays_stopped),
    "S11": (("STARTING", "spawn"), not_after_shutdown),
    "S12": (("EXITED", "STARTING", "answer", "end"), restarts),
    "S13": (("STARTING",), autostart),
    "S14": ((*STATES, "spawn"), chain),
}
"""By the name in simulation.md §4.5: what each looks at, and the checker."""
