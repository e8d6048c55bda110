"""When a child ends: its own plan and the signals that reached it."""

from __future__ import annotations

import pytest

from sim.model.child import Child
from sim.model.place import BOOT, DONE, DUE, NOWHERE, REAPED, SIGNALLED, rank
from tests.unit.sim.model.stories import life, ns

TERM, HUP, KILL = 15, 1, 9


def end(child: Child) -> tuple[float | None, int]:
    return None if child.reaped == NOWHERE else child.reaped[0] / ns(1), child.status


def at(seconds: float, turn: int = 0, part: int = DONE):
    return ns(seconds), rank(0, turn, part), ()


@pytest.mark.parametrize(
    ("plan", "signals", "expected"),
    [
        pytest.param(life(5, 3), [], (15, 3), id="by itself"),
        pytest.param(life(), [], (None, 0), id="never"),
        pytest.param(life(5, stop=1), [(12, TERM)], (13, -TERM), id="of a signal"),
        pytest.param(life(5, stop=1, stop_status=4), [(12, HUP)], (13, 4), id="with a status of its own"),
        pytest.param(life(5, 3, stop=None), [(12, TERM)], (15, 3), id="taking no notice"),
        pytest.param(life(5, 3, stop=7), [(12, TERM)], (15, 3), id="by itself, sooner than of a signal"),
        pytest.param(life(5, 3, stop=3), [(12, TERM)], (15, 3), id="by itself, just when it would of a signal"),
        pytest.param(
            life(5, stop=7), [(12, TERM), (13, KILL)], (13, -KILL), id="of SIGKILL, whatever else was on its way"
        ),
        pytest.param(life(stop=5), [(12, HUP), (13, TERM)], (17, -HUP), id="of the first signal"),
        pytest.param(life(stop=5), [(12, TERM), (13, KILL)], (13, -KILL), id="of SIGKILL on its way out"),
        pytest.param(life(stop=5, kill=9), [(12, TERM), (13, KILL)], (22, -KILL), id="of SIGKILL, late"),
        pytest.param(life(kill=9), [(12, KILL), (13, KILL), (14, TERM)], (21, -KILL), id="of the first SIGKILL"),
        pytest.param(life(5, 3), [(12, 0)], (15, 3), id="not of signal 0"),
    ],
)
def test_a_child_ends(plan, signals, expected):
    child = Child(plan, at(10), ())
    for seconds, signal in signals:
        child.reached_by(signal, at(seconds))
    assert end(child) == expected


def test_what_ends_at_once_is_reaped_in_the_next_turn_of_that_instant():
    child = Child(life(0), at(10, 3, DUE), (1, 2))
    assert child.reaped == (ns(10), rank(0, 4, REAPED), (1, 2))
    child = Child(life(), BOOT, ())
    child.reached_by(KILL, at(10))
    assert child.reaped == (ns(10), rank(0, 1, REAPED), ())


def test_nothing_reaches_one_that_had_ended_when_the_turn_began():
    child = Child(life(5, 3), at(10), ())
    child.reached_by(KILL, (ns(15), rank(-1, 1, SIGNALLED), ()))
    assert child.gone((ns(15), rank(-1, 1, SIGNALLED), ()))
    assert end(child) == (15, 3)
    child = Child(life(kill=7), at(10), ())
    child.reached_by(TERM, at(12, 1, SIGNALLED))
    child.reached_by(KILL, at(12, 1, DUE))
    assert end(child) == (19, -KILL), "it is on its way, and not gone"
