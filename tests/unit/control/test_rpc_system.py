from __future__ import annotations

from typing import Any

import pytest

from initd.states import ProcessState
from tests.unit.control.fake import World


def multicall(world: World, *calls: Any) -> Any:
    return world.call("system.multicall", list(calls))


def named(method: str, *params: Any) -> dict[str, Any]:
    return {"methodName": f"supervisor.{method}", "params": list(params)}


def test_methods_can_be_listed_and_asked_about(world: World) -> None:
    names = world.call("system.listMethods")
    assert names == sorted(names)
    assert {"supervisor.getVersion", "system.multicall"} <= set(names)
    assert "wait" in world.call("system.methodHelp", "supervisor.startProcess")
    assert world.call("system.methodSignature", "supervisor.startProcess") == ["boolean", "string", "boolean"]


@pytest.mark.parametrize("name", ["nope", "", 5, None, ["supervisor.getState"]])
def test_what_is_no_method_has_neither_help_nor_signature(world: World, name: Any) -> None:
    assert world.fault("system.methodHelp", name) == (4, "SIGNATURE_UNSUPPORTED")
    assert world.fault("system.methodSignature", name) == (4, "SIGNATURE_UNSUPPORTED")


def test_results_are_bare_values_and_faults_come_in_their_place(world: World) -> None:
    calls = [named("getAPIVersion"), named("getProcessInfo", "nope"), {"methodName": "supervisor.getPID"}]
    assert multicall(world, *calls) == ["3.0", {"faultCode": 10, "faultString": "BAD_NAME: nope"}, 1]
    assert multicall(world) == []


@pytest.mark.parametrize(
    ("call", "code", "text"),
    [
        ({}, 2, "INCORRECT_PARAMETERS: No methodName"),
        ({"methodName": "system.multicall"}, 2, "INCORRECT_PARAMETERS: Recursive system.multicall forbidden"),
        ({"methodName": "nope"}, 1, "UNKNOWN_METHOD"),
        ({"methodName": 5}, 2, "INCORRECT_PARAMETERS"),
        ({"methodName": "supervisor.getPID", "params": 5}, 2, "INCORRECT_PARAMETERS"),
        ({"methodName": "supervisor.getPID", "params": [5]}, 2, "INCORRECT_PARAMETERS"),
    ],
)
def test_a_call_that_is_none_faults_alone(world: World, call: Any, code: int, text: str) -> None:
    assert multicall(world, call, named("getPID")) == [{"faultCode": code, "faultString": text}, 1]


@pytest.mark.parametrize("calls", [5, "text", {"a": 1}, [1], [{}, "x"], None])
def test_what_is_no_list_of_calls_is_refused_as_a_whole(world: World, calls: Any) -> None:
    assert world.fault("system.multicall", calls) == (2, "INCORRECT_PARAMETERS")


def test_calls_wait_for_one_another(world: World) -> None:
    world.daemon.program("web", 1, state=ProcessState.RUNNING)
    world.daemon.program("api", 2, state=ProcessState.RUNNING)
    world.daemon.patient = True
    answer = world.begin(
        "system.multicall", [named("stopProcess", "web"), named("stopProcess", "api"), named("getPID")]
    )
    assert world.daemon.verbs() == [("stop", "web", True)]
    world.daemon.asked[0][3](True)
    world.settle()
    assert world.daemon.verbs() == [("stop", "web", True), ("stop", "api", True)]
    world.daemon.asked[1][3](True)
    world.settle()
    assert answer() == [True, True, 1]


def test_lists_and_logs_may_be_among_the_results(world: World) -> None:
    world.daemon.program("web", 1)
    world.kernel.files.put("/var/log/web.out", b"x" * 400_000)
    infos, text, last = multicall(
        world, named("getAllProcessInfo"), named("readProcessLog", "web", 0, 0), named("getPID")
    )
    assert ([info["name"] for info in infos], len(text), last) == (["web"], 400_000, 1)


def test_an_error_of_ours_is_a_fault_of_that_call(world: World) -> None:
    world.daemon.program("web", 1)
    world.daemon.log_paths = lambda instance: 1 / 0
    first, second = multicall(world, named("getProcessInfo", "web"), named("getPID"))
    assert first == {"faultCode": 30, "faultString": "FAILED: <class 'ZeroDivisionError'>:division by zero"}
    assert second == 1


def test_one_call_is_made_a_turn(world: World) -> None:
    turns: list[int] = []
    now = [0]
    turn, shutdown = world.loop.turn, world.daemon.pid

    def counted(*arguments: Any) -> None:
        now[0] += 1
        turn(*arguments)

    world.loop.turn = counted
    world.daemon.pid = lambda: (turns.append(now[0]), shutdown())[1]
    multicall(world, *[named("getPID")] * 20)
    assert len(set(turns)) == 20


def test_a_daemon_told_to_shut_down_still_answers_the_rest(world: World) -> None:
    results = multicall(world, named("shutdown"), named("getPID"), {"methodName": "system.methodHelp", "params": ["x"]})
    assert results[0] is True
    assert [result["faultCode"] for result in results[1:]] == [6, 4]
