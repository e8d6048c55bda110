import pytest

from initd.states import ProcessState
from initd.supervise.effects import Log, StateChanged
from initd.supervise.events import SignalAsked, Signalled, StartAsked, StopAsked
from initd.supervise.policy import SECOND, ProcessPolicy, Restart
from initd.supervise.table import Trigger
from tests.unit.supervise.bench import Bench, replies, spawns

EPERM, ESRCH = 1, 3


@pytest.mark.parametrize(
    ("mode", "code", "again"),
    [
        (Restart.ALWAYS, 0, True),
        (Restart.ALWAYS, 1, True),
        (Restart.NEVER, 0, False),
        (Restart.NEVER, 1, False),
        (Restart.UNEXPECTED, 0, False),
        (Restart.UNEXPECTED, 1, True),
        (Restart.UNEXPECTED, -1, True),
    ],
)
def test_autorestart_decides_by_mode_and_exit_code(mode, code, again):
    bench = Bench(ProcessPolicy("a", autorestart=mode))
    bench.running()
    given = bench.dies(code)
    (exited,) = [effect for effect in given if isinstance(effect, StateChanged)]
    assert (exited.new, exited.pid, exited.expected) == (ProcessState.EXITED, 10, code == 0)
    assert spawns(bench.tick(bench.time)) == ([1] if again else [])


def test_a_restart_is_due_at_once():
    bench = Bench(ProcessPolicy("a"))
    bench.running()
    bench.dies(1)
    assert bench.core.next_deadline() == round(bench.time * SECOND)


def test_a_program_that_ends_at_once_restarts_in_a_burst_of_five_and_then_five_times_a_second():
    bench = Bench(ProcessPolicy("a", startsecs=0, autorestart=Restart.ALWAYS))
    started = []
    for pid in range(10, 40):
        started.append(bench.time)
        bench.born(pid)
        bench.dies(0)
        due = bench.core.next_deadline()
        assert due is not None
        assert bench.state() is ProcessState.EXITED
        bench.tick(due / SECOND)
    assert started[:6] == [0.0] * 6
    assert [round(b - a, 3) for a, b in zip(started[5:], started[6:], strict=False)] == [0.2] * 24


def test_a_stop_calls_off_the_restart_that_waits():
    bench = Bench(ProcessPolicy("a"))
    bench.running()
    bench.dies(1)
    assert replies(bench.do(StopAsked(1, request=1))) == {1: "DONE"}
    assert bench.core.next_deadline() is None
    assert replies(bench.do(StopAsked(1, request=2))) == {2: "NOT_RUNNING"}


def test_a_signal_that_is_refused_leads_to_unknown_and_the_exit_leads_out_again():
    bench = Bench(ProcessPolicy("a"))
    bench.running()
    bench.do(SignalAsked(1, 1, request=5))
    assert replies(bench.do(Signalled(1, 10, 1, EPERM, "not permitted", 5))) == {5: "FAILED"}
    assert bench.state() is ProcessState.UNKNOWN
    assert replies(bench.do(StartAsked(1, request=6))) == {6: "FAILED"}
    bench.dies(0)
    assert bench.state() is ProcessState.EXITED


def test_a_stop_that_is_refused_ends_stopped_once_the_program_exits():
    bench = Bench(ProcessPolicy("a"))
    bench.running()
    bench.do(StopAsked(1, wait=True, request=5))
    assert replies(bench.do(Signalled(1, 10, 15, EPERM, "not permitted"))) == {5: "FAILED"}
    assert bench.state() is ProcessState.UNKNOWN
    assert bench.core.next_deadline() is None
    bench.dies(0)
    assert bench.state() is ProcessState.STOPPED


def test_a_signal_that_meets_nobody_is_fine():
    bench = Bench(ProcessPolicy("a"))
    bench.running()
    bench.do(SignalAsked(1, 1, request=5))
    assert replies(bench.do(Signalled(1, 10, 1, ESRCH, "no such process", 5))) == {5: "DONE"}
    assert bench.state() is ProcessState.RUNNING


def test_a_reap_of_another_pid_changes_nothing():
    bench = Bench(ProcessPolicy("a"))
    bench.running(pid=10)
    bench.process().pid = 11
    before = bench.core.snapshot()
    bench.process().pid = 11
    from initd.supervise.events import Reaped

    assert bench.do(Reaped(1, 10, 0, "exit status 0")) == []
    assert bench.core.snapshot() == before


