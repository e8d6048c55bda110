"""Calls on one process or many at once, and groups coming and going (supervisord-4.3 §5.3, §5.4).

A call on many first addresses all of them, in order of priority, and then waits for all together. It never faults for one
of them: each gives a result struct, in the order they were done. Calls that do not wait answer in order of priority.
"""

from __future__ import annotations

from functools import partial

from initd.control.faults import Fault
from initd.control.rpc_names import find_group, find_process, join_name, split_name, text_of
from initd.control.rpc_process import check, may_stop, named, send_signal, start, stop
from initd.control.steps import next_turn, run
from initd.errors import ProtocolFault
from initd.states import RUNNING_STATES, SIGNALLABLE_STATES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any

    from initd.control.daemon import Daemon, ProcessView
    from initd.control.rpc import Method, Rpc
    from initd.control.steps import Steps
    from initd.drive.loop import Loop

    _Outcome = tuple[int, Any, int]
    """Which job, its value or the exception that ended it, and when (monotonic nanoseconds)."""

BATCH = 32
"""Processes addressed in one turn."""
TOGETHER_NS = 500_000_000
"""Outcomes that follow one another within this time count as one moment."""


# start
def start_process(rpc: Rpc, name: Any, wait: Any = True) -> Steps:
    members = _members(rpc.daemon, name)
    if members is not None:
        return (yield from _start_many(rpc, members, bool(wait)))
    process = find_process(rpc.daemon, name)
    yield from check(rpc, process)
    return (yield from start(rpc, process, name, bool(wait)))


def start_group(rpc: Rpc, name: Any, wait: Any = True) -> Steps:
    return _start_many(rpc, _by_priority(find_group(rpc.daemon, name).processes), bool(wait))


def start_all(rpc: Rpc, wait: Any = True) -> Steps:
    return _start_many(rpc, _everything(rpc.daemon), bool(wait))


def _start_many(rpc: Rpc, processes: Iterable[ProcessView], wait: bool) -> Steps:
    down = [process for process in processes if process.state not in RUNNING_STATES]
    outcomes: list[_Outcome] = yield from _gather(rpc.daemon.loop, [check(rpc, process) for process in down])
    checks = {index: value for index, value, _ in outcomes}

    def step(index: int, process: ProcessView) -> Steps:
        if isinstance(checks[index], Exception):
            raise checks[index]
        return (yield from start(rpc, process, join_name(process.group, process.name), wait))

    steps = [step(index, process) for index, process in enumerate(down)]
    return (yield from _results(rpc.daemon.loop, down, steps, in_order=not wait))


# stop
def stop_process(rpc: Rpc, name: Any, wait: Any = True) -> Steps:
    members = _members(rpc.daemon, name)
    if members is not None:
        return _stop_many(rpc, members, bool(wait))
    return stop(rpc, find_process(rpc.daemon, name), name, bool(wait))


def stop_group(rpc: Rpc, name: Any, wait: Any = True) -> Steps:
    return _stop_many(rpc, _by_priority(find_group(rpc.daemon, name).processes), bool(wait))


def stop_all(rpc: Rpc, wait: Any = True) -> Steps:
    return _stop_many(rpc, _everything(rpc.daemon), bool(wait))


def _stop_many(rpc: Rpc, processes: Iterable[ProcessView], wait: bool) -> Steps:
    up = [process for process in processes if may_stop(process)]
    steps = [stop(rpc, each, join_name(each.group, each.name), wait) for each in up]
    return _results(rpc.daemon.loop, up, steps, in_order=not wait)


# signal
def signal_process(rpc: Rpc, name: Any, signal: Any) -> Steps:
    members = _members(rpc.daemon, name)
    if members is not None:
        return _signal_many(rpc, members, signal)
    return send_signal(rpc, find_process(rpc.daemon, name), name, signal)


def signal_group(rpc: Rpc, name: Any, signal: Any) -> Steps:
    return _signal_many(rpc, _by_priority(find_group(rpc.daemon, name).processes), signal)


def signal_all(rpc: Rpc, signal: Any) -> Steps:
    return _signal_many(rpc, _everything(rpc.daemon), signal)


