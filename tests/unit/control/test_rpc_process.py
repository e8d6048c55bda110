from __future__ import annotations

from typing import Any

import pytest

from initd.control.faults import Fault, fault
from initd.states import RUNNING_STATES, Mood, ProcessState
from tests.unit.control.fake import FakeProcess, World

UP = [ProcessState.RUNNING, ProcessState.STARTING, ProcessState.BACKOFF]


def test_a_command_is_checked_before_the_state_is_looked_at(world: World) -> None:
    world.daemon.program("web", 1, state=ProcessState.RUNNING)
    world.daemon.answers["check"] = fault(Fault.NO_FILE, "can't find command 'web'")
    assert world.fault("startProcess", "web") == (20, "NO_FILE: can't find command 'web'")
    assert world.daemon.verbs() == [("check", "web")]


@pytest.mark.parametrize("state", UP)
def test_what_is_up_cannot_be_started(world: World, state: ProcessState) -> None:
    world.daemon.add("g", FakeProcess("g", "web", 1, state=state))
    assert world.fault("startProcess", "g:web") == (60, "ALREADY_STARTED: g:web")


def test_what_is_unknown_cannot_be_started(world: World) -> None:
    world.daemon.program("web", 1, state=ProcessState.UNKNOWN)
    assert world.fault("startProcess", "web") == (30, "FAILED: web is in an unknown process state")


@pytest.mark.parametrize(
    "state", [ProcessState.STOPPING, ProcessState.STOPPED, ProcessState.EXITED, ProcessState.FATAL]
)
def test_what_is_down_or_going_down_is_the_daemons_to_start(world: World, state: ProcessState) -> None:
    world.daemon.program("web", 1, state=state)
    assert world.call("startProcess", "web") is True


@pytest.mark.parametrize("code", [Fault.SPAWN_ERROR, Fault.ABNORMAL_TERMINATION, Fault.ALREADY_STARTED])
def test_faults_of_a_start_name_the_process_as_the_client_did(world: World, code: Fault) -> None:
    world.daemon.program("web", 1)
    world.daemon.answers["start"] = fault(code)
    assert world.fault("startProcess", "web:web") == (int(code), f"{code.name}: web:web")


def test_a_process_that_is_replaced_while_its_command_is_checked_is_not_started(world: World) -> None:
    world.daemon.program("web", 1)
    world.daemon.patient = True
    answer = world.begin("startProcess", "web")
    world.daemon.live.clear()
    world.daemon.program("web", 2)
    world.daemon.asked[0][3](True)
    world.settle()
    with pytest.raises(Exception, match="BAD_NAME: web"):
        answer()
    assert len(world.daemon.asked) == 1


def test_a_shutdown_while_a_command_is_checked_is_respected(world: World) -> None:
    world.daemon.program("web", 1)
    world.daemon.patient = True
    answer = world.begin("startProcess", "web")
    world.daemon.mood = Mood.SHUTDOWN
    world.daemon.asked[0][3](True)
    world.settle()
    with pytest.raises(Exception, match="SHUTDOWN_STATE"):
        answer()


def test_what_is_up_or_about_to_be_can_be_stopped_and_nothing_else(world: World) -> None:
    process = world.daemon.program("web", 1)
    for state in ProcessState:
        process.state = state
        if state in RUNNING_STATES:
            assert world.call("stopProcess", "web") is True
        else:
            assert world.fault("stopProcess", "web") == (70, "NOT_RUNNING: web")
    process.state, process.restart_waits = ProcessState.EXITED, True
    assert world.call("stopProcess", "web") is True
    process.state, process.restart_waits, process.start_waits = ProcessState.STOPPING, False, True
    assert world.call("stopProcess", "web") is True


def test_a_stop_that_fails_says_why(world: World) -> None:
    world.daemon.program("web", 1, state=ProcessState.RUNNING)
    world.daemon.answers["stop"] = fault(Fault.FAILED, "unknown problem killing web")
    assert world.fault("stopProcess", "web") == (30, "FAILED: unknown problem killing web")


@pytest.mark.parametrize(("signal", "number"), [("HUP", 1), ("sighup", 1), (1, 1), ("1", 1), (15.5, 15), (0, 0)])
def test_signals_go_by_name_or_number(world: World, signal: Any, number: int) -> None:
    world.daemon.program("web", 1, state=ProcessState.STOPPING)
    assert world.call("signalProcess", "web", signal) is True
    assert world.daemon.verbs() == [("signal", "web", number)]


@pytest.mark.parametrize(("signal", "shown"), [("NOPE", "NOPE"), ("", ""), (35, "35"), ("63", "63"), (-1, "-1")])
def test_a_bad_signal_is_noticed_before_the_state(world: World, signal: Any, shown: str) -> None:
    world.daemon.program("web", 1)
    assert world.fault("signalProcess", "web", signal) == (11, f"BAD_SIGNAL: {shown}")
    assert world.fault("signalProcess", "web", "TERM") == (70, "NOT_RUNNING: web")


@pytest.mark.parametrize("signal", [None, ["HUP"], {}, float("nan")])
def test_what_cannot_be_a_signal_is_a_wrong_parameter(world: World, signal: Any) -> None:
    world.daemon.program("web", 1, state=ProcessState.RUNNING)
    assert world.fault("signalProcess", "web", signal) == (2, "INCORRECT_PARAMETERS")


def test_text_is_sent_to_stdin_as_utf_8(world: World) -> None:
    world.daemon.program("web", 1, state=ProcessState.RUNNING)
    assert world.call("sendProcessStdin", "web", "h\u00e9\n") is True
    assert world.daemon.verbs() == [("stdin", "web", b"h\xc3\xa9\n")]


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (fault(Fault.NOT_RUNNING), "NOT_RUNNING: web"),
        (fault(Fault.NO_FILE), "NO_FILE: web"),
        (fault(Fault.FAILED, "stdin is full"), "FAILED: stdin is full"),
    ],
)
def test_a_stdin_that_takes_nothing_says_why(world: World, answer: Any, text: str) -> None:
    world.daemon.program("web", 1)
    world.daemon.answers["stdin"] = answer
    assert world.fault("sendProcessStdin", "web", "x")[1] == text


def test_only_text_is_sent_to_stdin_and_that_is_looked_at_first(world: World) -> None:
    assert world.fault("sendProcessStdin", "nope", 5) == (2, "INCORRECT_PARAMETERS: 5")
    assert world.fault("sendProcessStdin", "nope", ["x" * 1000]) == (2, "INCORRECT_PARAMETERS")
    assert world.fault("sendProcessStdin", "nope", "x") == (10, "BAD_NAME: nope")
