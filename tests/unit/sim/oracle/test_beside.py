"""What is said of supervisor beside a failure."""

from __future__ import annotations

from sim.oracle.beside import beside, standing
from sim.oracle.play import play
from sim.scenario import SECOND_NS, Group, Kind, Life, Op, Program, Scenario
from sim.stage import core

CRASHES = Scenario((Group("a", (Program("a", (Life(SECOND_NS // 2, 1),)),)),), (), 20 * SECOND_NS)

THEIRS = "state STARTING 1 at 1.500000001, spawn 2 at 1.500000001"
OURS = "state STARTING 1 at 1.500000000, spawn 2 at 1.500000001"


def test_the_same_story_is_said_to_be_the_same():
    assert beside(CRASHES, core.play(CRASHES)) == ["supervisor 4.3.0 tells the same story"]


def test_where_ours_parts_both_are_told_and_how_the_program_stands_there():
    ours = [entry if entry[3] != "STARTING 1" else (entry[0] - 1, *entry[1:]) for entry in core.play(CRASHES)]
    assert beside(CRASHES, ours, "a:a", 1_500_000_000) == [
        "supervisor 4.3.0 does not do that. At 1.500000000 a:a",
        f"  supervisor 4.3.0: {THEIRS}; initd: {OURS}",
        "supervisor 4.3.0 at 1.500000000: a:a is BACKOFF 1 since 0.500000000, STARTING 1 at 1.500000001",
    ]


def test_a_difference_that_is_meant_is_called_so():
    waits = Life(None, 0, 2 * SECOND_NS)
    ops = (Op(3 * SECOND_NS, Kind.STOP, "a:a"), Op(4 * SECOND_NS, Kind.START, "a:a"))
    case = Scenario((Group("a", (Program("a", (waits,)),)),), ops, 20 * SECOND_NS)
    (line,) = beside(case, core.play(case))
    assert line.startswith("supervisor 4.3.0 differs here, as it is meant to: D20 ")


def test_a_program_that_has_told_nothing_is_stopped_and_the_daemon_runs():
    told = play(CRASHES)
    assert standing(told, "b:b", 5).endswith("b:b is STOPPED till the end")
    assert standing(told, "", 5).endswith("the daemon is running till the end")
