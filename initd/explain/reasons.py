"""From facts and evidence to the words: a short form for a table, and the lines of `initctl explain`. Pure."""

from __future__ import annotations

from initd.explain.causes import cause
from initd.explain.outlook import outlook
from initd.record import Record
from initd.states import ProcessState

TYPE_CHECKING = False
if TYPE_CHECKING:
    from initd.explain.evidence import Evidence
    from initd.explain.facts import Facts

UP = (ProcessState.RUNNING, ProcessState.STOPPING)


class Diagnosis(Record):
    """`short` fits beside a state; `lines` are sentences: why, then what comes next, then what to do."""

    short: str
    lines: tuple[str, ...]


def diagnose(facts: Facts, evidence: Evidence) -> Diagnosis:
    """Why the program is in the state it is in."""
    now = outlook(facts)
    if not facts.ends or facts.state is ProcessState.STOPPED:
        return Diagnosis("", (now,))
    found = cause(facts, evidence)
    if facts.state in UP:
        return Diagnosis("", (now, f"The time before: {found.short}.", *found.lines))
    return Diagnosis(found.short, (*found.lines, now, *found.advice))
