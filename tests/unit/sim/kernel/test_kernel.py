"""How a simulated run ends, and what a scenario does to it from outside."""

from __future__ import annotations

import errno

import pytest

from initd.kernel.port import READABLE, ExitStatus
from initd.signals import SIGCHLD, SIGCONT, SIGKILL, SIGSTOP, SIGTERM, SIGUSR1
from sim.kernel import BlockedLoop, Deadlock, EndOfRun, Killed, Livelock, SimKernel, Terminated

S = 1_000_000_000


def test_time_passes_in_poll_only(bench) -> None:
    kernel = bench.kernel("exit 0 after 2s")
    child, _ = bench.spawn(kernel)
    assert kernel.now == 0
    kernel.poll(None)
    assert kernel.now == 2 * S
    assert kernel.take_signals() == [SIGCHLD]
    assert kernel.reap(child.pid) == ExitStatus(0)


def test_a_wait_for_nothing_is_a_deadlock(bench) -> None:
    kernel = bench.kernel()
    bench.spawn(kernel)
    with pytest.raises(Deadlock):
        kernel.poll(None)


def test_a_run_ends_at_its_end_and_not_before(bench) -> None:
    kernel = bench.kernel("exit 0 after 10s", until_ns=5 * S)
    bench.spawn(kernel)
    kernel.poll(4 * S)
    assert kernel.now == 4 * S
    with pytest.raises(EndOfRun):
        kernel.poll(None)
    assert kernel.now == 5 * S
    kernel.run_until(None)
    kernel.poll(None)
    assert kernel.now == 10 * S


def test_the_end_of_a_run_passes_every_except_exception() -> None:
    assert not issubclass(EndOfRun, Exception)
    assert not issubclass(Deadlock, Exception)


def test_polling_again_and_again_without_time_passing_is_a_livelock(bench) -> None:
    kernel = bench.kernel()
    reader, writer = kernel.pipe()
    kernel.watch(writer, 2)
    with pytest.raises(Livelock):
        while True:
            kernel.poll(None)
    assert kernel.now == 0
    kernel.close(reader)


