"""When a child ends: its own plan and the signals that reached it."""

from __future__ import annotations

import pytest

from sim.model.child import Child
from sim.model.silence import NEVER
from tests.unit.sim.model.stories import life, ns

TERM, HUP, KILL = 15, 1, 9


def end(child: Child) -> tuple[float | None, int]:
    return None if child.end_ns == NEVER else child.end_ns / ns(1), child.status


@pytest.mark.parametrize(
    ("plan", "signals", "expected"),
    [
        pytest.param(life(5, 3), [], (15, 3), id="by itself"),
        pytest.param(life(), [], (None, 0), id="never"),
        pytest.param(life(5, stop=1), [(12, TERM)], (13, -TERM), id="of a signal"),
        pytest.param(life(5, stop=1, stop_status=4), [(12, HUP)], (13, 4), id="with a status of its own"),
        pytest.param(life(5, 3, stop=None), [(12, TERM)], (15, 3), id="taking no notice"),
        pytest.param(life(5, 3, stop=7), [(12, TERM)], (19, -TERM), id="later than it would have by itself"),
        pytest.param(life(stop=5), [(12, HUP), (13, TERM)], (17, -HUP), id="of the first signal"),
        pytest.param(life(stop=5), [(12, TERM), (13, KILL)], (13, -KILL), id="of SIGKILL on its way out"),
        pytest.param(life(stop=5, kill=9), [(12, TERM), (13, KILL)], (22, -KILL), id="of SIGKILL, late"),
        pytest.param(life(kill=9), [(12, KILL), (13, KILL), (14, TERM)], (21, -KILL), id="of the first SIGKILL"),
        pytest.param(life(5, 3), [(12, 0)], (15, 3), id="not of signal 0"),
    ],
)
def test_a_child_ends(plan, signals, expected):
    child = Child(plan, ns(10))
    for seconds, signal in signals:
        child.reached_by(signal, ns(seconds))
    assert end(child) == expected
