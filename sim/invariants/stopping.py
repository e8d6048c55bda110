"""T1 to T4 and T7: what a stop does to one program (supervisord-4.3 §2.4; simulation.md §4.5)."""

from __future__ import annotations

from sim.invariants.seen import NEVER, UP
from sim.scenario import SECOND_NS, Kind

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sim.invariants.judge import Checker
    from sim.invariants.seen import Actor, Seen
    from sim.trace import Entry


def stop_signal(seen: Seen, actor: Actor, entry: Entry) -> str | None:
    """The first signal of a stop; where a kill was refused the first is not told of."""
    if actor.by_client(entry) or actor.refused_ns != NEVER:
        return None
    wanted = f"{actor.spec.stopsignal} group" if actor.spec.stopasgroup else str(actor.spec.stopsignal)
    if actor.state != "STOPPING":
        return f"signal {entry[3]} to a program that is {actor.state}"
    if not actor.signals and entry[3] != wanted:
        return f"the first signal is {entry[3]}, not {wanted}"
    return None


def no_early_kill(seen: Seen, actor: Actor, entry: Entry) -> str | None:
    if actor.state != "STOPPING" or actor.by_client(entry) or (not actor.signals and actor.refused_ns == NEVER):
        return None
    if entry[0] < actor.since_ns + actor.stopwait_ns - seen.blur_ns and actor.signals:
        return f"signal {entry[3]} {entry[0] - actor.since_ns} ns after the stop, stopwaitsecs is {actor.spec.stopwaitsecs}"
    again_ns = max(actor.stopwait_ns, SECOND_NS)
    if actor.kill_ns != NEVER and entry[0] < actor.kill_ns + again_ns - seen.blur_ns:
        return f"SIGKILL again after {entry[0] - actor.kill_ns} ns"
    return None


def kill_in_time(seen: Seen, actor: Actor, entry: Entry) -> str | None:
    """SIGKILL, to the group if killasgroup, once stopwaitsecs are over and it is still there."""
    if actor.state != "STOPPING" or actor.refused_ns != NEVER or not actor.signals:
        return None
    if entry[2] == "signal":
        wanted = "9 group" if actor.spec.killasgroup else "9"
        if not actor.by_client(entry) and entry[3] != wanted:
            return f"signal {entry[3]}, not {wanted}"
    late_ns = actor.since_ns + actor.stopwait_ns + seen.slack_ns
    over_ns = actor.since_ns + actor.stopwait_ns - seen.blur_ns
    return "no SIGKILL when stopwaitsecs were over" if actor.nine_ns < over_ns and entry[0] > late_ns else None


def ends_stopped(seen: Seen, actor: Actor, entry: Entry) -> str | None:
    if actor.state == "STOPPING":
        return f"a stop that ends {entry[3]}"
    return None


def stop_answer(seen: Seen, actor: Actor, entry: Entry) -> str | None:
    """OK only for what is on its way down, NOT_RUNNING only for what is no longer up."""
    at, _, answer = entry[3].partition(" ")
    if seen.ops[int(at)].kind is not Kind.STOP:
        return None
    if seen.slack_ns and actor.start_ns >= seen.ops[int(at)].time_ns:
        return None  # where things may be late it may have been started since by another client
    if answer == "OK" and actor.state == "EXITED" and actor.due_ns is not None:
        return None  # it has called off a restart that waits (D26)
    if answer == "OK" and actor.state not in ("STOPPING", "STOPPED"):
        return f"stopped, but it is {actor.state}"
    if answer == "NOT_RUNNING" and actor.state in UP and actor.since_ns < entry[0]:
        return f"not running, but it is {actor.state}"
    return None


CHECKERS: dict[str, tuple[tuple[str, ...], Checker]] = {
    "T1": (("signal",), stop_signal),
    "T2": (("signal",), no_early_kill),
    "T3": (("signal", "STOPPED", "end"), kill_in_time),
    "T4": (("EXITED", "RUNNING", "BACKOFF", "FATAL", "STARTING"), ends_stopped),
    "T7": (("answer",), stop_answer),
}
"""By the name in simulation.md §4.5: what each looks at, and the checker."""
