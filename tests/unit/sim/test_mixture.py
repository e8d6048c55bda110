"""The profile `all`: something of everything, each part with seeds of its own."""

from __future__ import annotations

from sim import campaign
from sim.cli import main
from sim.generate import PROFILES
from sim.mixture import BLOCK, CHECKS, PARTS, Origin, origin
from sim.stage import core
from sim.stage.classics import BUGS


def test_the_parts_are_the_block_and_no_run_comes_twice():
    assert sum(size for _, size in PARTS) == BLOCK
    places = [origin(seed) for seed in range(3 * BLOCK)]
    assert len(set(places)) == len(places)
    assert origin(0) == Origin("daemon", "classics", 0)
    assert origin(BLOCK) == Origin("daemon", "classics", PARTS[0][1])


def test_every_block_has_every_bug_every_profile_and_both_stages():
    places = [origin(seed) for seed in range(BLOCK)]
    assert {place.seed % len(BUGS) for place in places if place.profile == "classics"} == set(range(len(BUGS)))
    apart = {("daemon", "classics"), ("daemon", "nemesis"), ("daemon", "listeners")}
    scenarios = {(stage, profile) for stage in ("core", "daemon") for profile in PROFILES}
    assert {(place.stage, place.profile) for place in places} == apart | scenarios


def test_the_campaign_knows_the_profiles_that_are_no_scenarios_of_one_stage():
    assert set(CHECKS) == set(campaign.APART)


def test_it_is_what_seeds_are_played_as_and_says_what_each_is(capsys, monkeypatch, tmp_path):
    assert main(["run", "--seeds", "0:110"]) == 0
    assert capsys.readouterr().out.startswith("110 passed, 0 failed in ")
    monkeypatch.setattr(core, "play", lambda scenario, **options: [])
    assert main(["run", "--seeds", "102:112", "--save", str(tmp_path)]) == 1
    told = capsys.readouterr()
    lines = told.out.splitlines()
    assert told.err.startswith("profile all seed 102, core plain 0: V4 fail"), "at once, before anything is shrunk"
    assert any(line.startswith("FAILED profile all seed 102, core plain 0") for line in lines)
    assert any(line.startswith(f"replay: initd-sim replay {tmp_path}") and "--stage core" not in line for line in lines)
    assert main(["run", "--seeds", "0:1", "--profile", "all", "--stage", "core"]) == 2


def test_cases_of_the_six_bugs_and_scenarios_by_the_daemon_are_shown_by_their_own_stage(capsys, monkeypatch, tmp_path):
    monkeypatch.setattr("sim.kernel.SimKernel.pending", lambda kernel, fd: 0)
    assert main(["run", "--seeds", "0:14", "--save", str(tmp_path)]) == 1
    out = capsys.readouterr().out
    assert "FAILED profile all seed 2, daemon classics 2\n  lost tail of a log: L1 fail at" in out
    monkeypatch.undo()
    monkeypatch.setattr("sim.stage.daemon.play", lambda scenario, **options: [])
    assert main(["run", "--seeds", "42:44", "--save", str(tmp_path)]) == 1
    assert " --stage daemon" in capsys.readouterr().out


def test_a_campaign_that_fails_tells_soon_and_does_not_go_on_for_long(monkeypatch):
    monkeypatch.setattr(core, "play", lambda scenario, **options: [])
    monkeypatch.setattr(campaign, "PATIENCE_S", 0)
    heard = []
    result = campaign.campaign(102, 5000, "all", heard=lambda seeds, result: heard.append(result))
    assert [failure.seed for failure in heard[0].failures] == [102]
    assert (len(heard), result.failed, result.unknown) == (1, 1, 4897)
    assert not result.clean
    two = campaign.campaign(102, 20_000, "all", jobs=2)
    assert two.failed + two.unknown == 19_898
