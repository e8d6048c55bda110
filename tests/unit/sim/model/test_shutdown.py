"""The order of a shutdown, and what ends it: §2.8, D5, D7, D10, D20."""

from __future__ import annotations

import pytest

from sim.model import Story
from sim.scenario import SECOND_NS, Group, Op
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


def test_d7_thirty_seconds_after_its_first_sigkill_the_last_group_is_given_up():
    lines = of(program(UNKILLABLE, stopwaitsecs=20), DOWN, until=100)
    assert lines[2:] == ["20: STOPPING, signal 15", "40: signal 9", "60: signal 9", "70: exit 1"]


def test_d7_what_dies_at_the_last_instant_is_not_given_up():
    lines = of(program(life(stop=None, kill=30), stopwaitsecs=20), DOWN, until=100)
    assert lines[-1] == "70: STOPPED, exit 0"


def test_d7_sigkill_at_the_instant_of_the_cap_is_left_open():
    told = story(program(UNKILLABLE), ops=(DOWN,), until=100)
    assert sketch(told.binding(told.trace))[2:] == [
        *("20: STOPPING, signal 15", "30: signal 9", "40: signal 9", "50: signal 9", "60: exit 1"),
    ]
    assert [silence.reason for silence in told.silences] == ["cap-tie"]


def test_d7_the_cap_counts_from_the_first_sigkill_of_the_shutdown():
    lines = of(program(UNKILLABLE), op(2, "stop"), DOWN, until=100)
    assert lines[-2:] == ["42: signal 9", "52: signal 9, exit 1"]


def test_d7_no_stopwaitsecs_gets_shorter():
    patient = program(life(stop=55), name="b", stopwaitsecs=60)
    told = story(program(UNKILLABLE), patient, ops=(DOWN,), until=100)
    assert states(told, "g:b", 20) == [(20, "STOPPING"), (75, "STOPPED")]
    assert told.trace[-1] == (ns(80), "", "exit", "1")
    assert {silence.reason for silence in told.silences} == {"cap-start", "cap-tie"}


def test_d7_the_cap_does_not_count_for_a_group_that_others_wait_for():
    stuck = program(life(stop=None, kill=45))
    told = story(program(life(stop=1)), group("other", stuck), ops=(DOWN,), until=100)
    assert states(told, "g:a", 20) == [(75, "STOPPING"), (76, "STOPPED")]
    assert told.trace[-1] == (ns(76), "", "exit", "0")
    assert [(silence.reason, silence.since_ns) for silence in told.silences] == [("stuck-group", ns(60))]


def test_without_an_end_nothing_is_said_of_it():
    told = story(program(), group("other", program(UNKILLABLE)), ops=(DOWN,), until=59)
    assert [entry for entry in told.trace if entry[2] == "exit"] == []
    assert states(told, "g:a", 2) == []


def test_an_unknown_program_is_not_waited_for_and_the_exit_status_left_open():
    told = story(program(), ops=(op(2, "refuse", argument=EPERM), DOWN))
    assert sketch(told.trace)[2:] == ["20: STOPPING, UNKNOWN, exit 0"]
    assert "unknown-left" in {silence.reason for silence in told.silences}
    gone = story(program(life(9)), ops=(op(2, "refuse", argument=EPERM), op(3, "signal", argument=1), DOWN))
    assert "unknown-left" not in {silence.reason for silence in gone.silences}


def test_a_group_with_an_unknown_program_is_down_before_that_exits():
    lost = (op(2, "refuse", "other:a", EPERM), op(3, "signal", "other:a", 1))
    told = story(program(life(stop=5)), group("other", program(life(22))), ops=(*lost, DOWN))
    assert states(told, "other:a", 3) == [(3, "UNKNOWN"), (22, "EXITED expected")]
    assert states(told, "g:a", 3) == [(20, "STOPPING"), (25, "STOPPED")]


def test_what_else_happens_at_the_instant_of_a_turn_is_left_open():
    told = story(program(life(28)), group("other", program(life(stop=8))), ops=(DOWN,))
    assert [silence.reason for silence in told.silences] == ["turn-tie"]
    assert [entry for entry in told.binding(told.trace) if entry[0] > ns(20)] == [
        (ns(28), "other:a", "state", "STOPPED"),
        (ns(28), "", "exit", "0"),
    ]


def test_an_exit_at_the_instant_of_the_shutdown_itself_comes_before_it():
    told = story(program(life(20), autorestart="true"), ops=(DOWN,))
    assert sketch(told.trace)[2:] == [
        "20: EXITED expected, STARTING 0, spawn 2, STOPPING, signal 15, STOPPED, exit 0",
    ]
    assert told.silences == ()


def test_a_call_at_the_instant_of_the_end_is_left_open():
    told = story(program(), ops=(DOWN, op(20, "stop")))
    assert told.trace[-1] == (ns(20), "", "exit", "0")
    assert [silence.reason for silence in told.silences] == ["last-words"]


@pytest.mark.parametrize("signal", [15, 9])
def test_only_where_the_stop_signal_is_sigkill_the_cap_may_have_begun_with_the_stop(signal):
    told = story(program(UNKILLABLE, stopwaitsecs=40, stopsignal=signal), ops=(DOWN,), until=100)
    assert ("cap-start" in {silence.reason for silence in told.silences}) is (signal == 9)
