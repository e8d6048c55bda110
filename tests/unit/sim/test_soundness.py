"""What is a scenario, and what is said of one that is none."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings

from sim.generate import PROFILES, scenario
from sim.scenario import to_json
from sim.soundness import complaint, scenario_in
from tests.property.scenarios import scenarios

SMALL = {"groups": [{"name": "a", "programs": [{"name": "p"}]}], "ops": [{"time_ns": 1, "kind": "stop", "target": "a:p"}]}


@pytest.mark.parametrize("profile", sorted(PROFILES))
def test_whatever_is_drawn_is_sound_and_survives_its_file(profile):
    for seed in range(100):
        drawn = scenario(seed, profile)
        assert complaint(drawn) is None
        assert scenario_in(to_json(drawn)) == drawn


@settings(max_examples=50)
@given(scenarios())
def test_so_is_what_hypothesis_draws(drawn):
    assert scenario_in(to_json(drawn)) == drawn


def changed(path, value):
    """SMALL with another value there, or without one where that is None."""
    data = json.loads(json.dumps(SMALL))
    place = data
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return json.dumps(data)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("3", "expected an object for the scenario, found '3'"),
        ("[]", "expected an object for the scenario"),
        ("{", "Expecting property name"),
        ("{}", "the scenario has no 'groups'"),
        ('{"groups": 5}', "expected a list for groups of the scenario, found '5'"),
        ('{"groups": []}', "groups cannot be"),
        ("[" * 100_000, "nested too deeply"),
        (changed(["until_ns"], 1.5), "until_ns cannot be '1.5'"),
        (changed(["until"], 1), "the scenario has 'until', expected one of groups, ops, until_ns"),
        (changed(["groups", 0, "programs", 0, "startsecs"], "1"), "groups[0].programs[0].startsecs cannot be '1'"),
        (changed(["groups", 0, "programs", 0, "autostart"], 1), "groups[0].programs[0].autostart cannot be '1'"),
        (changed(["groups", 0, "programs", 0, "stopasgroup"], True), "a:p has stopasgroup without killasgroup"),
        (changed(["groups", 0, "programs", 0, "lives"], []), "lives cannot be"),
        (changed(["groups", 0, "programs", 0, "lives"], [{"refused": "EWHAT"}]), "refused cannot be 'EWHAT'"),
        (changed(["groups", 0, "programs", 0, "behaviour"], "fly away"), "behaviour cannot be 'fly away'"),
        (changed(["groups", 0, "programs", 0, "name"], "a b"), "name cannot be 'a b'"),
        (changed(["groups", 0, "programs", 0], 7), "expected an object for programs[0] of groups[0]"),
        (changed(["ops", 0, "kind"], "fly"), "'fly' is not a valid Kind"),
        (changed(["ops", 0, "kind"], "shutdown"), "ops[0] is shutdown, which has no target"),
        (changed(["ops", 0, "target"], "a:q"), "ops[0].target is 'a:q', which is no program here: a:p"),
        (changed(["ops", 0, "time_ns"], -1), "ops[0].time_ns cannot be '-1'"),
        (changed(["ops", 0], {"time_ns": 1, "kind": "signal", "target": "a:p", "argument": 99}), "99, which is no signal"),
        (changed(["ops", 0], {"time_ns": 1, "kind": "refuse", "target": "a:p"}), "0, which is no errno"),
        (changed(["ops"], [{"time_ns": 2, "kind": "shutdown"}, {"time_ns": 1, "kind": "shutdown"}]), "not in order of time"),
        (changed(["groups"], SMALL["groups"] * 2), "two groups are called a"),
    ],
)
def test_what_is_none_is_told_with_the_place(text, said):
    with pytest.raises(ValueError) as told:
        scenario_in(text)
    assert said in str(told.value)
    assert "\n" not in str(told.value)
