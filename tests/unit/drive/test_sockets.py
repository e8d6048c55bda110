"""Shared sockets are opened once, for whoever waits, and closed whatever they were about to be."""

from __future__ import annotations

import errno

import pytest

from initd.config.model import SocketConfig
from initd.drive.loop import Loop
from initd.drive.sockets import Sockets
from initd.supervise.policy import SocketPolicy
from sim.kernel import SimFiles, SimKernel

PATH = "/tmp/s.sock"
CONFIG = SocketConfig(f"unix://{PATH}", path=PATH, mode=0o660)
SOCKET = SocketPolicy("f", CONFIG.url)


class Bench:
    """Sockets alone; `had` is what those who needed one were given."""

    def __init__(self):
        self.files = SimFiles()
        self.kernel = SimKernel(files=self.files)
        self.loop = Loop(self.kernel, lambda error: pytest.fail(str(error)))
        self.sockets, self.had = Sockets(self.loop), []
        self.before = self.kernel.open_count()

    def need(self, config=CONFIG, socket=SOCKET):
        self.sockets.need(socket, config, lambda fd, error: self.had.append(str(error) if error else fd))

    def settle(self):
        for _ in range(4):
            self.loop.turn(0, lambda: None)

    @property
    def opened(self):
        return self.kernel.open_count() - self.before


@pytest.fixture
def bench():
    return Bench()


def test_it_is_opened_once_and_given_to_all_who_need_it(bench):
    bench.need()
    bench.need()
    assert bench.had == [] and bench.sockets.has(SOCKET)
    bench.settle()
    bench.need()
    assert len(bench.had) == 3 and len(set(bench.had)) == 1 and bench.opened == 1
    assert bench.files.tree.find(PATH).mode == 0o660


def test_a_tcp_socket_is_opened_at_its_port(bench):
    bench.need(SocketConfig("tcp://localhost:9000", host="localhost", port=9000))
    bench.settle()
    assert bench.kernel.connect_tcp(9000)


def test_when_it_is_closed_its_file_stays_and_the_next_need_opens_another(bench):
    bench.need()
    bench.settle()
    bench.sockets.close(SOCKET)
    bench.sockets.close(SOCKET)
    assert bench.opened == 0 and bench.files.exists(PATH) and not bench.sockets.has(SOCKET)
    bench.need()
    bench.settle()
    assert bench.opened == 1 and bench.kernel.connect_unix(PATH)


def test_one_that_is_closed_before_it_is_open_leaves_nothing(bench):
    bench.need()
    bench.sockets.close(SOCKET)
    bench.settle()
    assert bench.had == [] and bench.opened == 0


def test_one_that_is_needed_again_at_once_is_made_after_the_one_that_was_given_up(bench):
    bench.need()
    bench.sockets.close(SOCKET)
    bench.need()
    for _ in range(3):
        bench.settle()
    assert len(bench.had) == 1 and bench.opened == 1
    assert bench.kernel.connect_unix(PATH)


def test_a_failure_is_told_to_all_who_wait_and_the_next_need_tries_again(bench):
    bench.files.fail(PATH, errno.EACCES, "share_unix", times=1)
    bench.need()
    bench.need()
    bench.settle()
    why = f"Could not create FastCGI socket unix://{PATH}: [Errno 13] Permission denied: '{PATH}'"
    assert bench.had == [why, why] and bench.opened == 0
    bench.need()
    bench.settle()
    assert bench.opened == 1


def test_everything_is_closed_at_the_end(bench):
    bench.need()
    bench.need(SocketConfig("tcp://h:1", host="h", port=1), SocketPolicy("g", "tcp://h:1"))
    bench.settle()
    assert bench.opened == 2
    bench.sockets.close_all()
    assert bench.opened == 0
