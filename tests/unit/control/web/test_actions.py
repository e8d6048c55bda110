from __future__ import annotations

import pytest

from initd.control.faults import Fault, fault
from initd.control.rpc import Rpc
from initd.control.steps import run
from initd.control.web.actions import plan
from initd.states import Mood, ProcessState
from tests.unit.control.fake import FakeProcess, World
from tests.unit.control.web.browser import submit, told

RUNNING = ProcessState.RUNNING


@pytest.mark.parametrize(
    ("action", "state", "answers", "sentence"),
    [
        ("start", "STOPPED", {}, "Process web started"),
        ("start", "RUNNING", {}, "ERROR: Process web: already started"),
        ("start", "STOPPED", {"check": fault(Fault.NO_FILE)}, "ERROR: Process web: no such file"),
        ("start", "STOPPED", {"check": fault(Fault.NOT_EXECUTABLE)}, "ERROR: Process web: file not executable"),
        ("start", "STOPPED", {"start": fault(Fault.SPAWN_ERROR)}, "ERROR: Process web: spawn error"),
        ("start", "STOPPED", {"start": fault(Fault.ABNORMAL_TERMINATION)}, "ERROR: Process web: abnormal termination"),
        (
            "start",
            "STOPPED",
            {"start": fault(Fault.FAILED, "x")},
            "ERROR: Process web: unexpected rpc fault [30] FAILED: x",
        ),
        ("stop", "RUNNING", {}, "Process web stopped"),
        ("stop", "STOPPED", {}, "unexpected rpc fault [70] NOT_RUNNING: web"),
        ("restart", "STOPPED", {}, "Process web restarted"),
        ("restart", "STOPPED", {"start": fault(Fault.SPAWN_ERROR)}, "ERROR: Process web: spawn error"),
        ("restart", "RUNNING", {"stop": fault(Fault.FAILED)}, "ERROR: Process web: unexpected rpc fault [30] FAILED"),
        ("clearlog", "RUNNING", {}, "Log for web cleared"),
        ("clearlog", "RUNNING", {"clear": fault(Fault.FAILED)}, "unexpected rpc fault [30] FAILED: web"),
    ],
)
def test_an_action_on_a_process_says_what_came_of_it(
    world: World, action: str, state: str, answers: dict[str, object], sentence: str
) -> None:
    world.daemon.program("web", 1, state=ProcessState[state])
    world.daemon.answers = answers
    assert told(submit(world, action=action, processname="web")) == sentence


def test_a_process_is_stopped_and_then_started_when_it_is_restarted(world: World) -> None:
    process = world.daemon.program("web", 1, state=RUNNING)
    world.daemon.patient = True
    steps = plan(Rpc(world.daemon), {"action": "restart", "processname": "web"}).act
    assert steps is not None
    said: list[str] = []
    run(steps(), said.append)
    assert world.daemon.verbs() == [("stop", "web", True)]
    process.state = ProcessState.STOPPED
    world.daemon.asked[-1][3](True)
    world.daemon.asked[-1][3](True)
    assert world.daemon.verbs()[1:] == [("check", "web"), ("start", "web", True)] and said == []
    world.daemon.asked[-1][3](True)
    assert said == ["Process web restarted"]


@pytest.fixture
def group(world: World) -> World:
    """Group g of a, which runs, and b, which does not; a program beside it."""
    world.daemon.add("g", FakeProcess("g", "a", 1, state=RUNNING), FakeProcess("g", "b", 2))
    world.daemon.program("web", 3, state=RUNNING)
    return world


@pytest.mark.parametrize(
    ("action", "verbs", "sentence"),
    [
        ("startgroup", [("check", "b"), ("start", "b", True)], "Group g started"),
        ("stopgroup", [("stop", "a", True)], "Group g stopped"),
        ("restartgroup", [("stop", "a", True), ("check", "b"), ("start", "b", True)], "Group g restarted"),
    ],
)
def test_an_action_on_a_group_is_done_to_its_processes_alone(
    group: World, action: str, verbs: list[tuple[object, ...]], sentence: str
) -> None:
    assert told(submit(group, action=action, groupname="g")) == sentence
    assert group.daemon.verbs() == verbs


def test_what_failed_of_an_action_on_many_is_named(group: World) -> None:
    group.daemon.answers = {"start": fault(Fault.SPAWN_ERROR)}
    assert told(submit(group, action="startgroup", groupname="g")) == "Group g started; ERROR: g:b: spawn error"


def test_many_failures_are_counted(world: World) -> None:
    world.daemon.add("g", *[FakeProcess("g", f"p{at}", at + 1) for at in range(9)])
    world.daemon.answers = {"start": fault(Fault.SPAWN_ERROR)}
    sentence = told(submit(world, action="startgroup", groupname="g"))
    assert sentence.count("spawn error") == 5 and sentence.endswith(", 4 more")


def test_actions_on_everything_say_when(group: World) -> None:
    date = "Tue Nov 14 22:13:20 2023"
    assert told(submit(group, action="stopall")) == f"All stopped at {date}"
    assert told(submit(group, action="restartall")) == f"All restarted at {date}"
    assert told(submit(group, action="refresh")) == f"Page refreshed at {date}"


@pytest.mark.parametrize(
    ("fields", "status", "message"),
    [
        ({"action": "start"}, 400, ""),
        ({"action": "bogus"}, 500, ""),
        ({"action": "bogus", "processname": "web"}, 500, ""),
        ({"action": "bogus", "processname": "nope"}, 0, "No such process named nope"),
        ({"action": "start", "processname": "nope"}, 0, "No such process named nope"),
        ({"action": "start", "processname": "g:*"}, 0, "No such process named g:*"),
        ({"action": "stopgroup"}, 400, ""),
        ({"action": "stopgroup", "groupname": "nope"}, 0, "No such group named nope"),
    ],
)
def test_an_action_that_makes_no_sense_changes_nothing(
    group: World, fields: dict[str, str], status: int, message: str
) -> None:
    planned = plan(Rpc(group.daemon), fields)
    assert (planned.status, planned.message, planned.act) == (status, message, None)


@pytest.mark.parametrize("action", ["start", "stop", "restart", "clearlog", "stopall", "restartall"])
def test_a_daemon_that_is_going_down_does_nothing_more(group: World, action: str) -> None:
    group.daemon.mood = Mood.SHUTDOWN
    assert "[6] SHUTDOWN_STATE" in told(submit(group, action=action, processname="web"))
    assert group.daemon.asked == []
