"""Sockets are tried when a group is added: what came of it is told in order, and nobody waits for one that hangs."""

from __future__ import annotations

import errno

import pytest

from initd.config.model import GroupConfig, ProcessConfig, SocketConfig
from initd.drive.line import PATIENCE_NS
from initd.drive.loop import Loop
from initd.drive.policies import socket_policy
from initd.drive.sockets import Sockets
from initd.drive.trial import Trial
from sim.kernel import SimFiles, SimKernel


def group(name: str, path: str | None) -> GroupConfig:
    socket = None if path is None else SocketConfig(f"unix://{path}", path=path)
    members = tuple(ProcessConfig(f"{name}{number}", name, "x", socket=socket) for number in range(2))
    return GroupConfig(name, 999, members)


class Bench:
    """A trial; `told` is what was logged, with `done` where it was over."""

    def __init__(self):
        self.files = SimFiles()
        self.files.directory("/run")
        self.kernel = SimKernel(files=self.files)
        self.loop = Loop(self.kernel, lambda error: pytest.fail(str(error)))
        self.sockets, self.told = Sockets(self.loop), []

    def begin(self, *groups):
        trial = Trial(self.loop, lambda level, text: self.told.append(f"{level} {text}"), lambda: self.told.append("done"))
        trial.begin(groups, self.sockets)

    def pass_time(self, duration_ns):
        until_ns = self.kernel.mono() + duration_ns
        while self.kernel.mono() < until_ns:
            self.loop.turn(until_ns, lambda: None)


@pytest.fixture
def bench():
    return Bench()


def made(path):
    return [f"info Creating socket unix://{path}", f"info Closing socket unix://{path}"]


def refusal(path, text):
    return [f"info Creating socket unix://{path}", f"error Could not create FastCGI socket unix://{path}: {text}: '{path}'"]


def test_each_is_made_once_and_closed_and_its_file_stays(bench):
    before = bench.kernel.open_count()
    bench.begin(group("a", "/run/a"), group("p", None), group("b", "/run/b"))
    assert bench.told == []
    bench.pass_time(1)
    assert bench.told == [*made("/run/a"), *made("/run/b"), "done"]
    assert bench.kernel.open_count() == before and bench.files.exists("/run/a")
    assert bench.loop.next_deadline() is None


def test_without_a_socket_it_is_over_at_once(bench):
    bench.begin(group("p", None))
    assert bench.told == ["done"] and bench.loop.next_deadline() is None


def test_a_socket_that_processes_have_is_left_alone(bench):
    there = group("a", "/run/a")
    policy, config = socket_policy(there.processes[0]), there.processes[0].socket
    assert policy is not None and config is not None
    bench.sockets.need(policy, config, lambda fd, error: None)
    bench.begin(there)
    assert bench.told == ["done"]


def test_a_failure_is_an_error_with_its_reason_and_concerns_nobody_else(bench):
    bench.files.fail("/run/a", errno.EROFS, "share_unix")
    bench.begin(group("a", "/run/a"), group("b", "/run/b"))
    bench.pass_time(1)
    assert bench.told == [*refusal("/run/a", "[Errno 30] Read-only file system"), *made("/run/b"), "done"]


def test_they_are_told_in_order_however_long_each_takes(bench):
    bench.files.slow("/run/a", PATIENCE_NS // 2)
    bench.begin(group("a", "/run/a"), group("b", "/run/b"))
    bench.pass_time(PATIENCE_NS)
    assert bench.told == [*made("/run/a"), *made("/run/b"), "done"]


def test_one_that_hangs_is_waited_for_no_longer_than_patience_lasts_and_told_of_when_it_is_known(bench):
    bench.files.hang("/run/a")
    bench.begin(group("a", "/run/a"), group("b", "/run/b"))
    bench.pass_time(PATIENCE_NS - 1)
    assert bench.told == []
    bench.pass_time(2)
    assert bench.told == [*made("/run/b"), "done"]
    bench.files.release("/run/a")
    bench.pass_time(PATIENCE_NS)
    assert bench.told == [*made("/run/b"), "done", *made("/run/a")]
