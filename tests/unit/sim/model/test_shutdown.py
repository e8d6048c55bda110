"""The order of a shutdown, and what ends it: §2.8, D5, D7, D10, D20."""

from __future__ import annotations

import pytest

from sim.model import Story
from sim.scenario import SECOND_NS, Group, Life, Op
from tests.unit.sim.model.stories import REFUSED, STUBBORN, UNKILLABLE, life, ns, of, op, program, sketch, story

EPERM = 1
DOWN = op(20, "shutdown", "")


def group(name: str, *programs, priority: int = 999) -> Group:
    return Group(name, programs, priority)


def states(told: Story, name: str, seconds: float) -> list[tuple[float, str]]:
    """The states of a program from that time on."""
    return [
        (time_ns / SECOND_NS, text)
        for time_ns, who, what, text in told.trace
        if time_ns >= ns(seconds) and who == name and what == "state"
    ]


def test_groups_stop_in_descending_priority_each_when_the_one_before_is_down():
    slow = program(life(stop=2))
    told = story(
        group("low", slow, priority=1), group("high", slow, priority=9), group("mid", slow, priority=5), ops=(DOWN,)
    )
    assert states(told, "high:a", 20) == [(20, "STOPPING"), (22, "STOPPED")]
    assert states(told, "mid:a", 20) == [(22, "STOPPING"), (24, "STOPPED")]
    assert states(told, "low:a", 20) == [(24, "STOPPING"), (26, "STOPPED")]
    assert told.trace[-1] == (ns(26), "", "exit", "0")


def test_of_equal_groups_the_last_is_stopped_first():
    slow = program(life(stop=2))
    told = story(group("one", slow), group("two", slow), ops=(DOWN,))
    assert states(told, "two:a", 20)[0] == (20, "STOPPING")
    assert states(told, "one:a", 20)[0] == (22, "STOPPING")


def test_the_members_of_a_group_are_stopped_at_once_and_all_waited_for():
    told = story(
        program(life(stop=1)), program(life(stop=4), name="b", priority=1), group("first", program()), ops=(DOWN,)
    )
    assert states(told, "g:a", 20) == [(20, "STOPPING"), (21, "STOPPED")]
    assert states(told, "g:b", 20) == [(20, "STOPPING"), (24, "STOPPED")]


def test_d10_what_is_down_already_costs_no_time():
    told = story(*[group(f"g{n}", program(autostart=False)) for n in range(20)], ops=(DOWN,))
    assert told.trace == [(ns(20), "", "exit", "0")]


def test_a_daemon_without_programs_ends_when_told():
    assert story(ops=(DOWN,)).trace == [(ns(20), "", "exit", "0")]


def test_nothing_happens_after_the_end():
    assert (
        of(program(), DOWN, op(21, "start"), op(22, "shutdown", ""))[-1] == "20: STOPPING, signal 15, STOPPED, exit 0"
    )


def waiting(*lives, ops: tuple[Op, ...] = (), **options) -> list[str]:
    """What happens to a program while another group, told at 20 s to shut down, takes until 28 s."""
    other = group("other", program(life(stop=8)))
    told = story(program(*lives, **options), other, ops=(DOWN, *ops))
    return sketch([entry for entry in told.trace if entry[1] == "g:a" and entry[0] >= ns(20)])


def test_d5_an_exit_after_it_is_not_restarted():
    assert waiting(life(24, 1), autorestart="true") == ["24: EXITED unexpected"]


def test_d5_a_failure_before_its_turn_waits_for_it_and_ends_fatal():
    assert waiting(life(23), startsecs=30, startretries=0) == ["23: BACKOFF 1, FATAL"]
    assert waiting(life(23), startsecs=30) == ["23: BACKOFF 1", "28: FATAL"]


def test_d5_a_retry_that_was_due_after_it_never_comes():
    assert waiting(REFUSED, startretries=99) == ["28: FATAL"]


def test_d5_a_restart_that_was_held_back_never_comes():
    other = group("other", program(life(stop=8)))
    quick = program(*[life(1)] * 19, life(0), startsecs=0, autorestart="true")
    told = story(quick, other, ops=(DOWN.replace(time_ns=ns(19.1)),))
    lines = sketch([entry for entry in told.trace if entry[1] == "g:a"])
    assert lines[-1].startswith("19: EXITED expected, STARTING 0")
    assert lines[-1].count("spawn") == 5
    assert lines[-1].endswith("EXITED expected")