def test_children_that_fork_without_end_run_out_of_pids_while_time_goes_on(bench) -> None:
    kernel = bench.kernel([["loop", [["fork", [["exit", 0]]]]]], until_ns=S // 100, pid_max=100)
    bench.spawn(kernel)
    with pytest.raises(EndOfRun):
        while True:
            kernel.poll(None)
            kernel.take_signals()
    assert len(kernel.processes()) <= 100


def test_terminate_does_not_return(bench) -> None:
    kernel = bench.kernel()
    with pytest.raises(Terminated) as end:
        kernel.terminate(3)
    assert end.value.code == 3


def test_a_read_that_would_never_return_is_told_apart_from_one_that_would_block(bench) -> None:
    kernel = bench.kernel()
    reader, _writer = kernel.pipe()
    with pytest.raises(BlockedLoop):
        kernel.read(reader, 1)
    kernel.set_nonblocking(reader)
    with pytest.raises(BlockingIOError):
        kernel.read(reader, 1)


def test_signals_from_outside_reach_the_daemon_at_their_time(bench) -> None:
    kernel = bench.kernel()
    kernel.catch_signals([SIGTERM])
    kernel.at(3 * S, lambda: kernel.signal_daemon(SIGTERM))
    assert kernel.poll(None) == []
    assert (kernel.now, kernel.take_signals()) == (3 * S, [SIGTERM])


def test_sigkill_from_outside_ends_even_pid_1(bench) -> None:
    kernel = bench.kernel()
    kernel.at(S, lambda: kernel.signal_daemon(SIGUSR1))
    kernel.at(2 * S, lambda: kernel.signal_daemon(SIGKILL))
    with pytest.raises(Killed) as death:
        kernel.poll(None)
    assert (kernel.now, death.value.signal) == (2 * S, SIGKILL)


def test_a_stopped_daemon_sees_nothing_until_it_goes_on(bench) -> None:
    kernel = bench.kernel("exit 0 after 2s", pid=50)
    bench.spawn(kernel)
    kernel.at(S, lambda: kernel.signal_daemon(SIGSTOP))
    kernel.at(9 * S, lambda: kernel.signal_daemon(SIGCONT))
    kernel.poll(3 * S)
    assert kernel.now == 9 * S
    assert kernel.take_signals() == [SIGCHLD]


def test_a_step_of_the_wall_clock_moves_it_alone(bench) -> None:
    kernel = bench.kernel(wall=1000 * S)
    kernel.poll(S)
    kernel.step_wall(-500 * S)
    assert (kernel.mono(), kernel.boot(), kernel.wall()) == (S, S, 501 * S)
    assert kernel.poll(2 * S) == []
    assert (kernel.mono(), kernel.wall()) == (2 * S, 502 * S)


def test_suspend_moves_the_boot_and_wall_clocks_and_leaves_the_monotonic_one(bench) -> None:
    kernel = bench.kernel(wall=1000 * S)
    kernel.suspend(60 * S)
    assert (kernel.mono(), kernel.boot(), kernel.wall()) == (0, 60 * S, 1060 * S)


def test_local_time_has_the_zone_of_the_machine() -> None:
    assert SimKernel().local_time(0) == (1970, 1, 1, 0, 0, 0)
    assert SimKernel(timezone_s=-3600).local_time(0) == (1969, 12, 31, 23, 0, 0)


def test_each_call_costs_a_tick_and_the_children_keep_their_own_time(bench) -> None:
    kernel = bench.kernel("exit 0 after 1s", tick_ns=1000)
    child, _ = bench.spawn(kernel)
    spent_ns = kernel.now
    assert spent_ns >= 3000
    ended = []
    kernel.trace = lambda now, what, pid, detail: ended.append((now, what, pid))
    kernel.poll(None)
    (end_ns, *_), *_ = [one for one in ended if one[1] == "exit"]
    assert S < end_ns < S + spent_ns
    assert kernel.reap(child.pid) == ExitStatus(0)


def test_the_trace_hears_of_spawn_signal_exit_and_reap(bench) -> None:
    kernel = bench.kernel()
    heard = []
    kernel.trace = lambda now, what, pid, detail: heard.append((now, what, pid))
    child, _ = bench.spawn(kernel)
    kernel.poll(S)
    kernel.kill(child.pid, SIGTERM)
    kernel.poll(None)
    kernel.reap(child.pid)
    pid = child.pid
    assert heard == [(0, "spawn", pid), (S, "signal", pid), (S, "exit", pid), (S, "signal", 1), (S, "reap", pid)]


def test_a_signal_takes_effect_in_the_next_poll_not_in_the_call(bench) -> None:
    kernel = bench.kernel()
    child, _ = bench.spawn(kernel)
    kernel.poll(S)
    kernel.kill(child.pid, SIGKILL)
    with pytest.raises(BlockingIOError):
        kernel.reap(child.pid)
    kernel.poll(S)
    assert kernel.reap(child.pid).signal == SIGKILL


def test_an_outsider_can_kill_and_nobody_minds_if_it_is_too_late(bench) -> None:
    kernel = bench.kernel()
    child, _ = bench.spawn(kernel)
    kernel.outsider_kill(child.pid, SIGKILL)
    kernel.poll(None)
    kernel.reap(child.pid)
    kernel.outsider_kill(child.pid, SIGKILL)
    assert kernel.processes() == []


def test_pids_go_round_in_a_small_space(bench) -> None:
    kernel = bench.kernel("exit 0", first_pid=10, pid_max=13)
    pids = []
    for _ in range(5):
        child, reader = bench.spawn(kernel)
        kernel.poll(None)
        kernel.reap(child.pid)
        kernel.take_signals()
        kernel.close(reader)
        pids.append(child.pid)
    assert pids == [10, 11, 12, 10, 11]


def test_when_no_pid_is_free_the_fork_fails(bench) -> None:
    kernel = bench.kernel(first_pid=10, pid_max=12)
    bench.spawn(kernel)
    bench.spawn(kernel)
    before = kernel.open_count()
    with pytest.raises(OSError) as error:
        bench.spawn(kernel)
    assert (error.value.errno, error.value.stage) == (errno.EAGAIN, "fork")
    assert kernel.open_count() == before + 2


def test_late_notes_make_every_start_known_by_its_note(bench) -> None:
    kernel = bench.kernel()
    kernel.late_notes = True
    child, _ = bench.spawn(kernel)
    kernel.watch(child.note_fd, READABLE)
    assert kernel.poll(None)[0][0] == child.note_fd
    assert kernel.read(child.note_fd, 10) == b""


def test_children_can_be_made_to_begin_late(bench) -> None:
    kernel = bench.kernel("exit 0 after 1s")
    kernel.delay_starts(S // 2)
    bench.spawn(kernel)
    kernel.poll(None)
    assert kernel.now == S + S // 2


def test_what_the_daemon_writes_to_its_own_output_can_be_read(bench) -> None:
    kernel = bench.kernel()
    kernel.write(1, b"hello\n")
    fd = kernel.files.open_append("/dev/stdout")
    assert kernel.files.append(fd, b"again\n") == -1
    assert kernel.files.data("/dev/stdout") == b"hello\nagain\n"


def test_two_runs_of_one_scenario_are_the_same_to_the_last_event(bench) -> None:
    def run() -> list[object]:
        heard: list[object] = []
        kernel = bench.kernel(
            {"a": "crash after 0.3s", "b": "fork orphans 3 for 1s", "c": "flood 90000"}, until_ns=5 * S, seed=7
        )
        kernel.trace = lambda *event: heard.append(event)
        readers = [bench.spawn(kernel, name)[1] for name in "abc"]
        for reader in readers:
            kernel.watch(reader, READABLE)
        with pytest.raises(EndOfRun):
            while True:
                for fd, _ in kernel.poll(None):
                    data = kernel.read(fd, 9999)
                    heard.append((kernel.now, fd, len(data)))
                    if not data:
                        kernel.watch(fd, 0)
                kernel.take_signals()
                while (pid := kernel.peek_exited()) is not None:
                    kernel.reap(pid)
        heard.append(kernel.files.make_temp("/tmp", "x", "y"))
        return heard

    first = run()
    assert len(first) > 60
    assert run() == first


def test_a_wall_clock_that_drifts_gains_what_it_is_told_and_keeps_it():
    kernel = SimKernel(wall=1000)
    kernel.clock.drift(100_000)
    kernel.clock.spend(10_000)
    assert kernel.wall() == 1000 + 11_000
    kernel.clock.drift(0)
    kernel.clock.spend(10_000)
    assert kernel.wall() == 1000 + 21_000
    assert kernel.mono() == 20_000


def test_a_signal_to_the_daemon_can_be_lost_or_late():
    kernel = SimKernel()
    kernel.catch_signals([10, 12])
    kernel.machine.tamper = {10: None, 12: 5}.get
    kernel.signal_daemon(10)
    kernel.signal_daemon(12)
    assert kernel.take_signals() == []
    kernel.poll(None)
    assert (kernel.mono(), kernel.take_signals()) == (5, [12])


def test_a_nudge_ends_one_poll_without_a_reason():
    kernel = SimKernel(until_ns=9)
    kernel.at(3, kernel.nudge)
    assert kernel.poll(None) == []
    assert kernel.mono() == 3
    kernel.poll(7)
    assert kernel.mono() == 7


def test_calls_can_be_watched_those_off_the_loop_too():
    heard = []
    kernel = SimKernel()
    kernel.watch_calls(lambda call, args: heard.append(call))
    kernel.submit("x", lambda files: files.stat("/tmp"))
    kernel.poll(None)
    assert heard == ["submit", "poll", "stat"]


def test_nothing_of_what_a_replaced_daemon_has_begun_or_waited_for_reaches_its_successor():
    kernel = SimKernel(pid=50, until_ns=9)
    done = []
    kernel.catch_signals([15])
    kernel.signal_daemon(15)
    kernel.submit("x", lambda files: done.append(1))
    reader, writer = kernel.pipe()
    listener = kernel.listen_unix("/tmp/s", 0o600, None)
    kernel.replace_daemon(ExitStatus(None, 9))
    assert kernel.open_count() == 3
    assert kernel.getpid() not in (1, 50)
    kernel.catch_signals([15])
    assert kernel.take_signals() == []
    with pytest.raises(EndOfRun):
        kernel.poll(None)
    assert done == []
    assert kernel.take_completions() == []
    assert kernel.listen_unix("/tmp/s", 0o600, None) == reader
    assert (reader, writer, listener) == (3, 4, 5)
