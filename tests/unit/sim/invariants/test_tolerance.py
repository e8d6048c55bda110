"""In stories of real runs a time may look too short by so much and no more, and be late by so much and no more."""

from __future__ import annotations

import pytest

from sim.invariants import judge
from sim.scenario import SECOND_NS, Group, Kind, Life, Op, Program, Scenario

S = SECOND_NS
A = "a:a"
EARLY = S // 10
UP = ((0, "state", "STARTING 0"), (0, "spawn", "1"), (S + 1, "state", "RUNNING"))
STOPPING = (*UP, (3 * S, "state", "STOPPING"), (3 * S, "signal", "15"), (3 * S, "answer", "0 OK"))
FAILED = ((0, "state", "STARTING 0"), (0, "spawn", "1"), (S // 2, "state", "BACKOFF 1"))
STORIES = {
    "S4": (*UP[:2], (S - EARLY, "state", "RUNNING")),
    "S5": (*UP[:2], (S + EARLY, "state", "BACKOFF 1")),
    "S6": (*FAILED, (S // 2 + S - EARLY, "state", "STARTING 1")),
    "T2": (*STOPPING, (5 * S - EARLY, "signal", "9"), (5 * S - EARLY, "state", "STOPPED")),
}


STOP = (Op(3 * S, Kind.STOP, A),)


def found(story, slack_ns=0, blur_ns=0, ops=STOP):
    played = Scenario((Group("a", (Program("a", (Life(S // 2, 1),), stopwaitsecs=2),)),), ops, 9 * S)
    return {each.name for each in judge(played, [(time_ns, A, *rest) for time_ns, *rest in story], slack_ns, blur_ns)}


@pytest.mark.parametrize("law", sorted(STORIES))
def test_what_looks_too_short_by_less_than_the_tolerance_passes_and_by_more_does_not(law):
    assert law not in found(STORIES[law], blur_ns=2 * EARLY)
    assert law in found(STORIES[law], blur_ns=EARLY // 2)
    assert law in found(STORIES[law])


def test_a_kill_that_came_early_within_the_tolerance_is_not_missing_when_it_was_due():
    assert "T3" not in found((*STORIES["T2"][:-1], (7 * S, "state", "STOPPED")), blur_ns=2 * EARLY)
    assert "T3" in found((*STORIES["T2"][:-1], (7 * S, "state", "STOPPED")), blur_ns=EARLY // 2)


def test_where_things_may_be_late_an_answer_may_come_when_another_client_has_started_it_again():
    ops = (Op(3 * S, Kind.STOP, A), Op(4 * S, Kind.START, A))
    again = (*STOPPING[:-1], (3 * S + 1, "state", "STOPPED"), (4 * S, "state", "STARTING 0"), (4 * S, "answer", "0 OK"))
    assert "T7" in found(again, ops=ops)
    assert "T7" not in found(again, slack_ns=1, ops=ops)
    assert "T7" in found(again, slack_ns=1, ops=ops[:1])
