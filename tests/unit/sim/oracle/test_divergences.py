"""The deliberate differences that stories show: what ours does in each, and that its row, and no other, accounts for it."""

from __future__ import annotations

import pytest

from sim.oracle import divergences
from sim.oracle.differential import Register, rows
from sim.oracle.partings import Explained, Parting
from sim.scenario import SECOND_NS, Group, Kind, Life, Op, Program, Scenario
from sim.stage import core
from tests.unit.sim.oracle.stories import CRASHES, DEAF, UNKILLABLE, alone, at, wall


def ours(scenario: Scenario, *what: str) -> list[tuple[float, str]]:
    """(seconds, detail) of what initd tells."""
    story = core.play(scenario)
    return [(time_ns / SECOND_NS, detail) for time_ns, _, kind, detail in story if kind in (what or ("state",))]


def met(scenario: Scenario) -> set[str]:
    """The rows that account for all that supervisor tells differently."""
    finding = Register(rows()).compare(scenario, core.play(scenario))
    assert finding.unexplained is None
    return set(finding.met)


def late(scenario: Scenario) -> set[str]:
    """The rows that account for how much later the supervisor with its own poll is."""
    found = Register(rows()).compare_late(scenario, core.play(scenario))
    assert not found.complaint
    return set(found.met)


def test_the_daemon_outlives_the_end_of_an_unknown_child() -> None:
    ops = (at(2, Kind.REFUSE, 1), at(2, Kind.SIGNAL, 1), at(3, Kind.OUTSIDER, 9), at(5, Kind.SHUTDOWN))
    scenario = alone(autorestart="false", ops=ops)
    assert ours(scenario, "state", "exit")[2:] == [(2, "UNKNOWN"), (3, "EXITED unexpected"), (5, "0")]
    assert met(scenario) == {"dies_of_unknown"}


def test_who_ended_just_when_sigkill_was_due_is_not_sent_it() -> None:
    scenario = alone(Life(stop_ns=4 * SECOND_NS), stopwaitsecs=4, ops=(at(2, Kind.STOP), at(8, Kind.START)))
    assert ours(scenario, "signal") == [(2, "15")]
    assert met(scenario) == {"kills_the_dead"}


def test_a_kill_that_is_refused_is_the_next_one_and_not_that_of_the_dead() -> None:
    ops = (at(0, Kind.STOP), at(0, Kind.REFUSE, 3), at(1, Kind.START), at(1, Kind.SIGNAL, 0))
    scenario = alone(Life(stop_ns=SECOND_NS), stopwaitsecs=1, ops=ops, until=1)
    assert ours(scenario, "signal", "answer") == [(0, "15"), (0, "0 OK"), (1, "2 OK"), (1, "3 OK")]
    assert met(scenario) == {"kills_the_dead"}


def test_a_step_of_the_wall_clock_changes_nothing() -> None:
    for step in (wall(2, 60), wall(2, -60), wall(0.75, 1)):
        for lives, options in (((CRASHES,), {"startsecs": 2}), ((DEAF,), {"startsecs": 5})):
            stop = (at(9, Kind.STOP),)
            scenario = alone(*lives, ops=(step, *stop), **options)
            unmoved = core.play(scenario.replace(ops=(step.replace(argument=0), *stop)))
            assert core.play(scenario) == unmoved
            assert met(scenario) <= {"steps_with_the_wall_clock"}
    assert met(alone(startsecs=5, ops=(wall(2, 60),))) == {"steps_with_the_wall_clock"}


def test_a_life_of_no_length_is_a_failed_start() -> None:
    scenario = alone(Life(ends_ns=0), startretries=0, autorestart="false")
    assert ours(scenario)[1] == (0, "BACKOFF 1")
    assert met(scenario) == {"ends_as_the_clock_reads_the_start"}


