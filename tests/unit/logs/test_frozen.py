"""Logs as a whole on the simulated kernel: whoever waits for a disk waits alone."""

from __future__ import annotations

import errno

from hypothesis import given, settings
from hypothesis import strategies as st

from initd.drive.loop import Loop
from initd.kernel.port import SpawnSpec
from initd.logs.program import LogTarget, ProgramLogs, prepare_logs
from initd.logs.sinks import DROP_BYTES, FULL_BYTES, SinkTable
from initd.reaper.reaper import Reaper
from initd.signals import SIGCHLD
from sim.kernel import EndOfRun, SimKernel

SECOND_NS = 1_000_000_000
MANY = 3 * FULL_BYTES


class Bench:
    """A daemon that does nothing but start programs, reap them and log what they say."""

    def __init__(self, programs: object) -> None:
        self.kernel = SimKernel(programs=programs)
        self.kernel.files.program("/bin/x")
        self.kernel.files.directory("/mnt")
        self.kernel.catch_signals([SIGCHLD])
        self.errors: list[Exception] = []
        self.lines: list[str] = []
        self.loop = Loop(self.kernel, self.errors.append)
        self.table = SinkTable(self.loop, self.lines.append)
        self.reaper = Reaper(self.kernel, lambda level, text: self.lines.append(text), self.loop.after)

    def start(self, name: str, path: str, maxbytes: int = 0, backups: int = 0) -> None:
        logs = ProgramLogs(self.table, prepare_logs(self.kernel.files, LogTarget(path, maxbytes, backups), None))
        unused, child_in = self.kernel.pipe()[::-1]
        ours, theirs = self.kernel.pipe()
        env = {"SUPERVISOR_PROCESS_NAME": name}
        child = self.kernel.spawn(SpawnSpec("/bin/x", ("x",), env, child_in, theirs, theirs))
        for fd in (child_in, theirs):
            self.kernel.close(fd)
        self.kernel.close(unused)
        self.reaper.register(child.pid, logs)
        logs.attach(ours, None)

    def run(self, seconds: float) -> None:
        self.kernel.run_until(self.kernel.now + int(seconds * SECOND_NS))
        try:
            while True:
                self.loop.turn(self.kernel.now + SECOND_NS, self._first)
        except EndOfRun:
            assert self.errors == []

    def _first(self) -> None:
        self.kernel.take_signals()
        self.reaper.drain(256, lambda logs: logs.finish())


def test_a_frozen_disk_under_one_log_delays_no_other_program() -> None:
    bench = Bench([["write", "out", MANY], ["exit", 0]])
    bench.start("stuck", "/mnt/log")
    bench.start("free", "/var/log/free")
    bench.kernel.files.hang("/mnt")
    bench.run(1)
    assert len(bench.kernel.files.data("/var/log/free")) == MANY
    assert bench.kernel.files.data("/mnt/log") == b""
    assert len(bench.kernel.processes()) == 1
    bench.kernel.files.release("/mnt")
    bench.run(1)
    assert bench.kernel.files.data("/mnt/log") == bench.kernel.files.data("/var/log/free")
    assert bench.kernel.processes() == []
    assert bench.lines == []


def test_a_program_that_dies_again_and_again_over_a_frozen_log_costs_bounded_memory_and_descriptors() -> None:
    bench = Bench([["write", "out", 60_000], ["exit", 1]])
    bench.kernel.withhold("log:/mnt/log")
    descriptors = set()
    starts = 2 * DROP_BYTES // 60_000
    for number in range(starts):
        bench.start("loop", "/mnt/log")
        bench.run(0.1)
        if number > 1:
            descriptors.add(bench.kernel.open_count())
    sink = bench.table._shared["/mnt/log"].sink
    assert sink._held_bytes <= DROP_BYTES + 60_000
    assert len(sink._queue) <= DROP_BYTES // 60_000 + 1
    assert len(sink._waiting) == 0
    assert len(descriptors) == 1
    assert bench.lines == ["log target '/mnt/log' does not keep up, output is lost"]
    bench.kernel.let_go("log:/mnt/log")
    bench.run(1)
    kept = len(bench.kernel.files.data("/mnt/log"))
    assert bench.lines[1:] == [f"log target '/mnt/log' takes output again, {starts * 60_000 - kept} bytes were lost"]
    assert bench.table._shared == {}


def test_what_is_in_the_pipe_at_the_end_is_logged_and_what_an_orphan_adds_is_not() -> None:
    orphan = [["fork", [["loop", [["write", "out", "late\n"], ["sleep", 0.001]]]]]]
    bench = Bench([["write", "out", "last words\n"], *orphan, ["exit", 0]])
    bench.start("x", "/var/log/x")
    bench.run(1)
    text = bench.kernel.files.data("/var/log/x")
    assert text.startswith(b"last words\n")
    assert text.count(b"late") <= 2
    bench.run(1)
    assert bench.kernel.files.data("/var/log/x") == text


def test_a_full_disk_is_told_when_it_begins_and_when_it_is_over() -> None:
    bench = Bench([["loop", [["write", "out", "12345678"], ["sleep", 0.1]]]])
    bench.start("x", "/var/log/x")
    bench.run(0.55)
    bench.kernel.files.fail("/var/log/x", errno.ENOSPC, "append")
    bench.run(0.5)
    bench.kernel.files.heal()
    bench.run(0.5)
    kept = len(bench.kernel.files.data("/var/log/x"))
    assert len(bench.lines) == 2
    assert "could not write to log target '/var/log/x'" in bench.lines[0]
    lost = int(bench.lines[1].split()[-4])
    assert lost > 0
    assert kept % 8 == lost % 8 == 0
    assert 15 <= (kept + lost) // 8 <= 17


@settings(deadline=None, max_examples=50)
@given(
    st.lists(st.tuples(st.integers(1, 70_000), st.sampled_from([0.0, 0.01, 0.3])), min_size=1, max_size=6),
    st.integers(0, 400_000_000),
    st.sampled_from([0, 1000, 100_000]),
)
def test_output_of_one_run_after_the_other_stays_in_order_however_slow_the_disk(
    runs: list[tuple[int, float]], delay_ns: int, maxbytes: int
) -> None:
    written = []

    def program(argv: object, env: object, attempt: int) -> list[list[object]]:
        size_bytes, _ = runs[attempt - 1]
        return [["write", "out", chr(96 + attempt) * size_bytes], ["exit", 0]]

    bench = Bench(program)
    bench.kernel.delay_lane("*", delay_ns)
    for number, (size_bytes, pause) in enumerate(runs, 1):
        bench.start("x", "/var/log/x", maxbytes, 99)
        bench.run(pause or 0.001)
        written.append(chr(96 + number).encode() * size_bytes)
    bench.run(60)
    names = [f"/var/log/x.{number}" for number in range(99, 0, -1)] + ["/var/log/x"]
    files = bench.kernel.files
    assert b"".join(files.data(name) for name in names if files.exists(name)) == b"".join(written)
    assert bench.table._shared == {}
    assert files.storage.opened == {}
