"""What the real supervisor 4.3.0 was seen to do, fact by fact, done again by the oracle."""

from __future__ import annotations

import time

import pytest
from supervisor import events, process

from sim.oracle.clock import to_ns
from sim.oracle.mainlog import MainLog
from sim.oracle.play import play
from sim.scenario import SECOND_NS, Group, Kind, Life, Program, Scenario
from tests.unit.sim.oracle.stories import CRASHES, DEAF, LASTS, UNKILLABLE, alone, at, told, wall


def near(seconds: float, nanoseconds: int) -> float:
    return (int(seconds * SECOND_NS) + nanoseconds) / SECOND_NS


def test_there_is_one_attempt_more_than_startretries_and_the_waits_grow_by_a_second():
    scenario = alone(CRASHES, startsecs=2, startretries=3)
    assert told(scenario, "spawn") == [(0, "1"), (near(1.5, 1), "2"), (near(4, 2), "3"), (near(7.5, 3), "4")]
    assert told(scenario)[-2:] == [(near(8, 3), "BACKOFF 4"), (near(8, 3), "FATAL")]


def test_retries_wait_strictly_longer_than_their_seconds():
    backoff, again = told(alone(CRASHES, startsecs=2))[1:3]
    assert again == (near(backoff[0] + 1, 1), "STARTING 1")


def test_running_needs_strictly_more_than_startsecs():
    assert told(alone(startsecs=2))[1] == (near(2, 1), "RUNNING")


def test_an_end_at_exactly_startsecs_is_not_too_quick():
    scenario = alone(Life(ends_ns=2 * SECOND_NS), startsecs=2, autorestart="false")
    assert told(scenario)[1:] == [(2, "RUNNING"), (2, "EXITED expected")]


def test_an_end_a_nanosecond_before_startsecs_is_too_quick():
    scenario = alone(Life(ends_ns=2 * SECOND_NS - 1), startsecs=2, startretries=0)
    assert told(scenario)[1:] == [(near(2, -1), "BACKOFF 1"), (near(2, -1), "FATAL")]


def test_a_refused_fork_is_a_failure_and_the_last_one_is_fatal_in_the_same_turn():
    scenario = alone(Life(refused="EAGAIN"), startretries=1)
    assert told(scenario, "state", "spawn") == [
        (0, "STARTING 0"),
        (0, "BACKOFF 1"),
        (near(1, 1), "STARTING 1"),
        (near(1, 1), "BACKOFF 2"),
        (near(1, 1), "FATAL"),
    ]


def test_a_life_of_no_length_counts_as_not_too_quick():
    scenario = alone(Life(ends_ns=0), autorestart="false")
    assert told(scenario) == [(0, "STARTING 0"), (0, "RUNNING"), (0, "EXITED expected")]


def test_a_stop_in_backoff_keeps_the_counter_and_the_next_start_goes_on_with_it():
    scenario = alone(CRASHES, startsecs=2, ops=(at(0.75, Kind.STOP), at(5, Kind.START)), until=6)
    assert told(scenario) == [
        *((0, "STARTING 0"), (0.5, "BACKOFF 1"), (0.75, "STOPPED"), (5, "STARTING 1"), (5.5, "BACKOFF 2")),
    ]


def test_fatal_resets_the_counter():
    scenario = alone(CRASHES, startsecs=2, startretries=0, ops=(at(5, Kind.START),), until=6)
    assert told(scenario)[-3:] == [(5, "STARTING 0"), (5.5, "BACKOFF 1"), (5.5, "FATAL")]


def test_sigkill_comes_after_stopwaitsecs_and_again_each_stopwaitsecs():
    scenario = alone(UNKILLABLE, stopsignal=15, stopwaitsecs=5, ops=(at(2, Kind.STOP),), until=23)
    assert told(scenario, "signal") == [
        (2, "signal 15"),
        *((seconds, "signal 9") for seconds in (7, 12, 17, 22)),
    ]


def test_the_daemon_dies_when_the_child_of_an_unknown_program_ends():
    ops = (at(2, Kind.REFUSE, 1), at(2, Kind.STOP), at(3, Kind.OUTSIDER, 9), at(4, Kind.START))
    assert told(alone(ops=ops), "state", "answer", "crash")[2:] == [
        *((2, "STOPPING"), (2, "UNKNOWN"), (2, "answer 1 FAILED"), (3, "crash AssertionError")),
    ]


