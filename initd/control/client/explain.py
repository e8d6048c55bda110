"""The verb `explain`, and what `status` says on a terminal beside programs that are in trouble; supervisorctl has neither."""

from __future__ import annotations

from initd.control.client.session import Exit, Session
from initd.control.client.wire import Fault
from initd.control.faults import Fault as FaultCode
from initd.control.rpc_names import join_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any


def do_explain(session: Session, argument: str) -> None:
    """`explain NAME…`: why each of them is in the state it is in."""
    if not session.is_up():
        return
    names = argument.split()
    if not names:
        session.misused("explain", "Error: explain requires a process name", Exit.INVALID_ARGS)
    for name in names:
        _explain(session, name)


def _explain(session: Session, name: str) -> None:
    try:
        found = session.call("initd.explain", name)
    except Fault as fault:
        if fault.code == FaultCode.UNKNOWN_METHOD:
            session.fail("ERROR: this server cannot explain, it is no initd", Exit.UNIMPLEMENTED_FEATURE)
        elif fault.code == FaultCode.BAD_NAME:
            session.fail(f"{name}: ERROR (no such process)")
        else:
            raise
        return
    for each in found:
        short = f": {each['short']}" if each["short"] else ""
        session.say(f"{join_name(each['group'], each['name'])} {each['statename']}{short}")
        for line in each["lines"]:
            session.say(f"  {line}")


def short_forms(session: Session, infos: list[dict[str, Any]]) -> Mapping[tuple[str, str], str]:
    """What is short to say of each program that is in trouble, by group and name; nothing where nobody can tell."""
    if not any(info["statename"] in ("BACKOFF", "FATAL") for info in infos):
        return {}
    try:
        found = session.call("initd.troubles")
    except Fault:  # stock supervisord, or one that is going down
        return {}
    return {(each["group"], each["name"]): each["short"] for each in found}
