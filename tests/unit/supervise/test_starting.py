import pytest

from initd.states import ProcessState
from initd.supervise.events import Booted, SetupNoted, Spawned, SpawnFailed, StartAsked, StopAsked
from initd.supervise.policy import SECOND, ProcessPolicy, Restart
from tests.unit.supervise.bench import Bench, kills, replies, spawns


def test_boot_starts_what_has_autostart_and_nothing_else():
    bench = Bench(ProcessPolicy("a"), ProcessPolicy("b", autostart=False))
    assert spawns(bench.out) == [1]
    assert bench.state(2) is ProcessState.STOPPED


def test_groups_boot_in_ascending_priority_and_equal_ones_in_the_order_added():
    bench = Bench(
        ProcessPolicy("late", priority=10), ProcessPolicy("early", priority=5), ProcessPolicy("last", priority=10)
    )
    assert spawns(bench.out) == [2, 1, 3]


def test_running_begins_strictly_after_startsecs():
    bench = Bench(ProcessPolicy("a", startsecs=3))
    bench.born(10, at=2)
    assert bench.core.next_deadline() == 5 * SECOND + 1
    bench.tick(5)
    assert bench.state() is ProcessState.STARTING
    bench.do(Spawned(1, 1, 10))  # a repeated report changes nothing but ends the stray child
    bench.tick(5 + 1e-9)
    assert bench.state() is ProcessState.RUNNING


def test_an_exit_at_exactly_startsecs_was_a_run_not_a_failed_start():
    bench = Bench(ProcessPolicy("a", autorestart=Restart.NEVER))
    bench.born(10, at=0)
    bench.dies(0, at=1)
    assert bench.moves() == [("STOPPED", "STARTING"), ("STARTING", "RUNNING"), ("RUNNING", "EXITED")]


@pytest.mark.parametrize("code", [0, 1, -1])
def test_an_exit_within_startsecs_is_a_failure_whatever_its_code(code):
    bench = Bench(ProcessPolicy("a"))
    bench.born(10, at=0)
    bench.dies(code, at=0.5)
    assert bench.state() is ProcessState.BACKOFF
    assert bench.process().spawnerr == "Exited too quickly (process log may have details)"
    assert bench.process().exitstatus is None


@pytest.mark.parametrize("retries", [0, 1, 3])
def test_startretries_allow_one_attempt_more_and_wait_1_2_3_seconds(retries):
    bench = Bench(ProcessPolicy("a", startretries=retries))
    attempts, waits = 0, []
    for _ in range(20):
        if bench.state() is not ProcessState.STARTING:
            break
        attempts += 1
        bench.unborn("no such thing")
        due = bench.core.next_deadline()
        assert due is not None
        if bench.process().failures <= retries:
            waits.append(round(due / SECOND - bench.time, 6))
        bench.tick(due / SECOND + 1e-6)
    assert attempts == retries + 1
    assert waits == [float(k) for k in range(1, retries + 1)]
    assert bench.state() is ProcessState.FATAL
    assert bench.core.next_deadline() is None
    assert bench.lines()[-1] == "gave up: a entered FATAL state, too many start retries too quickly"


def test_a_retry_is_due_strictly_after_its_wait():
    bench = Bench(ProcessPolicy("a"))
    bench.unborn("x", at=4)
    bench.tick(5)
    assert bench.state() is ProcessState.BACKOFF
    bench.tick(5 + 1e-9)
    assert bench.state() is ProcessState.STARTING


def test_the_failure_counter_survives_a_stop_in_backoff_and_a_manual_start():
    bench = Bench(ProcessPolicy("a"))
    bench.unborn("x", at=0)
    bench.do(StopAsked(1, request=1))
    assert bench.state() is ProcessState.STOPPED
    (change, *_) = bench.do(StartAsked(1))
    assert change.tries == 1


