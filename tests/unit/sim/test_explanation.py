"""Explanations: every change has its cause, and names what demands it."""

from __future__ import annotations

import re

import pytest

from initd.supervise.rules import ACTIONS
from initd.supervise.table import TABLE
from sim.explanation import CAUSES, explain
from sim.generate import PROFILES, scenario
from sim.invariants.meanings import MEANINGS
from sim.scenario import SECOND_NS, Group, Kind, Life, Op, Program, Scenario
from sim.stage import core


def alone(*lives, ops=(), **options):
    return Scenario((Group("a", (Program("a", lives or (Life(),), **options),)),), tuple(ops), 30 * SECOND_NS)


def told(case):
    return [(step.what, step.cause) for step in explain(case)[1]]


@pytest.mark.parametrize("profile", sorted(PROFILES))
def test_every_change_and_signal_of_a_story_is_explained_and_the_story_is_the_same(profile):
    own = dict(ACTIONS)
    for seed in range(60):
        case = scenario(seed, profile)
        trace, steps = explain(case)
        assert trace == core.play(case)
        changes = [(time_ns, name, detail) for time_ns, name, what, detail in trace if what == "state"]
        shown = [(s.time_ns, s.program, s.what.partition(" -> ")[2]) for s in steps if " -> " in s.what]
        assert [(t, n, d.removesuffix(" 0").split(" e")[0].split(" u")[0]) for t, n, d in changes] == shown
        assert all(step.demanded for step in steps), [step for step in steps if not step.demanded]
    assert own == ACTIONS


def test_only_cells_that_may_happen_have_causes_and_all_they_name_is_known():
    for cell, (_, demanded) in CAUSES.items():
        assert TABLE[cell] not in ("impossible", "ignore")
        laws = re.findall(r"\b[RSTLV]\d+\b", demanded)
        assert laws and set(laws) <= set(MEANINGS)


def test_a_start_that_fails_is_told_with_its_numbers():
    assert told(alone(Life(SECOND_NS // 2, 3), startretries=1)) == [
        ("STOPPED -> STARTING", "boot, and autostart=true"),
        ("STARTING -> BACKOFF 1", "it ended after 0.5s (exit 3), sooner than startsecs=1: failure 1 of 2 allowed"),
        ("BACKOFF -> STARTING 1", "more than 1 s have passed since failure 1"),
        ("STARTING -> BACKOFF 2", "it ended after 0.5s (exit 3), sooner than startsecs=1: failure 2 of 2 allowed"),
        ("BACKOFF -> FATAL", "that was failure 2, and startretries=1: it gives up"),
    ]


def test_a_stop_is_told_with_who_asked_and_why_sigkill_follows():
    stubborn = Life(None, 0, None)
    assert told(alone(stubborn, ops=[Op(5 * SECOND_NS, Kind.STOP, "a:a")], stopwaitsecs=2))[2:] == [
        ("RUNNING -> STOPPING", "a client stops it (op #0)"),
        ("signal 15", "a client stops it (op #0)"),
        ("signal 9", "stopwaitsecs=2 are over and it is still there; killasgroup=false"),
        ("STOPPING -> STOPPED", "it ended (terminated by signal 9); a stop ends STOPPED whatever the status"),
    ]


def test_an_end_is_told_with_what_was_expected_and_a_refused_fork_with_its_errno():
    assert ("RUNNING -> EXITED", "it ended by itself (exit 2), which is not expected: exitcodes=0") in told(
        alone(Life(3 * SECOND_NS, 2), autorestart="false")
    )
    assert told(alone(Life(refused="EAGAIN"), startretries=0))[1][1] == "there is no child (EAGAIN): failure 1 of 1 allowed"
