"""How a Spawn is carried out: environment, identity, descriptors, and how much of it fits into a turn."""

from __future__ import annotations

import errno

import pytest

from initd.config.model import AUTO, LogConfig, ProcessConfig
from initd.drive import spawner
from initd.drive.line import PATIENCE_NS
from initd.drive.loop import Loop
from initd.drive.program import Program
from initd.drive.resolve import CommandError
from initd.drive.spawner import FORK_NS_PER_TURN, RESERVED_FDS, Spawner, child_environment, identity, log_target
from initd.kernel.port import Child, UserIdentity
from initd.logs.program import LogTarget, ProgramLogs
from initd.logs.sinks import SinkTable
from initd.supervise.events import SetupNoted, Spawned, SpawnFailed
from sim.kernel import SimFiles, SimKernel

LOG = LogConfig("/var/log/p.log", 0, 0)
NO_LOG = LogConfig(None, 0, 0)


class Bench:
    """A spawner alone; `events` is what it reported."""

    def __init__(self, **machine):
        files = SimFiles()
        files.program("/usr/bin/p")
        self.kernel = SimKernel(files=files, **machine)
        self.errors, self.events, self.born = [], [], []
        self.loop = Loop(self.kernel, self.errors.append)
        sinks = SinkTable(self.loop, self.errors.append)
        self.spawner = Spawner(
            self.loop,
            {"PATH": "/usr/bin"},
            64,
            self.events.append,
            self.born.append,
            lambda program, opened: ProgramLogs(sinks, opened),
        )

    def program(self, instance=1, **options):
        options = {"command": "p -x", "stdout": LOG, "stderr": LOG, **options}
        return Program(instance, "g", ProcessConfig(f"p{instance}", "p", **options))

    def settle(self, turns=6):
        for _ in range(turns):
            self.loop.turn(0, lambda: None)


@pytest.fixture
def bench():
    return Bench()


def test_a_spawn_is_reported_with_its_attempt_and_its_child_is_handed_over_first(bench):
    program = bench.program()
    bench.spawner.spawn(program, 7)
    assert bench.events == []
    bench.settle()
    (running,) = bench.born
    assert (running.program, running.attempt, running.pid) == (program, 7, bench.events[0].pid)
    assert bench.events == [Spawned(1, 7, running.pid, bench.kernel.wall())]
    child = bench.kernel.process(running.pid)
    assert child.argv == ("p", "-x")
    assert child.nofile == 64
    assert child.env["SUPERVISOR_PROCESS_NAME"] == "p1"


def test_a_cancelled_spawn_answers_at_once_without_a_text_and_leaves_nothing(bench):
    before = bench.kernel.open_count()
    bench.spawner.spawn(bench.program(), 1)
    bench.spawner.cancel(bench.program(), 1)
    assert bench.events == [SpawnFailed(1, 1, "", bench.kernel.wall())]
    bench.settle()
    assert bench.born == []
    assert len(bench.events) == 1
    assert bench.kernel.open_count() == before


def test_a_spawn_may_be_cancelled_when_all_is_prepared_and_only_the_fork_is_left(bench):
    before = bench.kernel.open_count()
    bench.spawner.spawn(bench.program(), 1)
    bench.kernel.poll(0)
    bench.loop.at(0, lambda: bench.spawner.cancel(bench.program(), 1))
    bench.settle()
    assert bench.events == [SpawnFailed(1, 1, "", bench.kernel.wall())]
    assert bench.born == []
    assert bench.kernel.open_count() == before


@pytest.mark.parametrize("call", ["spawn", "pipe"])
def test_a_spawn_that_fails_on_the_loop_leaves_nothing_open(bench, call):
    before = bench.kernel.open_count()
    bench.kernel.faults.fail(call, errno.ENOMEM)
    bench.spawner.spawn(bench.program(), 1)
    bench.settle()
    assert [type(event) for event in bench.events] == [SpawnFailed]
    assert bench.kernel.open_count() == before


def test_a_cancel_of_another_attempt_or_of_a_child_that_is_there_changes_nothing(bench):
    bench.spawner.spawn(bench.program(), 2)
    bench.spawner.cancel(bench.program(), 1)
    bench.settle()
    bench.spawner.cancel(bench.program(), 2)
    assert [type(event) for event in bench.events] == [Spawned]


