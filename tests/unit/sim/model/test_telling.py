"""One program's story: the facts of simulation.md §2, the table of §2.4 row by row, its edge rules, and the differences."""

from __future__ import annotations

import pytest

from sim.scenario import SECOND_NS, Life
from tests.unit.sim.model.stories import REFUSED, STUBBORN, UNKILLABLE, life, of, op, program, story

EPERM, ESRCH = 1, 3
UP = ["0: STARTING 0, spawn 1", "1+1: RUNNING"]


# simulation.md §2


def test_fact_1_retries_wait_one_two_three_seconds_and_the_last_death_is_fatal_at_once():
    assert of(program(life(0.5), startsecs=2, startretries=3)) == [
        "0: STARTING 0, spawn 1",
        "0.5: BACKOFF 1",
        "1.5+1: STARTING 1, spawn 2",
        "2+1: BACKOFF 2",
        "4+2: STARTING 2, spawn 3",
        "4.5+2: BACKOFF 3",
        "7.5+3: STARTING 3, spawn 4",
        "8+3: BACKOFF 4, FATAL",
    ]


def test_fact_2_running_is_entered_after_startsecs_and_not_at_startsecs():
    assert of(program(startsecs=2)) == ["0: STARTING 0, spawn 1", "2+1: RUNNING"]


@pytest.mark.parametrize(
    ("ends_ns", "lines"),
    [
        (2 * SECOND_NS - 1, ["2-1: BACKOFF 1, FATAL"]),
        (2 * SECOND_NS, ["2: RUNNING, EXITED expected"]),
        (2 * SECOND_NS + 1, ["2+1: RUNNING, EXITED expected"]),
        (2 * SECOND_NS + 2, ["2+1: RUNNING", "2+2: EXITED expected"]),
    ],
)
def test_fact_2_an_exit_at_exactly_startsecs_is_not_too_quick(ends_ns, lines):
    assert of(program(Life(ends_ns), startsecs=2, startretries=0))[1:] == lines


def test_fact_3_the_last_refused_fork_is_fatal_at_once():
    assert of(program(REFUSED, startretries=1)) == ["0: STARTING 0, BACKOFF 1", "1+1: STARTING 1, BACKOFF 2, FATAL"]


def test_fact_4_on_a_monotonic_clock_a_life_of_no_time_is_too_quick():
    assert of(program(life(0), startretries=0)) == ["0: STARTING 0, spawn 1, BACKOFF 1, FATAL"]


def test_fact_5_a_stop_in_backoff_keeps_the_count_and_a_start_goes_on_with_it():
    lines = of(program(life(0.5)), op(0.7, "stop"), op(5, "start"), until=5.5)
    assert lines[2:] == ["0.7: STOPPED, answer 0 OK", "5: STARTING 1, spawn 2, answer 1 OK", "5.5: BACKOFF 2"]


def test_fact_5_running_forgets_the_count():
    lines = of(program(life(0.5), life(3), life()), op(9, "start"), until=9)
    assert lines[2:] == [
        "1.5+1: STARTING 1, spawn 2",
        "2.5+2: RUNNING",
        "4.5+1: EXITED expected",
        "9: STARTING 0, spawn 3, answer 0 OK",
    ]


def test_fact_5_running_forgets_the_count_also_where_a_stop_follows():
    lines = of(program(life(0.5), life()), op(4, "stop"), op(9, "start"), until=9)
    assert lines[3:] == [
        "2.5+2: RUNNING",
        "4: STOPPING, signal 15, answer 0 OK, STOPPED",
        "9: STARTING 0, spawn 3, answer 1 OK",
    ]


def test_fact_5_fatal_forgets_the_count():
    lines = of(program(life(0.5), startretries=1), op(9, "start"), until=9.5)
    assert lines[3:] == ["2+1: BACKOFF 2, FATAL", "9: STARTING 0, spawn 3, answer 0 OK", "9.5: BACKOFF 1"]


def test_fact_6_sigkill_is_repeated_every_stopwaitsecs():
    lines = of(program(UNKILLABLE, stopwaitsecs=5), op(7, "stop"), until=22)
    assert lines[2:] == ["7: STOPPING, signal 15, answer 0 OK", "12: signal 9", "17: signal 9", "22: signal 9"]


