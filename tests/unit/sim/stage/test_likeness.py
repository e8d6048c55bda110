"""What counts as the same story, and what a scenario is moved apart to."""

from __future__ import annotations

import pytest

from sim.generate import scenario as generate
from sim.scenario import SECOND_NS, Group, Kind, Life, Op, Program, Scenario
from sim.stage import core
from sim.stage.likeness import DRIFT_NS, LATEST_NS, TOLERANCE_NS, difference, order, spread, steady

S, MS = SECOND_NS, 1_000_000
A = "a:a"
STORY = [
    (0, A, "state", "STARTING 0"),
    (0, A, "spawn", "1"),
    (S + 1, A, "state", "RUNNING"),
    (3 * S, A, "answer", "0 OK"),
    (3 * S, A, "state", "STOPPING"),
    (3 * S, A, "signal", "15"),
    (3 * S, A, "state", "STOPPED"),
]
UNTIL_NS = 10 * S


def later(story, by_ns, first=0):
    """The story with everything from that entry on so much later."""
    return [(entry[0] + by_ns * (at >= first), *entry[1:]) for at, entry in enumerate(story)]


def alone(*ops, until=10, **options):
    return Scenario((Group("a", (Program("a", **options),)),), ops, until * S)


def test_a_story_that_is_a_little_late_is_the_same():
    assert difference(STORY, later(STORY, TOLERANCE_NS), UNTIL_NS) == ""
    assert "which is +151 ms off; 150 may be" in difference(STORY, later(STORY, 151 * MS), UNTIL_NS)


def test_each_fork_excuses_some_more_and_so_does_what_was_measured_but_not_without_bound():
    story = STORY[:3]
    assert difference(story, later(story, TOLERANCE_NS + DRIFT_NS, first=2), UNTIL_NS) == ""
    assert difference(story, later(story, TOLERANCE_NS + DRIFT_NS + 1, first=2), UNTIL_NS)
    assert difference(STORY, later(STORY, 200 * MS), UNTIL_NS, late_ns=50 * MS) == ""
    assert difference(STORY, later(STORY, TOLERANCE_NS + LATEST_NS + MS), UNTIL_NS, late_ns=60 * S)


@pytest.mark.parametrize(
    "change",
    [
        lambda story: [story[1], story[0], *story[2:]],
        lambda story: story[:2] + story[3:],
        lambda story: [*story[:5], (3 * S, A, "signal", "9"), story[6]],
        lambda story: [*story, (4 * S, A, "state", "STARTING 0")],
        lambda story: [*story[:3], (3 * S, A, "answer", "0 NOT_RUNNING"), *story[4:]],
        lambda story: [entry for entry in story if entry[2] != "answer"],
        lambda story: [*story, (4 * S, "", "exit", "0")],
    ],
    ids=["order", "less", "signal", "more", "answer", "no answer", "exit"],
)
def test_everything_else_differs(change):
    found = difference(STORY, change(list(STORY)), UNTIL_NS)
    assert found.startswith("simulated: ") and "\n  Linux:     " in found


def test_what_the_end_cuts_off_does_not_count():
    until_ns = 3 * S + 50 * MS
    assert difference(STORY, STORY[:3] + STORY[3:5], until_ns) == ""
    assert difference(STORY, STORY[:2], until_ns) != ""


def test_programs_have_no_order_among_them():
    other = [(time_ns + 2 * MS, "b:b", what, detail) for time_ns, _, what, detail in STORY]
    assert difference(sorted(STORY + other), sorted(later(STORY, 5 * MS) + other), UNTIL_NS) == ""


def test_a_life_that_ends_at_startsecs_is_not_steady_and_one_well_before_is():
    assert steady(alone(lives=(Life(S),), autorestart="false"), core.play) == "150 ms decide what happens"
    assert steady(alone(lives=(Life(S // 2),), autorestart="false", startretries=0), core.play) == ""


def test_who_gets_a_signal_just_after_its_fork_must_just_die_of_it():
    ops = (Op(S // 8, Kind.OUTSIDER, A, 15),)
    assert "may not be up" in steady(alone(*ops, lives=(Life(None, 0, S),), startretries=0), core.play)
    assert steady(alone(*ops, startretries=0, until=1), core.play) == ""


def test_moving_apart_makes_most_scenarios_steady_keeps_their_operations_in_order_and_is_repeatable():
    steadied = 0
    for seed in range(40):
        scenario = generate(seed, "plain")
        before = steady(scenario, core.play)
        moved, why = spread(scenario, core.play)
        assert (moved, why) == spread(scenario, core.play)
        times = [op.time_ns for op in moved.ops]
        assert times == sorted(times) and moved.until_ns <= scenario.until_ns
        steadied += bool(before) and not why
        if not why:
            assert steady(moved, core.play) == ""
        if not before:
            assert order(core.play(moved)) == order(core.play(scenario))
    assert steadied >= 5
