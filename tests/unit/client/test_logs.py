from __future__ import annotations

import io

import pytest

from initd.control.client.logs import copy_stream
from initd.control.client.transport import ProtocolError
from initd.control.client.wire import Fault
from initd.control.faults import Fault as FaultCode
from tests.unit.client.scripted import Scripted, result


@pytest.mark.parametrize(
    ("line", "call"),
    [
        ("tail web", ("readProcessStdoutLog", "web", -1600, 0)),
        ("tail web stderr", ("readProcessStderrLog", "web", -1600, 0)),
        ("tail -5 web STDERR", ("readProcessStderrLog", "web", -5, 0)),
        ("tail -0 web", ("readProcessStdoutLog", "web", 0, 0)),
        ("maintail", ("readLog", -1600, 0)),
        ("maintail -7", ("readLog", -7, 0)),
    ],
)
def test_a_tail_is_a_read_from_the_end_and_a_newline(line: str, call: tuple[str | int, ...]) -> None:
    session = Scripted(**{str(call[0]): lambda *_: "text\n"})
    session.run(line)
    assert session.calls[-1] == call
    assert session.said() == ["text", ""]


@pytest.mark.parametrize(
    ("line", "method", "name"), [("tail web", "readProcessStdoutLog", "web"), ("maintail", "readLog", "supervisord")]
)
@pytest.mark.parametrize(("code", "why"), [(FaultCode.NO_FILE, "no log file"), (30, "unknown error reading log")])
def test_a_log_that_cannot_be_read_is_named(line: str, method: str, name: str, code: int, why: str) -> None:
    session = Scripted(**{method: Fault(code, "")})
    session.run(line)
    assert (session.said(), session.status) == ([f"{name}: ERROR ({why})"], 1)


def test_a_clear_tells_each_result() -> None:
    session = Scripted(clearAllProcessLogs=[result("a", 80), result("b", 30, "FAILED", group="g"), result("c", 80)])
    session.run("clear all")
    assert (session.said(), session.status) == (["a: cleared", "g:b: ERROR (failed)", "c: cleared"], 1)


class Stream:
    """A log stream that ends, or fails."""

    url = "unix:///run/s.sock/logtail/web/stdout"
    closed = False

    def __init__(self, *pieces: str | Exception) -> None:
        self.pieces = pieces

    def over(self) -> bool:
        return self.closed

    def __iter__(self):
        for piece in self.pieces:
            if isinstance(piece, Exception):
                raise piece
            yield piece


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (ProtocolError("/logtail/web/stdout", 404, "Not Found"), "Cannot read, status code 404"),
        (OSError(5, "I/O"), "Cannot connect, error: <class 'OSError'> ([Errno 5] I/O)"),
    ],
)
def test_what_ends_a_stream_early_is_told_on_stderr_and_no_failure(error: Exception, line: str) -> None:
    session, errors = Scripted(), io.StringIO()
    copy_stream(session, Stream("one\n", "two", error), errors)  # type: ignore[arg-type]
    assert session.said() == ["one", "two"]
    assert errors.getvalue() == f"{Stream.url} {line}\n"
    assert session.status == 0


def test_what_a_stream_says_after_it_was_closed_here_is_nobodys_business() -> None:
    errors = io.StringIO()
    stream = Stream(OSError(5, "I/O"))
    stream.closed = True
    copy_stream(Scripted(), stream, errors)  # type: ignore[arg-type]
    assert errors.getvalue() == ""


def test_letters_that_the_output_does_not_know_end_a_stream() -> None:
    session, errors = Scripted(), io.StringIO()
    session.out = io.TextIOWrapper(io.BytesIO(), "latin-1")
    copy_stream(session, Stream("\u65e5"), errors)  # type: ignore[arg-type]
    reason = "<class 'ValueError'> (Unable to write Unicode to stdout because it has encoding latin-1)"
    assert errors.getvalue() == f"{Stream.url} Cannot connect, error: {reason}\n"