def test_fact_7_a_kill_that_is_not_permitted_makes_the_program_unknown():
    lines = of(program(life(5, 0)), op(2, "refuse", argument=EPERM), op(3, "stop"))
    assert lines[2:] == ["3: STOPPING, UNKNOWN, answer 1 FAILED", "5: STOPPED"]


def test_fact_7_a_kill_of_nobody_leaves_it_stopping_until_sigkill():
    lines = of(program(), op(2, "refuse", argument=ESRCH), op(3, "stop"))
    assert lines[2:] == ["3: STOPPING, answer 1 OK", "13: signal 9, STOPPED"]


def test_fact_8_death_by_a_signal_is_never_expected():
    assert of(program(life(2, -9), exitcodes=(0, 9, 247)), until=2)[2] == "2: EXITED unexpected, STARTING 0, spawn 2"


# supervisord-4.3 §2.4, row by row

ROWS = {
    "STOPPED to STARTING, at boot": (program(), (), UP),
    "STOPPED to STARTING, by a client only": (
        program(autostart=False),
        (op(4, "start"),),
        ["4: STARTING 0, spawn 1, answer 0 OK", "5+1: RUNNING"],
    ),
    "EXITED to STARTING, always": (
        program(life(2), life(), autorestart="true"),
        (),
        [*UP, "2: EXITED expected, STARTING 0, spawn 2", "3+1: RUNNING"],
    ),
    "EXITED to STARTING, when unexpected": (
        program(life(2, 3), life(2, 4), exitcodes=(0, 4)),
        (),
        [*UP, "2: EXITED unexpected, STARTING 0, spawn 2", "3+1: RUNNING", "4: EXITED expected"],
    ),
    "EXITED to STARTING, never": (
        program(life(2, 3), autorestart="false"),
        (),
        [*UP, "2: EXITED unexpected"],
    ),
    "EXITED to STARTING, by a client": (
        program(life(2), life()),
        (op(4, "start"),),
        [*UP, "2: EXITED expected", "4: STARTING 0, spawn 2, answer 0 OK", "5+1: RUNNING"],
    ),
    "BACKOFF to STARTING, whatever autorestart says": (
        program(life(0.5), life(), autorestart="false"),
        (),
        ["0: STARTING 0, spawn 1", "0.5: BACKOFF 1", "1.5+1: STARTING 1, spawn 2", "2.5+2: RUNNING"],
    ),
    "FATAL to STARTING, by a client": (
        program(life(0.5), life(), startretries=0),
        (op(4, "start"),),
        ["0: STARTING 0, spawn 1", "0.5: BACKOFF 1, FATAL", "4: STARTING 0, spawn 2, answer 0 OK", "5+1: RUNNING"],
    ),
    "STARTING to BACKOFF, by a refused fork": (
        program(REFUSED, life()),
        (),
        ["0: STARTING 0, BACKOFF 1", "1+1: STARTING 1, spawn 2", "2+2: RUNNING"],
    ),
    "STARTING to RUNNING": (program(startsecs=7), (), ["0: STARTING 0, spawn 1", "7+1: RUNNING"]),
    "STARTING to BACKOFF, by a quick exit of any code": (
        program(life(0.25, 0), life(0.25, 5), life(), exitcodes=(0,)),
        (),
        [
            *("0: STARTING 0, spawn 1", "0.25: BACKOFF 1", "1.25+1: STARTING 1, spawn 2", "1.5+1: BACKOFF 2"),
            *("3.5+2: STARTING 2, spawn 3", "4.5+3: RUNNING"),
        ],
    ),
    "STARTING to RUNNING to EXITED": (
        program(life(0, 3), startsecs=0, autorestart="false"),
        (),
        ["0: STARTING 0, spawn 1, RUNNING, EXITED unexpected"],
    ),
    "RUNNING to EXITED, expected": (
        program(life(2, 7), exitcodes=(7,)),
        (),
        [*UP, "2: EXITED expected"],
    ),
    "RUNNING to EXITED, unexpected": (
        program(life(2, 0), exitcodes=(), autorestart="false"),
        (),
        [*UP, "2: EXITED unexpected"],
    ),
    "RUNNING to STOPPING to STOPPED, by exit": (
        program(life(stop=3, stop_status=1)),
        (op(2, "stop"),),
        [*UP, "2: STOPPING, signal 15, answer 0 OK", "5: STOPPED"],
    ),
    "STARTING to STOPPING, to the group": (
        program(life(stop=3), startsecs=9, stopsignal=2, stopasgroup=True, killasgroup=True),
        (op(2, "stop"),),
        ["0: STARTING 0, spawn 1", "2: STOPPING, signal 2 group, answer 0 OK", "5: STOPPED"],
    ),
    "STOPPING, then SIGKILL": (
        program(STUBBORN, stopwaitsecs=4),
        (op(2, "stop"),),
        [*UP, "2: STOPPING, signal 15, answer 0 OK", "6: signal 9, STOPPED"],
    ),
    "STOPPING, then SIGKILL to the group": (
        program(life(stop=None, kill=1), stopwaitsecs=4, killasgroup=True),
        (op(2, "stop"),),
        [*UP, "2: STOPPING, signal 15, answer 0 OK", "6: signal 9 group", "7: STOPPED"],
    ),
    "BACKOFF to STOPPED": (
        program(life(0.5)),
        (op(1, "stop"),),
        ["0: STARTING 0, spawn 1", "0.5: BACKOFF 1", "1: STOPPED, answer 0 OK"],
    ),
    "BACKOFF to FATAL, retries used up": (
        program(life(0.5), startretries=0),
        (),
        ["0: STARTING 0, spawn 1", "0.5: BACKOFF 1, FATAL"],
    ),
    "BACKOFF to FATAL, by a shutdown": (
        program(life(0.5)),
        (op(1, "shutdown", ""),),
        ["0: STARTING 0, spawn 1", "0.5: BACKOFF 1", "1: FATAL, exit 0"],
    ),
    "RUNNING to UNKNOWN": (
        program(),
        (op(2, "refuse", argument=EPERM), op(3, "signal", argument=1)),
        [*UP, "3: UNKNOWN, answer 1 FAILED"],
    ),
}


