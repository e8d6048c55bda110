"""Whether what a client was told is what had happened between its request and its reply (simulation.md V5)."""

from __future__ import annotations

import xmlrpc.client

from initd.states import ProcessState

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.stage.calls import Call

    Changes = Sequence[tuple[int, str, ProcessState, ProcessState]]


def untrue(call: Call, changes: Changes) -> str:
    """What is wrong with an answer; nothing for one that agrees with the changes of state, or does not speak of them."""
    answer, method = call.answer, call.method.partition(".")[2]
    if isinstance(answer, xmlrpc.client.Fault):
        return ""
    began_ns, ended_ns = call.time_ns, getattr(call.client.received, "time_ns", call.time_ns)
    what = f"{call.method}{call.params} of {began_ns / 1e9} answered {ended_ns / 1e9}"
    if method == "getAllProcessInfo":
        for info in answer:
            seen = states_of(f"{info['group']}:{info['name']}", changes, began_ns, ended_ns)
            if info["statename"] not in seen:
                return f"{what}: {info['name']} is {info['statename']}, but it was {sorted(seen)}"
    elif method == "getProcessInfo":
        seen = states_of(f"{answer['group']}:{answer['name']}", changes, began_ns, ended_ns)
        if answer["statename"] not in seen:
            return f"{what}: {answer['statename']}, but it was {sorted(seen)}"
    elif method in ("startProcess", "stopProcess"):
        if _did_not_happen(call, changes, began_ns, ended_ns):
            return f"{what}: {answer}, but that did not happen"
    return ""


def _did_not_happen(call: Call, changes: Changes, began_ns: int, ended_ns: int) -> bool:
    """Whether a start or stop that is said to have gone well left no trace."""
    name = call.params[0] if ":" in call.params[0] else f"{call.params[0]}:{call.params[0]}"
    entered = {new.name for time_ns, who, _, new in changes if who == name and began_ns <= time_ns <= ended_ns}
    if call.answer is not True:
        return True
    if call.method.endswith("startProcess"):
        return "STARTING" not in entered
    # A stop may also call off a restart that waits, which nobody sees: the program just stays EXITED.
    seen = states_of(name, changes, began_ns, ended_ns)
    return not (entered & {"STOPPED"} or seen & {"EXITED"} or (not call.params[1] and seen & {"STOPPING"}))


def states_of(name: str, changes: Changes, began_ns: int, ended_ns: int) -> set[str]:
    """The states a program has been in between two times, ends included."""
    before, during = "STOPPED", set()
    for time_ns, who, _, new in changes:
        if who != name:
            continue
        if time_ns < began_ns:
            before = new.name
        elif time_ns <= ended_ns:
            during.add(new.name)
    return during | {before}
