from __future__ import annotations

from initd.control.faults import Fault, fault
from initd.states import Mood
from tests.unit.control.fake import World


def test_the_daemon_says_who_it_is(world: World) -> None:
    assert world.call("getAPIVersion") == world.call("getVersion") == "3.0"
    assert world.call("getSupervisorVersion") == "4.3.0"
    assert world.call("getIdentification") == "fake"
    assert world.call("getPID") == 1
    assert world.call("getState") == {"statecode": 1, "statename": "RUNNING"}


def test_a_shutdown_is_answered_and_begun(world: World) -> None:
    assert world.call("shutdown") is True
    assert world.daemon.mood is Mood.SHUTDOWN
    assert world.fault("shutdown") == (6, "SHUTDOWN_STATE")


def test_a_restart_is_begun_once_the_configuration_has_been_found_usable(world: World) -> None:
    assert world.call("restart") is True
    assert world.daemon.verbs() == [("check reload", "")]
    assert world.daemon.mood is Mood.RESTARTING


def test_a_restart_with_a_broken_configuration_changes_nothing(world: World) -> None:
    world.daemon.answers["check reload"] = fault(Fault.CANT_REREAD, "s.conf:3: key")
    assert world.fault("restart") == (92, "CANT_REREAD: s.conf:3: key")
    assert world.daemon.mood is Mood.RUNNING


def test_a_restart_does_not_undo_a_shutdown_that_came_meanwhile(world: World) -> None:
    world.daemon.patient = True
    world.begin("restart")
    world.call("shutdown")
    world.daemon.asked[0][3](True)
    world.settle()
    assert world.daemon.mood is Mood.SHUTDOWN


def test_a_reread_returns_three_lists_in_a_list(world: World) -> None:
    world.daemon.answers["reread"] = (["a"], ["b"], [])
    assert world.call("reloadConfig") == [[["a"], ["b"], []]]
    world.daemon.answers["reread"] = fault(Fault.CANT_REREAD, "why")
    assert world.fault("reloadConfig") == (92, "CANT_REREAD: why")


def test_the_main_log_is_cleared(world: World) -> None:
    assert world.call("clearLog") is True
    world.daemon.answers["clear main"] = fault(Fault.NO_FILE)
    assert world.fault("clearLog") == (20, "NO_FILE")


def test_an_event_of_a_clients_own_is_told(world: World) -> None:
    assert world.call("sendRemoteCommEvent", "type", "data") is True
    assert world.call("sendRemoteCommEvent", 5, True) is True
    assert world.fault("sendRemoteCommEvent", ["type"], "data") == (2, "INCORRECT_PARAMETERS")
    assert world.daemon.told == [("type", "data"), ("5", "True")]
