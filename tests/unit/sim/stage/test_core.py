"""The fast stage: what it tells, in which order, and what can be varied."""

from __future__ import annotations

import pytest

from initd.supervise.supervisor import Supervisor
from sim.scenario import SECOND_NS, Group, Kind, Life, Op, Program, Scenario
from sim.stage.core import StageError, play

S = SECOND_NS
A = "a:a"


def alone(ops=(), until=10, **options):
    """A scenario of the program `a`."""
    return Scenario((Group("a", (Program("a", **options),)),), tuple(ops), until * S)


def told(scenario, **options):
    """The story as (ns, what, detail)."""
    return [(time_ns, what, detail) for time_ns, _, what, detail in play(scenario, **options)]


def test_a_program_that_stays_up_is_started_forked_and_running_just_after_startsecs():
    assert told(alone()) == [(0, "state", "STARTING 0"), (0, "spawn", "1"), (S + 1, "state", "RUNNING")]


def test_a_fork_that_is_refused_uses_up_its_life_and_is_not_told():
    story = told(alone(lives=(Life(refused="EAGAIN"), Life())))
    assert story[1] == (0, "state", "BACKOFF 1")
    assert story[3] == (S + 1, "spawn", "2")


def test_what_is_due_at_the_end_is_told_and_nothing_later():
    assert told(alone(until=1))[-1][1] == "spawn"
    assert told(Scenario(alone().groups, (), S + 1))[-1] == (S + 1, "state", "RUNNING")


def test_an_operation_finds_everything_settled_at_its_instant():
    """The child ends, is reaped, and its successor is forked, before the stop of the same instant."""
    story = told(alone([Op(3 * S, Kind.STOP, A)], lives=(Life(3 * S), Life()), autorestart="true"))
    assert [what for time_ns, *what in story if time_ns == 3 * S] == [
        ["state", "EXITED expected"],
        ["state", "STARTING 0"],
        ["spawn", "2"],
        ["state", "STOPPING"],
        ["signal", "15"],
        ["answer", "0 OK"],
        ["state", "STOPPED"],
    ]


def test_a_shutdown_that_is_first_at_its_instant_comes_before_reaps_and_deadlines():
    story = told(alone([Op(S + S // 2 + 1, Kind.SHUTDOWN)], lives=(Life(S // 2),)))
    assert story[-2:] == [(S + S // 2 + 1, "state", "FATAL"), (S + S // 2 + 1, "exit", "0")]
    assert not [entry for entry in story if entry[1:] == ("spawn", "2")]


def test_a_refused_kill_is_not_told_and_is_used_up():
    refuse = Op(2 * S, Kind.REFUSE, A, 1)
    story = told(alone([refuse, Op(3 * S, Kind.STOP, A), Op(4 * S, Kind.OUTSIDER, A, 9)]))
    assert story[3:] == [
        (3 * S, "state", "STOPPING"),
        (3 * S, "state", "UNKNOWN"),
        (3 * S, "answer", "1 FAILED"),
        (4 * S, "state", "STOPPED"),
    ]


def test_a_client_of_a_daemon_that_goes_down_is_refused_and_one_of_a_daemon_that_is_gone_hears_nothing():
    ops = [Op(2 * S, Kind.SHUTDOWN), Op(3 * S, Kind.STOP, A), Op(5 * S, Kind.START, A)]
    story = told(alone(ops, lives=(Life(stop_ns=2 * S),)))
    assert (3 * S, "answer", "1 SHUTDOWN_STATE") in story
    assert story[-1] == (4 * S, "exit", "0")


def test_a_start_that_waits_for_a_stop_is_answered_when_there_is_a_child():
    ops = [Op(2 * S, Kind.STOP, A), Op(3 * S, Kind.START, A)]
    story = told(alone(ops, lives=(Life(stop_ns=3 * S), Life())))
    assert story[-5:-1] == [
        (5 * S, "state", "STOPPED"),
        (5 * S, "state", "STARTING 0"),
        (5 * S, "spawn", "2"),
        (5 * S, "answer", "1 OK"),
    ]


def test_a_fork_may_be_answered_late_and_be_called_off_meanwhile():
    late = {"late": lambda program, attempt: 2 * S}
    assert told(alone(), **late)[1:] == [(2 * S, "spawn", "1"), (3 * S + 1, "state", "RUNNING")]
    story = told(alone([Op(S, Kind.STOP, A)]), **late)
    assert story[1:] == [(S, "state", "STOPPING"), (S, "state", "STOPPED"), (S, "answer", "0 OK")]


def test_a_fork_may_be_withheld_for_ever():
    assert told(alone(), late=lambda program, attempt: None) == [(0, "state", "STARTING 0")]


def test_who_of_two_that_end_together_is_reaped_first_can_be_chosen():
    pair = Scenario(tuple(Group(name, (Program(name, (Life(2 * S),)),)) for name in "ab"), (), 3 * S)
    orders = [[entry[1] for entry in play(pair, choose=lambda n, at=at: at % n) if entry[0] == 2 * S] for at in (0, 1)]
    assert orders == [["a:a", "b:b"], ["b:b", "a:a"]]


def test_groups_are_added_by_priority_then_name_as_a_configuration_is_read():
    groups = (Group("c", (Program("x"),), 5), Group("b", (Program("x"),), 5), Group("d", (Program("x"),), 1))
    assert [entry[1] for entry in play(Scenario(groups)) if entry[2] == "spawn"] == ["d:x", "b:x", "c:x"]


def test_a_supervisor_that_spins_at_one_instant_is_an_error_and_no_hang(monkeypatch):
    monkeypatch.setattr(Supervisor, "next_deadline", lambda core: 0)
    with pytest.raises(StageError, match="turns at 0 ns"):
        play(alone())
