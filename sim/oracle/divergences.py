"""The deliberate differences that stories can show, as predicates: does this row account for this parting?

One function a way in which a row of docs/deliberate-differences.md shows; `sim/divergences.toml` names them. Each is as
narrow as the row: what it does not describe stays a difference that nobody meant.
"""

from __future__ import annotations

from sim.oracle.partings import Explained, Parting
from sim.scenario import SECOND_NS, Kind

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sim.scenario import Op, Scenario

BURST, INTERVAL_NS = 5, SECOND_NS // 5
CAP_NS = 30 * SECOND_NS


def dies_of_unknown(parting: Parting) -> Explained | None:
    """D1: the child of an UNKNOWN program ends, and supervisord with it."""
    crash = _last_words(parting, "crash")
    if crash is None or parting.time_ns < crash or not any(entry[2:] == ("state", "UNKNOWN") for entry in parting.told):
        return None
    return Explained.REST


def kills_the_dead(parting: Parting) -> Explained | None:
    """D2: deadlines are judged before the reaps, so one that ended just when SIGKILL was due is sent it all the same."""
    time_ns, kill = parting.time_ns, parting.next_of(parting.theirs)
    if kill is not None and kill[:2] == (time_ns, "signal") and _killed_in_vain(parting):
        return Explained.REST
    if kill not in ((time_ns, "signal", "9"), (time_ns, "signal", "9 group")):
        return None
    dead = (time_ns, "state", "STOPPED")
    if parting.next_of(parting.theirs, 1) == dead and parting.next_of(parting.ours) == dead:
        return Explained.ONE_OF_THEIRS
    return None


def _killed_in_vain(parting: Parting) -> bool:
    """A kill was to be refused, and that SIGKILL, which nobody is told of then, was it: so the next one is carried out."""
    program = dict(parting.scenario.programs())[parting.program]
    states = [(entry[0], entry[3].split()[0]) for entry in parting.before if entry[2] == "state"]
    due_ns = {time_ns + program.stopwaitsecs * SECOND_NS for time_ns, state in states if state == "STOPPING"}
    in_vain = [time_ns for time_ns, state in states if state == "STOPPED" and time_ns in due_ns]
    refusing = [op.time_ns for op in parting.scenario.ops if op.kind is Kind.REFUSE and op.target == parting.program]
    return any(asked_ns <= time_ns for asked_ns in refusing for time_ns in in_vain)


def ends_as_the_clock_reads_the_start(parting: Parting) -> Explained | None:
    """D3: an end at the same reading of the clock as the start counts as one in the past, hence as not too quick."""
    time_ns = parting.time_ns
    born = [entry[0] for entry in parting.before if entry[2] == "spawn"][-1:] == [time_ns]
    failed = parting.next_of(parting.ours)
    if not born or failed is None or failed[:2] != (time_ns, "state") or not failed[2].startswith("BACKOFF"):
        return None
    return Explained.REST if parting.next_of(parting.theirs) == (time_ns, "state", "RUNNING") else None


def spawns_in_the_turn_of_the_shutdown(parting: Parting) -> Explained | None:
    """D5: what is due to start when the signal comes is still started."""
    start = parting.next_of(parting.theirs)
    if start is None or start[1] != "state" or not start[2].startswith("STARTING"):
        return None
    return Explained.REST if start[0] == shutdown_ns(parting.scenario) else None


def waits_for_the_unkillable(parting: Parting) -> Explained | None:
    """D7: 30 s after SIGKILL the shutdown gives up on who does not die; supervisord waits for ever."""
    told_ns = shutdown_ns(parting.scenario)
    if told_ns is None or parting.time_ns < told_ns + CAP_NS:
        return None
    killed = any(e[0] >= told_ns and e[2] == "signal" and e[3].startswith("9") for e in parting.told)
    return Explained.REST if killed else None


def forgets_the_start_while_stopping(parting: Parting) -> Explained | None:
    """D20: a start while STOPPING is answered with OK and forgotten; ours waits for the end, then starts."""
    theirs, ours = parting.next_of(parting.theirs), parting.next_of(parting.ours)
    asked = {f"{at} OK" for at, op in enumerate(parting.scenario.ops) if _starts(op, parting.program)}
    if theirs is not None and theirs[1] == "answer" and parting.last_state() == "STOPPING":
        return Explained.REST if theirs[2] in asked else None
    if ours is None or not ours[2].startswith("STARTING") or parting.last_state() != "STOPPED":
        return None
    # Asked at the very instant of the end: answers are told last of an instant.
    now_ns = ours[0]
    states = [(entry[0] == now_ns, entry[3]) for entry in parting.before if entry[2] == "state"][-2:]
    if [state for _, state in states] != ["STOPPING", "STOPPED"] or not states[1][0]:
        return None
    due = [op for op in parting.scenario.ops if op.time_ns == now_ns and _starts(op, parting.program)]
    return Explained.REST if due and any(entry[2] == "answer" and entry[3] in asked for entry in parting.theirs) else None


def _starts(op: Op, program: str) -> bool:
    return op.kind is Kind.START and op.target == program


