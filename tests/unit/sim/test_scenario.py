"""Scenarios as files: what is written is what is read."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.scenario import Group, Kind, Life, Op, Program, Scenario, from_json, to_json

times = st.integers(0, 10**12)
lives = st.builds(
    Life, st.none() | times, st.integers(-15, 255), st.none() | times, st.none() | st.integers(0, 255), times,
    st.sampled_from(["", "EAGAIN"]),
)  # fmt: skip
programs = st.builds(
    Program, st.sampled_from("abc"), st.lists(lives, min_size=1, max_size=3).map(tuple), st.integers(-5, 999),
    st.booleans(), st.integers(0, 5), st.integers(0, 5), st.sampled_from(["true", "false", "unexpected"]),
    st.lists(st.integers(0, 255), max_size=2).map(tuple), st.integers(1, 15), st.integers(0, 9), st.booleans(), st.booleans(),
)  # fmt: skip
groups = st.builds(Group, st.sampled_from("gh"), st.lists(programs, max_size=3).map(tuple), st.integers(0, 999))
ops = st.builds(Op, times, st.sampled_from(Kind), st.sampled_from(["", "g:a"]), st.integers(-9, 9))
scenarios = st.builds(Scenario, st.lists(groups, max_size=2).map(tuple), st.lists(ops, max_size=3).map(tuple), times)


@given(scenarios)
def test_a_scenario_that_was_written_is_read_as_it_was(scenario):
    assert from_json(to_json(scenario)) == scenario


def test_a_file_holds_only_what_is_not_as_usual():
    scenario = Scenario((Group("g", (Program("p", startsecs=3),)),))
    program = {"name": "p", "startsecs": 3}
    assert json.loads(to_json(scenario)) == {"groups": [{"name": "g", "programs": [program]}]}


@pytest.mark.parametrize("text", ["", "{}", '{"groups": [{"nam": "g"}]}', '{"groups": [], "ops": [{"kind": "dance"}]}'])
def test_what_is_no_scenario_is_refused(text):
    with pytest.raises((ValueError, KeyError, TypeError)):
        from_json(text)


def test_the_last_life_recurs():
    program = Program("p", (Life(status=1), Life(status=2)))
    assert [program.life(attempt).status for attempt in (1, 2, 3, 9)] == [1, 2, 2, 2]
