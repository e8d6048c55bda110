"""The driver: the order of a turn, reaping in bounds, signals to what is surely ours, answers."""

from __future__ import annotations

import pytest

from initd.config.model import LogConfig, ProcessConfig, SocketConfig
from initd.drive.apply import REAPS_PER_TURN, Driver
from initd.drive.loop import Loop
from initd.drive.program import Program
from initd.logs.lastwords import Tail
from initd.logs.program import ProgramLogs
from initd.logs.sinks import SinkTable
from initd.states import ProcessState
from initd.supervise import events
from initd.supervise.effects import GroupChanged, Kill, Outcome, Send, StateChanged
from initd.supervise.policy import GroupPolicy, ProcessPolicy, Restart, SocketPolicy
from initd.supervise.supervisor import Supervisor
from sim.kernel import SimFiles, SimKernel

NO_LOG = LogConfig(None, 0, 0)
SOCKET = "/tmp/a.sock"
SHARING = ProcessPolicy("a", startsecs=0, autorestart=Restart.NEVER, socket=SocketPolicy("a", f"unix://{SOCKET}"))
SIGHUP, SIGCHLD, SIGTERM, SIGSTOP, SIGCONT = 1, 17, 15, 19, 18


class Bench:
    """A core and its driver; `effects` is what is left to the session."""

    def __init__(self, *policies, behaviours="run"):
        files = SimFiles()
        files.program("/usr/bin/p")
        self.kernel = SimKernel(files=files, programs=behaviours)
        self.lines, self.signals, self.effects, self.errors = [], [], [], []
        self.loop = Loop(self.kernel, self.errors.append)
        self.core = Supervisor()
        sinks = SinkTable(self.loop, self.errors.append)
        self.driver = Driver(
            self.loop,
            self.core,
            {},
            None,
            lambda level, text: self.lines.append(text),
            self.signals.append,
            self.effects.append,
            lambda program, opened: ProgramLogs(sinks, opened),
        )
        self.kernel.catch_signals([SIGCHLD, SIGTERM])
        for instance, policy in enumerate(policies, start=1):
            self.driver.handle(events.GroupAdded(GroupPolicy(policy.name, 1, (policy,))))
            config = ProcessConfig(policy.name, policy.name, "/usr/bin/p", stdout=NO_LOG, stderr=NO_LOG)
            if policy.socket is not None:
                config = config.replace(socket=SocketConfig(policy.socket.url, path=SOCKET))
            self.driver.programs[instance] = Program(instance, policy.name, config)
        self.driver.handle(events.Booted())

    def until(self, condition):
        """Turn until something is so."""
        for _ in range(10_000):
            if condition():
                return
            self.driver.turn()
        raise AssertionError("it never came true")

    def state(self, instance=1):
        return self.core.process(instance).state

    def moves(self):
        return [(effect.name, effect.new.name) for effect in self.effects if isinstance(effect, StateChanged)]


def test_children_that_are_let_go_leave_no_descriptor_and_are_strangers_to_whoever_reaps_them():
    """The loop of the next session knows nothing of their pipes, which would keep it awake."""
    bench = Bench(ProcessPolicy("a"), behaviours="print hello every 0.1s")
    before = bench.kernel.open_count()
    bench.until(lambda: bench.state() is ProcessState.RUNNING)
    (child,) = bench.kernel.processes()
    bench.driver.let_go()
    assert bench.kernel.open_count() == before
    bench.kernel.outsider_kill(child.pid, 9)
    bench.until(lambda: bench.kernel.process(child.pid) is None)
    assert bench.errors == []


def test_a_shared_socket_is_open_from_its_first_child_to_the_last():
    bench = Bench(SHARING, behaviours="answer hello")
    before = bench.kernel.open_count()
    bench.until(lambda: bench.state() is ProcessState.RUNNING)
    client = bench.kernel.connect_unix(SOCKET)
    pid = bench.driver.programs[1].running.pid
    bench.kernel.at(1_000_000_000, lambda: bench.kernel.outsider_kill(pid, 9))
    bench.until(lambda: bench.state() is ProcessState.EXITED)
    assert client.received == b"hello" and client.ended
    assert bench.kernel.open_count() == before
    with pytest.raises(ConnectionRefusedError):
        bench.kernel.connect_unix(SOCKET)


def test_a_child_that_is_let_go_takes_the_shared_socket_along():
    bench = Bench(SHARING)
    before = bench.kernel.open_count()
    bench.until(lambda: bench.state() is ProcessState.RUNNING)
    assert bench.kernel.open_count() > before
    bench.driver.let_go()
    assert bench.kernel.open_count() == before
    assert bench.kernel.connect_unix(SOCKET)