def test_a_kill_that_meets_nobody_leaves_stopping_until_sigkill():
    ops = (at(2, Kind.REFUSE, 3), at(2, Kind.STOP))
    assert told(alone(stopwaitsecs=3, ops=ops), "state", "signal", "answer")[2:] == [
        *((2, "STOPPING"), (2, "answer 1 OK"), (5, "signal 9"), (5, "STOPPED")),
    ]


def test_a_death_by_signal_is_never_expected():
    scenario = alone(Life(ends_ns=3 * SECOND_NS, status=-15), exitcodes=(0, 15, 241), autorestart="false")
    assert told(scenario)[-1] == (3, "EXITED unexpected")


def test_by_its_own_poll_the_first_spawn_is_a_second_late():
    assert told(alone(), lagging=True)[0] == (1, "STARTING 0")


def test_by_its_own_poll_ends_and_the_signal_to_end_wait_for_the_next_second():
    scenario = alone(Life(ends_ns=2 * SECOND_NS + 1), autorestart="false", ops=(at(5.25, Kind.SHUTDOWN),))
    assert told(scenario, "state", "exit", lagging=True) == [
        *((1, "STARTING 0"), (3, "RUNNING"), (4, "EXITED expected"), (6, "exit 0")),
    ]


def test_by_its_own_poll_who_died_quickly_is_called_running():
    scenario = alone(Life(ends_ns=SECOND_NS // 2), startsecs=1, autorestart="false")
    assert told(scenario, lagging=True) == [(1, "STARTING 0"), (2, "RUNNING"), (2, "EXITED expected")]


def test_a_client_wakes_the_poll():
    scenario = alone(ops=(at(2.5, Kind.STOP),))
    assert told(scenario, "state", "answer", lagging=True)[-3:] == [
        *((2.5, "STOPPING"), (2.5, "STOPPED"), (2.5, "answer 0 OK")),
    ]


def test_at_most_100_are_reaped_in_a_turn():
    many = tuple(Program(f"p{at}", (Life(ends_ns=3 * SECOND_NS // 2),), autorestart="false") for at in range(150))
    scenario = Scenario((Group("g", many),), until_ns=5 * SECOND_NS)
    ends = [time_ns // SECOND_NS for time_ns, _, _, detail in play(scenario, lagging=True) if "EXITED" in detail]
    assert ends == [3] * 100 + [4] * 50


def test_what_is_due_to_start_in_the_turn_of_the_shutdown_is_started_and_killed_in_the_next():
    again = (1.5, 1)
    ops = (at(1.5, Kind.SHUTDOWN).replace(time_ns=int(again[0] * SECOND_NS) + again[1]),)
    scenario = alone(CRASHES, startsecs=2, ops=ops)
    assert [detail for _, detail in told(scenario, "state", "spawn", "signal", "exit")] == [
        *("STARTING 0", "1", "BACKOFF 1", "STARTING 1", "2", "STOPPING", "signal 15", "STOPPED", "exit 0"),
    ]


def test_calls_in_a_shutdown_are_refused():
    ops = (at(2, Kind.SHUTDOWN), at(3, Kind.START), at(3, Kind.STOP), at(3, Kind.SIGNAL, 1))
    answers = told(alone(DEAF, ops=ops), "answer")
    assert answers == [(3, f"answer {index} SHUTDOWN_STATE") for index in (1, 2, 3)]


def test_a_start_while_stopping_is_answered_with_ok_and_forgotten():
    scenario = alone(DEAF, stopwaitsecs=4, ops=(at(2, Kind.STOP), at(3, Kind.START)))
    assert told(scenario, "state", "answer")[-3:] == [(2, "answer 0 OK"), (3, "answer 1 OK"), (6, "STOPPED")]


@pytest.mark.parametrize(
    ("state", "kind", "answer"),
    [
        ("RUNNING", Kind.START, "ALREADY_STARTED"),
        ("BACKOFF", Kind.START, "ALREADY_STARTED"),
        ("BACKOFF", Kind.SIGNAL, "NOT_RUNNING"),
        ("FATAL", Kind.STOP, "NOT_RUNNING"),
        ("FATAL", Kind.SIGNAL, "NOT_RUNNING"),
        ("UNKNOWN", Kind.START, "FAILED"),
        ("UNKNOWN", Kind.STOP, "NOT_RUNNING"),
    ],
)
def test_what_a_state_does_not_allow_is_answered_with_its_fault(state, kind, answer):
    scenario = {
        "RUNNING": alone(ops=(at(2, kind),)),
        "BACKOFF": alone(CRASHES, startsecs=2, ops=(at(0.75, kind),)),
        "FATAL": alone(CRASHES, startsecs=2, startretries=0, ops=(at(5, kind),)),
        "UNKNOWN": alone(ops=(at(2, Kind.REFUSE, 1), at(2, Kind.SIGNAL, 1), at(3, kind))),
    }[state]
    assert told(scenario, "answer")[-1][1].split()[2] == answer


def test_a_program_there_is_none_of_is_a_bad_name():
    assert told(alone(ops=(at(2, Kind.STOP, target="p:nobody"),)), "answer") == [(2, "answer 0 BAD_NAME")]


def test_an_answer_for_a_whole_group_is_deferred_and_asked_for_until_it_is_there():
    ops = (at(2, Kind.STOP, target="p:*"), at(3, Kind.START, target="p:*"))
    assert told(alone(ops=ops), "answer") == [(2, "answer 0 OK"), (3, "answer 1 OK")]


@pytest.mark.parametrize(
    ("scenario", "moved"),
    [
        (alone(startsecs=10, ops=(wall(2, 9),)), (2, "RUNNING")),
        (alone(CRASHES, startsecs=2, ops=(wall(0.75, 60),)), (0.75, "STARTING 1")),
        (alone(DEAF, ops=(at(2, Kind.STOP), wall(3, 60))), (3, "STOPPED")),
    ],
)
def test_a_step_of_the_wall_clock_forward_ends_every_wait_at_once(scenario, moved):
    assert told(scenario)[-1] == moved or moved in told(scenario)


@pytest.mark.parametrize(
    ("scenario", "moved"),
    [
        (alone(startsecs=3, ops=(wall(2, -60),)), (near(5, 1), "RUNNING")),
        (alone(CRASHES, startsecs=2, ops=(wall(0.75, -60),), until=2), (near(1.75, 1), "STARTING 1")),
        (alone(DEAF, ops=(at(2, Kind.STOP), wall(3, -60))), (13, "STOPPED")),
    ],
)
def test_a_step_of_the_wall_clock_back_starts_every_wait_again(scenario, moved):
    assert moved in told(scenario)


def test_groups_are_stopped_one_after_the_other_the_highest_priority_number_first():
    slow = Program("p", (Life(stop_ns=SECOND_NS),))
    groups = (Group("late", (slow,), 1), Group("first", (slow,), 2))
    story = play(Scenario(groups, (at(5, Kind.SHUTDOWN),)))
    ends = [(time_ns // SECOND_NS, name, detail) for time_ns, name, _, detail in story if time_ns >= 5 * SECOND_NS]
    assert [end for end in ends if not end[2].isdigit()] == [
        (5, "first:p", "STOPPING"),
        (6, "first:p", "STOPPED"),
        (6, "late:p", "STOPPING"),
        (7, "late:p", "STOPPED"),
    ]


def test_with_stopwaitsecs_0_every_turn_of_the_loop_kills_again():
    ops = (at(2, Kind.STOP), at(2.5, Kind.START), at(2.75, Kind.SIGNAL, 1))
    scenario = alone(UNKILLABLE, stopwaitsecs=0, ops=ops, until=4)
    kills = [seconds for seconds, detail in told(scenario, "signal") if detail == "signal 9"]
    assert kills[0] == 2 and len(kills) > 3 and {2.5, 2.75} < set(kills)


def test_a_loop_that_never_comes_to_rest_is_told_and_left():
    assert told(alone(Life(ends_ns=0), autorestart="true"), "spins") == [(0, "spins 300")]


def test_the_main_log_is_kept():
    log = MainLog()
    play(alone(CRASHES, startsecs=2, startretries=0), log=log)
    assert [text.split(":")[0] for _, _, text in log.lines] == ["spawned", "exited", "gave up"]
    assert [level for _, level, _ in log.lines] == ["info", "warn", "info"]


def test_the_same_scenario_has_the_same_story_whatever_was_played_before():
    first = play(alone(CRASHES, ops=(at(2, Kind.SHUTDOWN),)))
    play(alone(LASTS))
    assert play(alone(CRASHES, ops=(at(2, Kind.SHUTDOWN),))) == first


def test_supervisors_modules_are_as_they_were_afterwards():
    heard = []
    events.subscribe(events.ProcessStateEvent, heard.append)
    before = list(events.callbacks)
    try:
        play(alone())
        assert events.callbacks == before and not heard
    finally:
        events.unsubscribe(events.ProcessStateEvent, heard.append)
    assert process.time is time


def test_times_are_exact_after_many_steps():
    assert to_ns(2**20 + 0.5 + 2**-30) == 2**20 * SECOND_NS + SECOND_NS // 2 + 1
