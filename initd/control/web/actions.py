"""What the buttons do, and the sentence that says what came of it (supervisord-4.3 §5.9, §12.4; D19).

The sentences are supervisord's, except that a restart that failed says so. Actions on one group are ours: `startgroup`,
`stopgroup` and `restartgroup` with a `groupname`.
"""

from __future__ import annotations

from initd.control.faults import Fault
from initd.control.rpc_groups import (
    clear_logs,
    start_all,
    start_group,
    start_process,
    stop_all,
    stop_group,
    stop_process,
)
from initd.control.rpc_names import join_name, split_name
from initd.control.times import ctime
from initd.errors import ProtocolFault
from initd.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from initd.control.daemon import Daemon
    from initd.control.rpc import Rpc
    from initd.control.steps import Steps

    Action = Callable[[Rpc, str], Steps]
    """Steps to a sentence, for the process or group of that name."""

_WORDS: dict[int, str] = {
    Fault.NO_FILE: "no such file",
    Fault.NOT_EXECUTABLE: "file not executable",
    Fault.ALREADY_STARTED: "already started",
    Fault.SPAWN_ERROR: "spawn error",
    Fault.ABNORMAL_TERMINATION: "abnormal termination",
}
_SHOWN = 5
"""So many failures of an action on many processes are told; the rest are counted."""


class Plan(Record):
    """What a request for an action comes to: an error page, a sentence at once, or `act`, which changes something.

    `question` asks whether to do that.
    """

    status: int = 0
    message: str = ""
    question: str = ""
    act: Callable[[], Steps] | None = None


def plan(rpc: Rpc, form: Mapping[str, str]) -> Plan:
    """What the parameters ask for; nothing has been done yet."""
    action, daemon = form["action"], rpc.daemon
    if action == "refresh":
        return Plan(message=f"Page refreshed at {_now(daemon)}")
    if action in _ON_ALL:
        return _planned(rpc, _ON_ALL[action], "", f"{_VERBS[action]} all programs?")
    if action in _ON_GROUPS:
        name = form.get("groupname")
        if name is None:
            return Plan(status=400)
        if daemon.group(name) is None:
            return Plan(message=f"No such group named {name}")
        return _planned(rpc, _ON_GROUPS[action], name, f"{_VERBS[action]} all programs of group {name}?")
    name = form.get("processname")
    if name is None:
        return Plan(status=400 if action in _ON_PROCESSES else 500)
    group, process = split_name(name)
    if process is None or daemon.process(group, process) is None:
        return Plan(message=f"No such process named {name}")
    if action not in _ON_PROCESSES:
        return Plan(status=500)
    return _planned(rpc, _ON_PROCESSES[action], name, f"{_VERBS[action]} {name}?")


def _planned(rpc: Rpc, action: Action, name: str, question: str) -> Plan:
    return Plan(question=question, act=lambda: action(rpc, name))


# one process
def _start(rpc: Rpc, name: str) -> Steps:
    return (yield from _started(rpc, name, "started"))


def _started(rpc: Rpc, name: str, done: str) -> Steps:
    try:
        rpc.require_running()
        yield from start_process(rpc, name)
    except ProtocolFault as error:
        return f"ERROR: Process {name}: {_words(error)}"
    return f"Process {name} {done}"


def _stop(rpc: Rpc, name: str) -> Steps:
    try:
        rpc.require_running()
        yield from stop_process(rpc, name)
    except ProtocolFault as error:
        return _unexpected(error)
    return f"Process {name} stopped"


def _restart(rpc: Rpc, name: str) -> Steps:
    try:
        rpc.require_running()
        yield from stop_process(rpc, name)
    except ProtocolFault as error:
        if error.code != Fault.NOT_RUNNING:
            return f"ERROR: Process {name}: {_words(error)}"
    return (yield from _started(rpc, name, "restarted"))


def _clear(rpc: Rpc, name: str) -> Steps:
    try:
        rpc.require_running()
        yield from clear_logs(rpc, name)
    except ProtocolFault as error:
        return _unexpected(error)
    return f"Log for {name} cleared"


# many
def _start_group(rpc: Rpc, name: str) -> Steps:
    return (yield from _many(rpc, f"Group {name} started", lambda: start_group(rpc, name)))


def _stop_group(rpc: Rpc, name: str) -> Steps:
    return (yield from _many(rpc, f"Group {name} stopped", lambda: stop_group(rpc, name)))


def _restart_group(rpc: Rpc, name: str) -> Steps:
    return (
        yield from _many(rpc, f"Group {name} restarted", lambda: stop_group(rpc, name), lambda: start_group(rpc, name))
    )


def _stop_all(rpc: Rpc, name: str) -> Steps:
    return (yield from _all(rpc, "stopped", lambda: stop_all(rpc)))


def _restart_all(rpc: Rpc, name: str) -> Steps:
    return (yield from _all(rpc, "restarted", lambda: stop_all(rpc), lambda: start_all(rpc)))


def _all(rpc: Rpc, done: str, *calls: Callable[[], Steps]) -> Steps:
    """As there the sentence does not say what of it failed; the table does."""
    said = yield from _many(rpc, "", *calls)
    return said if said.startswith("ERROR: ") else f"All {done} at {_now(rpc.daemon)}"


def _many(rpc: Rpc, done: str, *calls: Callable[[], Steps]) -> Steps:
    """Make the calls one after the other: what was done, and what of it was not."""
    failed: list[str] = []
    try:
        for call in calls:
            rpc.require_running()
            failed += _failures((yield from call()))
    except ProtocolFault as error:
        return f"ERROR: {_unexpected(error)}"
    if len(failed) > _SHOWN:
        failed[_SHOWN:] = [f"{len(failed) - _SHOWN} more"]
    return f"{done}; ERROR: {', '.join(failed)}" if failed else done


def _failures(results: Sequence[Mapping[str, Any]]) -> list[str]:
    return [
        f"{join_name(result['group'], result['name'])}: {_words(ProtocolFault(result['status'], result['description']))}"
        for result in results
        if result["status"] not in (Fault.SUCCESS, Fault.NOT_RUNNING)
    ]


def _words(error: ProtocolFault) -> str:
    return _WORDS.get(error.code) or _unexpected(error)


def _unexpected(error: ProtocolFault) -> str:
    return f"unexpected rpc fault [{error.code}] {error.text}"


def _now(daemon: Daemon) -> str:
    kernel = daemon.loop.kernel
    return ctime(kernel.local_time(kernel.wall()))


_ON_PROCESSES: dict[str, Action] = {"start": _start, "stop": _stop, "restart": _restart, "clearlog": _clear}
_ON_GROUPS: dict[str, Action] = {"startgroup": _start_group, "stopgroup": _stop_group, "restartgroup": _restart_group}
_ON_ALL: dict[str, Action] = {"stopall": _stop_all, "restartall": _restart_all}
_VERBS = {
    "start": "Start",
    "stop": "Stop",
    "restart": "Restart",
    "clearlog": "Clear the logs of",
    "startgroup": "Start",
    "stopgroup": "Stop",
    "restartgroup": "Restart",
    "stopall": "Stop",
    "restartall": "Restart",
}
