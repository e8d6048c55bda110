"""The verbs about configured groups: reread, update, add, remove, avail (supervisord-4.3 §7.3, §12.6)."""

from __future__ import annotations

from initd.control.client import table
from initd.control.client.session import Exit, Session
from initd.control.client.wire import Fault
from initd.control.faults import Fault as FaultCode
from initd.control.rpc_names import join_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def do_reread(session: Session, argument: str) -> None:
    """`reread`: read the configuration again, say what changed, apply nothing."""
    if argument:
        session.misused("reread", "Error: reread accepts no arguments")
        return
    try:
        [[added, changed, removed]] = session.call("reloadConfig")
    except Fault as fault:
        if fault.code == FaultCode.CANT_REREAD:
            session.fail(f"ERROR: {fault.text}")
        else:
            _refused(session, fault, "supervisor shutting down")
        return
    lines = dict.fromkeys(added, "available")
    lines |= dict.fromkeys(changed, "changed")
    lines |= dict.fromkeys(removed, "disappeared")
    for name in sorted(lines):
        session.say(f"{name}: {lines[name]}")
    if not lines:
        session.say("No config updates to processes")


def do_update(session: Session, argument: str) -> None:
    """`update [GROUP…|all]`: reread, then remove, replace and add whole groups."""
    try:
        [[added, changed, removed]] = session.call("reloadConfig")
    except Fault as fault:
        _refused(session, fault, "already shutting down")
        return
    wanted = list(dict.fromkeys(argument.split()))
    if "all" in wanted:
        wanted = []
    if wanted:
        known = {info["group"] for info in session.call("getAllProcessInfo")} | set(added)
        for group in wanted:
            if group not in known:
                session.fail(f"ERROR: no such group: {group}")

    def chosen(groups: list[str]) -> list[str]:
        return [group for group in groups if not wanted or group in wanted]

    for group in chosen(removed):
        _drop(session, group)
    for group in chosen(changed):
        session.call("stopProcessGroup", group)
        session.say(f"{group}: stopped")
        session.call("removeProcessGroup", group)
        session.call("addProcessGroup", group)
        session.say(f"{group}: updated process group")
    for group in chosen(added):
        session.call("addProcessGroup", group)
        session.say(f"{group}: added process group")


def _drop(session: Session, group: str) -> None:
    results = session.call("stopProcessGroup", group)
    session.say(f"{group}: stopped")
    if any(result["status"] == FaultCode.FAILED for result in results):
        session.fail(f"{group}: has problems; not removing")
        return
    session.call("removeProcessGroup", group)
    session.say(f"{group}: removed process group")


def do_add(session: Session, argument: str) -> None:
    """`add GROUP…`: one that is there already is said to be, and is no failure."""
    for name in argument.split():
        try:
            session.call("addProcessGroup", name)
        except Fault as fault:
            if fault.code == FaultCode.ALREADY_ADDED:
                session.say("ERROR: process group already active")
            elif fault.code == FaultCode.BAD_NAME:
                session.fail(f"ERROR: no such process/group: {name}")
            else:
                _refused(session, fault, "shutting down")
        else:
            session.say(f"{name}: added process group")


def do_remove(session: Session, argument: str) -> None:
    """`remove GROUP…`: only groups that are down."""
    for name in argument.split():
        try:
            session.call("removeProcessGroup", name)
        except Fault as fault:
            if fault.code == FaultCode.STILL_RUNNING:
                session.fail(f"ERROR: process/group still running: {name}")
            elif fault.code == FaultCode.BAD_NAME:
                session.fail(f"ERROR: no such process/group: {name}")
            else:
                session.status = Exit.GENERIC
                raise
        else:
            session.say(f"{name}: removed process group")


def do_avail(session: Session, argument: str) -> None:
    """`avail`: every process of the configuration as last read, live or not."""
    if argument:
        session.misused("avail", "Error: avail accepts no arguments")
        return
    try:
        infos = session.call("getAllConfigInfo")
    except Fault as fault:
        _refused(session, fault, "supervisor shutting down")
        return
    table.show_available(session.out, [_available(info) for info in infos])


def _available(info: dict[str, Any]) -> tuple[str, str, str, str]:
    use, start = "in use" if info["inuse"] else "avail", "auto" if info["autostart"] else "manual"
    return join_name(info["group"], info["name"]), use, start, f"{info['group_prio']}:{info['process_prio']}"


def _refused(session: Session, fault: Fault, reason: str) -> None:
    """Name the one expected reason, the shutdown; any other fault goes up."""
    if fault.code != FaultCode.SHUTDOWN_STATE:
        raise fault
    session.fail(f"ERROR: {reason}")
