import pytest

from initd.states import ProcessState
from initd.supervise.effects import CancelSpawn, Log, StateChanged
from initd.supervise.events import SignalAsked, Signalled, SpawnFailed, StartAsked, StopAsked, TimePassed
from initd.supervise.policy import SECOND, ProcessPolicy
from tests.unit.supervise.bench import Bench, kills, replies, spawns


@pytest.mark.parametrize("asgroup", [False, True])
def test_stop_sends_the_stop_signal_and_kills_each_stopwaitsecs_until_it_is_gone(asgroup):
    bench = Bench(ProcessPolicy("a", stopsignal=3, stopwaitsecs=4, stopasgroup=asgroup, killasgroup=asgroup))
    bench.running(pid=10)
    start = bench.time
    assert kills(bench.do(StopAsked(1))) == [(10, 3, asgroup)]
    assert kills(bench.tick(start + 3.9)) == []
    assert kills(bench.tick(start + 4)) == [(10, 9, asgroup)]
    assert kills(bench.tick(start + 8)) == [(10, 9, asgroup)]
    bench.dies(-1, at=start + 8.5)
    assert bench.state() is ProcessState.STOPPED
    assert bench.core.next_deadline() is None


def test_killasgroup_alone_signals_the_leader_first_and_kills_the_group():
    bench = Bench(ProcessPolicy("a", stopwaitsecs=1, killasgroup=True))
    bench.running(pid=10)
    assert kills(bench.do(StopAsked(1))) == [(10, 15, False)]
    assert kills(bench.tick(bench.time + 1)) == [(10, 9, True)]


def test_a_stop_ends_stopped_whatever_the_exit_code():
    bench = Bench(ProcessPolicy("a"))
    bench.running()
    bench.do(StopAsked(1, wait=True, request=1))
    assert replies(bench.dies(3)) == {1: "DONE"}
    assert bench.moves()[-1] == ("STOPPING", "STOPPED")
    assert bench.process().exitstatus == 3


def test_a_stop_that_does_not_wait_is_answered_once_the_signal_is_out():
    bench = Bench(ProcessPolicy("a"))
    bench.running()
    assert replies(bench.do(StopAsked(1, request=1))) == {}
    assert replies(bench.do(Signalled(1, 10, 15))) == {1: "DONE"}
    assert bench.state() is ProcessState.STOPPING


def test_stop_of_something_down_or_stopping_says_not_running():
    bench = Bench(ProcessPolicy("a", autostart=False))
    assert replies(bench.do(StopAsked(1, request=1))) == {1: "NOT_RUNNING"}
    bench.do(StartAsked(1))
    bench.running()
    bench.do(StopAsked(1))
    assert replies(bench.do(StopAsked(1, request=2))) == {2: "NOT_RUNNING"}


def test_a_waited_stop_is_logged_at_once_and_every_two_seconds():
    bench = Bench(ProcessPolicy("a"))
    bench.running()
    start = bench.time
    bench.do(StopAsked(1, wait=True, request=1))
    for at in (1, 2, 2.1, 4, 4.2):
        bench.tick(start + at)
    assert bench.lines().count("waiting for a to stop") == 3


def test_a_stop_before_the_child_is_there_calls_the_spawn_off():
    bench = Bench(ProcessPolicy("a"))
    given = bench.do(StopAsked(1, wait=True, request=1))
    assert CancelSpawn(1, 1) in given
    assert bench.state() is ProcessState.STOPPING
    assert replies(bench.do(SpawnFailed(1, 1, ""))) == {1: "DONE"}
    assert bench.state() is ProcessState.STOPPED


def test_a_child_that_comes_after_the_stop_is_stopped_like_any_other():
    bench = Bench(ProcessPolicy("a", stopwaitsecs=5))
    bench.do(StopAsked(1))
    bench.born(10, at=3)
    assert kills(bench.out) == [(10, 15, False)]
    assert kills(bench.tick(8)) == [(10, 9, False)]