def test_effects_that_are_not_carried_out_here_go_to_the_session_in_order():
    bench = Bench(ProcessPolicy("a"))
    bench.until(lambda: bench.state() is ProcessState.RUNNING)
    assert isinstance(bench.effects[0], GroupChanged)
    assert bench.moves() == [("a", "STARTING"), ("a", "RUNNING")]
    assert [line for line in bench.lines if line.startswith("spawned")] == ["spawned: 'a' with pid 2"]


def test_a_program_that_died_before_its_deadline_was_looked_at_is_reaped_first():
    """Both are seen in one turn, long after; were the deadline judged first it would be called RUNNING."""
    bench = Bench(ProcessPolicy("a", startretries=0), behaviours="exit 0 after 0.5s")
    bench.until(lambda: bench.driver.programs[1].running)
    bench.kernel.clock.spend(5_000_000_000)
    bench.driver.turn()
    assert not [line for line in bench.lines if line.startswith("success")]


def test_the_shutdown_signal_is_heard_before_a_retry_that_is_due_in_the_same_turn():
    bench = Bench(ProcessPolicy("a", startretries=3), behaviours="crash after 0.5s")
    bench.until(lambda: bench.state() is ProcessState.BACKOFF)
    bench.driver._on_signal = lambda number: bench.driver.handle(events.ShutdownAsked())
    bench.kernel.clock.spend(3_000_000_000)
    bench.kernel.signal_daemon(SIGTERM)
    bench.driver.turn()
    assert bench.moves()[-1] == ("a", "FATAL")
    assert bench.kernel.attempts("a") == 1


def test_sigchld_is_a_debug_line_and_no_signal_to_the_session():
    bench = Bench(ProcessPolicy("a", startretries=0), behaviours="exit 1")
    bench.until(lambda: bench.state() is ProcessState.FATAL)
    assert "received SIGCHLD indicating a child quit" in bench.lines
    assert bench.signals == []


def test_reaps_are_bounded_a_turn_and_the_rest_is_reaped_without_sleeping():
    steps = [["repeat", REAPS_PER_TURN + 10, [["fork", [["fork", [["sleep", 1]]], ["exit", 0]]]]], ["wait"], ["pause"]]
    bench = Bench(ProcessPolicy("a"), behaviours=lambda argv, env, attempt: steps)
    bench.kernel.at(500_000_000, lambda: bench.kernel.signal_daemon(SIGSTOP))
    bench.kernel.at(5_000_000_000, lambda: bench.kernel.signal_daemon(SIGCONT))
    bench.until(lambda: bench.kernel.now == 5_000_000_000)
    assert bench.driver.busy
    assert len(bench.kernel.children()) == 1 + 10
    before = bench.kernel.now
    bench.driver.turn()
    assert bench.kernel.now == before
    assert not bench.driver.busy
    assert len(bench.kernel.children()) == 1


def test_a_pid_that_is_no_child_of_ours_is_never_signalled():
    bench = Bench(ProcessPolicy("a"), behaviours=lambda *_: [["fork", [["pause"]]], ["pause"]])
    bench.until(lambda: bench.state() is ProcessState.RUNNING)
    child = bench.driver.programs[1].running.pid
    (other,) = [process.pid for process in bench.kernel.processes() if process.pid != child]
    heard = []
    bench.kernel.trace = lambda *seen: heard.append(seen)
    bench.driver._kill(Kill(1, other, SIGTERM, False))
    assert heard == []
    bench.driver._kill(Kill(1, child, SIGTERM, False))
    assert [(what, pid, number) for _, what, pid, number in heard] == [("signal", child, SIGTERM)]


def test_each_request_gets_its_own_answer_once_and_not_within_the_call():
    bench = Bench(ProcessPolicy("a", autostart=False), ProcessPolicy("b", autostart=False))
    answers = []
    bench.driver.ask(lambda request: events.StopAsked(1, True, request), lambda reply: answers.append(("a", reply)))
    bench.driver.ask(lambda request: events.StartAsked(2, True, request), lambda reply: answers.append(("b", reply)))
    assert answers == []
    bench.until(lambda: len(answers) == 2)
    assert [(name, reply.outcome) for name, reply in answers] == [("a", Outcome.NOT_RUNNING), ("b", Outcome.DONE)]
    assert bench.driver._answers == {}


def test_what_a_dead_child_held_open_is_closed_when_it_is_reaped():
    bench = Bench(ProcessPolicy("a", startretries=0), behaviours="exit 1 after 0.5s")
    before = bench.kernel.open_count()
    bench.until(lambda: bench.driver.programs[1].running)
    assert bench.kernel.open_count() == before + 3
    bench.until(lambda: bench.state() is ProcessState.FATAL)
    assert bench.kernel.open_count() == before
    assert bench.driver.programs[1].running is None


