"""Every invariant is tripped by a story that breaks it, and by none that a stage tells."""

from __future__ import annotations

import pytest

from sim.generate import PROFILES, scenario
from sim.invariants import Outcome, judge
from sim.invariants.catalogue import CATALOGUE
from sim.invariants.judge import CHECKS, NAMES
from sim.scenario import SECOND_NS, Group, Kind, Life, Op, Program, Scenario
from sim.stage import core
from tests.unit.sim.trips import trips

S = SECOND_NS
A, B = "a:a", "b:b"
FLAPS = Program("a", (Life(S // 2, 1),), startsecs=1, startretries=1)
"""Fails at 0.5 and 2.0…, then FATAL."""


def story(*entries):
    """(seconds, [program,] what, detail) as a trace; a time may carry nanoseconds as (seconds, ns)."""
    told = []
    for entry in entries:
        when, *rest = entry
        time_ns = round(when[0] * S) + when[1] if isinstance(when, tuple) else round(when * S)
        program, what, detail = rest if len(rest) == 3 else (A, *rest)
        told.append((time_ns, program, what, detail))
    return told


def alone(ops=(), until=10, **options):
    """A scenario of the program `a`."""
    return Scenario((Group("a", (Program("a", **options),)),), tuple(ops), until * S)


def pair(ops=(), until=10, **options):
    """Programs `a` and `b`, a group each, `a` of the lower priority number."""
    first, second = Program("a", priority=1, **options), Program("b", priority=2, **options)
    return Scenario((Group("a", (first,), 1), Group("b", (second,), 2)), tuple(ops), until * S)


UP = ((0, "state", "STARTING 0"), (0, "spawn", "1"), ((1, 1), "state", "RUNNING"))
STOP = Op(3 * S, Kind.STOP, A)
STOPPED = (*UP, (3, "state", "STOPPING"), (3, "signal", "15"), (3, "answer", "0 OK"))
SHUT = Op(5 * S, Kind.SHUTDOWN)
BOTH_UP = tuple((when, name, what, detail) for name in (A, B) for when, what, detail in UP)
DOWN_B = ((5, B, "state", "STOPPING"), (5, B, "signal", "15"), (5, B, "state", "STOPPED"))
DOWN_A = ((5, A, "state", "STOPPING"), (5, A, "signal", "15"), (5, A, "state", "STOPPED"))
FLAP = ((0, "state", "STARTING 0"), (0, "spawn", "1"), (0.5, "state", "BACKOFF 1"))
AGAIN = ((1.5, 1), "state", "STARTING 1"), ((1.5, 1), "spawn", "2"), ((2, 1), "state", "BACKOFF 2")
CRASHES = {"lives": (Life(S // 2, 1),), "startretries": 1}
ENDS = {"lives": (Life(4 * S, 0),)}

PLANTED = {
    "S1": [(alone(), story((0, "state", "RUNNING"))), (alone(), story(*UP, (2, "state", "BACKOFF 1")))],
    "S2": [
        (alone(), story((0, "state", "STARTING 0"), ((1, 1), "state", "RUNNING"))),
        (alone(**CRASHES), story(*FLAP, (1, "signal", "15"))),
    ],
    "S3": [(alone(), story(*UP[:2], (0, "spawn", "2"), UP[2]))],
    "S4": [
        (alone(startsecs=2), story(*UP)),
        (alone(), story(*UP[:2], (1, "state", "RUNNING"))),
        (alone([STOP]), story(*UP[:2], (1, "state", "RUNNING"), *STOPPED[3:], (3, "state", "STOPPED"))),
    ],
    "S5": [
        (alone(**CRASHES), story(*UP[:2], (1, "state", "BACKOFF 1"))),
        (alone(**CRASHES), story(UP[0], (0, "state", "BACKOFF 1"))),
    ],
    "S6": [
        (alone(**CRASHES), story(*FLAP, (1.5, "state", "STARTING 1"))),
        (alone(**CRASHES), story(*FLAP, ((1.5, 2), "state", "STARTING 1"))),
    ],
    "S7": [(alone(lives=(Life(S // 2, 1),), startretries=0), story(*FLAP, *AGAIN))],
    "S8": [
        (alone(**CRASHES), story(*FLAP, (0.5, "state", "FATAL"))),
        (alone(**CRASHES), story(*FLAP, *AGAIN)),
        (alone(**CRASHES), story(*FLAP, *AGAIN, ((2, 2), "state", "FATAL"))),
        (alone(**CRASHES), story(*FLAP, *AGAIN, ((2, 1), "state", "FATAL"), (3, "state", "STARTING 0"))),
    ],
    "S9": [
        (alone(**CRASHES), story((0, "state", "STARTING 1"))),
        (alone(**CRASHES), story(*FLAP[:2], (0.5, "state", "BACKOFF 2"))),
        (alone(**CRASHES), story(*FLAP, ((1.5, 1), "state", "STARTING 0"))),
    ],
    "S10": [(alone([STOP]), story(*STOPPED, (3, "state", "STOPPED"), (4, "state", "STARTING 0"), (4, "spawn", "2")))],
    "S11": [
        (alone([SHUT], **CRASHES), story(*FLAP, (6, "state", "STARTING 1"))),
        (alone([SHUT], **CRASHES), story(*FLAP, (5, "state", "STARTING 1"))),
        (alone([SHUT]), story(*UP[:1], (6, "spawn", "1"))),
    ],
    "S12": [
        (alone(**ENDS), story(*UP, (4, "state", "EXITED unexpected"))),
        (alone(**ENDS), story(*UP, (4, "state", "EXITED expected"), (4, "state", "STARTING 0"))),
        (alone(**ENDS, autorestart="true"), story(*UP, (4, "state", "EXITED expected"))),
        (alone(lives=(Life(4 * S, -9),)), story(*UP, (4, "state", "EXITED unexpected"))),
    ],
    "S13": [(alone(autostart=False), story(*UP))],
    "S14": [
        (alone(), story(UP[0], UP[0], *UP[1:])),
        (alone(), story(UP[0], (0, "spawn", "2"), UP[2])),
    ],
    "T1": [
        (alone([STOP]), story(*UP, (3, "state", "STOPPING"), (3, "signal", "9"))),
        (alone([STOP], stopasgroup=True, killasgroup=True), story(*STOPPED)),
        (alone([STOP]), story(*UP, (3, "state", "STOPPING"), (3, "signal", "15 group"))),
        (alone(), story(*UP, (3, "signal", "15"))),
    ],
    "T2": [
        (alone([STOP], stopwaitsecs=2), story(*STOPPED, (4.9, "signal", "9"))),
        (alone([STOP], stopwaitsecs=2), story(*STOPPED, (5, "signal", "9"), (6, "signal", "9"))),
    ],
    "T3": [
        (alone([STOP], stopwaitsecs=2), story(*STOPPED, (6, "state", "STOPPED"))),
        (alone([STOP], stopwaitsecs=2), story(*STOPPED)),
        (alone([STOP], stopwaitsecs=2), story(*STOPPED, (5, "signal", "9 group"), (5, "state", "STOPPED"))),
        (alone([STOP], stopwaitsecs=2, killasgroup=True), story(*STOPPED, (5, "signal", "9"), (5, "state", "STOPPED"))),
    ],
    "T4": [(alone([STOP]), story(*STOPPED, (3, "state", "EXITED expected")))],
    "T5": [(pair([SHUT]), story(*BOTH_UP, *DOWN_A[:2], *DOWN_B))],
    "T6": [(pair(), story((0, B, "state", "STARTING 0"), (0, A, "state", "STARTING 0")))],
    "T7": [
        (alone([STOP]), story(*UP, (3, "answer", "0 OK"))),
        (alone([STOP]), story(*UP, (3, "answer", "0 NOT_RUNNING"))),
        (alone([STOP], lives=(Life(2 * S, 0),)), story(*UP, (2, "state", "EXITED expected"), (3, "answer", "0 OK"))),
    ],
    "V1": [
        (alone(), story(*UP[:2])),
        (alone(**CRASHES), story(*FLAP)),
        (alone(), story(*UP[:2], ((1, 2), "state", "RUNNING"))),
    ],
    "V2": [
        (alone([STOP], stopwaitsecs=2), story(*STOPPED, (5, "signal", "9"), (6, "state", "STOPPED"))),
        (alone([STOP], stopwaitsecs=2), story(*STOPPED, (5, "signal", "9"))),
    ],
    "V3": [(alone([SHUT], until=90, stopwaitsecs=2), story(*UP))],
    "V4": [(alone(), []), (alone(), story((2, "state", "STARTING 0")))],
    "V5": [
        (alone([STOP]), story(*UP)),
        (alone([STOP]), story(*STOPPED, (3, "answer", "0 OK"))),
        (alone([Op(3 * S, Kind.WALL)]), story(*UP, (3, "answer", "0 OK"))),
    ],
    "R7": [
        (alone(), story(*UP, (3, "", "exit", "0"))),
        (alone([SHUT]), story(*UP, (5, "", "exit", "0"))),
        (alone([SHUT]), story(*UP, *DOWN_A, (5, "", "exit", "1"))),
        (alone([SHUT]), story(*UP, *DOWN_A, (5, "", "exit", "0"), (6, "", "exit", "0"))),
        (alone([SHUT, Op(6 * S, Kind.START, A)]), story(*UP, *DOWN_A, (5, "", "exit", "0"), (6, "answer", "1 OK"))),
    ],
}


@trips(*PLANTED)
@pytest.mark.parametrize(
    ("name", "told"),
    [pytest.param(name, case, id=f"{name}-{at}") for name, cases in PLANTED.items() for at, case in enumerate(cases)],
)
def test_a_planted_violation_trips_the_checker_of_that_name(name, told):
    found = {finding.name: finding for finding in judge(*told)}
    assert found[name].outcome is Outcome.FAIL, found


def test_every_checker_has_its_violation():
    assert set(PLANTED) == set(NAMES)


@pytest.mark.parametrize("profile", sorted(PROFILES))
def test_the_stories_of_the_core_break_none(profile):
    for seed in range(150):
        played = scenario(seed, profile)
        assert judge(played, core.play(played)) == [], (profile, seed)


def test_a_checker_that_breaks_down_is_unknown_and_no_pass(monkeypatch):
    def breaks(seen, actor, entry):
        raise ZeroDivisionError

    monkeypatch.setitem(CHECKS, "RUNNING", (("S4", breaks),))
    (finding,) = [each for each in judge(alone(), story(*UP)) if each.name == "S4"]
    assert finding.outcome is Outcome.UNKNOWN


def test_a_story_about_programs_nobody_has_is_unknown():
    assert [each.outcome for each in judge(alone(), story(*UP, (2, "x:x", "state", "RUNNING")))] == [Outcome.UNKNOWN]


def test_a_real_log_may_be_late_by_the_slack_and_no_more():
    late = story(*UP[:2], ((1, 3_000_000), "state", "RUNNING"))
    assert judge(alone(), late, slack_ns=5_000_000) == []
    assert [each.name for each in judge(alone(), late, slack_ns=1_000_000)] == ["V1"]


def test_the_catalogue_says_which_these_are():
    assert {name for name, where in CATALOGUE.items() if where == "story"} == set(NAMES)


def test_a_start_without_a_child_is_called_off_by_a_shutdown_whose_ever_turn_it_is():
    called_off = ((5, A, "state", "STARTING 0"), (5, A, "state", "STOPPING"), (5, A, "state", "STOPPED"))
    start = Op(5 * S, Kind.START, A)
    told = story(*(each for each in BOTH_UP if each[1] == B), *called_off[:1], *called_off[1:], *DOWN_B)
    assert "T5" not in {each.name for each in judge(pair([start, SHUT], autostart=False), told)}
    with_child = story(*(each for each in BOTH_UP if each[1] == B), called_off[0], (5, A, "spawn", "1"), *DOWN_A[:2], *DOWN_B)
    assert "T5" in {each.name for each in judge(pair([start, SHUT], autostart=False), with_child)}
