"""The story of a run: what every stage tells of a scenario, entry by entry, and how two stories are compared.

An entry is (time_ns, program, what, detail): `program` is `group:program`, or empty for the daemon itself.

    what      detail
    state     the state entered; STARTING and BACKOFF with the failures so far, `STARTING 2`; EXITED `expected` or `unexpected`
    spawn     the number of the fork, 1 for the program's first; not for one that failed
    signal    the number of a signal the daemon sent; `15 group` when to the process group; also where nobody was there any more
    answer    to an op of a client, told of its target: `<index of the op> <OK or the fault's name>`
    exit      the daemon has ended with that status
"""

from __future__ import annotations

import hashlib

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    Entry: TypeAlias = tuple[int, str, str, str]
    Trace: TypeAlias = list[Entry]


def digest(trace: Trace) -> str:
    """A short name of the whole story, the same on every machine."""
    return hashlib.sha256("\n".join(map(line, trace)).encode()).hexdigest()[:16]


def line(entry: Entry) -> str:
    """One entry as one line."""
    time_ns, program, what, detail = entry
    return f"{time_ns / 1e9:>16.9f}  {program or '-':<12} {what:<7} {detail}"


def by_program(trace: Trace) -> dict[str, Trace]:
    """Each program's own story. What happens to several at one instant has no order among them (D33).

    Answers come last in their instant: a client gets to see them once there is time for it.
    """
    stories: dict[str, Trace] = {}
    for entry in trace:
        stories.setdefault(entry[1], []).append(entry)
    for story in stories.values():
        story.sort(key=_answers_last)
    return stories


def _answers_last(entry: Entry) -> tuple[int, str]:
    return entry[0], entry[3] if entry[2] == "answer" else ""


def first_difference(ours: Trace, theirs: Trace) -> tuple[str, Entry | None, Entry | None] | None:
    """The program whose stories part first, with the entry of each side there; None if all tell the same."""
    mine, other = by_program(ours), by_program(theirs)
    found: list[tuple[int, str, Entry | None, Entry | None]] = []
    for program in sorted(mine.keys() | other.keys()):
        left, right = mine.get(program, []), other.get(program, [])
        for at in range(max(len(left), len(right))):
            one = left[at] if at < len(left) else None
            two = right[at] if at < len(right) else None
            if one != two:
                found.append((min(entry[0] for entry in (one, two) if entry is not None), program, one, two))
                break
    return min(found, key=lambda each: each[:2])[1:] if found else None


def whereabouts(trace: Trace) -> str:
    """How far a story has come, for who reports that it broke down there."""
    states = {program: detail for _, program, what, detail in trace if what == "state"}
    lost = [program for program, state in states.items() if state == "UNKNOWN"]
    if lost:
        return f" (UNKNOWN crash: {', '.join(lost)} was UNKNOWN)"
    return f" when states were {states}"
