"""What the end of a program means for the daemon: the core on its bench (the rules as a whole: tests/property)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from initd.states import Mood
from initd.supervise.effects import Effect, Exit, MoodChanged
from initd.supervise.events import (
    Booted,
    GroupAdded,
    Reaped,
    ShutdownAsked,
    Spawned,
    SpawnFailed,
    StopAsked,
    TimePassed,
)
from initd.supervise.policy import SECOND, Consequences, ExitPolicy, GroupPolicy, ProcessPolicy, Restart
from initd.supervise.supervisor import USUAL, Supervisor
from tests.unit.supervise.bench import Bench, kills

ESSENTIAL = Consequences(essential=True)


def policy(name: str = "a", ends: Consequences = ESSENTIAL, **options: object) -> ProcessPolicy:
    return ProcessPolicy(name, autorestart=Restart.NEVER, ends=ends, **options)  # type: ignore[arg-type]


def bench(*policies: ProcessPolicy, exits: ExitPolicy = USUAL) -> Bench:
    made = Bench(booted=False)
    made.core = Supervisor(exit_policy=exits)
    for each in policies:
        made.add(GroupPolicy(each.name, each.priority, (each,)))
    made.do(Booted())
    return made


def end_of(effects: list[Effect]) -> Exit:
    (end,) = [effect for effect in effects if isinstance(effect, Exit)]
    return end


def test_the_mood_changes_in_the_turn_of_the_reap_after_the_state_and_its_line() -> None:
    one = bench(policy())
    one.running()
    given = one.dies(3)
    assert [type(effect).__name__ for effect in given] == ["StateChanged", "Log", "Log", "MoodChanged", "Exit"]
    assert end_of(given) == Exit(Mood.SHUTDOWN, (), 3, "a:a", "exited (exit status 3; not expected)")


@pytest.mark.parametrize("set_to", [None, 0, 1, 9])
@pytest.mark.parametrize("last", [True, False])
@pytest.mark.parametrize("status", [0, 126, 127])
def test_a_command_that_cannot_be_run_has_a_shells_status_where_none_was_chosen(
    status: int, last: bool, set_to: int | None
) -> None:
    one = bench(policy(last=last, startretries=0), exits=ExitPolicy(fatal_code=set_to))
    given = [*one.do(SpawnFailed(1, 1, "no", status=status)), *one.do(TimePassed())]
    assert end_of(given).status == (set_to if set_to is not None else status if last and status else 1)


def test_only_the_last_attempt_says_what_became_of_a_command() -> None:
    one = bench(policy(last=True, startretries=1, startsecs=1))
    one.do(SpawnFailed(1, 1, "no", status=127))
    one.tick(5)
    one.do(Spawned(1, 2, 10))
    given = [*one.dies(9), *one.do(TimePassed())]
    assert end_of(given).status == 1


@pytest.mark.parametrize("signal", [1, 9, 15, 64])
def test_a_death_by_signal_is_128_and_its_number(signal: int) -> None:
    one = bench(policy())
    one.running()
    assert end_of(one.do(Reaped(1, 10, -1, "terminated by signal", 0, signal))).status == 128 + signal


def test_a_restart_under_way_is_not_turned_into_an_end() -> None:
    two = bench(policy("a"), policy("b", priority=1000))
    two.running(10, 1)
    two.running(11, 2)
    two.do(ShutdownAsked(restart=True))
    given = two.dies(3, instance=1)
    assert not any(isinstance(effect, MoodChanged) for effect in given)
    assert not [line for line in two.lines() if "shutting down" in line]
    assert end_of(two.dies(0, instance=2)) == Exit(Mood.RESTARTING)


def test_a_group_added_while_everything_ends_for_its_sake_is_refused() -> None:
    two = bench(policy("a"), policy("b", Consequences()))
    two.running(10, 1)
    two.running(11, 2)
    two.dies(3, instance=1)
    group = GroupPolicy("c", 1, (policy("c"),))
    assert [effect.outcome.name for effect in two.do(GroupAdded(group, 7))] == ["SHUTDOWN_STATE"]  # type: ignore[attr-defined]


def test_an_end_that_was_asked_for_a_moment_ago_is_no_cause() -> None:
    one = bench(policy())
    one.running()
    one.do(StopAsked(1, False, 5))
    assert not any(isinstance(effect, Exit) for effect in one.dies(3))


def test_a_core_restored_at_any_point_concludes_the_same() -> None:
    exits = ExitPolicy(when_idle=True, shutdown_ns=2 * SECOND)
    steps: list[Callable[[Bench], object]] = [
        lambda three: three.born(10, 0, 1),
        lambda three: three.born(11, instance=2),
        lambda three: three.born(12, instance=3),
        lambda three: three.tick(1.1),
        lambda three: three.dies(4, 2, instance=2),
        lambda three: three.dies(5, 3, instance=3),
        lambda three: three.tick(5),
        lambda three: three.dies(-1, 6, instance=1),
    ]
    told = []
    for restored in (False, True):
        three = bench(policy("a", Consequences(main=True)), policy("b", Consequences()), policy("c"), exits=exits)
        for step in steps:
            if restored:
                three.core = Supervisor.restore(three.core.snapshot())
            step(three)
        end = end_of(three.out)
        assert (end.status, end.program, end.deadline_ns) == (5, "c:c", 5 * SECOND)
        assert kills(three.out) == [(10, 15, False), (10, 9, False)]
        told.append(three.out)
    assert told[0] == told[1]


def test_a_child_that_comes_after_the_last_moment_is_killed_as_soon_as_it_is_there() -> None:
    one = bench(policy("a", Consequences(), stopwaitsecs=60), exits=ExitPolicy(shutdown_ns=2 * SECOND))
    one.do(ShutdownAsked(), 1)  # the fork is under way
    one.tick(3)
    one.born(10, 3.5)
    one.tick(3.5)
    assert kills(one.out) == [(10, 15, False), (10, 9, False)]
    assert end_of(one.dies(-1, 4)).status == 0


def fatal(bench: Bench, text: str, instance: int = 1) -> None:
    """One that is started no second time, startretries=0, and cannot be started at all."""
    bench.unborn(text, instance=instance)
    bench.tick(bench.time)
    assert bench.state(instance).name == "FATAL"


def test_a_fatal_program_is_the_cause_with_what_stopped_it() -> None:
    one = bench(policy(startretries=0), exits=ExitPolicy(fatal_code=9))
    fatal(one, "can't find command 'a'")
    end = end_of(one.out)
    assert (end.status, end.cause) == (9, "entered FATAL state: can't find command 'a'")
    one = bench(policy(startretries=0))
    one.born(10)
    one.dies(3)
    one.tick(one.time)
    assert end_of(one.out).cause == "entered FATAL state: Exited too quickly (process log may have details)"


def test_a_fatal_program_has_failed_and_its_code_is_its_own_end() -> None:
    none = Consequences()
    for code_from in ("first-failure", "a:a"):
        exits = ExitPolicy(code_from=code_from, fatal_code=9)
        two = bench(policy("a", none, startretries=0), policy("b"), exits=exits)
        fatal(two, "no")
        two.running(11, 2)
        assert end_of(two.dies(3, instance=2)).status == 9


def test_a_fatal_program_may_be_the_last_that_was_not_idle() -> None:
    one = bench(policy("a", Consequences(), startretries=0), exits=ExitPolicy(when_idle=True, fatal_code=9))
    fatal(one, "no")
    assert end_of(one.out).status == 9
    assert one.lines().count("shutting down, exit_when_idle=true: every program has ended") == 1


def test_what_ends_everything_is_told_once() -> None:
    two = bench(policy("a"), policy("b", Consequences()))
    two.running(10, 1)
    two.running(11, 2)
    two.dies(3, instance=1)
    two.tick(two.time + 1)
    two.dies(0, instance=2)
    assert len([line for line in two.lines() if line.startswith("shutting down")]) == 1


def test_who_is_stopped_after_the_last_end_by_itself_leaves_nobody_idle() -> None:
    two = bench(policy("a", Consequences()), policy("b", Consequences()), exits=ExitPolicy(when_idle=True))
    two.running(10, 1)
    two.running(11, 2)
    two.dies(0, instance=1)
    two.do(StopAsked(2, False, 5))
    two.dies(0, instance=2)
    two.tick(two.time + 1)
    assert not any(isinstance(effect, Exit) for effect in two.out)


def test_a_program_that_starts_last_and_was_started_may_be_the_last_that_was_not_idle() -> None:
    one = bench(policy("a", Consequences(), last=True), exits=ExitPolicy(when_idle=True))
    one.running()
    assert end_of(one.dies(0)).status == 0


@pytest.mark.parametrize("quick", [True, False])
def test_an_own_end_counts_for_more_than_the_cause(quick: bool) -> None:
    exits = ExitPolicy(code_from="a:a")
    two = bench(policy("a", Consequences(), startretries=5, startsecs=1), policy("b"), exits=exits)
    two.born(10)
    if not quick:
        two.tick(two.time + 1.1)
    two.dies(5)
    two.running(11, 2)
    two.dies(3, instance=2)
    if quick:
        two.unborn("")  # the next try was under way
    assert end_of(two.out).status == 5