def _signal_many(rpc: Rpc, processes: Iterable[ProcessView], signal: Any) -> Steps:
    alive = [process for process in processes if process.state in SIGNALLABLE_STATES]
    steps = [send_signal(rpc, each, join_name(each.group, each.name), signal) for each in alive]
    return _results(rpc.daemon.loop, alive, steps, in_order=True)


# logs
def clear_logs(rpc: Rpc, name: Any) -> Steps:
    return _clear(rpc, find_process(rpc.daemon, name), name)


def clear_all_logs(rpc: Rpc) -> Steps:
    processes = _everything(rpc.daemon)
    steps = [_clear(rpc, each, join_name(each.group, each.name)) for each in processes]
    return _results(rpc.daemon.loop, processes, steps, in_order=True)


def _clear(rpc: Rpc, process: ProcessView, name: str) -> Steps:
    return named(name, partial(rpc.daemon.clear_logs, process.instance), Fault.FAILED)


# groups
def add_group(rpc: Rpc, name: Any) -> Steps:
    name = text_of(name)
    return named(name, partial(rpc.daemon.add_group, name))


def remove_group(rpc: Rpc, name: Any) -> Steps:
    name = text_of(name)
    return named(name, partial(rpc.daemon.remove_group, name))


def _members(daemon: Daemon, name: Any) -> Sequence[ProcessView] | None:
    """The members that `group:*` names, by priority; None if `name` names one process."""
    group, process = split_name(name)
    return _by_priority(find_group(daemon, group, name).processes) if process is None else None


def _by_priority(processes: Iterable[ProcessView]) -> list[ProcessView]:
    return sorted(processes, key=lambda process: process.priority)


def _everything(daemon: Daemon) -> list[ProcessView]:
    return [process for group in daemon.groups() for process in _by_priority(group.processes)]


def _results(loop: Loop, processes: Sequence[ProcessView], steps: list[Steps], in_order: bool) -> Steps:
    outcomes: list[_Outcome] = yield from _gather(loop, steps)
    outcomes.sort(key=lambda outcome: outcome[0]) if in_order else _settle(outcomes)
    return [_result(processes[index], value) for index, value, _ in outcomes]


def _settle(outcomes: list[_Outcome]) -> None:
    """Put what was done at about the same time in order of priority, as clients are used to from a polling daemon."""
    first = 0
    for index in range(1, len(outcomes) + 1):
        if index == len(outcomes) or outcomes[index][2] - outcomes[index - 1][2] > TOGETHER_NS:
            outcomes[first:index] = sorted(outcomes[first:index], key=lambda outcome: outcome[0])
            first = index


def _result(process: ProcessView, outcome: Any) -> dict[str, Any]:
    status, description = int(Fault.SUCCESS), "OK"
    if isinstance(outcome, ProtocolFault):
        status, description = outcome.code, outcome.text
    elif isinstance(outcome, Exception):
        status, description = int(Fault.FAILED), f"{Fault.FAILED.name}: {outcome}"
    return {"name": process.name, "group": process.group, "status": status, "description": description}


def _gather(loop: Loop, jobs: list[Steps]) -> Steps:
    """Run all jobs, BATCH of them begun in a turn; the outcomes in the order they came."""
    done: list[_Outcome] = []
    waiting: list[Callable[[Any], None]] = []

    def ended(index: int, value: Any) -> None:
        done.append((index, value, loop.kernel.mono()))
        if waiting and len(done) == len(jobs):
            waiting.pop()(None)

    for index, job in enumerate(jobs):
        if index and index % BATCH == 0:
            yield next_turn(loop)
        run(job, partial(ended, index))
    if len(done) < len(jobs):
        yield waiting.append
    return done


METHODS: dict[str, Method] = {
    "addProcessGroup": add_group,
    "clearAllProcessLogs": clear_all_logs,
    "clearProcessLog": clear_logs,
    "clearProcessLogs": clear_logs,
    "removeProcessGroup": remove_group,
    "signalAllProcesses": signal_all,
    "signalProcess": signal_process,
    "signalProcessGroup": signal_group,
    "startAllProcesses": start_all,
    "startProcess": start_process,
    "startProcessGroup": start_group,
    "stopAllProcesses": stop_all,
    "stopProcess": stop_process,
    "stopProcessGroup": stop_group,
}
