"""The daemon's end of a child's standard input: nothing lost, nothing waited for, bounded (D27)."""

from __future__ import annotations

import pytest

from initd.drive.loop import Loop
from initd.drive.stdin import LIMIT, StdinPipe
from sim.kernel import SimKernel

PIPE_BYTES = 65536


class Bench:
    """A pipe whose reader is the test."""

    def __init__(self):
        self.kernel = SimKernel()
        self.errors = []
        self.loop = Loop(self.kernel, self.errors.append)
        self.reader, writer = self.kernel.pipe()
        self.kernel.set_nonblocking(self.reader)
        self.kernel.set_nonblocking(writer)
        self.stdin = StdinPipe(self.loop, writer)

    def read(self):
        """Everything the child can read, turn after turn."""
        data = b""
        while True:
            try:
                piece = self.kernel.read(self.reader, 4096)
            except BlockingIOError:
                return data
            data += piece
            self.loop.turn(0, lambda: None)


@pytest.fixture
def bench():
    return Bench()


def test_what_fits_is_there_at_once(bench):
    assert bench.stdin.send(b"hello")
    assert bench.kernel.read(bench.reader, 10) == b"hello"


def test_what_does_not_fit_waits_and_arrives_whole_and_in_order(bench):
    first, second = b"a" * (PIPE_BYTES + 1000), b"b" * 5000
    assert bench.stdin.send(first)
    assert bench.stdin.send(second)
    assert bench.read() == first + second


def test_what_would_pass_the_bound_is_refused_whole_and_later_accepted(bench):
    assert bench.stdin.send(b"x" * LIMIT)
    assert not bench.stdin.send(b"y" * (PIPE_BYTES + 1))
    assert bench.stdin.send(b"z" * PIPE_BYTES)
    assert bench.read() == b"x" * LIMIT + b"z" * PIPE_BYTES
    assert bench.stdin.send(b"y" * (PIPE_BYTES + 1))


def test_nobody_wakes_up_once_everything_is_out(bench):
    bench.stdin.send(b"x" * (PIPE_BYTES + 1))
    bench.read()
    polled = bench.kernel.poll(0)
    assert polled == []


def test_a_reader_that_is_gone_raises_now_and_later(bench):
    bench.kernel.close(bench.reader)
    for _ in range(2):
        with pytest.raises(BrokenPipeError):
            bench.stdin.send(b"hello")
    bench.stdin.close()
    with pytest.raises(BrokenPipeError):
        bench.stdin.send(b"hello")


def test_a_reader_that_goes_while_something_waits_ends_the_waiting(bench):
    bench.stdin.send(b"x" * (PIPE_BYTES + 1))
    bench.kernel.close(bench.reader)
    bench.loop.turn(0, lambda: None)
    assert bench.errors == []
    assert bench.kernel.poll(0) == []


def test_close_drops_what_waits_and_may_be_repeated(bench):
    bench.stdin.send(b"x" * (PIPE_BYTES + 1))
    before = bench.kernel.open_count()
    bench.stdin.close()
    bench.stdin.close()
    assert bench.kernel.open_count() == before - 1
    assert bench.loop._ready == {}
    assert bench.kernel.poll(0) == []


def test_a_pipe_of_any_number_is_one():
    """A daemon that was started without streams may get the numbers of those."""
    kernel = SimKernel()
    loop = Loop(kernel, pytest.fail)
    written, closed = [], []
    kernel.write = lambda fd, data: written.append((fd, data)) or len(data)
    kernel.close = closed.append
    pipe = StdinPipe(loop, 0)
    assert pipe.send(b"x")
    pipe.close()
    assert (written, closed) == ([(0, b"x")], [0])