def test_of_two_attempts_of_one_program_only_the_last_gets_a_child(bench):
    bench.spawner.spawn(bench.program(), 1)
    bench.spawner.cancel(bench.program(), 1)
    bench.spawner.spawn(bench.program(), 2)
    bench.settle()
    assert [(type(event), event.attempt) for event in bench.events] == [(SpawnFailed, 1), (Spawned, 2)]
    assert len(bench.kernel.processes()) == 1


def test_forking_stops_for_the_turn_when_its_time_is_used_up_and_goes_on_in_the_next():
    bench = Bench(tick_ns=FORK_NS_PER_TURN // 20)
    for instance in range(1, 9):
        bench.spawner.spawn(bench.program(instance), 1)
    counts = []
    for _ in range(20):
        bench.loop.turn(0, lambda: None)
        counts.append(len(bench.born))
    steps = [after - before for before, after in zip([0, *counts], counts, strict=False) if after > before]
    assert sum(steps) == 8
    assert max(steps) < 8
    assert [event.instance for event in bench.events] == list(range(1, 9))


def test_one_spawn_that_goes_wrong_in_an_unforeseen_way_does_not_hold_up_the_next(bench):
    logs_of = bench.spawner._logs_of

    def breaks(program, opened):
        if program.instance == 1:
            raise ValueError("unforeseen")
        return logs_of(program, opened)

    bench.spawner._logs_of = breaks
    for instance in (1, 2, 3):
        bench.spawner.spawn(bench.program(instance), 1)
    bench.settle()
    assert [str(error) for error in bench.errors] == ["unforeseen"]
    assert [event.instance for event in bench.events] == [2, 3]


@pytest.mark.parametrize("limit", [64, 65, 66, 72, 160, 161, 162, 400])
def test_a_reserve_of_descriptors_is_left_to_everything_else(limit):
    bench = Bench(nofile=limit)
    taken, highest = bench.kernel.open_count(), limit - min(RESERVED_FDS, limit // 8)
    for instance in range(1, limit // 3):
        bench.spawner.spawn(bench.program(instance, stdout=NO_LOG, stderr=NO_LOG), 1)
    bench.settle(limit)
    failed = [event.text for event in bench.events if isinstance(event, SpawnFailed)]
    assert failed
    assert set(failed) <= {f"too many open files to spawn 'p{instance}'" for instance in range(1, limit // 3)}
    # Each keeps three, and the last of the six there are while it is started must not be beyond.
    assert len(bench.born) == len(bench.kernel.processes()) == (highest - taken - 5) // 3 + 1


def test_with_redirect_stderr_both_streams_are_one_pipe(bench):
    bench.spawner.spawn(bench.program(redirect_stderr=True), 1)
    bench.settle()
    (child,) = bench.kernel.processes()
    assert child.fds[1] is child.fds[2]


@pytest.mark.parametrize("late", [False, True])
def test_a_failed_setup_is_noted_once_with_its_stage_and_its_note_is_closed(bench, late):
    bench.kernel.late_notes = late
    bench.kernel.faults.fail("exec", errno.ENOEXEC)
    bench.spawner.spawn(bench.program(), 1)
    bench.settle()
    assert [event for event in bench.events if isinstance(event, SetupNoted)] == [
        SetupNoted(1, 1, "exec", errno.ENOEXEC)
    ]
    assert bench.born[0].note_fd == -1


@pytest.mark.parametrize(("nth", "late"), [(1, False), (2, False), (1, True), (2, True), (3, True)])
def test_a_child_whose_output_cannot_be_watched_is_killed_rather_than_left_unread(bench, nth, late):
    """The third is the note of a child that has one. Nothing of it stays open, and it is no fault of ours."""
    bench.kernel.late_notes = late
    before = bench.kernel.open_count()
    bench.kernel.faults.fail("watch", errno.ENOSPC, nth=nth)
    bench.spawner.spawn(bench.program(), 1)
    bench.settle()
    (running,) = bench.born
    assert bench.kernel.reap(running.pid).signal == 9
    assert bench.events[1:] == [SetupNoted(1, 1, "watch", errno.ENOSPC)]
    assert bench.errors == []
    bench.spawner.close_note(running)
    running.stdin.close()
    running.logs.finish()
    bench.settle()
    assert bench.kernel.open_count() == before


@pytest.mark.parametrize(("number", "open_after"), [(errno.EAGAIN, -1), (errno.EIO, -1)])
def test_a_note_that_cannot_be_read_is_read_again_or_done_without(bench, number, open_after):
    bench.kernel.late_notes = True
    bench.kernel.faults.fail("read", number, when=lambda fd, size: size == 64)
    bench.spawner.spawn(bench.program(), 1)
    bench.settle()
    assert bench.born[0].note_fd == open_after
    assert bench.errors == []


def test_the_environment_of_a_child_is_ours_then_supervisors_then_the_configurations():
    ours = {"A": "ours", "SUPERVISOR_ENABLED": "0", "SUPERVISOR_SERVER_URL": "inherited", "HOME": "/root"}
    config = ProcessConfig(
        "p", "x", "c", environment={"A": "own", "SUPERVISOR_GROUP_NAME": "own"}, serverurl="unix:///s"
    )
    assert child_environment(ours, config, "g") == {
        "A": "own",
        "HOME": "/root",
        "SUPERVISOR_ENABLED": "1",
        "SUPERVISOR_SERVER_URL": "unix:///s",
        "SUPERVISOR_PROCESS_NAME": "p",
        "SUPERVISOR_GROUP_NAME": "own",
    }
    assert child_environment(ours, config.replace(serverurl=None), "g")["SUPERVISOR_SERVER_URL"] == "inherited"
    assert ours["A"] == "ours"


def test_a_child_becomes_its_user_with_all_groups_and_a_user_that_vanished_is_an_error():
    files = SimFiles()
    files.users.add_user("web", 1000, 1000)
    files.users.add_group("www", 33, ("web",))
    assert identity(files, None) is None
    assert identity(files, 1000) == UserIdentity(1000, 1000, (1000, 33))
    with pytest.raises(CommandError, match="couldn't setuid to 7: Can't find uid 7"):
        identity(files, 7)


def test_a_stream_has_a_target_only_if_its_file_is_known():
    assert log_target(LogConfig("/l", 5, 6)) == LogTarget("/l", 5, 6)
    assert [log_target(LogConfig(file, 5, 6)) for file in (None, "", AUTO)] == [None, None, None]


def test_what_was_prepared_for_an_attempt_that_was_called_off_is_no_childs_of_the_next(bench):
    bench.spawner.spawn(bench.program(), 1)
    bench.kernel.poll(0)

    def again():
        bench.spawner.cancel(bench.program(), 1)
        bench.spawner.spawn(bench.program(), 2)

    bench.loop.at(0, again)
    bench.settle()
    assert [(type(event), event.attempt) for event in bench.events] == [(SpawnFailed, 1), (Spawned, 2)]
    assert [running.attempt for running in bench.born] == [2]
    assert len(bench.kernel.processes()) == 1


@pytest.mark.parametrize(
    ("call", "number", "text"),
    [
        ("spawn", errno.EAGAIN, "Too many processes in process table to spawn 'p1'"),
        ("spawn", errno.ENOMEM, "unknown error during fork for 'p1': ENOMEM"),
        ("pipe", errno.EMFILE, "too many open files to spawn 'p1'"),
        ("pipe", errno.EAGAIN, "unknown error making dispatchers for 'p1': EAGAIN"),
        ("pipe", errno.ENFILE, "unknown error making dispatchers for 'p1': ENFILE"),
    ],
)
def test_why_a_spawn_failed_is_said_as_supervisord_says_it(bench, call, number, text):
    bench.kernel.faults.fail(call, number)
    bench.spawner.spawn(bench.program(), 1)
    bench.settle()
    assert [event.text for event in bench.events] == [text]


def test_a_note_that_was_waited_for_leaves_no_descriptor(bench):
    bench.kernel.late_notes = True
    bench.spawner.spawn(bench.program(), 1)
    while not bench.born:
        bench.settle(1)
    (running,) = bench.born
    assert running.note_fd >= 0
    before, note = bench.kernel.open_count(), running.note_fd
    assert note in bench.loop._ready
    bench.spawner.close_note(running)
    assert bench.kernel.open_count() == before - 1
    assert note not in bench.loop._ready
    bench.spawner.close_note(running)
    assert running.note_fd == -1


def test_a_child_gets_the_directory_the_umask_and_the_limit_that_are_asked_for(bench, monkeypatch):
    specs = []
    spawn = bench.kernel.spawn
    monkeypatch.setattr(type(bench.kernel), "spawn", lambda kernel, spec: specs.append(spec) or spawn(spec))
    bench.spawner.spawn(bench.program(directory="/srv", umask=0o27), 1)
    bench.spawner.spawn(bench.program(2), 1)
    bench.settle()
    assert [(spec.directory, spec.umask, spec.nofile) for spec in specs] == [("/srv", 0o27, 64), (None, None, 64)]


def test_with_redirect_stderr_no_file_is_opened_for_stderr(bench):
    other = LogConfig("/var/log/p.err", 0, 0)
    bench.spawner.spawn(bench.program(redirect_stderr=True, stderr=other), 1)
    bench.spawner.spawn(bench.program(2), 1)
    bench.settle()
    assert len(bench.born) == 2
    assert not bench.kernel.files.exists("/var/log/p.err")


def test_nobody_waits_for_one_whose_preparation_hangs_once_it_is_called_off(bench):
    bench.kernel.withhold("spawn:1")
    for instance in (1, 2):
        bench.spawner.spawn(bench.program(instance), 1, ordered=True)
    bench.settle()
    assert bench.born == []
    bench.spawner.cancel(bench.program(1), 1)
    bench.settle()
    assert [running.program.instance for running in bench.born] == [2]
    assert bench.kernel.mono() < PATIENCE_NS


@pytest.mark.parametrize(
    ("error", "text", "status"),
    [
        (OSError(errno.EMFILE, "no more"), "too many open files to spawn 'p1'", 0),
        (OSError(errno.EACCES, "forbidden"), "unknown error making dispatchers for 'p1': EACCES", 0),
        (OSError("odd"), "unknown error making dispatchers for 'p1': odd", 0),
        (ValueError("odd"), "unknown error making dispatchers for 'p1': odd", 0),
        (CommandError("can't find command 'x'", missing=True), "can't find command 'x'", 127),
        (CommandError("command at 'x' is a directory"), "command at 'x' is a directory", 126),
    ],
)
def test_why_a_preparation_failed_is_said_as_supervisord_says_it(bench, monkeypatch, error, text, status):
    def fail(*_):
        raise error

    monkeypatch.setattr(spawner, "prepare_logs", fail)
    bench.spawner.spawn(bench.program(), 1)
    bench.settle()
    assert [(event.text, event.status) for event in bench.events] == [(text, status)]
    assert bench.errors == []


def test_each_stream_of_a_child_is_its_own_and_goes_the_right_way():
    steps = [["write", "out", 3], ["write", "err", 5], ["pause"]]
    bench = Bench(programs=lambda *_: steps)
    bench.spawner.spawn(bench.program(stderr=LogConfig("/var/log/p.err", 0, 0)), 1)
    bench.settle(20)
    files, (running,) = bench.kernel.files, bench.born
    assert (len(files.data("/var/log/p.log")), len(files.data("/var/log/p.err"))) == (3, 5)
    child = bench.kernel.process(running.pid)
    assert running.stdin.send(b"x" * 100_000)  # more than the pipe holds, to one that reads nothing
    assert child.fds[0] is not child.fds[1]
    assert bench.errors == []


def test_a_note_of_any_number_is_one(bench):
    """A daemon that was started without streams may get the numbers of those."""
    bench.spawner.spawn(bench.program(), 1)
    bench.settle()
    (running,) = bench.born
    reader, writer = bench.kernel.pipe()
    closed = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(bench.kernel), "close", lambda kernel, fd: closed.append(fd))
        patch.setattr(type(bench.kernel), "watch", lambda kernel, fd, interest: None)
        bench.spawner._watch_note(running, Child(running.pid, 0))
        assert 0 in bench.loop._ready
        running.note_fd = 0
        bench.spawner.close_note(running)
    assert (closed, running.note_fd) == ([0], -1)


def test_what_is_ready_forks_in_one_turn_while_there_is_time(bench):
    for instance in (1, 2, 3):
        bench.spawner.spawn(bench.program(instance), 1)
    while not bench.born:
        bench.settle(1)
    assert len(bench.born) == 3


def test_a_start_that_came_to_nothing_is_remembered_with_its_reason_but_not_one_that_was_called_off(bench):
    program = bench.program(command="nowhere")
    bench.spawner.spawn(program, 1)
    bench.settle()
    bench.spawner.spawn(program, 2)
    bench.spawner.cancel(program, 2)
    (end,) = program.ends
    assert (end.pid, end.text, end.code, end.signal) == (0, "can't find command 'nowhere'", None, None)
    assert end.began_ns == end.ended_ns == bench.kernel.mono()


def test_a_child_knows_when_it_began_and_where_its_logs_were(bench):
    bench.kernel.files.put("/var/log/p.log", b"12345")
    bench.spawner.spawn(bench.program(stderr=NO_LOG), 1)
    bench.settle()
    (running,) = bench.born
    assert (running.began_ns, running.logged) == (bench.kernel.mono(), (5, 0))
