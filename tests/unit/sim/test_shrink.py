"""Shrinking: what comes out is smaller, fails the same way and can still be played."""

from __future__ import annotations

import pytest

from sim.generate import scenario
from sim.scenario import Kind, Scenario
from sim.shrink import shrink
from sim.stage.core import play


def kills(case: Scenario) -> bool:
    return any(entry[2] == "signal" and entry[3].startswith("9") for entry in play(case))


def test_what_is_left_is_one_program_one_op_and_still_fails():
    large = next(
        case for case in (scenario(seed, "plain") for seed in range(1000)) if kills(case) and len(case.ops) > 4
    )
    small = shrink(large, kills)
    assert kills(small)
    assert len(small.programs()) == 1 and len(small.ops) <= 2
    assert {op.kind for op in small.ops} & {Kind.STOP, Kind.SHUTDOWN}
    assert shrink(small, kills) == small


def test_what_does_not_fail_is_refused():
    with pytest.raises(ValueError, match="nothing fails"):
        shrink(scenario(0, "plain"), lambda case: False)
