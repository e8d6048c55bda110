"""The verb fg: a process's output here, our input there (supervisord-4.3 §7.3, §12.6)."""

from __future__ import annotations

import contextlib
import sys
import threading

from initd.control.client.logs import copy_stream
from initd.control.client.server import LogStream
from initd.control.client.session import Session
from initd.control.client.wire import Fault
from initd.control.faults import Fault as FaultCode
from initd.states import ProcessState


def do_fg(session: Session, argument: str) -> None:
    """`fg NAME`: until Ctrl-C, the end of input, or of the process (which is noticed at the next line)."""
    if not session.is_up():
        return
    wanted = argument.split()
    if not wanted:
        session.misused("fg", "ERROR: no process name supplied")
        return
    if len(wanted) > 1:
        session.fail("ERROR: too many process names supplied")
        return
    try:
        info = session.call("getProcessInfo", wanted[0])
    except Fault as fault:
        if fault.code == FaultCode.BAD_NAME:
            session.fail("ERROR: bad process name supplied")
        else:
            session.say(f"ERROR: {fault}")
        return
    if info["state"] != ProcessState.RUNNING:
        session.fail("ERROR: process not running")
        return
    session.say("==> Press Ctrl-C to exit <==")
    session.out.flush()
    streams = [LogStream(session.config, f"/logtail/{wanted[0]}/{channel}") for channel in ("stdout", "stderr")]
    for stream in streams:
        threading.Thread(target=_copy, args=(session, stream), daemon=True).start()
    try:
        _forward(session, wanted[0])
    except (KeyboardInterrupt, EOFError):
        pass
    finally:
        for stream in streams:
            stream.close()
    session.say("Exiting foreground")


def _copy(session: Session, stream: LogStream) -> None:
    with contextlib.suppress(BrokenPipeError):  # the next line printed by the main thread meets it again
        copy_stream(session, stream, sys.stderr)


def _forward(session: Session, name: str) -> None:
    """Send typed lines to the process for as long as it runs."""
    while True:
        line = input()
        try:
            session.call("sendProcessStdin", name, line + "\n")
        except Fault as fault:
            session.say("Process got killed" if fault.code == FaultCode.NOT_RUNNING else f"ERROR: {fault}")
            return
        if session.call("getProcessInfo", name)["state"] != ProcessState.RUNNING:
            session.say("Process got killed")
            return