def test_a_start_while_stopping_waits_for_the_stop_and_then_starts():
    bench = Bench(ProcessPolicy("a"))
    bench.running()
    bench.do(StopAsked(1))
    assert replies(bench.do(StartAsked(1, wait=True, request=2))) == {}
    assert spawns(bench.dies(0)) == [1]
    bench.born(11)
    assert replies(bench.tick(bench.time + 1.1)) == {2: "DONE"}


def test_a_stop_in_between_calls_the_waiting_start_off():
    bench = Bench(ProcessPolicy("a"))
    bench.running()
    bench.do(StopAsked(1))
    bench.do(StartAsked(1, wait=True, request=2))
    assert replies(bench.do(StopAsked(1, wait=True, request=3))) == {2: "ABNORMAL_TERMINATION"}
    given = bench.dies(0)
    assert replies(given) == {3: "DONE"}
    assert spawns(given) == []


def test_a_stop_without_waiting_that_calls_a_start_off_is_answered_at_once():
    bench = Bench(ProcessPolicy("a"))
    bench.running()
    bench.do(StopAsked(1))
    bench.do(StartAsked(1, request=2))
    assert replies(bench.do(StopAsked(1, request=3))) == {2: "ABNORMAL_TERMINATION", 3: "DONE"}


def test_the_pid_is_gone_with_the_child():
    bench = Bench(ProcessPolicy("a"), ProcessPolicy("b"))
    bench.running(pid=10, instance=1)
    bench.running(pid=11, instance=2)
    bench.do(StopAsked(1))
    assert bench.process(1).pid == 10
    bench.dies(0, instance=1)
    bench.dies(1, instance=2)
    assert (bench.process(1).pid, bench.process(2).pid) == (0, 0)


@pytest.mark.parametrize(("code", "level"), [(0, "info"), (7, "warn")])
def test_the_line_of_a_stop_warns_of_a_code_that_is_not_expected(code, level):
    bench = Bench(ProcessPolicy("a"))
    bench.running()
    bench.do(StopAsked(1))
    assert Log(level, f"stopped: a (exit status {code})") in bench.dies(code)


def test_a_signal_of_a_client_goes_to_the_process_alone_whatever_a_stop_does():
    bench = Bench(ProcessPolicy("a", stopasgroup=True, killasgroup=True))
    bench.running(pid=10)
    assert kills(bench.do(SignalAsked(1, 12))) == [(10, 12, False)]


@pytest.mark.parametrize(("asgroup", "target"), [(False, ""), (True, "process group ")])
def test_the_lines_of_a_stop_say_whom_each_signal_is_for(asgroup, target):
    bench = Bench(ProcessPolicy("a", stopwaitsecs=1, stopasgroup=asgroup, killasgroup=asgroup))
    bench.running(pid=10)
    bench.do(StopAsked(1))
    bench.tick(bench.time + 1)
    assert bench.lines()[-3:] == [
        f"killing a (pid 10) {target}with signal SIGTERM",
        "killing 'a' (10) with SIGKILL",
        f"killing a (pid 10) {target}with signal SIGKILL",
    ]


def test_a_spawn_that_was_called_off_leaves_no_spawnerr_of_an_earlier_try():
    bench = Bench(ProcessPolicy("a"))
    bench.unborn("too many open files")
    bench.tick(1.1)
    bench.do(StopAsked(1))
    bench.unborn("")
    assert (bench.state(), bench.process().spawnerr) == (ProcessState.STOPPED, "")


def test_a_waited_stop_is_looked_at_again_strictly_after_two_seconds():
    bench = Bench(ProcessPolicy("a"))
    bench.running()
    bench.do(StopAsked(1, wait=True, request=1))
    assert bench.core.next_deadline() == round(bench.time * SECOND) + 2 * SECOND + 1