def test_a_restart_that_is_called_off_costs_nothing_of_the_rate_limit():
    """Somebody starts the program while its restart waits: the next one is due when that one was."""
    bench = Bench(ProcessPolicy("a", startsecs=0, autorestart=Restart.ALWAYS))
    for pid in range(10, 15):
        bench.born(pid)
        bench.dies(0)
        bench.tick(bench.time)
    bench.born(15)
    bench.dies(0)
    waits_until = bench.core.next_deadline()
    assert waits_until is not None
    assert waits_until > bench.time * SECOND
    bench.do(StartAsked(1))
    bench.born(16)
    bench.dies(0)
    assert bench.core.next_deadline() == waits_until


def test_an_exit_out_of_unknown_ends_the_count_of_failures():
    bench = Bench(ProcessPolicy("a", autorestart=Restart.NEVER))
    bench.unborn("x")
    bench.tick(1.1)
    bench.born(10)
    bench.do(SignalAsked(1, 1, request=5))
    bench.do(Signalled(1, 10, 1, EPERM, "not permitted", 5))
    assert (bench.state(), bench.process().failures) == (ProcessState.UNKNOWN, 1)
    bench.dies(0)
    assert (bench.state(), bench.process().failures) == (ProcessState.EXITED, 0)


def test_a_stop_that_waits_when_a_clients_signal_is_refused_is_answered():
    bench = Bench(ProcessPolicy("a"))
    bench.running()
    bench.do(StopAsked(1, wait=True, request=5))
    bench.do(Signalled(1, 10, 15))
    bench.do(SignalAsked(1, 1, request=6))
    assert replies(bench.do(Signalled(1, 10, 1, EPERM, "not permitted", 6))) == {5: "DONE", 6: "FAILED"}
    assert bench.state() is ProcessState.UNKNOWN


@pytest.mark.parametrize(("request_id", "doing"), [(None, "killing"), (5, "sending sig SIGHUP")])
def test_a_refused_signal_is_logged_with_what_it_was_for(request_id, doing):
    bench = Bench(ProcessPolicy("a"))
    bench.running()
    bench.do(SignalAsked(1, 1, request=5) if request_id else StopAsked(1))
    bench.do(Signalled(1, 10, 1, EPERM, "not permitted", request_id))
    assert bench.lines()[-1] == f"unknown problem {doing} a (10): not permitted"


def said(effects):
    return [(effect.level, effect.text) for effect in effects if isinstance(effect, Log)]


def test_each_end_has_its_line_and_its_reason():
    bench = Bench(ProcessPolicy("a", exitcodes=(0, 3), autorestart=Restart.NEVER))
    bench.born(10)
    assert said(bench.dies(3)) == [("warn", "exited: a (exit status 3; not expected)")]  # too quick
    bench.tick(bench.time + 1.1)
    bench.running(11)
    assert said(bench.dies(3)) == [("info", "exited: a (exit status 3; expected)")]
    assert bench.process().spawnerr == ""
    bench.do(StartAsked(1))
    bench.running(12)
    assert said(bench.dies(1)) == [("warn", "exited: a (exit status 1; not expected)")]
    assert bench.process().spawnerr == "Bad exit code 1"


def test_a_restart_waits_only_while_one_is_due():
    bench = Bench(ProcessPolicy("a"))
    assert not bench.process().restart_waits
    bench.running()
    bench.dies(1)
    assert bench.process().restart_waits
    bench.do(StopAsked(1))
    assert not bench.process().restart_waits
    bench.do(StartAsked(1))
    bench.born(11)
    assert bench.core.next_deadline() is not None
    assert not bench.process().restart_waits


def test_a_signal_of_a_client_is_told_and_so_is_one_that_met_nobody():
    bench = Bench(ProcessPolicy("a"))
    bench.running()
    assert said(bench.do(SignalAsked(1, 1, request=5))) == [("debug", "sending a (pid 10) sig SIGHUP")]
    assert said(bench.do(Signalled(1, 10, 1, ESRCH, "no such process", 5))) == [
        ("debug", "unable to signal a (pid 10), it probably just exited on its own: no such process")
    ]


def test_a_signal_to_a_stray_child_answers_no_stop():
    bench = Bench(ProcessPolicy("a"))
    bench.running()
    bench.do(StopAsked(1, request=5))
    assert replies(bench.do(Signalled(1, 77, 9))) == {}
    assert replies(bench.do(Signalled(1, 10, 15))) == {5: "DONE"}


def test_what_cannot_happen_is_told_and_changes_nothing():
    bench = Bench(ProcessPolicy("a", autostart=False))
    before = bench.core.snapshot()
    bench.core._rules.apply(bench.process(), Trigger.DUE)
    assert said(bench.core._rules.out) == [("crit", "unexpected NoneType for a in phase stopped: ignored")]
    assert bench.core.snapshot() == before
