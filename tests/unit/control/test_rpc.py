from __future__ import annotations

import pytest

from initd.control.rpc import Rpc
from initd.control.rpc_table import SUPERVISOR, SYSTEM, signature
from initd.states import Mood
from tests.unit.control.fake import World


@pytest.mark.parametrize(
    "method",
    ["supervisor.nope", "supervisor", "supervisor.getState.x", "supervisor._update", "other.getState", ".", "a."],
)
def test_what_is_not_published_is_an_unknown_method(world: World, method: str) -> None:
    assert world.fault(method) == (1, "UNKNOWN_METHOD")


def test_the_number_of_parameters_has_to_fit(world: World) -> None:
    world.daemon.program("web", 1)
    for params in ((), ("web", True, 1)):
        assert world.fault("startProcess", *params) == (2, "INCORRECT_PARAMETERS")
    assert world.call("startProcess", "web") is True
    assert world.call("startProcess", "web", 0) is True
    assert world.daemon.verbs()[1::2] == [("start", "web", True), ("start", "web", False)]


@pytest.mark.parametrize("mood", [Mood.SHUTDOWN, Mood.RESTARTING])
def test_a_daemon_on_its_way_out_refuses_everything_but_events_and_introspection(world: World, mood: Mood) -> None:
    world.daemon.mood = mood
    for name, (types, _) in SUPERVISOR.items():
        params = [0] * signature(types).most
        if name == "sendRemoteCommEvent":
            assert world.call(name, *params) is True
        else:
            assert world.fault(name, *params) == (6, "SHUTDOWN_STATE")
    assert "supervisor.getState" in world.call("system.listMethods")
    assert world.daemon.asked == []


def test_every_method_of_the_tables_exists_and_has_help(world: World) -> None:
    rpc = Rpc(world.daemon, ("supervisor", "alias"))
    assert set(rpc.methods) == set(rpc.help) == set(rpc.signatures)
    assert len(rpc.methods) == 2 * len(SUPERVISOR) + len(SYSTEM)
    assert all(rpc.help.values())


def test_signatures_and_names_are_those_of_the_stock_daemon() -> None:
    from supervisor.rpcinterface import SupervisorNamespaceRPCInterface
    from supervisor.xmlrpc import SystemNamespaceRPCInterface

    stock = SystemNamespaceRPCInterface([("supervisor", SupervisorNamespaceRPCInterface(None))])
    ours = {f"supervisor.{name}": types for name, (types, _) in SUPERVISOR.items()}
    ours |= {f"system.{name}": types for name, (types, _) in SYSTEM.items()}
    assert {name: stock.methodSignature(name) for name in stock.listMethods()} == {
        name: types.split() for name, types in ours.items()
    }


def test_calls_and_their_outcome_are_logged_at_trace_level(world: World) -> None:
    world.call("getState")
    world.fault("getProcessInfo", "nope")
    trace = world.daemon.logged("trace")
    assert trace[0] == "XML-RPC method called: supervisor.getState()"
    assert trace[1] == "XML-RPC method supervisor.getState() returned successfully"
    assert "XML-RPC method supervisor.getProcessInfo() returned fault: [10] BAD_NAME: nope" in trace


def test_a_name_of_megabytes_does_not_fill_the_log(world: World) -> None:
    assert world.fault("getProcessInfo", "x" * 1_000_000)[0] == 10
    assert world.fault("supervisor." + "x" * 1_000_000)[0] == 1
    assert max(len(line) for line in world.daemon.logged("trace")) < 1000
