"""What a client does to one process: start, stop, signal, write to its stdin (supervisord-4.3 §5.4; D20, D21, D27).

The functions here are Steps on a process that has been found already; `name` is how the client called it, which is how
faults name it.
"""

from __future__ import annotations

from functools import partial

from initd.control.faults import Fault, fault
from initd.control.rpc_names import find_process, integer
from initd.control.xmlrpc import DateTime
from initd.errors import ProtocolFault
from initd.signals import signal_number
from initd.states import RUNNING_STATES, SIGNALLABLE_STATES, ProcessState

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from initd.control.daemon import ProcessView
    from initd.control.rpc import Method, Rpc
    from initd.control.steps import Later, Steps

_UNNAMED = frozenset({Fault.FAILED, Fault.SHUTDOWN_STATE})
"""Faults whose text is not about the name: they come through as they are."""


def check(rpc: Rpc, process: ProcessView) -> Steps:
    """NO_FILE or NOT_EXECUTABLE if it cannot work; this comes before any look at the state."""
    return (yield partial(rpc.daemon.check_command, process.instance))


def start(rpc: Rpc, process: ProcessView, name: str, wait: bool) -> Steps:
    """True once it is up, or without `wait` once it exists."""
    rpc.require_running()
    process = _still_there(rpc, process, name)
    if process.state in RUNNING_STATES:
        raise fault(Fault.ALREADY_STARTED, name)
    if process.state is ProcessState.UNKNOWN:
        raise fault(Fault.FAILED, f"{name} is in an unknown process state")
    return (yield from named(name, partial(rpc.daemon.start, process.instance, wait)))


def may_stop(process: ProcessView) -> bool:
    """Whether there is something to stop: a process that counts as up, a start that waits (D20), a restart that does (D26)."""
    return process.state in RUNNING_STATES or process.start_waits or process.restart_waits


def stop(rpc: Rpc, process: ProcessView, name: str, wait: bool) -> Steps:
    """True once it is down, or without `wait` once it has been told."""
    process = _still_there(rpc, process, name)
    if not may_stop(process):
        raise fault(Fault.NOT_RUNNING, name)
    return (yield from named(name, partial(rpc.daemon.stop, process.instance, wait)))


def send_signal(rpc: Rpc, process: ProcessView, name: str, signal: Any) -> Steps:
    """True; the signal goes to the process alone, never to its group."""
    number = _signal(signal)
    process = _still_there(rpc, process, name)
    if process.state not in SIGNALLABLE_STATES:
        raise fault(Fault.NOT_RUNNING, name)
    return (yield from named(name, partial(rpc.daemon.signal, process.instance, number)))


def send_stdin(rpc: Rpc, name: Any, chars: Any) -> Steps:
    """sendProcessStdin."""
    if not isinstance(chars, str):
        raise fault(Fault.INCORRECT_PARAMETERS, _shown(chars))
    process = find_process(rpc.daemon, name)
    data = chars.encode("utf-8", "replace")
    return (yield from named(name, partial(rpc.daemon.write_stdin, process.instance, data)))


def _still_there(rpc: Rpc, process: ProcessView, name: str) -> ProcessView:
    """The process as it is now: while a call waits its turn, others remove and add groups."""
    now = rpc.daemon.process(process.group, process.name)
    if now is None or now.instance != process.instance:
        raise fault(Fault.BAD_NAME, name)
    return now


def named(name: str, later: Later, *also: Fault) -> Steps:
    """Wait, and let faults name the process or group as the client did; a FAILED has its own words, unless in `also`."""
    try:
        return (yield later)
    except ProtocolFault as error:
        if error.code in _UNNAMED and error.code not in also:
            raise
        raise fault(Fault(error.code), name) from None


def _signal(value: Any) -> int:
    if value is None or isinstance(value, (list, dict, DateTime)):
        raise fault(Fault.INCORRECT_PARAMETERS)
    number = signal_number(value if isinstance(value, str) else str(integer(value)))
    if number is None:
        raise fault(Fault.BAD_SIGNAL, value)
    return number


def _shown(value: Any) -> object:
    """A wrong parameter in a fault text, unless it is too big to be of use there."""
    return None if isinstance(value, (list, dict)) else value


METHODS: dict[str, Method] = {"sendProcessStdin": send_stdin}
