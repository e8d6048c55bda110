"""The verbs about processes: status, start, stop, restart, signal, pid (supervisord-4.3 §7.3, §12.1)."""

from __future__ import annotations

from initd.control.client import table
from initd.control.client.session import Exit, Session, StatusExit
from initd.control.client.wire import Fault
from initd.control.faults import Fault as FaultCode
from initd.control.rpc_names import join_name, split_name
from initd.states import STOPPED_STATES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

_START_ERRORS = {
    FaultCode.BAD_NAME: "no such process",
    FaultCode.NO_FILE: "no such file",
    FaultCode.NOT_EXECUTABLE: "file is not executable",
    FaultCode.ALREADY_STARTED: "already started",
    FaultCode.SPAWN_ERROR: "spawn error",
    FaultCode.ABNORMAL_TERMINATION: "abnormal termination",
}
_SIGNAL_ERRORS = {
    FaultCode.BAD_NAME: "no such process",
    FaultCode.BAD_SIGNAL: "bad signal name",
    FaultCode.NOT_RUNNING: "not running",
}


class _Action:
    """One thing to do to processes: its RPC methods, what it says, which failure is none, extra parameters."""

    def __init__(
        self,
        verb: str,
        done: str,
        errors: dict[FaultCode, str],
        harmless: FaultCode | None = None,
        bad_group: int = Exit.GENERIC,
        params: tuple[str, ...] = (),
    ) -> None:
        self.verb, self.done, self.errors, self.harmless = verb, done, errors, harmless
        self.bad_group, self.params = bad_group, params

    def apply(self, session: Session, wanted: list[str]) -> None:
        """Do it to processes, groups or all, and report each result in the order of the answers."""
        if "all" in wanted:
            for result in session.call(f"{self.verb}AllProcesses", *self.params):
                self._report(session, result)
            return
        for name in wanted:
            group, process = split_name(name)
            if process is None:
                self._apply_to_group(session, group)
                continue
            result = {"group": group, "name": process, "status": FaultCode.SUCCESS, "description": "OK"}
            try:
                session.call(f"{self.verb}Process", name, *self.params)
            except Fault as fault:
                result |= {"status": fault.code, "description": fault.text}
            self._report(session, result)

    def _apply_to_group(self, session: Session, group: str) -> None:
        try:
            results = session.call(f"{self.verb}ProcessGroup", group, *self.params)
        except Fault as fault:
            if fault.code != FaultCode.BAD_NAME:
                raise
            session.fail(f"{group}: ERROR (no such group)", self.bad_group)
            return
        for result in results:
            self._report(session, result)

    def _report(self, session: Session, result: dict[str, Any]) -> None:
        name, code = join_name(result["group"], result["name"]), result["status"]
        if code == FaultCode.SUCCESS:
            session.say(f"{name}: {self.done}")
        elif code in self.errors:
            session.say(f"{name}: ERROR ({self.errors[code]})")
        elif code == FaultCode.FAILED and self.verb != "start":
            session.say(result["description"])
        else:
            raise ValueError(f"Unknown result code {code} for {name}")
        session.note(code, self.harmless)


_START = _Action("start", "started", _START_ERRORS, FaultCode.ALREADY_STARTED, Exit.INVALID_ARGS)
_STOP = _Action("stop", "stopped", _SIGNAL_ERRORS, FaultCode.NOT_RUNNING)


def _named(verb: str, missing: int, *actions: _Action) -> Callable[[Session, str], None]:
    """A verb that takes process names and does some things to them, one after the other."""

    def run(session: Session, argument: str) -> None:
        if not session.is_up():
            return
        wanted = argument.split()
        if not wanted:
            session.misused(verb, f"Error: {verb} requires a process name", missing)
            return
        for action in actions:
            action.apply(session, wanted)

    return run


do_start = _named("start", Exit.INVALID_ARGS, _START)
do_stop = _named("stop", Exit.GENERIC, _STOP)
do_restart = _named("restart", Exit.GENERIC, _STOP, _START)


def do_signal(session: Session, argument: str) -> None:
    """`signal SIG NAME…`."""
    if not session.is_up():
        return
    signal, *wanted = argument.split() or [""]
    if not wanted:
        session.misused("signal", "Error: signal requires a signal name and a process name")
        return
    _Action("signal", "signalled", _SIGNAL_ERRORS, params=(signal,)).apply(session, wanted)


def do_pid(session: Session, argument: str) -> None:
    """`pid`: the supervisor's; `pid NAME…`, `pid all`: those of processes."""
    if not session.is_up():
        return
    wanted = argument.split()
    if not wanted:
        session.say(str(session.call("getPID")))
    elif "all" in wanted:
        for info in session.call("getAllProcessInfo"):
            session.say(str(info["pid"]))
    else:
        for name in wanted:
            _show_pid(session, name)


def _show_pid(session: Session, name: str) -> None:
    try:
        pid = session.call("getProcessInfo", name)["pid"]
    except Fault as fault:
        if fault.code != FaultCode.BAD_NAME:
            raise
        session.fail(f"No such process {name}")
        return
    session.say(str(pid))
    if pid == 0:
        session.status = Exit.NOT_RUNNING


def do_status(session: Session, argument: str) -> None:
    """`status`, `status NAME…`: errors about names come before the table."""
    if not session.is_up():
        session.status = StatusExit.UNKNOWN
        return
    infos = session.call("getAllProcessInfo")
    wanted = argument.split()
    if wanted and "all" not in wanted:
        infos = [info for name in wanted for info in _matching(session, infos, name)]
    short: Mapping[tuple[str, str], str] = {}
    if session.out.isatty():  # what supervisorctl does not say is for people alone
        from initd.control.client.explain import short_forms

        short = short_forms(session, infos)
    rows = [(join_name(info["group"], info["name"]), info["statename"], info["description"]) for info in infos]
    table.show_status(session.out, rows, [short.get((info["group"], info["name"]), "") for info in infos])
    if any(info["state"] in STOPPED_STATES for info in infos):
        session.status = StatusExit.NOT_RUNNING


def _matching(session: Session, infos: list[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    group, process = split_name(name)
    found = [info for info in infos if info["group"] == group and process in (None, info["name"])]
    if not found:
        error = f"{group}: ERROR (no such group)" if process is None else f"{name}: ERROR (no such process)"
        session.fail(error, StatusExit.UNKNOWN)
    return found
