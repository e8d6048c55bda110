"""initd.reaper.reaper on the simulated kernel: order, bounds, strangers, words."""

from __future__ import annotations

import errno
import os

import pytest
from supervisor.options import decode_wait_status

from initd.drive.loop import Loop
from initd.kernel.port import ExitStatus, SpawnSpec
from initd.reaper.reaper import SECOND_NS, UNKNOWN_LINES, Ended, Reaper, describe
from initd.signals import SIGCHLD, SIGKILL
from sim.kernel import Deadlock, SimKernel


class Bench:
    """A reaper on a simulated machine."""

    def __init__(self, programs: object = "run") -> None:
        self.kernel = SimKernel(programs=programs)
        self.kernel.files.program("/bin/x")
        self.kernel.catch_signals([SIGCHLD])
        self.lines: list[tuple[str, str]] = []
        self.errors: list[Exception] = []
        self.loop = Loop(self.kernel, self.errors.append)
        self.reaper = Reaper(self.kernel, lambda *line: self.lines.append(line), self.loop.after)
        self.finished: list[object] = []

    def spawn(self) -> int:
        ends = self.kernel.pipe()
        return self.kernel.spawn(SpawnSpec("/bin/x", ("x",), {}, ends[0], ends[1], ends[1])).pid

    def drain(self, limit: int = 100) -> list[Ended]:
        return self.reaper.drain(limit, self.finished.append)

    def until_quiet(self) -> None:
        """Turn until nothing can happen any more."""
        with pytest.raises(Deadlock):
            while True:
                self.loop.turn(None, self.kernel.take_signals)


def test_a_child_is_reaped_with_its_owner_and_its_status() -> None:
    bench = Bench("exit 3")
    pid = bench.spawn()
    bench.reaper.register(pid, "web")
    assert bench.drain() == []
    assert bench.reaper.holds(pid)
    bench.until_quiet()
    assert bench.drain() == [Ended(pid, "web", ExitStatus(3))]
    assert not bench.reaper.holds(pid)
    assert bench.finished == ["web"]
    assert bench.lines == []
    assert bench.drain() == []


def test_the_owner_is_called_while_the_pid_is_still_held() -> None:
    bench = Bench("exit 0")
    pid = bench.spawn()
    bench.reaper.register(pid, "web")
    bench.until_quiet()
    seen: list[bool] = []
    bench.reaper.drain(1, lambda owner: seen.append(bench.kernel.process(pid) is not None))
    assert seen == [True]
    assert bench.kernel.process(pid) is None


def test_an_error_in_the_last_call_is_logged_and_the_child_reaped_all_the_same() -> None:
    bench = Bench("exit 0")
    pids = [bench.spawn(), bench.spawn()]
    for pid in pids:
        bench.reaper.register(pid, pid)
    bench.until_quiet()

    def fail(owner: object) -> None:
        raise ValueError(owner)

    assert [ended.owner for ended in bench.reaper.drain(9, fail)] == pids
    assert bench.lines == [("crit", f"error while finishing pid {pid}: ValueError({pid})") for pid in pids]


def test_no_more_than_the_limit_are_reaped_at_once() -> None:
    bench = Bench("exit 0")
    for _ in range(5):
        bench.reaper.register(bench.spawn(), "x")
    bench.until_quiet()
    assert [len(bench.drain(2)) for _ in range(4)] == [2, 2, 1, 0]


def test_the_first_strangers_of_a_second_get_a_line_each_and_the_rest_share_one() -> None:
    bench = Bench("exit 1")
    pids = [bench.spawn() for _ in range(UNKNOWN_LINES + 7)]
    bench.until_quiet()
    assert [ended.owner for ended in bench.drain()] == [None] * len(pids)
    assert bench.lines == [("info", f"reaped unknown pid {pid} (exit status 1)") for pid in pids[:UNKNOWN_LINES]]
    bench.until_quiet()
    assert bench.lines[UNKNOWN_LINES:] == [("info", "reaped 7 more unknown pids")]
    pid = bench.spawn()
    bench.until_quiet()
    bench.drain()
    assert bench.lines[-1] == ("info", f"reaped unknown pid {pid} (exit status 1)")
    bench.until_quiet()
    assert len(bench.lines) == UNKNOWN_LINES + 2