@pytest.mark.parametrize("row", ROWS)
def test_every_row_of_the_transition_table(row):
    one, ops, lines = ROWS[row]
    assert of(one, *ops) == lines


# §2.4, edge rules


def test_a_negative_number_of_retries_is_as_none():
    assert of(program(life(0.5), startretries=-3)) == ["0: STARTING 0, spawn 1", "0.5: BACKOFF 1, FATAL"]


def test_a_program_that_crashes_slower_than_startsecs_is_restarted_for_ever():
    lines = of(program(life(1.5, 1)), until=600)
    assert sum("EXITED unexpected, STARTING 0" in each for each in lines) == 400
    assert not any("FATAL" in each for each in lines)


def test_a_stop_in_starting_keeps_the_count():
    lines = of(program(life(0.5), life()), op(2, "stop"), op(3, "start"), until=3)
    assert lines[2:] == [
        "1.5+1: STARTING 1, spawn 2",
        "2: STOPPING, signal 15, answer 0 OK, STOPPED",
        "3: STARTING 1, spawn 3, answer 1 OK",
    ]


@pytest.mark.parametrize(
    ("one", "at", "answers"),
    [
        pytest.param(program(autostart=False), 2, "OK NOT_RUNNING NOT_RUNNING", id="STOPPED"),
        pytest.param(program(startsecs=5), 2, "ALREADY_STARTED OK OK", id="STARTING"),
        pytest.param(program(), 2, "ALREADY_STARTED OK OK", id="RUNNING"),
        pytest.param(program(life(0.5)), 0.7, "ALREADY_STARTED OK NOT_RUNNING", id="BACKOFF"),
        pytest.param(program(life(1)), 2, "OK NOT_RUNNING NOT_RUNNING", id="EXITED"),
        pytest.param(program(life(0), startretries=0), 2, "OK NOT_RUNNING NOT_RUNNING", id="FATAL"),
    ],
)
def test_what_calls_are_answered_in_each_state(one, at, answers):
    given = [of(one, op(at, call, argument=1), until=at)[-1] for call in ("start", "stop", "signal")]
    assert [each.partition("answer 0 ")[2].partition(",")[0] for each in given] == answers.split()


