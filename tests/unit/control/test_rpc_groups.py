from __future__ import annotations

from typing import Any

import pytest

from initd.control.faults import Fault, fault
from initd.states import ProcessState
from tests.unit.control.fake import FakeProcess, World


def fill(world: World, state: ProcessState = ProcessState.STOPPED) -> list[FakeProcess]:
    """Group g (a before b by priority) and group h, whose priority is lower."""
    b, a = FakeProcess("g", "b", 2, state=state, priority=20), FakeProcess("g", "a", 1, state=state, priority=10)
    h = FakeProcess("h", "h", 3, state=state)
    world.daemon.add("g", b, a, priority=50)
    world.daemon.add("h", h, priority=5)
    return [a, b, h]


def result(group: str, name: str, status: int = 80, description: str = "OK") -> dict[str, Any]:
    return {"name": name, "group": group, "status": status, "description": description}


def test_a_group_is_started_by_priority_after_all_its_commands_are_checked(world: World) -> None:
    fill(world)
    assert world.call("startProcessGroup", "g") == [result("g", "a"), result("g", "b")]
    assert world.daemon.verbs() == [("check", "a"), ("check", "b"), ("start", "a", True), ("start", "b", True)]


@pytest.mark.parametrize("name", ["g:*", "g:"])
def test_a_group_can_be_named_in_place_of_a_process(world: World, name: str) -> None:
    processes = fill(world)
    assert [each["name"] for each in world.call("startProcess", name)] == ["a", "b"]
    for process in processes:
        process.state = ProcessState.RUNNING
    assert [each["name"] for each in world.call("stopProcess", name, False)] == ["a", "b"]
    assert [each["name"] for each in world.call("signalProcess", name, "HUP")] == ["a", "b"]
    assert world.fault("startProcess", "nope:*") == (10, "BAD_NAME: nope:*")
    assert world.fault("startProcessGroup", "nope") == (10, "BAD_NAME: nope")


def test_all_means_all_groups_by_priority(world: World) -> None:
    fill(world)
    assert [each["name"] for each in world.call("startAllProcesses")] == ["h", "a", "b"]
    fill(world, ProcessState.RUNNING)
    world.daemon.live = world.daemon.live[2:]
    assert [each["name"] for each in world.call("stopAllProcesses")] == ["h", "a", "b"]
    assert [each["name"] for each in world.call("signalAllProcesses", "HUP")] == ["h", "a", "b"]
    assert [each["name"] for each in world.call("clearAllProcessLogs")] == ["h", "a", "b"]


def test_what_is_in_the_wanted_state_already_is_left_out(world: World) -> None:
    a, b, _ = fill(world)
    a.state = ProcessState.RUNNING
    assert world.call("startProcessGroup", "g") == [result("g", "b")]
    assert world.call("stopProcessGroup", "g") == [result("g", "a")]
    assert world.call("signalProcessGroup", "g", "HUP") == [result("g", "a")]
    b.state = ProcessState.STOPPING
    assert world.call("signalProcessGroup", "g", "HUP") == [result("g", "a"), result("g", "b")]
    assert world.call("stopProcessGroup", "h") == []


def test_one_that_fails_is_reported_in_its_place(world: World) -> None:
    fill(world)
    world.daemon.answers["check a"] = fault(Fault.NO_FILE, "can't find command 'a'")
    world.daemon.answers["start b"] = fault(Fault.SPAWN_ERROR)
    assert world.call("startProcessGroup", "g") == [
        result("g", "a", 20, "NO_FILE: can't find command 'a'"),
        result("g", "b", 50, "SPAWN_ERROR: g:b"),
    ]


def test_an_error_of_ours_in_one_does_not_lose_the_others(world: World) -> None:
    fill(world)
    world.daemon.answers["start a"] = OSError(5, "broken")
    assert world.call("startProcessGroup", "g") == [result("g", "a", 30, "FAILED: [Errno 5] broken"), result("g", "b")]


def test_a_bad_signal_is_reported_for_each(world: World) -> None:
    fill(world, ProcessState.RUNNING)
    assert world.call("signalProcessGroup", "g", "NOPE") == [
        result("g", name, 11, "BAD_SIGNAL: NOPE") for name in ("a", "b")
    ]


def test_a_stop_of_many_calls_off_the_restart_of_those_that_are_about_to_start_again(world: World) -> None:
    a, b, _ = fill(world)
    a.state, b.state = ProcessState.RUNNING, ProcessState.EXITED
    b.restart_waits = True
    assert world.call("stopProcessGroup", "g") == [result("g", "a"), result("g", "b")]


def waiting_stop(world: World, method: str = "stopProcessGroup", *params: Any) -> Any:
    fill(world, ProcessState.RUNNING)
    world.daemon.patient = True
    return world.begin(method, *(params or ("g",)))


def test_results_come_in_the_order_things_were_done(world: World) -> None:
    answer = waiting_stop(world)
    world.daemon.asked[1][3](True)
    world.pass_time(2)
    world.daemon.asked[0][3](True)
    world.settle()
    assert answer() == [result("g", "b"), result("g", "a")]


def test_things_done_at_about_the_same_time_come_by_priority(world: World) -> None:
    answer = waiting_stop(world, "stopAllProcesses", True)
    for index in (2, 1, 0):
        world.daemon.asked[index][3](True)
        world.pass_time(0.3)
    assert answer() == [result("h", "h"), result("g", "a"), result("g", "b")]


def test_without_waiting_results_come_by_priority(world: World) -> None:
    answer = waiting_stop(world, "stopProcessGroup", "g", False)
    world.daemon.asked[1][3](True)
    world.pass_time(2)
    world.daemon.asked[0][3](True)
    world.settle()
    assert answer() == [result("g", "a"), result("g", "b")]


def test_hundreds_are_addressed_over_several_turns(world: World) -> None:
    world.daemon.add("many", *(FakeProcess("many", f"p{n:03}", n, state=ProcessState.RUNNING) for n in range(300)))
    turns: list[int] = []
    addressed: list[int] = []
    stop, turn = world.daemon.stop, world.loop.turn
    world.daemon.stop = lambda *arguments: (addressed.append(len(turns)), stop(*arguments))[1]
    world.loop.turn = lambda *arguments: (turns.append(1), turn(*arguments))[1]
    assert len(world.call("stopAllProcesses")) == 300
    assert max(addressed.count(number) for number in addressed) <= 32


def test_groups_are_added_and_removed_by_the_daemon(world: World) -> None:
    assert world.call("addProcessGroup", "g") is True
    assert world.call("removeProcessGroup", "g") is True
    assert world.daemon.verbs() == [("add", "g"), ("remove", "g")]
    world.daemon.answers["add"] = fault(Fault.ALREADY_ADDED)
    world.daemon.answers["remove"] = fault(Fault.STILL_RUNNING)
    assert world.fault("addProcessGroup", "g") == (90, "ALREADY_ADDED: g")
    assert world.fault("removeProcessGroup", "g") == (91, "STILL_RUNNING: g")


def test_logs_are_cleared_of_one_process_only(world: World) -> None:
    fill(world)
    assert world.call("clearProcessLogs", "g:a") is True
    assert world.fault("clearProcessLogs", "g:*") == (10, "BAD_NAME: g:*")
    world.daemon.answers["clear"] = fault(Fault.FAILED, "some reason")
    assert world.fault("clearProcessLog", "g:a") == (30, "FAILED: g:a")