def test_nothing_is_started_in_the_turn_of_the_shutdown() -> None:
    shutdown = Op(3 * SECOND_NS // 2 + 1, Kind.SHUTDOWN)
    scenario = alone(CRASHES, startsecs=2, ops=(shutdown,))
    assert [detail for _, detail in ours(scenario)] == ["STARTING 0", "BACKOFF 1", "FATAL"]
    assert met(scenario) == {"spawns_in_the_turn_of_the_shutdown"}


def test_a_shutdown_gives_up_on_the_unkillable() -> None:
    scenario = alone(UNKILLABLE, stopwaitsecs=3, ops=(at(2, Kind.SHUTDOWN),), until=60)
    assert ours(scenario, "exit") == [(35, "1")]
    assert met(scenario) == {"waits_for_the_unkillable"}


def test_sigkill_is_repeated_every_second_at_most() -> None:
    ops = (at(2, Kind.STOP), at(2.5, Kind.SIGNAL, 1), at(2.75, Kind.SIGNAL, 1))
    scenario = alone(UNKILLABLE, stopwaitsecs=0, ops=ops, until=4)
    assert [time for time, detail in ours(scenario, "signal") if detail == "9"] == [2, 3, 4]
    assert met(scenario) == {"kills_again_every_turn"}


def test_a_start_while_stopping_waits_for_the_stop() -> None:
    scenario = alone(DEAF, stopwaitsecs=4, ops=(at(2, Kind.STOP), at(3, Kind.START)), until=6)
    assert ours(scenario)[-2:] == [(6, "STOPPED"), (6, "STARTING 0")]
    assert met(scenario) == {"forgets_the_start_while_stopping"}
    at_the_end = alone(DEAF, stopwaitsecs=9, ops=(at(2, Kind.STOP), at(3, Kind.START), at(3, Kind.SIGNAL, 9)), until=4)
    assert ours(at_the_end)[-2:] == [(3, "STOPPED"), (3, "STARTING 0")]
    assert met(at_the_end) == {"forgets_the_start_while_stopping"}


def test_a_refusal_meets_the_signal_of_a_client_where_sigkill_is_not_sent_all_the_time() -> None:
    refuse = (at(0, Kind.STOP), at(0.5, Kind.REFUSE, 3), at(0.75, Kind.SIGNAL, 1))
    scenario = alone(UNKILLABLE, stopwaitsecs=0, ops=refuse, until=2)
    assert ours(scenario, "signal", "answer")[2:] == [(0, "9"), (0.75, "2 OK"), (1, "9"), (2, "9")]
    assert met(scenario) == {"kills_again_every_turn"}
    refused = (at(0, Kind.STOP), at(0, Kind.REFUSE, 1), at(0, Kind.SIGNAL, 0))
    at_once = alone(Life(stop_ns=None, kill_ns=1), stopwaitsecs=0, ops=refused)
    assert (0, "UNKNOWN") in ours(at_once)
    assert met(at_once) == {"kills_again_every_turn", "dies_of_unknown"}


def test_restarts_out_of_exited_have_a_rate() -> None:
    scenario = alone(Life(ends_ns=SECOND_NS // 128), startsecs=0, autorestart="true", until=10)
    starts = [time for time, _ in ours(scenario, "spawn")]
    assert len([time for time in starts if time < 0.1]) == 6 and len(starts) <= 6 + 5 * 10
    assert met(scenario) == {"restarts_without_limit"}
    endless = alone(Life(ends_ns=0), startsecs=0, autorestart="true", until=10)
    assert met(endless) == {"restarts_without_limit"}


def test_what_waits_for_its_restart_can_be_started() -> None:
    lives = (Life(ends_ns=0), Life(ends_ns=0), Life(ends_ns=1))
    ops = (at(0, Kind.SIGNAL, 1), Op(3, Kind.START, "p:p"))
    scenario = alone(*lives, startsecs=0, autorestart="true", ops=ops, until=1 / 256)
    assert ours(scenario, "answer")[-1][1] == "1 OK"
    assert met(scenario) == {"restarts_without_limit"}


def test_the_signal_of_a_shutdown_comes_before_what_happens_with_it() -> None:
    scenario = alone(Life(ends_ns=2 * SECOND_NS), startsecs=1, ops=(at(2, Kind.SHUTDOWN),))
    assert ours(scenario)[-2:] == [(2, "STOPPING"), (2, "STOPPED")]
    assert met(scenario) == {"looks_at_deadlines_first"}
    due = alone(startsecs=2, ops=(Op(2 * SECOND_NS + 1, Kind.SHUTDOWN),))
    assert [detail for _, detail in ours(due)] == ["STARTING 0", "STOPPING", "STOPPED"]
    assert met(due) == {"looks_at_deadlines_first"}


def test_a_start_is_answered_before_its_child_is_reaped() -> None:
    scenario = alone(Life(ends_ns=0, status=1), startsecs=0, autostart=False, autorestart="false", ops=(at(2, Kind.START),))
    assert ours(scenario, "answer") == [(2, "0 OK")]
    assert met(scenario) == {"reaps_within_the_call"}


def test_ends_and_deadlines_are_noticed_at_once() -> None:
    scenario = alone(Life(ends_ns=5 * SECOND_NS // 2), autorestart="false")
    assert ours(scenario)[-1] == (2.5, "EXITED expected")
    assert late(scenario) == {"notices_late", "boots_a_second_late"}


def test_who_died_quickly_is_not_called_running() -> None:
    scenario = alone(Life(ends_ns=SECOND_NS // 2), startsecs=1, startretries=0)
    assert [detail for _, detail in ours(scenario)] == ["STARTING 0", "BACKOFF 1", "FATAL"]
    assert "calls_the_dead_running" in late(scenario)


def test_the_first_spawn_is_at_once() -> None:
    assert ours(alone(), "spawn") == [(0, "1")]
    assert "boots_a_second_late" in late(alone())


def test_a_shutdown_of_what_is_stopped_takes_no_time() -> None:
    groups = tuple(Group(name, (Program("p", autostart=False),)) for name in "abcd")
    scenario = Scenario(groups, (at(2.25, Kind.SHUTDOWN),))
    assert ours(scenario, "exit") == [(2.25, "0")]
    assert late(scenario) == {"takes_a_turn_for_every_group"}


# -- each row is as narrow as what it describes


def parting(scenario: Scenario, mine, theirs, before=(), last=()) -> Parting:
    """A parting of p:p: entries as (seconds, what, detail)."""

    def entries(each):
        return tuple((int(seconds * SECOND_NS), "p:p", what, detail) for seconds, what, detail in each)

    return Parting(scenario, "p:p", entries(before), entries(mine), entries(theirs), [*entries(before), *entries(theirs), *last])


RUNS = ((0, "state", "STARTING 0"), (0, "spawn", "1"), (1, "state", "RUNNING"))
STOPS = (*RUNS, (2, "state", "STOPPING"), (2, "signal", "15"))
SHUT = (at(2, Kind.SHUTDOWN),)


@pytest.mark.parametrize(
    ("judge", "case"),
    [
        ("kills_the_dead", parting(alone(), [(6, "state", "STOPPED")], [(6, "signal", "9")], STOPS)),
        ("kills_the_dead", parting(alone(), [(7, "state", "STOPPED")], [(6, "signal", "9"), (6, "state", "STOPPED")], STOPS)),
        ("dies_of_unknown", parting(alone(), [(3, "state", "EXITED expected")], [], RUNS)),
        ("ends_as_the_clock_reads_the_start", parting(alone(), [(1, "state", "BACKOFF 1")], [(1, "state", "RUNNING")], RUNS[:2])),
        ("spawns_in_the_turn_of_the_shutdown", parting(alone(ops=SHUT), [], [(3, "state", "STARTING 1")], RUNS)),
        ("waits_for_the_unkillable", parting(alone(ops=SHUT), [(31, "exit", "1")], [(31, "signal", "9")], STOPS)),
        ("waits_for_the_unkillable", parting(alone(), [(60, "exit", "1")], [(60, "signal", "9")], STOPS)),
        ("kills_again_every_turn", parting(alone(stopwaitsecs=1), [], [(3, "signal", "9")], STOPS)),
        ("kills_again_every_turn", parting(alone(stopwaitsecs=0), [], [(3, "signal", "9")], RUNS)),
        ("forgets_the_start_while_stopping", parting(alone(), [], [(3, "answer", "0 OK")], STOPS)),
        ("forgets_the_start_while_stopping", parting(alone(ops=(at(3, Kind.START),)), [], [(3, "answer", "0 OK")], RUNS)),
        ("restarts_without_limit", parting(alone(), [], [(3, "state", "STARTING 0")], (*RUNS, (3, "state", "EXITED expected")))),
        ("looks_at_deadlines_first", parting(alone(), [(2, "state", "STOPPING")], [(2, "state", "RUNNING")], RUNS[:2])),
        ("looks_at_deadlines_first", parting(alone(ops=SHUT), [(2, "state", "STOPPING")], [(3, "state", "RUNNING")], RUNS[:2])),
        ("reaps_within_the_call", parting(alone(), [(2, "answer", "0 OK")], [(2, "answer", "0 SPAWN_ERROR")], RUNS)),
    ],
)
def test_a_row_accounts_for_nothing_but_what_it_describes(judge, case):
    assert getattr(divergences, judge)(case) is None


def test_a_row_that_skips_an_entry_compares_what_follows() -> None:
    case = parting(alone(), [(6, "state", "STOPPED")], [(6, "signal", "9"), (6, "state", "STOPPED")], STOPS)
    assert divergences.kills_the_dead(case) is Explained.ONE_OF_THEIRS