def test_what_calls_are_answered_of_a_program_that_stops_or_is_unknown():
    stopping = of(program(life(stop=5)), op(2, "stop"), op(3, "stop"), op(4, "signal", argument=1), until=5)
    assert stopping[3:] == ["3: answer 1 NOT_RUNNING", "4: signal 1, answer 2 OK"]
    lost = (op(2, "refuse", argument=EPERM), op(2, "stop"))
    calls = (op(3, "start"), op(4, "stop"), op(5, "signal", argument=1))
    unknown = of(program(), *lost, *calls)
    assert unknown[3:] == ["3: answer 2 FAILED", "4: answer 3 NOT_RUNNING", "5: answer 4 NOT_RUNNING"]


@pytest.mark.parametrize("number", [35, 63, 65, -1])
def test_a_signal_that_is_none_is_refused_before_the_state_is_looked_at(number):
    assert of(program(autostart=False), op(2, "signal", argument=number)) == ["2: answer 0 BAD_SIGNAL"]


def test_signal_zero_is_sent_and_changes_nothing():
    assert of(program(), op(2, "signal", argument=0)) == [*UP, "2: signal 0, answer 0 OK"]


def test_a_start_whose_fork_is_refused_is_a_spawn_error_and_told_before_the_program_is_given_up():
    lines = of(program(REFUSED, autostart=False, startretries=0), op(2, "start"))
    assert lines == ["2: STARTING 0, BACKOFF 1, answer 0 SPAWN_ERROR, FATAL"]


def test_a_refused_fork_uses_up_a_life_and_a_number():
    assert of(program(REFUSED, life(3), life(), startretries=1), until=6)[1:4] == [
        "1+1: STARTING 1, spawn 2",
        "2+2: RUNNING",
        "4+1: EXITED expected",
    ]


def test_a_stop_at_the_instant_of_an_exit_finds_the_program_gone():
    assert of(program(life(3)), op(3, "stop"))[2:] == ["3: EXITED expected, answer 0 NOT_RUNNING"]


def test_a_stop_at_the_instant_of_a_retry_hits_the_new_child():
    lines = of(program(life(0.5), life()), op(1.5, "stop"), until=2)
    assert lines[2] == "1.5: STOPPED, answer 0 OK"
    late = op(1.5, "stop").replace(time_ns=1_500_000_001)
    assert of(program(life(0.5), life()), late, until=2)[2:] == [
        "1.5+1: STARTING 1, spawn 2, STOPPING, signal 15, answer 0 OK, STOPPED"
    ]


def test_an_exit_at_the_instant_sigkill_is_due_spares_it_the_signal():
    assert of(program(life(stop=10)), op(2, "stop"))[2:] == ["2: STOPPING, signal 15, answer 0 OK", "12: STOPPED"]


def test_a_kill_by_somebody_else_is_restarted_at_once():
    lines = of(program(), op(2, "outsider", argument=9), until=2)
    assert lines[2:] == ["2: EXITED unexpected, STARTING 0, spawn 2"]


def test_what_an_op_brings_about_is_over_before_the_next_op_of_that_instant():
    lines = of(program(autorestart="false"), op(2, "outsider", argument=9), op(2, "stop"), until=2)
    assert lines[2:] == ["2: EXITED unexpected, answer 1 NOT_RUNNING"]


# deliberate differences


def test_d1_an_unknown_program_is_exited_when_it_exits_and_restarted_by_the_rules():
    lines = of(program(life(4, 3), life()), op(2, "refuse", argument=EPERM), op(3, "signal", argument=1), until=4)
    assert lines[2:] == ["3: UNKNOWN, answer 1 FAILED", "4: EXITED unexpected, STARTING 0, spawn 2"]


def test_d1_an_unknown_program_that_was_being_stopped_is_stopped_when_it_exits():
    ops = (op(2, "stop"), op(3, "refuse", argument=EPERM), op(3, "signal", argument=1))
    assert of(program(life(stop=20)), *ops)[2:] == [
        "2: STOPPING, signal 15, answer 0 OK",
        "3: UNKNOWN, answer 2 FAILED",
        "22: STOPPED",
    ]


def test_d1_a_sigkill_that_is_not_permitted_is_not_repeated():
    ops = (op(2, "stop"), op(3, "refuse", argument=EPERM))
    assert of(program(STUBBORN), *ops)[2:] == ["2: STOPPING, signal 15, answer 0 OK", "12: UNKNOWN"]


