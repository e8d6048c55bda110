"""Campaigns: what is counted, kept and called a failure."""

from __future__ import annotations

import pytest

from sim import campaign
from sim.campaign import run_seeds
from sim.generate import scenario
from sim.judges import check, stage_of
from sim.scenario import from_json
from sim.stage import core
from tests.unit.sim.trips import trips

SEEDS = (0, 40)


def test_seeds_that_hold_pass_and_name_all_their_stories_together():
    result = run_seeds(*SEEDS, "swarm")
    assert (result.passed, result.failed, result.unknown) == (40, 0, 0)
    assert result.clean
    assert result.digest == run_seeds(*SEEDS, "swarm").digest != run_seeds(*SEEDS, "plain").digest


def test_several_processes_find_what_one_does(monkeypatch):
    monkeypatch.setattr(campaign, "CHUNK", 10)
    done = []
    one = campaign.campaign(*SEEDS, "plain", jobs=1, model=False, progress=done.append)
    two = campaign.campaign(*SEEDS, "plain", jobs=2)
    assert done == [10, 20, 30, 40]
    assert one.replace(seconds=0) == two.replace(seconds=0)


def test_a_broken_story_fails_its_seed_and_is_kept_with_its_scenario(monkeypatch):
    monkeypatch.setattr(core, "play", lambda scenario: core.CoreStage(scenario, None, None, 0).trace)
    result = run_seeds(*SEEDS, "plain")
    assert result.failed
    failure = result.failures[0]
    assert failure.reasons[0].startswith("V4 fail")
    assert from_json(failure.scenario) == scenario(failure.seed, "plain")
    assert not failure.unknown


def test_a_supervisor_that_breaks_down_is_a_failure():
    def breaks(scenario):
        raise RuntimeError("on fire")

    _, reasons, certain = check(scenario(1, "plain"), breaks)
    assert (reasons, certain) == (["play fail: RuntimeError('on fire')"], True)


@trips("M1")
def test_a_story_that_changes_at_the_second_play_is_not_deterministic():
    ends = iter([[], [(0, "", "exit", "0")]])
    _, reasons, certain = check(scenario(1, "plain"), lambda scenario: [*core.play(scenario), *next(ends)], twice=True)
    assert "M1 fail: a second play tells another story" in reasons
    assert certain


def test_another_story_of_the_model_is_a_failure_and_one_that_cannot_be_told_is_unknown():
    class Story:
        trace = [(0, "a:a", "state", "RUNNING")]

        def binding(self, trace):
            return trace

    def breaks(scenario):
        raise NotImplementedError

    played = scenario(0, "plain")
    _, reasons, certain = check(played, core.play, lambda scenario: Story())
    assert certain
    assert "model fail for a:a" in reasons[0]
    _, reasons, certain = check(played, core.play, breaks)
    assert (reasons, certain) == (["model unknown: NotImplementedError()"], False)


def test_only_stages_that_exist_play():
    assert stage_of("core") is core.play
    with pytest.raises(ValueError, match="no stage 'moon'"):
        stage_of("moon")


def test_the_summary_counts_as_pytest_does():
    result = campaign.Result(3, 1, 0, 90, "abc", seconds=2.0)
    assert result.summary() == "3 passed, 1 failed in 2.00s (2.0 scenarios/s, 45 entries/s, digest abc)"
    assert "1 failed, 2 unknown in" in result.replace(unknown=2).summary()
    assert not result.replace(failed=0, unknown=1).clean
