"""Named behaviours on the simulated kernel, from start to end."""

from __future__ import annotations

import pytest

from initd.kernel.port import ExitStatus, SpawnSpec
from initd.signals import SIGCHLD, SIGKILL, SIGSEGV, SIGTERM
from sim.kernel import EndOfRun, SimKernel

S = 1_000_000_000


class Run:
    """One program on a kernel: its descriptors, and its end."""

    def __init__(self, behaviour: object, **env: str) -> None:
        self.kernel = SimKernel(programs=behaviour, until_ns=100 * S)
        self.kernel.files.program("/bin/prog")
        self.kernel.catch_signals([SIGCHLD])
        self.env = env
        self.start()

    def start(self) -> None:
        kernel = self.kernel
        theirs, self.stdin = kernel.pipe()
        self.stdout, writer = kernel.pipe()
        kernel.set_nonblocking(self.stdout)
        self.pid = kernel.spawn(SpawnSpec("/bin/prog", ("prog",), self.env, theirs, writer, writer)).pid
        kernel.close(theirs)
        kernel.close(writer)

    def end(self) -> tuple[float, ExitStatus]:
        """When it ended, in seconds, and how."""
        while self.kernel.process(self.pid).state != "Z":
            self.kernel.poll(None)
            self.kernel.take_signals()
        return self.kernel.now / S, self.kernel.reap(self.pid)

    def after(self, seconds: float) -> None:
        end_ns = self.kernel.now + int(seconds * S)
        while self.kernel.now < end_ns:
            self.kernel.poll(end_ns)
            self.kernel.take_signals()

    def output(self) -> bytes:
        return self.kernel.read(self.stdout, 1 << 20)


@pytest.mark.parametrize(
    ("behaviour", "seconds", "status"),
    [
        ("exit 0 after 5s", 5, ExitStatus(0)),
        ("crash after 0.3s exit 1", 0.3, ExitStatus(1)),
        ("crash", 0, ExitStatus(1)),
        ("segv after 1s", 1, ExitStatus(None, SIGSEGV)),
        ("crash after 2s by KILL", 2, ExitStatus(None, SIGKILL)),
        ("exit 3 after 999999999ns", 0.999999999, ExitStatus(3)),
        ("daemonize", 0, ExitStatus(0)),
    ],
)
def test_it_ends_when_and_how_it_says(behaviour, seconds, status) -> None:
    assert Run(behaviour).end() == (seconds, status)


@pytest.mark.parametrize(
    "behaviour", ["run forever", "ignore TERM", "fork orphans 2", "flood 100", "partial lines", "print x every 1s"]
)
def test_it_runs_for_ever(behaviour) -> None:
    run = Run(behaviour)
    with pytest.raises(EndOfRun):
        run.end()


@pytest.mark.parametrize(
    ("behaviour", "seconds", "status"),
    [
        ("run forever", 1, ExitStatus(None, SIGTERM)),
        ("slow term 3s", 4, ExitStatus(0)),
        ("exit 3 on TERM", 1, ExitStatus(3)),
        ("dstate 7s", 7, ExitStatus(None, SIGTERM)),
    ],
)
def test_it_answers_a_sigterm_after_a_second(behaviour, seconds, status) -> None:
    run = Run(behaviour)
    run.after(1)
    run.kernel.kill(run.pid, SIGTERM)
    assert run.end() == (seconds, status)


def test_who_ignores_sigterm_takes_a_sigkill() -> None:
    run = Run("ignore TERM")
    run.after(1)
    run.kernel.kill(run.pid, SIGTERM)
    run.after(5)
    run.kernel.kill(run.pid, SIGKILL)
    assert run.end() == (6, ExitStatus(None, SIGKILL))


def test_who_exits_on_the_second_sigterm_survives_the_first() -> None:
    run = Run("exit on second term")
    for second in (1, 2):
        run.after(1)
        run.kernel.kill(run.pid, SIGTERM)
        assert run.kernel.process(run.pid).state == "S", second
    assert run.end() == (2, ExitStatus(0))


def test_attempts_are_counted_by_process_so_that_flapping_ends() -> None:
    run = Run("flap 2 times after 0.2s then run", SUPERVISOR_PROCESS_NAME="web", SUPERVISOR_GROUP_NAME="web")
    for _ in range(2):
        assert run.end()[1] == ExitStatus(1)
        run.start()
    run.after(10)
    assert run.kernel.process(run.pid).state == "S"
    assert run.kernel.attempts("web") == 3


def test_orphans_are_left_to_pid_1_and_live_on() -> None:
    run = Run("fork orphans 3 for 5s, exit 0")
    assert run.end() == (0, ExitStatus(0))
    run.after(1)
    alive = [one for one in run.kernel.processes() if one.state != "Z"]
    assert len(alive) == 3 and {one.pid for one in alive} < set(run.kernel.children())
    run.after(5)
    assert {one.state for one in run.kernel.processes()} == {"Z"}


def test_an_orphan_can_hold_the_pipe_of_a_dead_program() -> None:
    run = Run("orphan holds pipe for 5s, exit 0")
    run.end()
    with pytest.raises(BlockingIOError):
        run.output()
    run.after(6)
    assert run.output() == b""


def test_an_orphan_in_a_session_of_its_own_holds_nothing() -> None:
    run = Run("orphan new session, exit 0")
    run.end()
    run.after(0.1)
    assert run.output() == b""
    (daemon,) = [one for one in run.kernel.processes() if one.state == "S"]
    assert daemon.sid == daemon.pgid == daemon.pid


def test_a_fork_bomb_makes_as_many_as_it_says() -> None:
    run = Run("fork bomb 30")
    run.after(0.5)
    assert len(run.kernel.processes()) == 31


def test_a_flood_writes_at_its_rate() -> None:
    run = Run("flood 10000")
    run.after(2.05)
    assert len(run.output()) == 21_000


def test_a_listener_answers_each_event_with_its_result() -> None:
    run = Run("listen FAIL after 2s")
    run.after(0.1)
    assert run.output() == b"READY\n"
    run.kernel.write(
        run.stdin, b"ver:3.0 server:supervisor serial:1 pool:p poolserial:1 eventname:TICK_5 len:7\nwhen:10"
    )
    run.after(1)
    with pytest.raises(BlockingIOError):
        run.output()
    run.after(1.5)
    assert run.output() == b"RESULT 4\nFAILREADY\n"
    run.kernel.close(run.stdin)
    assert run.end()[1] == ExitStatus(0)


def test_a_busy_script_lets_time_pass() -> None:
    run = Run([["loop", [["ignore", "USR1"]]]])
    run.after(0.01)
    assert run.kernel.now == S // 100