def test_the_next_deadline_is_the_earlier_of_the_cores_and_the_loops():
    bench = Bench(ProcessPolicy("a", startsecs=5))
    bench.until(lambda: bench.driver.programs[1].running)
    assert bench.driver.next_deadline() == 5_000_000_001
    bench.loop.at(7, lambda: None)
    assert bench.driver.next_deadline() == 7


@pytest.mark.parametrize("behaviour", ["exit 3", "segv"])
def test_the_core_hears_how_a_child_ended_with_the_time_on_the_wall(behaviour):
    bench = Bench(ProcessPolicy("a", startsecs=0, autorestart=None), behaviours=behaviour)
    bench.kernel.step_wall(10**18)
    bench.until(lambda: bench.state() is ProcessState.EXITED)
    process = bench.core.process(1)
    assert process.exitstatus == (3 if behaviour == "exit 3" else -1)
    assert process.stop_wall == bench.kernel.wall()


def test_what_falls_due_by_a_deadline_waits_for_the_reaps_of_the_next_turn():
    """The news that a is RUNNING takes long; meanwhile b has died, which comes before b's own deadline."""
    bench = Bench(
        ProcessPolicy("a", startsecs=1),
        ProcessPolicy("b", startsecs=3, startretries=0, autorestart=Restart.NEVER),
        behaviours=lambda argv, env, attempt: (
            [["sleep", 2], ["exit", 0]] if env["SUPERVISOR_PROCESS_NAME"] == "b" else [["pause"]]
        ),
    )
    take = bench.effects.append

    def taken(effect):
        take(effect)
        if isinstance(effect, StateChanged) and (effect.name, effect.new) == ("a", ProcessState.RUNNING):
            bench.kernel.clock.spend(5_000_000_000)

    bench.driver._on_effect = taken
    bench.until(lambda: bench.state(2) in (ProcessState.FATAL, ProcessState.EXITED))
    assert [line.split()[1] for line in bench.lines if line.startswith("success")] == ["a"]


def test_a_stop_calls_off_a_spawn_whose_preparation_hangs():
    bench = Bench(ProcessPolicy("a"))
    answers = []
    bench.driver.ask(lambda request: events.StopAsked(1, True, request), answers.append)
    assert bench.state() is ProcessState.STOPPED
    bench.until(lambda: answers)
    assert answers[0].outcome is Outcome.DONE
    assert bench.kernel.attempts("a") == 0


def test_the_last_words_of_a_child_are_in_its_log_although_an_orphan_holds_its_pipe():
    steps = [["fork", [["fork", [["pause"]]], ["exit", 0]]], ["wait"], ["write", "out", 7], ["exit", 1]]
    bench = Bench(ProcessPolicy("a", startretries=0), behaviours=lambda argv, env, attempt: steps)
    finished = []
    bench.until(lambda: bench.driver.programs[1].running)
    logs = bench.driver.programs[1].running.logs
    finish = logs.finish
    logs.finish = lambda: finished.append(bench.kernel.children()) or finish()
    before = bench.kernel.open_count()
    bench.until(lambda: bench.state() is ProcessState.FATAL)
    assert len(finished) == 1
    assert bench.kernel.open_count() < before
    assert all(pipe.closed for pipe in logs._pipes)


def test_all_signals_that_have_come_are_heard_in_one_turn():
    bench = Bench(ProcessPolicy("a"))
    bench.until(lambda: bench.state() is ProcessState.RUNNING)
    bench.kernel.catch_signals([SIGHUP])
    bench.kernel.signal_daemon(SIGTERM)
    bench.kernel.signal_daemon(SIGHUP)
    bench.driver.turn()
    assert bench.signals == [SIGHUP, SIGTERM]


def test_events_that_arise_from_an_effect_wait_until_all_effects_of_their_cause_are_carried_out():
    bench = Bench()

    def taken(effect):
        bench.effects.append(effect)
        if isinstance(effect, GroupChanged):
            for instance, name in zip(effect.instances, "ab"):
                config = ProcessConfig(name, name, "/usr/bin/p", stdout=NO_LOG, stderr=NO_LOG)
                bench.driver.programs[instance] = Program(instance, "g", config)
        elif isinstance(effect, StateChanged) and effect.name == "a":
            bench.driver.handle(events.StopAsked(2))

    bench.driver._on_effect = taken
    bench.driver.handle(events.GroupAdded(GroupPolicy("g", 1, (ProcessPolicy("a"), ProcessPolicy("b")))))
    assert bench.moves() == [("a", "STARTING"), ("b", "STARTING"), ("b", "STOPPING"), ("b", "STOPPED")]


