"""What a live daemon does not show at will; the rest is in tests/conformance/test_ctl.py."""

from __future__ import annotations

import errno

import pytest

from initd.control.client.wire import Fault
from initd.control.faults import Fault as FaultCode
from tests.unit.client.scripted import Scripted, info, result


@pytest.mark.parametrize(
    ("code", "line", "status"),
    [
        (FaultCode.BAD_NAME, "web: ERROR (no such process)", 1),
        (FaultCode.NO_FILE, "web: ERROR (no such file)", 1),
        (FaultCode.NOT_EXECUTABLE, "web: ERROR (file is not executable)", 1),
        (FaultCode.ALREADY_STARTED, "web: ERROR (already started)", 0),
        (FaultCode.SPAWN_ERROR, "web: ERROR (spawn error)", 7),
        (FaultCode.ABNORMAL_TERMINATION, "web: ERROR (abnormal termination)", 7),
    ],
)
def test_each_way_a_start_can_fail_has_its_words(code: FaultCode, line: str, status: int) -> None:
    session = Scripted(startProcess=Fault(code, code.name))
    session.run("start web")
    assert (session.said(), session.status) == ([line], status)


@pytest.mark.parametrize(
    ("code", "line", "status"),
    [
        (FaultCode.BAD_NAME, "web: ERROR (no such process)", 1),
        (FaultCode.BAD_SIGNAL, "web: ERROR (bad signal name)", 1),
        (FaultCode.NOT_RUNNING, "web: ERROR (not running)", 7),
        (FaultCode.FAILED, "FAILED: no permission", 1),
    ],
)
def test_each_way_a_signal_can_fail_has_its_words(code: FaultCode, line: str, status: int) -> None:
    session = Scripted(signalProcess=Fault(code, "FAILED: no permission"))
    session.run("signal HUP web")
    assert (session.said(), session.status) == ([line], status)


def test_stopping_what_is_down_is_an_error_that_does_not_fail() -> None:
    session = Scripted(stopProcess=Fault(FaultCode.NOT_RUNNING, "NOT_RUNNING: web"))
    session.run("stop web")
    assert (session.said(), session.status) == (["web: ERROR (not running)"], 0)


def test_a_result_nobody_knows_ends_the_command() -> None:
    session = Scripted(startAllProcesses=[result("a", 80), result("b", FaultCode.FAILED), result("c", 80)])
    session.run("start all")
    assert session.said()[0] == "a: started"
    assert session.said()[1].startswith("error: <class 'ValueError'>, Unknown result code 30 for b: file: ")
    assert (len(session.said()), session.status) == (2, 1)


def test_a_group_member_is_named_with_its_group_unless_they_share_the_name() -> None:
    session = Scripted(stopProcessGroup=[result("a", 80, group="g"), result("g", 80)])
    session.run("stop g:*")
    assert session.said() == ["g:a: stopped", "g: stopped"]


def test_all_among_names_means_all() -> None:
    session = Scripted(stopAllProcesses=[])
    session.run("stop web all")
    assert session.calls == [("getVersion",), ("stopAllProcesses",)]


def test_restart_stops_everything_named_before_it_starts_anything() -> None:
    session = Scripted(stopProcess=True, startProcess=True)
    session.run("restart a b")
    assert [call[0] for call in session.calls[1:]] == ["stopProcess"] * 2 + ["startProcess"] * 2
    assert session.said() == ["a: stopped", "b: stopped", "a: started", "b: started"]


def test_status_is_4_without_a_server_whatever_the_reason() -> None:
    session = Scripted(getVersion=ConnectionRefusedError(errno.ECONNREFUSED, ""))
    session.run("status")
    assert session.status == 4


@pytest.mark.parametrize(
    ("state", "name", "status"),
    [
        (0, "STOPPED", 3),
        (10, "STARTING", 0),
        (20, "RUNNING", 0),
        (30, "BACKOFF", 0),
        (40, "STOPPING", 0),
        (100, "EXITED", 3),
        (200, "FATAL", 3),
        (1000, "UNKNOWN", 3),
    ],
)
def test_status_is_3_when_something_shown_is_down(state: int, name: str, status: int) -> None:
    session = Scripted(getAllProcessInfo=[info("web", state, name)])
    session.run("status")
    assert session.status == status


def test_pid_0_is_shown_and_fails_but_not_among_all() -> None:
    session = Scripted(getProcessInfo=info("web", 0, "STOPPED"), getAllProcessInfo=[info("web", 0, "STOPPED")])
    session.run("pid all")
    assert (session.said(), session.status) == (["0"], 0)
    session.run("pid web")
    assert (session.said(), session.status) == (["0", "0"], 7)
