"""Plugins that hear of events, in the whole daemon on a simulated machine; what they hear is compared with stock's elsewhere."""

from __future__ import annotations

import pytest

import tests.plugins.subscriber as subscriber
from tests.property.worlds import HUP, World, program

PLUGIN = "[rpcinterface:subscriber]\nsupervisor.rpcinterface_factory=tests.plugins.subscriber:make\nkinds={}\n"


@pytest.fixture(autouse=True)
def forgotten() -> None:
    subscriber.told.clear()


def test_a_plugin_hears_of_every_kind_of_event_without_any_listener() -> None:
    text = program("p", stdout_events_enabled="true", stdout_logfile="NONE")
    machine = World(text + PLUGIN.format("EVENT"), {"p": "print hello every 4s"}, servers=True)
    machine.call(2, "sendRemoteCommEvent", "kind", "data")
    machine.run(11)
    assert {type(event).__name__ for event in subscriber.told} == {
        "SupervisorRunningEvent",
        "ProcessStateStartingEvent",
        "ProcessStateRunningEvent",
        "ProcessLogStdoutEvent",
        "RemoteCommunicationEvent",
        "Tick5Event",
    }
    told = {type(event).__name__: event for event in subscriber.told}
    assert (told["ProcessLogStdoutEvent"].data, told["ProcessLogStdoutEvent"].pid) == (b"hello\n", machine.pids("p")[0])
    assert told["Tick5Event"].when % 5 == 0
    assert told["Tick5Event"].supervisord.get_state() == 1


def test_nobody_who_hears_of_nothing_costs_a_tick() -> None:
    machine = World(program("p") + PLUGIN.format(""), servers=True)
    machine.run(11)
    assert subscriber.told == []
    assert machine.simulation.session.driver.next_deadline() is None


def test_a_subscriber_that_fails_or_exits_is_a_line_in_the_log_and_the_next_one_hears_all_the_same() -> None:
    machine = World(program("p") + PLUGIN.format("FAIL,LEAVE,PROCESS_STATE"), servers=True)
    machine.run(3)
    assert [type(event).__name__ for event in subscriber.told] == [
        "ProcessStateStartingEvent",
        "ProcessStateRunningEvent",
    ]
    assert len(machine.lines("CRIT a subscriber of PROCESS_STATE_STARTING failed")) == 2
    assert "SystemExit: 4" in machine.log()
    assert machine.state("p") == "RUNNING"


def test_after_a_reload_only_the_new_ones_hear() -> None:
    machine = World(program("p") + PLUGIN.format("SUPERVISOR_STATE_CHANGE_RUNNING"), servers=True)
    machine.signal(3, HUP)
    machine.run(6)
    assert len(subscriber.told) == 2


def test_what_a_plugin_tells_of_with_nobody_to_hear_it_is_kept_nowhere() -> None:
    machine = World(program("p") + PLUGIN.format(""), servers=True)
    machine.at(2, lambda: subscriber.tell(5))
    machine.run(3)
    assert machine.simulation.session.service._bus._told == []
