"""Where a program is and what comes next: for each state a sentence."""

from __future__ import annotations

from initd.explain.amounts import ordinal, seconds
from initd.states import ProcessState

TYPE_CHECKING = False
if TYPE_CHECKING:
    from initd.explain.facts import Facts


def outlook(facts: Facts) -> str:
    """The sentence."""
    return _STATES[facts.state](facts)


def _backoff(facts: Facts) -> str:
    if facts.failures >= facts.tries or facts.due_ns is None:
        return f"It has had all of its tries: {facts.tries} (startretries={facts.startretries})."
    nth = f"the {ordinal(facts.failures + 1)} of {facts.tries} (startretries={facts.startretries})"
    return f"Next try: in {seconds(facts.due_ns)}, at {facts.due_at}, {nth}."


def _fatal(facts: Facts) -> str:
    tries = "1 try" if facts.tries == 1 else f"{facts.tries} tries"
    return f"No more tries: it had {tries} (startretries={facts.startretries}). `initctl start {facts.name}` begins anew."


def _exited(facts: Facts) -> str:
    if facts.due_ns is not None:
        return f"It starts again in {seconds(facts.due_ns)}: its restarts follow each other too fast to do so at once."
    why = f"autorestart={facts.autorestart}"
    if facts.autorestart == "unexpected":
        why += f", and this is what exitcodes={','.join(map(str, facts.exitcodes))} expects"
    return f"It is not started again: {why}. `initctl start {facts.name}` starts it."


def _stopped(facts: Facts) -> str:
    if facts.ever_started:
        return f"It was stopped on request. `initctl start {facts.name}` starts it."
    if facts.autostart:
        return "It has not been started yet."
    return f"It has not been started: autostart=false. `initctl start {facts.name}` starts it."


def _starting(facts: Facts) -> str:
    if not facts.pid:
        return "Its start is being prepared: its command, its user and its log files are being looked up."
    up = f"It has been up for {seconds(facts.since_ns)} as pid {facts.pid}"
    return f"{up}, and counts as RUNNING after startsecs={facts.startsecs}."


def _running(facts: Facts) -> str:
    return f"It has been up for {seconds(facts.since_ns)} as pid {facts.pid}."


def _stopping(facts: Facts) -> str:
    if not facts.pid:
        return "It is being stopped before its start was over."
    sent = f"It was sent {'SIGKILL' if facts.kills else facts.stopsignal} as pid {facts.pid} and has not ended yet"
    if facts.due_ns is None:
        return f"{sent}."
    again = "again " if facts.kills else ""
    return f"{sent}; SIGKILL follows {again}in {seconds(facts.due_ns)} (stopwaitsecs={facts.stopwaitsecs})."


def _unknown(facts: Facts) -> str:
    return "It could not be signalled, and whether it still runs is not known."


_STATES = {
    ProcessState.STOPPED: _stopped,
    ProcessState.STARTING: _starting,
    ProcessState.RUNNING: _running,
    ProcessState.BACKOFF: _backoff,
    ProcessState.STOPPING: _stopping,
    ProcessState.EXITED: _exited,
    ProcessState.FATAL: _fatal,
    ProcessState.UNKNOWN: _unknown,
}