def test_an_orphan_that_comes_to_us_is_a_stranger() -> None:
    bench = Bench([["fork", [["sleep", 1], ["exit", 4]]], ["exit", 0]])
    parent = bench.spawn()
    bench.reaper.register(parent, "web")
    bench.until_quiet()
    ended = {each.status.code: each.owner for each in bench.drain()}
    assert ended == {0: "web", 4: None}


def test_a_pid_that_comes_round_again_belongs_to_nobody_until_registered() -> None:
    bench = Bench("exit 0")
    pid = bench.spawn()
    bench.reaper.register(pid, "old")
    bench.until_quiet()
    bench.drain()
    bench.kernel.machine.table.last_pid = pid - 1
    assert bench.spawn() == pid
    bench.until_quiet()
    assert bench.drain() == [Ended(pid, None, ExitStatus(0))]


@pytest.mark.parametrize("code", [0, 1, 127, 255])
def test_exits_are_described_as_supervisord_does(code: int) -> None:
    assert describe(ExitStatus(code)) == decode_wait_status(code << 8)[1]


@pytest.mark.parametrize("dumped", [False, True])
@pytest.mark.parametrize("signal", range(1, 65))
def test_deaths_by_signal_are_described_as_supervisord_does(signal: int, dumped: bool) -> None:
    status = signal | (0x80 if dumped else 0)
    assert os.WIFSIGNALED(status)
    assert describe(ExitStatus(None, signal, dumped)) == decode_wait_status(status)[1]


def test_a_killed_child_is_reaped_with_its_signal() -> None:
    bench = Bench("run")
    pid = bench.spawn()
    bench.kernel.kill(pid, SIGKILL)
    bench.until_quiet()
    assert describe(bench.drain()[0].status) == "terminated by SIGKILL"


def test_an_orphan_is_nobodys_while_the_program_it_came_from_lives_on() -> None:
    bench = Bench([["fork", [["fork", [["sleep", 1], ["exit", 4]]], ["exit", 0]]], ["wait"], ["pause"]])
    program = bench.spawn()
    bench.reaper.register(program, "web")
    bench.until_quiet()
    (ended,) = bench.drain()
    assert (ended.owner, ended.status) == (None, ExitStatus(4))
    assert bench.reaper.holds(program)
    assert bench.finished == []


@pytest.mark.parametrize("number", [errno.ECHILD, errno.EAGAIN])
def test_a_child_that_cannot_be_reaped_is_told_once_and_tried_again_at_the_next_call(number: int) -> None:
    bench = Bench("exit 0")
    pid = bench.spawn()
    bench.reaper.register(pid, "web")
    bench.until_quiet()
    bench.kernel.faults.fail("reap", number)
    assert bench.drain() == []
    assert [(level, line.partition(";")[2]) for level, line in bench.lines] == [
        ("crit", " a process may not be cleaned up properly")
    ]
    assert bench.drain() == [Ended(pid, "web", ExitStatus(0))]


@pytest.mark.parametrize("counts", [(10, 10), (11, 11), (1, 10)])
def test_strangers_are_counted_anew_after_a_second(counts: tuple[int, ...]) -> None:
    bench = Bench("exit 1")
    for count in counts:
        pids = [bench.spawn() for _ in range(count)]
        bench.until_quiet()
        bench.drain()
        bench.until_quiet()
        alone = [("info", f"reaped unknown pid {pid} (exit status 1)") for pid in pids[:UNKNOWN_LINES]]
        assert bench.lines == alone + [("info", "reaped 1 more unknown pids")] * (count - len(alone))
        bench.lines.clear()


def test_the_bounds_are_those_of_the_documentation() -> None:
    assert (UNKNOWN_LINES, SECOND_NS) == (10, 10**9)