def test_a_program_may_come_up_before_its_turn():
    assert waiting(life(stop=1), startsecs=29) == ["28: STOPPING, signal 15", "29: STOPPED"]
    assert waiting(life(stop=1), startsecs=24) == ["24+1: RUNNING", "28: STOPPING, signal 15", "29: STOPPED"]


def test_calls_are_refused_while_it_stops_and_outsiders_are_not():
    ops = tuple(op(21 + n, call, argument=1) for n, call in enumerate(("start", "stop", "signal")))
    assert waiting(life(), ops=(*ops, op(25, "outsider", argument=9))) == [
        "21: answer 1 SHUTDOWN_STATE",
        "22: answer 2 SHUTDOWN_STATE",
        "23: answer 3 SHUTDOWN_STATE",
        "25: EXITED unexpected",
    ]


def test_a_program_that_is_stopping_already_keeps_its_deadline():
    assert of(program(STUBBORN), op(15, "stop"), DOWN)[2:] == [
        "15: STOPPING, signal 15, answer 0 OK",
        "25: signal 9, STOPPED, exit 0",
    ]


def test_d20_a_start_that_waits_is_cancelled():
    told = story(program(life(stop=10)), ops=(op(15, "stop"), op(16, "start"), DOWN))
    assert states(told, "g:a", 16) == [(25, "STOPPED")]
    assert {silence.reason for silence in told.silences} == {"overtaken-start"}


def test_d7_thirty_seconds_after_its_first_sigkill_a_group_is_given_up():
    lines = of(program(UNKILLABLE, stopwaitsecs=20), DOWN, until=100)
    assert lines[2:] == ["20: STOPPING, signal 15", "40: signal 9", "60: signal 9", "70: exit 1"]


def test_d7_what_dies_at_the_last_instant_is_not_given_up():
    lines = of(program(life(stop=None, kill=30), stopwaitsecs=20), DOWN, until=100)
    assert lines[-1] == "70: STOPPED, exit 0"
    two = program(life(stop=None, kill=30)), program(life(stop=None, kill=30), name="b")
    assert sketch(story(*two, ops=(DOWN,), until=100).trace)[-1] == "60: STOPPED, STOPPED, exit 0"


def test_d7_sigkill_is_repeated_at_the_instant_of_the_cap():
    lines = of(program(UNKILLABLE), DOWN, until=100)
    assert lines[2:] == [
        *("20: STOPPING, signal 15", "30: signal 9", "40: signal 9", "50: signal 9", "60: signal 9, exit 1"),
    ]


def test_d7_the_cap_counts_from_the_turn_where_sigkill_was_sent_before():
    lines = of(program(UNKILLABLE), op(2, "stop"), DOWN, until=100)
    assert lines[-2:] == ["42: signal 9", "50: exit 1"]


def test_d7_no_stopwaitsecs_gets_shorter():
    patient = program(life(stop=55), name="b", stopwaitsecs=60)
    told = story(program(UNKILLABLE), patient, ops=(DOWN,), until=200)
    assert states(told, "g:b", 20) == [(20, "STOPPING"), (75, "STOPPED")]
    assert told.trace[-1] == (ns(105), "", "exit", "1"), "counted from when only those were left who were sent SIGKILL"


def test_d7_a_group_that_others_wait_for_is_given_up_too():
    stuck = program(life(stop=None, kill=45))
    told = story(program(life(stop=5)), group("other", stuck), ops=(DOWN,), until=100)
    assert states(told, "g:a", 20) == [(60, "STOPPING"), (65, "STOPPED")]
    assert told.trace[-1] == (ns(65), "", "exit", "1")


def test_v3_one_cap_is_for_all_groups_together_and_a_second_for_each_at_least():
    slow = program(life(stop=None, kill=22), stopwaitsecs=1)
    told = story(program(UNKILLABLE, stopwaitsecs=1), group("two", slow), ops=(DOWN,), until=100)
    assert states(told, "g:a", 20) == [(43, "STOPPING")]
    assert told.trace[-1] == (ns(43 + 1 + 30 - 22), "", "exit", "1")
    told = story(*[group(name, program(UNKILLABLE, stopwaitsecs=1)) for name in "gh"], ops=(DOWN,), until=100)
    assert told.trace[-1] == (ns(20 + 1 + 30 + 1 + 1), "", "exit", "1")


def test_without_an_end_nothing_is_said_of_it():
    told = story(program(), group("other", program(UNKILLABLE)), ops=(DOWN,), until=59)
    assert [entry for entry in told.trace if entry[2] == "exit"] == []
    assert states(told, "g:a", 2) == []