def test_d1_an_unknown_program_that_exits_quickly_did_not_fail_to_start():
    ops = (op(0.2, "refuse", argument=EPERM), op(0.3, "signal", argument=1))
    assert of(program(life(0.5)), *ops)[1:] == ["0.3: UNKNOWN, answer 1 FAILED", "0.5: EXITED expected"]


def test_d3_the_wall_clock_changes_nothing():
    one = program(life(0.5), life(3, 1))
    assert of(one, op(0.7, "wall", "", -(10**15)), op(2, "wall", "", 10**15)) == of(one)


def test_d20_a_start_waits_for_the_stop_and_is_answered_with_the_new_child():
    lines = of(program(life(stop=3)), op(2, "stop"), op(3, "start"), until=5)
    assert lines[2:] == ["2: STOPPING, signal 15, answer 0 OK", "5: STOPPED, STARTING 0, spawn 2, answer 1 OK"]


def test_d20_a_waiting_start_is_told_when_its_fork_is_refused():
    lines = of(program(life(stop=3), REFUSED), op(2, "stop"), op(3, "start"), until=5)
    assert lines[3:] == ["5: STOPPED, STARTING 0, BACKOFF 1, answer 1 SPAWN_ERROR"]


def test_d20_a_stop_cancels_the_waiting_start_and_the_answers_are_left_open():
    told = story(program(life(stop=3)), ops=(op(2, "stop"), op(3, "start"), op(4, "stop")))
    whats = [entry[3] for entry in told.binding(told.trace) if entry[0] >= 3 * SECOND_NS]
    assert whats == ["STOPPED"]
    assert {silence.reason for silence in told.silences} == {"cancelled-start"}


def test_d20_a_second_start_waits_too_and_its_answer_is_left_open():
    told = story(program(life(stop=3)), ops=(op(2, "stop"), op(3, "start"), op(4, "start")), until=5)
    whats = [entry[3] for entry in told.binding(told.trace) if entry[0] >= 3 * SECOND_NS]
    assert whats == ["STOPPED", "STARTING 0", "2", "1 OK"]


def test_d26_five_restarts_at_once_and_then_one_in_200_ms():
    lines = of(program(life(0), startsecs=0, autorestart="true"), until=0.5)
    assert lines[0].count("spawn") == 6
    assert [each.partition(":")[0] for each in lines] == ["0", "0.2", "0.4"]
    assert all(each.count("spawn") == 1 and each.endswith("EXITED expected") for each in lines[1:])


def test_d26_time_without_restarts_earns_a_new_burst():
    quick = program(*[life(0)] * 6, life(1.1), life(0), startsecs=0, autorestart="true")
    lines = of(quick, until=1.3)
    assert [(each.partition(":")[0], each.count("spawn")) for each in lines] == [
        ("0", 6),
        ("0.2", 1),
        ("0.2+1", 0),
        ("1.3", 5),
    ]


def test_d26_a_stop_calls_off_the_restart_that_waits_and_a_start_need_not_wait():
    one = program(life(0), startsecs=0, autorestart="true")
    lines = of(one, op(0.05, "stop"), op(0.1, "start"), until=0.15)
    assert lines[1] == "0.05: answer 0 OK"
    assert lines[2].startswith("0.1: STARTING 0, spawn 7, answer 1 OK, RUNNING, EXITED expected")


def test_what_is_left_open_is_said_with_its_reason():
    born_dead = story(program(life(0), autostart=False), ops=(op(1, "start"),))
    assert [silence.reason for silence in born_dead.silences] == ["born-dead"]


def test_d7_without_stopwaitsecs_sigkill_is_repeated_every_second():
    lines = of(program(UNKILLABLE, stopwaitsecs=0), op(2, "stop"), until=4)
    assert lines[2:] == ["2: STOPPING, signal 15, answer 0 OK, signal 9", "3: signal 9", "4: signal 9"]


def test_refused_kills_wait_in_line():
    refusals = op(2, "refuse", argument=ESRCH), op(2, "refuse", argument=EPERM)
    lines = of(program(life(9, 0)), *refusals, op(3, "signal", argument=10), op(4, "signal", argument=10))
    assert lines[2:4] == ["3: answer 2 OK", "4: UNKNOWN, answer 3 FAILED"]