def test_a_stop_that_waits_for_a_spawn_to_be_called_off_is_told_like_any_other():
    bench = Bench(ProcessPolicy("a"))
    bench.do(StopAsked(1, wait=True, request=1))
    assert bench.lines() == ["waiting for a to stop"]
    bench.core.handle(TimePassed(), bench.core.next_deadline())
    assert bench.core.next_deadline() == 4 * SECOND + 2
    bench.unborn("no such thing")
    assert replies(bench.out) == {1: "DONE"}
    assert bench.process().spawnerr == "no such thing"
    assert bench.core.next_deadline() is None
    change = next(effect for effect in bench.out[::-1] if isinstance(effect, StateChanged))
    assert (change.new, change.pid) == (ProcessState.STOPPED, 0)


def test_a_line_that_is_due_exactly_now_is_written():
    bench = Bench(ProcessPolicy("a"))
    bench.running()
    bench.do(StopAsked(1, wait=True, request=1))
    (line,) = bench.core.handle(TimePassed(), bench.core.next_deadline())
    assert line == Log("info", "waiting for a to stop")
    bench.time += 3
    bench.dies(0)
    assert bench.core.next_deadline() is None


def test_a_start_that_waits_for_a_spawn_to_be_called_off_begins_then():
    bench = Bench(ProcessPolicy("a"))
    bench.do(StopAsked(1))
    bench.do(StartAsked(1, request=2))
    bench.unborn("")
    assert spawns(bench.out) == [1, 1]
    assert replies(bench.out) == {}
    bench.born(10)
    assert replies(bench.out) == {2: "DONE"}


def test_a_stop_that_calls_a_start_off_and_waits_is_answered_by_the_end_alone():
    bench = Bench(ProcessPolicy("a"))
    bench.running()
    bench.do(StopAsked(1))
    bench.do(StartAsked(1, request=2))
    assert replies(bench.do(StopAsked(1, wait=True, request=3))) == {2: "ABNORMAL_TERMINATION"}
    assert replies(bench.do(Signalled(1, 10, 15))) == {}
    assert replies(bench.dies(0)) == {3: "DONE"}


def test_whoever_started_and_was_answered_is_not_answered_by_a_stop_again():
    bench = Bench(ProcessPolicy("a", autostart=False))
    bench.do(StartAsked(1, wait=True, request=1))
    bench.running()
    assert replies(bench.out) == {1: "DONE"}
    assert replies(bench.do(StopAsked(1))) == {}
    bench.do(StartAsked(1, wait=True, request=2))
    bench.dies(0)
    bench.born(11)
    assert replies(bench.do(StopAsked(1))) == {2: "ABNORMAL_TERMINATION"}
    assert replies(bench.dies(0)) == {}
    bench.do(StartAsked(1))
    assert replies(bench.do(StopAsked(1))) == {}


def test_a_stop_in_backoff_has_its_line():
    bench = Bench(ProcessPolicy("a"))
    bench.unborn("x")
    line = Log("debug", "Attempted to kill a, which is in BACKOFF state.")
    assert bench.do(StopAsked(1))[0] == line


def test_a_stop_that_is_over_has_no_part_in_an_end_out_of_unknown():
    bench = Bench(ProcessPolicy("a"))
    bench.running(10)
    bench.do(StopAsked(1))
    bench.dies(0)
    bench.do(StartAsked(1))
    bench.running(11)
    bench.do(SignalAsked(1, 1, request=5))
    bench.do(Signalled(1, 11, 1, 1, "not permitted", 5))
    bench.dies(0)
    assert bench.state() is ProcessState.EXITED


def test_a_stopwaitsecs_of_nothing_kills_at_once_and_then_once_a_second():
    bench = Bench(ProcessPolicy("a", stopwaitsecs=0))
    bench.running()
    bench.do(StopAsked(1))
    start = bench.core.next_deadline()
    for second in range(3):
        assert bench.core.next_deadline() == start + second * SECOND
        assert kills(bench.core.handle(TimePassed(), start + second * SECOND)) == [(10, 9, False)]
