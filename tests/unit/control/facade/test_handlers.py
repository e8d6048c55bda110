"""Result handlers under the whole daemon on a simulated machine; what they are told is a conformance test's matter."""

from __future__ import annotations

import pytest

from tests.property.worlds import World, program

POOL = (
    "[eventlistener:l]\ncommand=/usr/bin/l\nevents=REMOTE_COMMUNICATION\nstderr_logfile=NONE\n"
    "result_handler=tests.plugins.probe:judge\nstartsecs=0\nautorestart=false\n"
)


def listening(answer: str) -> World:
    """What becomes of one event that a listener answers like that after a second."""
    machine = World(POOL + program("p"), {"l": f"listen {answer} after 1s"}, servers=True, loglevel="debug")
    machine.call(3, "sendRemoteCommEvent", "kind", "data")
    return machine.run(6.5)


@pytest.mark.parametrize("answer", ["OK", "WHATEVER"])
def test_what_the_handler_takes_is_processed_whatever_the_answer(answer: str) -> None:
    machine = listening(answer)
    assert machine.lines("event was") == ["DEBG l: event was processed"]
    assert machine.lines("sent to listener") == ["DEBG event 0 sent to listener l"]


def test_what_the_handler_rejects_is_sent_again() -> None:
    machine = listening("REJECT")
    assert machine.lines("event was") == ["WARN l: event was rejected"] * 3
    assert machine.lines("sent to listener") == ["DEBG event 0 sent to listener l"] * 4


@pytest.mark.parametrize(("answer", "error"), [("BREAK", "ValueError: b'BREAK'"), ("LEAVE", "SystemExit: 1")])
def test_a_handler_that_raises_or_exits_costs_its_listener_and_nothing_else(answer: str, error: str) -> None:
    machine = listening(answer)
    assert machine.lines("event caused an error") == ["WARN l: event caused an error"]
    assert machine.lines("has entered the UNKNOWN state")
    assert error in machine.log()
    assert machine.state("p") == machine.state("l") == "RUNNING"