def test_an_unknown_program_is_not_waited_for_nor_given_up():
    assert of(program(), op(2, "refuse", argument=EPERM), DOWN)[2:] == ["20: STOPPING, UNKNOWN, exit 0"]


def test_who_had_ended_when_the_last_turn_began_is_reaped_in_it():
    told = story(program(life(20)), ops=(op(2, "refuse", argument=EPERM), DOWN))
    assert states(told, "g:a", 20) == [(20, "STOPPING"), (20, "UNKNOWN"), (20, "STOPPED")]
    assert told.trace[-1] == (ns(20), "", "exit", "0")


def test_a_group_with_an_unknown_program_is_down_before_that_exits():
    lost = (op(2, "refuse", "other:a", EPERM), op(3, "signal", "other:a", 1))
    told = story(program(life(stop=5)), group("other", program(life(22))), ops=(*lost, DOWN))
    assert states(told, "other:a", 3) == [(3, "UNKNOWN"), (22, "EXITED expected")]
    assert states(told, "g:a", 3) == [(20, "STOPPING"), (25, "STOPPED")]


def test_at_one_instant_the_eldest_is_reaped_first_and_that_decides_whose_end_was_asked_for():
    ends_as_the_other_stops = program(life(28), autorestart="false")
    elder = story(group("first", ends_as_the_other_stops), group("last", program(life(stop=8))), ops=(DOWN,))
    assert states(elder, "first:a", 20) == [(28, "EXITED expected")]
    restarted = op(3, "stop", "a:a"), op(4, "start", "a:a")
    late = program(life(), life(24), autorestart="false")
    younger = story(group("a", late), group("last", program(life(stop=8))), ops=(*restarted, DOWN))
    assert states(younger, "a:a", 20) == [(28, "STOPPING"), (28, "STOPPED")]
    assert [entry[3] for entry in younger.trace if entry[2] == "signal"][-1] == "15", "to nobody, and told all the same"
    assert elder.silences == younger.silences == ()


def test_whether_the_turn_or_the_reap_is_first_is_left_open_where_both_were_born_together():
    ops = op(2, "start"), op(2, "start", "last:a"), DOWN
    told = story(program(life(26), autostart=False), group("last", program(life(stop=8), autostart=False)), ops=ops)
    assert told.silences == (), "one was asked for first"
    quick = {"startsecs": 2, "startretries": 9}
    told = story(
        program(life(1), Life(ns(26) - 1), **quick), group("last", program(life(1), life(stop=8), **quick)), ops=(DOWN,)
    )
    assert [silence.reason for silence in told.silences] == ["turn-tie"]
    assert [entry for entry in told.binding(told.trace) if entry[0] > ns(21)] == [
        (ns(28), "last:a", "state", "STOPPED"),
        (ns(28), "", "exit", "0"),
    ]


def test_the_signal_that_is_first_at_its_instant_comes_before_an_exit_and_a_deadline():
    told = story(program(life(20), autorestart="true"), ops=(DOWN,))
    assert sketch(told.trace)[2:] == ["20: STOPPING, signal 15, STOPPED, exit 0"]
    assert (
        of(program(startsecs=20), DOWN.replace(time_ns=ns(20) + 1))[1] == "20+1: STOPPING, signal 15, STOPPED, exit 0"
    )
    assert of(program(life(20), autorestart="true"), op(20, "wall", ""), DOWN)[2:] == [
        "20: EXITED expected, STARTING 0, spawn 2, STOPPING, signal 15, STOPPED, exit 0",
    ]


def test_without_stopwaitsecs_sigkill_follows_in_the_same_turn_and_in_another_one_after_a_stop():
    assert of(program(stopwaitsecs=0), DOWN)[2:] == ["20: STOPPING, signal 15, signal 9, STOPPED, exit 0"]
    assert of(program(stopwaitsecs=0), op(20, "stop"))[2:] == ["20: STOPPING, signal 15, answer 0 OK, STOPPED"]


def test_a_call_at_the_instant_of_the_end_is_left_open():
    told = story(program(), ops=(DOWN, op(20, "stop")))
    assert told.trace[-1] == (ns(20), "", "exit", "0")
    assert [silence.reason for silence in told.silences] == ["last-words"]


@pytest.mark.parametrize("signal", [15, 9])
def test_a_stop_signal_is_no_escalation_even_where_it_is_sigkill(signal):
    lines = of(program(UNKILLABLE, stopwaitsecs=40, stopsignal=signal), DOWN, until=100)
    assert lines[-1] == "90: exit 1"
