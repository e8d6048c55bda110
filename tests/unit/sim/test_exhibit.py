"""What is collected for a page: stories side by side, ends of children, faults that last, what is broken, what is meant."""

from __future__ import annotations

from sim import exhibit, page
from sim.campaign import Failure
from sim.generate import scenario
from sim.judges import the_register
from sim.lanes import Band
from sim.scenario import SECOND_NS, Group, Kind, Life, Op, Program, Scenario, to_json
from sim.stage import core, siege, sieges
from tests.unit.sim.pages import Page

S = SECOND_NS
A = "a:a"


def alone(*ops, until=20, **options):
    return Scenario((Group("a", (Program("a", **options),)),), ops, until * S)


def of(played, **how):
    found = exhibit.of(played, core.play(played), **how)
    Page(page.story(found))
    return found


def ends(found):
    return [(tick.time_ns, tick.text) for tick in found.ticks if tick.kind == "exit"]


def test_children_end_with_the_status_of_their_lives_or_the_signal_they_die_of():
    crash = alone(lives=(Life(S // 2, 3), Life(4 * S, 0)), autorestart="false")
    assert ends(of(crash)) == [(S // 2, "3"), (S // 2 + S + 1 + 4 * S, "0")]
    stopped = alone(Op(3 * S, Kind.STOP, A), lives=(Life(None, 0, S),))
    assert ends(of(stopped)) == [(4 * S, "SIGTERM")]
    killed = alone(Op(3 * S, Kind.STOP, A), lives=(Life(None, 0, None),), stopwaitsecs=2)
    assert ends(of(killed)) == [(5 * S, "SIGKILL")]
    outsider = alone(Op(3 * S, Kind.OUTSIDER, A, 9), autorestart="false")
    assert ends(of(outsider)) == [(3 * S, "SIGKILL")]


def test_no_end_that_a_story_tells_is_left_out_in_any_profile():
    for profile in ("plain", "swarm", "boundary", "groups", "faults"):
        for seed in range(40):
            played = scenario(seed, profile)
            found = exhibit.of(played, core.play(played))
            assert all(text for _, text in ends(found)), (profile, seed)


def test_operations_are_calls_or_faults_and_faults_that_last_are_bands():
    ops = (
        Op(2 * S, Kind.REFUSE, A, 1),
        Op(3 * S, Kind.WALL, "", 60 * S),
        Op(4 * S, Kind.STOP, A),
        Op(5 * S, Kind.WALL, "", -60 * S),
    )
    found = of(alone(*ops))
    assert [(tick.kind, tick.text) for tick in found.ticks if tick.kind != "exit"] == [
        ("fault", "next kill fails, errno 1 #0"),
        ("fault", "wall clock +60 s #1"),
        ("call", "stop #2"),
        ("fault", "wall clock -60 s #3"),
    ]
    assert Band(A, 2 * S, 4 * S, "next kill fails, errno 1") in found.bands
    assert Band("*", 3 * S, 5 * S, "the wall clock is +60 s off") in found.bands


def test_refused_forks_and_children_that_hardly_die_are_bands():
    found = of(alone(lives=(Life(refused="EAGAIN"), Life())))
    assert found.bands == (Band(A, 0, 0, "fork fails, EAGAIN"),)
    found = of(alone(Op(3 * S, Kind.STOP, A), lives=(Life(None, 0, None, None, 4 * S),), stopwaitsecs=1))
    assert found.bands == (Band(A, 4 * S, 8 * S, "it does not die of SIGKILL"),)


def test_a_broken_invariant_is_marked_at_its_instant():
    played = alone(lives=(Life(S // 2, 1),))
    hasty = [(time_ns - S // 4 if time_ns > S else time_ns, *rest) for time_ns, *rest in core.play(played)]
    found = exhibit.of(played, hasty)
    mark = next(mark for mark in found.marks if mark.name == "S6")
    assert (mark.time_ns, mark.program, mark.teller, mark.meant) == (S // 2 + S + 1 - S // 4, A, exhibit.OURS, False)
    assert "too short" in mark.text


def test_supervisors_story_stands_beside_ours_with_the_row_that_explains_where_they_part():
    ops = (Op(3 * S, Kind.STOP, A), Op(4 * S, Kind.START, A))
    found = of(alone(*ops, lives=(Life(None, 0, 3 * S),)), register=the_register(), model=True)
    assert [telling.teller for telling in found.tellings] == ["initd", "supervisor 4.3.0", "reference model"]
    assert [(mark.name, mark.time_ns, mark.program, mark.teller, mark.meant) for mark in found.marks] == [
        ("D20", 4 * S, A, "supervisor 4.3.0", True)
    ]


def test_a_step_of_the_wall_clock_that_supervisor_follows_is_named_where_it_happens():
    found = of(alone(Op(S // 2, Kind.WALL, "", 3600 * S), startsecs=3), register=the_register())
    assert [(mark.name, mark.time_ns, mark.meant) for mark in found.marks] == [("D3", S // 2, True)]


def test_a_difference_that_nobody_meant_is_marked_as_that():
    played = alone()
    late = [(time_ns + (time_ns > 0), *rest) for time_ns, *rest in core.play(played)]
    found = exhibit.of(played, late, register=the_register())
    assert [(mark.name, mark.meant) for mark in found.marks if mark.teller == exhibit.THEIRS] == [("differs", False)]


def test_a_siege_has_a_lane_for_each_program_and_each_nemesis_with_what_was_broken():
    besieged = siege.siege_of(3)
    played = exhibit.besieged(besieged)
    Page(page.story(played))
    acting = {name for name, count in siege.play(besieged).probes if count}
    assert {tick.program for tick in played.ticks} == acting and 0 < len(played.ticks) < 2000
    assert all(0 <= tick.time_ns <= siege.SIEGE_NS + siege.TAIL_NS for tick in played.ticks)
    result = siege.play(besieged).replace(broken=("R2 fail at 1.500000000: 7 was a zombie", "V5 fail: no answer"))
    found = exhibit.of_siege(besieged, result)
    Page(page.story(found))
    assert {band.program for band in found.bands} == set(besieged.nemeses) <= set(found.programs)
    assert [(mark.time_ns, mark.name) for mark in found.marks] == [(1_500_000_000, "R2")]
    assert found.reasons == result.broken
    assert len(found.tellings[0].trace) == len(result.history)


def test_a_failure_of_a_campaign_is_played_again_from_its_file():
    played = alone(lives=(Life(S // 2, 1),))
    found = exhibit.of_failure("plain 5", Failure(5, ("S6 fail",), False, to_json(played)), core.play)
    assert (found.title, found.reasons) == ("plain 5", ("S6 fail",))
    assert found.tellings[0].trace == tuple(core.play(played))

    def breaks(scenario):
        raise RuntimeError("no")

    assert not exhibit.of_failure("plain 5", Failure(5, ("play fail",), False, to_json(played)), breaks).tellings[0].trace
    lost = exhibit.of_failure("plain 5", Failure(5, ("oracle unknown",), True, ""), core.play)
    Page(page.story(lost))
    assert lost.reasons == ("oracle unknown",)
    besieged = siege.siege_of(2)
    found = exhibit.of_failure("siege 2", Failure(2, ("R2 fail",), False, sieges.to_json(besieged)), core.play)
    assert found.title == "siege 2" and set(besieged.nemeses) <= set(found.programs)
