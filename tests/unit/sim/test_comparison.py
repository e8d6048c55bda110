"""Cases against supervisor: what is counted, what fails, what is unknown."""

from __future__ import annotations

import pytest

from sim import comparison
from sim.comparison import case_of, compare, undisturbed
from sim.generate import PROFILES, scenario
from sim.oracle.differential import Register
from sim.scenario import Kind, from_json
from sim.stage import core


def test_cases_are_all_profiles_of_a_seed_then_the_next_seed():
    assert [case_of(number, ("p", "q")) for number in range(3)] == [(0, "p"), (0, "q"), (1, "p")]


def test_several_processes_find_what_one_does(monkeypatch):
    monkeypatch.setattr(comparison, "CHUNK", 25)
    done, pieces = [], []
    one = compare(0, 100, progress=done.append, heard=lambda piece, result: pieces.append((piece.start, result.passed)))
    two = compare(0, 100, jobs=2)
    assert one.replace(seconds=0.0) == two.replace(seconds=0.0)
    assert (one.passed, one.failed, one.unknown) == (100, 0, 0)
    assert done == [25, 50, 75, 100]
    assert pieces == [(0, 25), (25, 25), (50, 25), (75, 25)]
    assert dict(one.hits)["boots_a_second_late"] > 0


def test_a_story_of_ours_that_is_another_one_fails_with_its_scenario(monkeypatch):
    honest = core.play
    monkeypatch.setattr(core, "play", lambda case: [entry for entry in honest(case) if entry[3] != "RUNNING"])
    result = compare(0, 40, ("plain",))
    assert result.failed > 10
    assert result.failures[0].reasons[0].startswith("oracle fail at ")
    assert from_json(result.failures[0].scenario) == scenario(result.failures[0].seed, "plain")


def test_what_cannot_be_compared_is_unknown_which_is_no_pass(monkeypatch):
    def breaks(register, case, trace):
        raise RuntimeError("no")

    monkeypatch.setattr(Register, "compare", breaks)
    result = compare(0, 5)
    assert (result.passed, result.failed, result.unknown) == (0, 0, 5)
    assert result.failures[0].reasons == ("oracle unknown: RuntimeError('no')",)
    assert result.failures[0].unknown


@pytest.mark.parametrize("profile", sorted(PROFILES))
def test_the_lagging_supervisor_is_given_nothing_but_the_shutdown(profile):
    for seed in range(20):
        assert {op.kind for op in undisturbed(scenario(seed, profile)).ops} <= {Kind.SHUTDOWN}


@pytest.mark.parametrize(("seed", "profile"), [(1446, "boundary"), (950, "boundary"), (1177, "groups")])
def test_an_end_that_is_noticed_only_after_the_shutdown_is_not_followed_by_a_restart_there(seed, profile):
    drawn = undisturbed(scenario(seed, profile))
    assert comparison.late_differences(drawn, core.play, comparison.the_register()) == []


def test_a_deadline_noticed_with_the_end_it_was_for_kills_the_dead_there():
    drawn = undisturbed(scenario(736, "plain"))  # stopwaitsecs=1, and an end within that second
    assert comparison.late_differences(drawn, core.play, comparison.the_register()) == []
