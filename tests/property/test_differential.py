"""initd against the real supervisor 4.3.0, whatever the scenario: equal to the nanosecond, but for the register's rows."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from sim.broadcast import to_json as broadcast_text
from sim.broadcasting import PROFILES as BROADCASTS
from sim.broadcasting import broadcast
from sim.generate import PROFILES, scenario
from sim.oracle.differential import LAGGING, PROMPT, Register, describe, rows
from sim.oracle.mending import Mending
from sim.scenario import SECOND_NS, TICK_NS, Group, Kind, Life, Op, Program, Scenario, to_json
from sim.stage import broadcast as broadcasts
from sim.stage import core, daemon

SEEDS, DAEMON_SEEDS, BROADCAST_SEEDS = 150, 25, 40
"""Of each profile; a campaign plays more."""

ticks = st.integers(0, 4 * 512).map(lambda count: count * TICK_NS)
beside = st.sampled_from([0, 0, 0, 1, -1])
instants = st.one_of(
    st.integers(0, 20 * 512).map(lambda count: count * TICK_NS),
    st.builds(lambda second, ns: max(0, second * SECOND_NS + ns), st.integers(0, 12), beside),
)
lengths = st.one_of(
    ticks.map(lambda ns: ns + TICK_NS), st.builds(lambda s, ns: s * SECOND_NS + ns, st.integers(1, 3), beside)
)
lives = st.builds(
    Life,
    ends_ns=st.none() | lengths,
    status=st.integers(0, 2),
    stop_ns=st.none() | st.just(0) | lengths,
    stop_status=st.none() | st.integers(0, 1),
    kill_ns=st.just(0) | lengths,
    refused=st.sampled_from(["", "", "", "", "EAGAIN"]),
)


@st.composite
def programs(draw: st.DrawFn, name: str) -> Program:
    """A program with options near the least that makes a difference."""
    stopasgroup = draw(st.booleans())
    return Program(
        name,
        tuple(draw(st.lists(lives, min_size=1, max_size=3))),
        draw(st.integers(998, 1000)),
        draw(st.booleans()),
        draw(st.integers(0, 3)),
        draw(st.integers(0, 3)),
        draw(st.sampled_from(["unexpected", "true", "false"])),
        draw(st.sampled_from([(0,), (), (1, 2)])),
        draw(st.sampled_from([15, 2])),
        draw(st.integers(1, 4)),
        stopasgroup,
        stopasgroup or draw(st.booleans()),
    )


@st.composite
def scenarios(draw: st.DrawFn) -> Scenario:
    """Few programs in few groups, and few things done to them."""
    groups = tuple(
        Group(name, tuple(draw(programs(each)) for each in draw(st.sampled_from(["p", "p", "pq"]))), draw(st.integers(0, 2)))
        for name in draw(st.sampled_from(["g", "g", "gh"]))
    )
    targets = [f"{group.name}:{program.name}" for group in groups for program in group.programs]
    ops = []
    for time_ns in sorted(draw(st.lists(instants, max_size=6))):
        kind = draw(st.sampled_from(list(Kind)))
        argument = 0
        if kind in (Kind.SIGNAL, Kind.OUTSIDER):
            argument = draw(st.sampled_from([15, 9, 1]))
        elif kind is Kind.REFUSE:
            argument = draw(st.sampled_from([1, 3]))
        elif kind is Kind.WALL:
            argument = draw(st.integers(-100, 100)) * SECOND_NS
        ops.append(Op(time_ns, kind, "" if kind in (Kind.WALL, Kind.SHUTDOWN) else draw(st.sampled_from(targets)), argument))
    return Scenario(groups, tuple(ops), 40 * SECOND_NS)


def judge(register: Register, each: Scenario) -> None:
    """Fails with both stories and the scenario's text where they part without a reason on the register."""
    unexplained = register.compare(each, core.play(each)).unexplained
    assert unexplained is None, f"{describe(unexplained)}\n{to_json(each)}"


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(scenarios())
@example(Scenario((Group("g", (Program("p", (Life(ends_ns=SECOND_NS),)),)),), (Op(SECOND_NS, Kind.STOP, "g:p"),)))
def test_every_scenario_has_the_story_supervisor_tells(each: Scenario) -> None:
    judge(Register(rows()), each)


@pytest.mark.parametrize("profile", sorted(PROFILES))
def test_the_generators_scenarios_have_the_stories_supervisor_tells(profile: str) -> None:
    register = Register(rows())
    for seed in range(SEEDS):
        judge(register, scenario(seed, profile))


@pytest.mark.parametrize("profile", sorted(PROFILES))
def test_so_have_those_that_the_whole_daemon_plays(profile: str) -> None:
    register = Register(rows())
    for seed in range(DAEMON_SEEDS):
        each = scenario(seed, profile)
        unexplained = register.compare(each, daemon.play(each)).unexplained
        assert unexplained is None, f"{describe(unexplained)}\n{to_json(each)}"


def test_a_campaign_over_all_profiles_meets_every_row_of_the_prompt_comparison() -> None:
    register = Register(rows())
    for seed in range(2000):
        if not register.stale(PROMPT):
            return
        for profile in ("boundary", "faults"):
            judge(register, scenario(seed, profile))
    assert not register.stale(PROMPT)


def test_by_its_own_poll_supervisor_tells_the_same_only_later_and_every_row_of_that_is_met() -> None:
    register = Register(rows())
    for seed in range(SEEDS):
        for profile in ("plain", "groups"):
            each = scenario(seed, profile)
            each = each.replace(ops=tuple(op for op in each.ops if op.kind is Kind.SHUTDOWN)[:1])
            found = register.compare_late(each, core.play(each))
            assert not found.complaint, f"{found.complaint}\n{to_json(each)}"
    assert not register.stale(LAGGING)


def test_listeners_and_reloads_have_the_stories_supervisor_tells_and_every_row_of_that_is_met() -> None:
    mending = Mending()
    for seed in range(1000):
        if seed >= BROADCAST_SEEDS and not mending.stale():
            return
        for profile in BROADCASTS:
            each = broadcast(seed, profile)
            complaint = mending.compare(each, broadcasts.play(each)).complaint
            assert not complaint, f"{complaint}\n{broadcast_text(each)}"
    assert not mending.stale()
