from __future__ import annotations

import threading

import pytest

from initd.control.client import foreground
from initd.control.client.wire import Fault
from initd.control.faults import Fault as FaultCode
from tests.unit.client.scripted import Scripted, info

UP, DOWN = info("web", 20, "RUNNING"), info("web", 0, "STOPPED")


class Stream:
    """A stream that says nothing until it is closed."""

    open: list[Stream] = []

    def __init__(self, config: object, path: str) -> None:
        self.path = path
        self._end = threading.Event()
        self.open.append(self)

    def __iter__(self):
        assert self._end.wait(10)
        return iter(())

    def close(self) -> None:
        self.open.remove(self)
        self._end.set()


@pytest.fixture(autouse=True)
def streams(monkeypatch: pytest.MonkeyPatch) -> list[Stream]:
    monkeypatch.setattr(foreground, "LogStream", Stream)
    monkeypatch.setattr(Stream, "open", [])
    return Stream.open


def typed(monkeypatch: pytest.MonkeyPatch, *lines: str | type[BaseException]) -> None:
    left = iter(lines)

    def read() -> str:
        assert [stream.path for stream in Stream.open] == ["/logtail/web/stdout", "/logtail/web/stderr"]
        line = next(left)
        if isinstance(line, str):
            return line
        raise line

    monkeypatch.setattr("builtins.input", read)


@pytest.mark.parametrize("end", [EOFError, KeyboardInterrupt])
def test_lines_go_to_the_process_until_the_user_leaves(
    end: type[BaseException], monkeypatch: pytest.MonkeyPatch, streams: list[Stream]
) -> None:
    typed(monkeypatch, "hello", "", end)
    session = Scripted(getProcessInfo=UP, sendProcessStdin=True)
    session.run("fg web")
    sent = [call for call in session.calls if call[0] == "sendProcessStdin"]
    assert sent == [("sendProcessStdin", "web", "hello\n"), ("sendProcessStdin", "web", "\n")]
    assert session.said() == ["==> Press Ctrl-C to exit <==", "Exiting foreground"]
    assert (streams, session.status) == ([], 0)


@pytest.mark.parametrize(
    ("answers", "line"),
    [
        ({"sendProcessStdin": Fault(FaultCode.NOT_RUNNING, "NOT_RUNNING: web")}, "Process got killed"),
        ({"sendProcessStdin": Fault(FaultCode.NO_FILE, "NO_FILE: web")}, "ERROR: <Fault 20: 'NO_FILE: web'>"),
    ],
)
def test_a_process_that_takes_no_input_ends_it(
    answers: dict[str, Fault], line: str, monkeypatch: pytest.MonkeyPatch, streams: list[Stream]
) -> None:
    typed(monkeypatch, "hello")
    session = Scripted(getProcessInfo=UP, **answers)
    session.run("fg web")
    assert session.said() == ["==> Press Ctrl-C to exit <==", line, "Exiting foreground"]
    assert streams == []


def test_a_process_that_died_is_noticed_at_the_next_line(monkeypatch: pytest.MonkeyPatch) -> None:
    typed(monkeypatch, "hello")
    infos = iter([UP, DOWN])
    session = Scripted(getProcessInfo=lambda name: next(infos), sendProcessStdin=True)
    session.run("fg web")
    assert session.said()[1:] == ["Process got killed", "Exiting foreground"]


@pytest.mark.parametrize(
    ("words", "answers", "line", "status"),
    [
        ("", {}, "ERROR: no process name supplied", 1),
        ("web db", {}, "ERROR: too many process names supplied", 1),
        ("nope", {"getProcessInfo": Fault(10, "BAD_NAME: nope")}, "ERROR: bad process name supplied", 1),
        ("web", {"getProcessInfo": Fault(30, "FAILED")}, "ERROR: <Fault 30: 'FAILED'>", 0),
        ("web", {"getProcessInfo": DOWN}, "ERROR: process not running", 1),
    ],
)
def test_what_cannot_come_to_the_foreground_is_said_so(
    words: str, answers: dict[str, object], line: str, status: int, streams: list[Stream]
) -> None:
    session = Scripted(**answers)
    session.run(f"fg {words}")
    assert (session.said()[0], session.status) == (line, status)
    assert streams == []