def test_a_start_that_waits_is_answered_when_the_program_is_running():
    bench = Bench(ProcessPolicy("a", autostart=False))
    assert replies(bench.do(StartAsked(1, wait=True, request=7))) == {}
    bench.born(10, at=1)
    assert replies(bench.out) == {}
    assert replies(bench.tick(2.1)) == {7: "DONE"}


def test_a_start_that_does_not_wait_is_answered_when_there_is_a_child():
    bench = Bench(ProcessPolicy("a", autostart=False))
    bench.do(StartAsked(1, request=7))
    bench.born(10)
    assert replies(bench.out) == {7: "DONE"}


def test_a_failed_start_answers_spawn_error_and_a_stopped_one_abnormal_termination():
    bench = Bench(ProcessPolicy("a", autostart=False), ProcessPolicy("b", autostart=False))
    bench.do(StartAsked(1, wait=True, request=1))
    bench.do(StartAsked(2, wait=True, request=2))
    bench.unborn("x", instance=1)
    bench.born(11, instance=2)
    bench.do(StopAsked(2))
    assert replies(bench.out) == {1: "SPAWN_ERROR", 2: "ABNORMAL_TERMINATION"}


def test_start_of_something_up_says_so_in_each_such_state():
    bench = Bench(ProcessPolicy("a"))
    assert replies(bench.do(StartAsked(1, request=1))) == {1: "ALREADY_STARTED"}
    bench.born(10)
    assert replies(bench.do(StartAsked(1, request=2))) == {2: "ALREADY_STARTED"}
    bench.tick(1.1)
    assert replies(bench.do(StartAsked(1, request=3))) == {3: "ALREADY_STARTED"}
    bench.dies(1)
    bench.tick(bench.time)
    bench.unborn("x")
    assert bench.state() is ProcessState.BACKOFF
    assert replies(bench.do(StartAsked(1, request=4))) == {4: "ALREADY_STARTED"}


def test_a_child_of_an_attempt_that_is_over_is_killed_and_not_credited():
    bench = Bench(ProcessPolicy("a"))
    bench.unborn("x", at=0)
    given = bench.do(Spawned(1, 1, 77))
    assert kills(given) == [(77, 9, True)]
    assert bench.process().pid == 0


def test_a_child_of_an_earlier_attempt_is_killed_while_the_next_one_is_under_way():
    bench = Bench(ProcessPolicy("a"))
    bench.do(StopAsked(1))
    bench.unborn("")
    bench.do(StartAsked(1))
    assert kills(bench.do(Spawned(1, 1, 77))) == [(77, 9, True)]
    bench.born(78)
    assert bench.process().pid == 78


def test_a_start_forgets_how_the_last_child_ended():
    bench = Bench(ProcessPolicy("a", autorestart=Restart.NEVER))
    bench.running()
    bench.dies(3)
    assert (bench.process().exitstatus, bench.process().spawnerr) == (3, "Bad exit code 3")
    bench.do(StartAsked(1))
    assert (bench.process().exitstatus, bench.process().spawnerr) == (None, "")


def test_news_of_an_attempt_that_was_overtaken_are_not_of_the_next_one():
    bench = Bench(ProcessPolicy("a"))
    bench.do(StopAsked(1))
    bench.unborn("")
    bench.do(StartAsked(1))
    before = bench.core.snapshot()
    assert bench.do(SpawnFailed(1, 1, "late")) == []
    assert bench.do(SetupNoted(1, 1, "exec", 2)) == []
    assert bench.core.snapshot() == before
    bench.do(SetupNoted(1, 2, "exec", 2))
    assert bench.process().note == ("exec", 2)


def test_a_program_that_was_started_and_stopped_before_the_boot_is_not_started_by_it():
    bench = Bench(ProcessPolicy("a"), ProcessPolicy("b"), booted=False)
    bench.do(StartAsked(1))
    bench.do(StopAsked(1))
    bench.unborn("")
    assert spawns(bench.do(Booted())) == [2]
