"""Scenarios out of seeds: always the same, always ones that can be played, with what their profile promises."""

from __future__ import annotations

import hashlib

import pytest

from sim.generate import PROFILES, scenario
from sim.scenario import TICK_NS, Kind, from_json, to_json
from sim.stage.daemon import DaemonStage

SOME = range(300)


def drawn(profile):
    """Some scenarios of a profile."""
    return [scenario(seed, profile) for seed in SOME]


@pytest.mark.parametrize("profile", sorted(PROFILES))
def test_a_seed_gives_the_same_scenario_and_another_seed_another_one(profile):
    assert drawn(profile) == drawn(profile)
    assert len({to_json(each) for each in drawn(profile)}) > 250


def test_a_profile_is_drawn_alike_on_every_machine():
    whole = "".join(to_json(scenario(seed, profile)) for profile in sorted(PROFILES) for seed in range(50))
    assert hashlib.sha256(whole.encode()).hexdigest()[:16] == "4aa813704ecfc572"


@pytest.mark.parametrize("profile", sorted(PROFILES))
def test_what_is_drawn_is_in_order_names_programs_that_exist_and_can_be_written_down(profile):
    for each in drawn(profile):
        names = {name for name, _ in each.programs()}
        assert [op.time_ns for op in each.ops] == sorted(op.time_ns for op in each.ops)
        assert all(
            op.target in names if op.kind not in (Kind.WALL, Kind.SHUTDOWN) else not op.target for op in each.ops
        )
        assert from_json(to_json(each)) == each


@pytest.mark.parametrize("profile", sorted(PROFILES))
def test_every_configuration_that_is_drawn_is_one_the_daemon_takes(profile):
    for each in drawn(profile)[:40]:
        DaemonStage(each)


@pytest.mark.parametrize("profile", ["plain", "swarm", "groups", "faults"])
def test_times_are_ticks_but_at_boundaries(profile):
    assert all(op.time_ns % TICK_NS == 0 for each in drawn(profile) for op in each.ops)


def test_boundaries_are_hit_and_missed_by_a_nanosecond():
    beside = {op.time_ns % TICK_NS for each in drawn("boundary") for op in each.ops}
    assert {0, 1, 2, TICK_NS - 1} <= beside
    together = [each for each in drawn("boundary") if len({op.time_ns for op in each.ops}) < len(each.ops)]
    assert len(together) > 30


def test_every_kind_of_operation_is_drawn_where_it_is_promised():
    assert {op.kind for each in drawn("swarm") for op in each.ops} == set(Kind)
    assert {op.kind for each in drawn("plain") for op in each.ops} == {
        Kind.START,
        Kind.STOP,
        Kind.SIGNAL,
        Kind.SHUTDOWN,
    }
    assert {op.kind for each in drawn("faults") for op in each.ops} == set(Kind)
    lives = [life for each in drawn("faults") for _, program in each.programs() for life in program.lives]
    assert any(life.refused for life in lives)
    assert any(life.kill_ns for life in lives)
    assert any(life.ends_ns == 0 for life in lives)
    assert all(len(each.groups) > 1 for each in drawn("groups"))
    assert any(op.kind is Kind.SHUTDOWN for each in drawn("groups") for op in each.ops)


def test_an_unknown_profile_is_an_error():
    with pytest.raises(KeyError):
        scenario(0, "odd")
