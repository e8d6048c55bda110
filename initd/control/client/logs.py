"""The verbs about logs: tail, maintail, clear (supervisord-4.3 §7.3, §12.1 items 11 and 24)."""

from __future__ import annotations

import sys

from initd.control.client.server import LogStream
from initd.control.client.session import Session
from initd.control.client.transport import ProtocolError
from initd.control.client.wire import Fault
from initd.control.faults import Fault as FaultCode
from initd.control.rpc_names import join_name, split_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

DEFAULT_BYTES = 1600

_READ_ERRORS = {
    FaultCode.NO_FILE: "no log file",
    FaultCode.FAILED: "unknown error reading log",
    FaultCode.BAD_NAME: "no such process name",
}
_CLEAR_ERRORS = {FaultCode.BAD_NAME: "no such process", FaultCode.FAILED: "failed"}


def do_tail(session: Session, argument: str) -> None:
    """`tail [-f | -BYTES] NAME [stdout|stderr]`."""
    if not session.is_up():
        return
    words = argument.split()
    if not words or len(words) > 3:
        session.misused("tail", f"Error: too {'many' if words else 'few'} arguments")
        return
    modifier = words.pop(0) if words[0].startswith("-") else None
    if not words:
        session.fail("Error: tail requires process name")
        return
    channel = words[-1].lower() if len(words) > 1 else "stdout"
    if channel not in ("stdout", "stderr"):
        session.fail(f"Error: bad channel {channel!r}")
        return
    if modifier == "-f":
        _follow(session, f"/logtail/{words[0]}/{channel}")
        return
    size = _size(session, modifier)
    if size is not None:
        _show(session, words[0], f"readProcess{channel.capitalize()}Log", (words[0], -size, 0))


def do_maintail(session: Session, argument: str) -> None:
    """`maintail [-f | -BYTES]`: the supervisor's own log."""
    if not session.is_up():
        return
    words = argument.split()
    if len(words) > 1:
        session.misused("maintail", "Error: too many arguments")
    elif words == ["-f"]:
        _follow(session, "/mainlogtail")
    else:
        size = _size(session, words[0] if words else None)
        if size is not None:
            _show(session, "supervisord", "readLog", (-size, 0))


def _size(session: Session, modifier: str | None) -> int | None:
    """How many bytes `-BYTES` asks for; None after complaining."""
    if modifier is None:
        return DEFAULT_BYTES
    try:
        if not modifier.startswith("-"):
            raise ValueError(modifier)
        return int(modifier[1:])
    except ValueError:
        session.fail(f"Error: bad argument {modifier}")
        return None


def _show(session: Session, name: str, method: str, params: tuple[str | int, ...]) -> None:
    """Print the end of a log, and a newline."""
    if method != "readLog":
        _warn_about_encoding(session)
    try:
        text = session.call(method, *params)
    except Fault as fault:
        if fault.code not in _READ_ERRORS or (fault.code == FaultCode.BAD_NAME and method == "readLog"):
            raise
        session.fail(f"{name}: ERROR ({_READ_ERRORS[FaultCode(fault.code)]})")
        return
    session.say(text)


def _follow(session: Session, path: str) -> None:
    """Copy a log stream until Ctrl-C or the server's end; failures do not touch the exit code."""
    _warn_about_encoding(session)
    session.say("==> Press Ctrl-C to exit <==")
    session.out.flush()
    try:
        copy_stream(session, LogStream(session.config, path), sys.stderr)
    except KeyboardInterrupt:
        session.say("")


def copy_stream(session: Session, stream: LogStream, errors: TextIO) -> None:
    """Print a log stream as it comes; what stops it early is one line on `errors`, unless it was closed here."""
    try:
        for text in stream:
            _put(session, text)
    except BrokenPipeError:
        raise
    except ProtocolError as error:
        errors.write(f"{stream.url} Cannot read, status code {error.status}\n")
    except (OSError, ValueError) as error:
        if not stream.over():
            errors.write(f"{stream.url} Cannot connect, error: {type(error)} ({error})\n")


def _put(session: Session, text: str) -> None:
    try:
        session.out.write(text)
    except UnicodeEncodeError:
        encoding = session.out.encoding
        raise ValueError(f"Unable to write Unicode to stdout because it has encoding {encoding}") from None
    session.out.flush()


def _warn_about_encoding(session: Session) -> None:
    encoding = getattr(session.out, "encoding", None) or ""
    if encoding and not encoding.lower().startswith("utf"):
        session.say(
            f"Warning: sys.stdout.encoding is set to {encoding}, so Unicode output may fail. "
            "Check your LANG and PYTHONIOENCODING environment settings."
        )


def do_clear(session: Session, argument: str) -> None:
    """`clear NAME…`, `clear all`."""
    if not session.is_up():
        return
    wanted = argument.split()
    if not wanted:
        session.misused("clear", "Error: clear requires a process name")
    elif "all" in wanted:
        for result in session.call("clearAllProcessLogs"):
            _report_clear(session, join_name(result["group"], result["name"]), result["status"])
    else:
        for name in wanted:
            group, process = split_name(name)
            code: int = FaultCode.SUCCESS
            try:
                session.call("clearProcessLogs", name)
            except Fault as fault:
                code = fault.code
            # a whole group cannot be cleared; scripts know the name this error has always had
            _report_clear(session, join_name(group, str(process)), code)


def _report_clear(session: Session, name: str, code: int) -> None:
    if code == FaultCode.SUCCESS:
        session.say(f"{name}: cleared")
    elif code in _CLEAR_ERRORS:
        session.say(f"{name}: ERROR ({_CLEAR_ERRORS[FaultCode(code)]})")
    else:
        raise ValueError(f"Unknown result code {code} for {name}")
    session.note(code)