def restarts_without_limit(parting: Parting) -> Explained | None:
    """D26: restarts out of EXITED follow at once for ever; ours have a burst of 5, then 5 a second."""
    spins = _last_words(parting, "spins")
    if spins is not None and parting.time_ns >= spins:
        return Explained.REST
    before, start = parting.before, parting.next_of(parting.theirs)
    if start is None:
        return None
    verdict = Explained.REST
    if start[1] == "answer":  # a client started what waits here at the very instant at which it starts again by itself there
        at, _, answer = start[2].partition(" ")
        if answer != "ALREADY_STARTED" or parting.next_of(parting.ours) != (start[0], "answer", f"{at} OK"):
            return None
        if not _starts(parting.scenario.ops[int(at)], parting.program):
            return None
        verdict = Explained.ONE_OF_EACH
    elif start[1] != "state" or not start[2].startswith("STARTING") or parting.last_state() != "EXITED":
        return None
    states = [entry for entry in before if entry[2] == "state"]
    restarts = [
        now[0]
        for was, now in zip(states, states[1:])
        if was[3].startswith("EXITED") and now[3].startswith("STARTING") and was[0] == now[0]
    ]
    limited = any(restarts[-k] > start[0] - (k - BURST + 1) * INTERVAL_NS for k in range(BURST, len(restarts) + 1))
    return verdict if limited else None


def kills_again_every_turn(parting: Parting) -> Explained | None:
    """D7: with stopwaitsecs=0 or less SIGKILL is sent by every turn of the loop there is; ours repeats it every second."""
    program = dict(parting.scenario.programs()).get(parting.program)
    if program is None or program.stopwaitsecs > 0:
        return None
    if _another_was_refused(parting):
        return Explained.REST
    if parting.last_state() != "STOPPING":
        return None
    kill = ("signal", "9 group" if program.killasgroup else "9")
    ours, theirs = parting.next_of(parting.ours), parting.next_of(parting.theirs)
    if theirs is not None and theirs[1:] == kill:
        return Explained.ONE_OF_THEIRS
    if ours is not None and ours[1:] == kill:
        return Explained.ONE_OF_OURS
    # One of those kills that only one of us sends came to something, or failed.
    ends = (("state", "STOPPED"), ("state", "UNKNOWN"))
    return Explained.REST if any(each is not None and each[1:] in ends for each in (ours, theirs)) else None


def _another_was_refused(parting: Parting) -> bool:
    """A kill was to be refused while SIGKILL is sent again and again: whose it was differs, and so what a client's signal met."""
    ours, theirs = parting.next_of(parting.ours), parting.next_of(parting.theirs)
    stopping = [entry[0] for entry in parting.before if entry[2:] == ("state", "STOPPING")][-1:]
    refusing = (op.time_ns for op in parting.scenario.ops if op.kind is Kind.REFUSE and op.target == parting.program)
    if not stopping or not any(stopping[0] <= time_ns <= parting.time_ns for time_ns in refusing):
        return False
    if parting.last_state() not in ("STOPPING", "UNKNOWN"):
        return False
    asked = {str(at) for at, op in enumerate(parting.scenario.ops) if op.kind is Kind.SIGNAL and op.target == parting.program}
    answers = [each[2].partition(" ")[0] for each in (ours, theirs) if each is not None and each[1] == "answer"]
    return any(at in asked for at in answers)


def looks_at_deadlines_first(parting: Parting) -> Explained | None:
    """D33: what falls due or ends at the instant of the shutdown's signal, or of a group's turn in it, comes before the stop.

    Ours looks at signals, then at reaps, then at deadlines.
    """
    ours, theirs = parting.next_of(parting.ours), parting.next_of(parting.theirs)
    told_ns = shutdown_ns(parting.scenario)
    if ours is None or theirs is None or told_ns is None or not told_ns <= ours[0] == theirs[0]:
        return None
    if theirs[1] != "state" or ours[1:] not in (("state", "STOPPING"), ("state", "FATAL")):
        return None
    return Explained.ONE_OF_THEIRS if parting.next_of(parting.theirs, 1) == ours else Explained.REST


def reaps_within_the_call(parting: Parting) -> Explained | None:
    """D33: a start reaps before it answers, so an unexpected end at that very instant is the answer; ours comes after it."""
    ours, theirs = parting.next_of(parting.ours), parting.next_of(parting.theirs)
    if ours is None or theirs is None or ours[:2] != theirs[:2] or ours[1] != "answer":
        return None
    ended = any(entry[0] == ours[0] and entry[2:] == ("state", "EXITED unexpected") for entry in parting.before)
    at = ours[2].removesuffix(" OK")
    return Explained.ONE_OF_EACH if ended and theirs[2] == f"{at} SPAWN_ERROR" else None


def shutdown_ns(scenario: Scenario) -> int | None:
    """When the daemon is told to end, if it is."""
    return next((op.time_ns for op in scenario.ops if op.kind is Kind.SHUTDOWN), None)


def _last_words(parting: Parting, what: str) -> int | None:
    last = parting.told[-1] if parting.told else None
    return last[0] if last is not None and last[2] == what else None
