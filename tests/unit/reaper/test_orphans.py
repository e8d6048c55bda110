"""initd.reaper.orphans on the simulated kernel: what becomes of leftovers, and when."""

from __future__ import annotations

from initd.drive.loop import Loop
from initd.kernel.port import SpawnSpec
from initd.reaper.orphans import GRACE_NS, LOOK_NS, Leftovers
from initd.reaper.reaper import Reaper
from initd.signals import SIGCHLD
from sim.kernel import SimKernel

SECOND_NS = 1_000_000_000


class Bench:
    """Leftovers on a simulated machine; `begin` runs them to their end."""

    def __init__(self, programs: object, pid: int = 1, count: int = 1) -> None:
        self.kernel = SimKernel(programs=programs, pid=pid)
        self.kernel.files.program("/bin/x")
        self.kernel.catch_signals([SIGCHLD])
        self.errors: list[Exception] = []
        self.over: list[int] = []
        self.loop = Loop(self.kernel, self.errors.append)
        reaper = Reaper(self.kernel, lambda level, text: None, self.loop.after)
        for _ in range(count):
            ends = self.kernel.pipe()
            self.kernel.spawn(SpawnSpec("/bin/x", ("x",), {}, ends[0], ends[1], ends[1]))
        self.run(SECOND_NS)
        self.reap = lambda: reaper.drain(256, lambda owner: None)
        self.leftovers = Leftovers(self.kernel, self.loop, self.reap, self.over.append)

    def run(self, until_ns: int) -> None:
        while self.kernel.now < until_ns and not self.over:
            self.loop.turn(until_ns, self.kernel.take_signals)

    def begin(self) -> int:
        """How long it took."""
        began_ns = self.kernel.now
        self.leftovers.begin()
        self.run(began_ns + 10 * SECOND_NS)
        assert self.errors == []
        return self.kernel.now - began_ns


def test_with_nobody_left_it_is_over_at_once() -> None:
    bench = Bench("run", count=0)
    assert bench.begin() == 0
    assert bench.over == [0]


def test_those_who_heed_sigterm_are_waited_for_and_no_longer() -> None:
    bench = Bench("slow term 0.5s", count=20)
    took_ns = bench.begin()
    assert SECOND_NS // 2 <= took_ns <= SECOND_NS // 2 + 2 * LOOK_NS
    assert bench.over == [0]
    assert bench.kernel.processes() == []


def test_those_who_do_not_are_killed_after_the_grace() -> None:
    bench = Bench([["ignore", "TERM"], ["pause"]], count=3)
    took_ns = bench.begin()
    assert GRACE_NS <= took_ns <= GRACE_NS + 2 * LOOK_NS
    assert bench.over == [0]
    assert bench.kernel.processes() == []


def test_grandchildren_in_sessions_of_their_own_are_ended_too() -> None:
    bench = Bench([["fork", [["setsid"], ["fork", [["pause"]]], ["exit", 0]]], ["exit", 0]])
    assert bench.kernel.processes() != []
    bench.begin()
    assert bench.over == [0]
    assert bench.kernel.processes() == []


def test_what_survives_sigkill_is_given_up_and_counted() -> None:
    bench = Bench([["dstate", 3600], ["exit", 0]], count=2)
    took_ns = bench.begin()
    assert 2 * GRACE_NS <= took_ns <= 2 * GRACE_NS + 2 * LOOK_NS
    assert bench.over == [2]


def test_nothing_is_signalled_unless_we_are_pid_1() -> None:
    bench = Bench("run", pid=100)
    alive = [process.pid for process in bench.kernel.processes()]
    assert bench.begin() == 0
    assert bench.over == [0]
    bench.run(bench.kernel.now + SECOND_NS)
    assert [process.pid for process in bench.kernel.processes()] == alive != []


def test_the_grace_is_that_of_the_documentation():
    assert (GRACE_NS, LOOK_NS) == (2 * SECOND_NS, SECOND_NS // 100)
