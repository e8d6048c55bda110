"""The verbs about the supervisor itself: shutdown, reload, version, open (supervisord-4.3 §7.3, §12.6)."""

from __future__ import annotations

import errno

from initd.control.client.processes import do_status
from initd.control.client.session import Session
from initd.control.client.wire import Fault
from initd.control.faults import Fault as FaultCode


def do_shutdown(session: Session, argument: str) -> None:
    """`shutdown`: one that is under way, or a server that is gone, is named as such."""
    if argument:
        session.misused("shutdown", "Error: shutdown accepts no arguments")
        return
    if not _confirmed(session, "Really shut the remote supervisord process down y/N? "):
        return
    try:
        session.call("shutdown")
    except Fault as fault:
        if fault.code != FaultCode.SHUTDOWN_STATE:
            raise
        session.say("ERROR: already shutting down")
    except OSError as error:
        reasons = {errno.ECONNREFUSED: "refused connection", errno.ENOENT: "no such file"}
        if error.args[0] not in reasons:
            raise
        session.fail(f"ERROR: {session.config.serverurl} {reasons[error.args[0]]} (already shut down?)")
    else:
        session.say("Shut down")


def do_reload(session: Session, argument: str) -> None:
    """`reload`: the supervisor stops everything and starts over with its configuration."""
    if argument:
        session.misused("reload", "Error: reload accepts no arguments")
        return
    if not _confirmed(session, "Really restart the remote supervisord process y/N? "):
        return
    try:
        session.call("restart")
    except Fault as fault:
        if fault.code != FaultCode.SHUTDOWN_STATE:
            raise
        session.fail("ERROR: already shutting down")
    else:
        session.say("Restarted supervisord")


def _confirmed(session: Session, question: str) -> bool:
    return not session.interactive or input(question).lower().startswith("y")


def do_version(session: Session, argument: str) -> None:
    """`version`: that of the server."""
    if argument:
        session.misused("version", "Error: version accepts no arguments")
    elif session.is_up():
        session.say(session.call("getSupervisorVersion"))


def do_open(session: Session, argument: str) -> None:
    """`open URL`: talk to another server from now on; its status is shown, and leaves the exit code alone."""
    if argument.partition(":")[0].lower() not in ("unix", "http"):
        session.fail("ERROR: url must be http:// or unix://")
        return
    session.reconnect(serverurl=argument)
    status = session.status
    do_status(session, "")
    session.status = status