def test_an_effect_that_goes_wrong_does_not_make_the_driver_deaf():
    bench = Bench(ProcessPolicy("a"))

    def breaks(effect):
        bench.driver._on_effect = bench.effects.append
        raise ValueError(effect)

    bench.driver._on_effect = breaks
    bench.until(lambda: bench.state() is ProcessState.RUNNING)
    assert len(bench.errors) == 1
    bench.driver.handle(events.StopAsked(1))
    assert bench.state() is ProcessState.STOPPING


def test_the_end_of_an_earlier_child_leaves_the_one_in_its_place():
    bench = Bench(ProcessPolicy("a", startretries=0), behaviours="exit 1 after 0.5s")
    bench.until(lambda: bench.driver.programs[1].running)
    bench.driver.programs[1].running = newer = object()
    bench.until(lambda: bench.state() is ProcessState.FATAL)
    assert bench.driver.programs[1].running is newer


def test_a_child_that_is_let_go_before_it_was_its_program_leaves_no_note_open():
    bench = Bench(ProcessPolicy("a"))
    bench.kernel.late_notes = True
    before = bench.kernel.open_count()
    bench.until(lambda: bench.driver.programs[1].running)
    assert bench.driver.programs[1].running.note_fd >= 0
    bench.driver.let_go()
    assert bench.kernel.open_count() == before


def test_a_stranger_among_those_that_ended_hides_nobody_behind_it():
    """An orphan of the first life has a lower pid than the second, so it comes first."""
    lives = {
        1: [["fork", [["fork", [["sleep", 4]]], ["exit", 0]]], ["wait"], ["exit", 1]],
        2: [["sleep", 0.5], ["exit", 1]],
    }
    bench = Bench(ProcessPolicy("a", startretries=1), behaviours=lambda argv, env, attempt: lives[attempt])
    bench.until(lambda: bench.kernel.attempts("a") == 2 and bench.driver.programs[1].running)
    bench.lines.clear()
    bench.kernel.clock.spend(5_000_000_000)
    bench.driver.turn()
    ends = [line.split()[0] for line in bench.lines if line.startswith(("reaped unknown", "exited: a"))]
    assert ends == ["reaped", "exited:"]


def test_two_requests_at_a_time_are_told_apart():
    bench = Bench(ProcessPolicy("a", autostart=False), ProcessPolicy("b", autostart=False, startsecs=3))
    answers = []
    for instance in (1, 2):
        bench.driver.ask(
            lambda request, instance=instance: events.StartAsked(instance, True, request),
            lambda reply, instance=instance: answers.append((instance, reply.outcome, bench.kernel.now // 10**9)),
        )
    bench.until(lambda: len(answers) == 2)
    assert answers == [(1, Outcome.DONE, 1), (2, Outcome.DONE, 3)]


def test_what_is_for_a_listener_that_has_just_ended_is_unsent():
    bench = Bench(ProcessPolicy("a", autostart=False))
    bench.driver._apply(Send(1, 7, "text"))
    assert list(bench.driver._events) == [events.Unsent(1, 7)]
    assert bench.lines == []


@pytest.mark.parametrize(("behaviour", "code", "signal"), [("exit 3 after 2s", 3, None), ("segv after 2s", None, 11)])
def test_how_a_try_ended_is_remembered_with_how_long_it_lasted(behaviour, code, signal):
    bench = Bench(ProcessPolicy("a", startsecs=0, autorestart=Restart.NEVER), behaviours=behaviour)
    bench.until(lambda: bench.state() is ProcessState.EXITED)
    (end,) = bench.driver.programs[1].ends
    assert (end.code, end.signal, end.sent, end.text) == (code, signal, 0, "")
    assert end.ended_ns - end.began_ns == 2_000_000_000


def test_a_signal_of_ours_is_remembered_with_the_end_of_who_was_sent_it():
    bench = Bench(ProcessPolicy("a"))
    bench.until(lambda: bench.driver.programs[1].running)
    bench.driver.handle(events.StopAsked(1))
    bench.until(lambda: bench.state() is ProcessState.STOPPED)
    assert [end.sent for end in bench.driver.programs[1].ends] == [SIGTERM]


def test_what_a_run_has_written_is_told_from_what_was_written_before_it():
    bench = Bench(ProcessPolicy("a"), behaviours="run")
    tail = bench.driver.programs[1].tail = Tail()
    tail.add(b"of long ago\n")
    bench.until(lambda: bench.driver.programs[1].running)
    assert tail.recent == b""
    tail.add(b"now\n")
    assert tail.recent == b"now\n"
    assert tail.lines() == b"of long ago\nnow\n"
