from __future__ import annotations

import os
import socket
import time
from typing import TYPE_CHECKING

import pytest

from initd.kernel import linux_poller
from initd.kernel.port import HANGUP, READABLE, WRITABLE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from initd.kernel.linux import LinuxKernel

MILLISECOND_NS = 1_000_000


@pytest.fixture
def ends(kernel: LinuxKernel) -> Iterator[list[int]]:
    pair = list(kernel.pipe())
    yield pair
    for fd in pair:
        kernel.close(fd)


def drop(kernel: LinuxKernel, ends: list[int], index: int) -> None:
    kernel.close(ends.pop(index))


@pytest.mark.parametrize("wait_ns", [0, 1, 999_999, MILLISECOND_NS, 2_500_001, 13_333_333])
def test_a_wait_never_ends_before_its_deadline(kernel: LinuxKernel, wait_ns: int) -> None:
    for _ in range(5):
        deadline = kernel.mono() + wait_ns
        assert kernel.poll(deadline) == []
        assert kernel.mono() >= deadline


def test_a_past_deadline_does_not_wait_but_reports(kernel: LinuxKernel, ends: list[int]) -> None:
    kernel.watch(ends[1], WRITABLE)
    assert kernel.poll(0) == [(ends[1], WRITABLE)]
    assert kernel.poll(-5) == [(ends[1], WRITABLE)]


def test_a_wait_longer_than_one_system_call_is_made_of_several(
    kernel: LinuxKernel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(linux_poller, "LONGEST_WAIT_MS", 2)
    deadline = kernel.mono() + 9 * MILLISECOND_NS
    assert kernel.poll(deadline) == []
    assert kernel.mono() >= deadline


def test_a_deadline_in_a_thousand_years_is_a_deadline(kernel: LinuxKernel, ends: list[int]) -> None:
    kernel.watch(ends[1], WRITABLE)
    assert kernel.poll(1000 * 365 * 86_400 * 10**9) == [(ends[1], WRITABLE)]


def test_readiness_is_reported_until_it_is_used_up(kernel: LinuxKernel, ends: list[int]) -> None:
    kernel.watch(ends[0], READABLE)
    assert kernel.poll(0) == []
    kernel.write(ends[1], b"two")
    assert kernel.poll(0) == kernel.poll(0) == [(ends[0], READABLE)]
    kernel.read(ends[0], 3)
    assert kernel.poll(0) == []


def test_the_last_writer_gone_is_readable_and_hangup(kernel: LinuxKernel, ends: list[int]) -> None:
    kernel.watch(ends[0], READABLE)
    drop(kernel, ends, 1)
    assert kernel.poll(None) == [(ends[0], READABLE | HANGUP)]
    assert kernel.read(ends[0], 1) == b""


def test_the_last_reader_gone_is_writable_and_hangup(kernel: LinuxKernel, ends: list[int]) -> None:
    writer = ends[1]
    kernel.watch(writer, WRITABLE)
    drop(kernel, ends, 0)
    assert kernel.poll(None) == [(writer, WRITABLE | HANGUP)]
    with pytest.raises(BrokenPipeError):
        kernel.write(writer, b"x")


def test_a_full_pipe_is_not_writable(kernel: LinuxKernel, ends: list[int]) -> None:
    kernel.set_nonblocking(ends[1])
    with pytest.raises(BlockingIOError):
        while True:
            kernel.write(ends[1], bytes(4096))
    kernel.watch(ends[1], WRITABLE)
    assert kernel.poll(0) == []
    assert kernel.pending(ends[0]) == 65536


def test_a_peer_that_has_finished_sending_is_an_end_of_file(kernel: LinuxKernel) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        kernel.watch(ours.fileno(), READABLE)
        theirs.shutdown(socket.SHUT_WR)
        assert kernel.poll(None) == [(ours.fileno(), READABLE)]
        assert kernel.read(ours.fileno(), 10) == b""
        kernel.watch(ours.fileno(), 0)


def test_an_interest_can_be_changed_and_forgotten(kernel: LinuxKernel, ends: list[int]) -> None:
    kernel.watch(ends[1], READABLE)
    assert kernel.poll(0) == []
    kernel.watch(ends[1], READABLE | WRITABLE)
    assert kernel.poll(0) == [(ends[1], WRITABLE)]
    kernel.watch(ends[1], 0)
    kernel.watch(ends[1], 0)
    assert kernel.poll(0) == []


def test_a_closed_descriptor_is_forgotten_though_a_copy_of_it_lives(kernel: LinuxKernel, ends: list[int]) -> None:
    kernel.watch(ends[0], READABLE)
    copy = os.dup(ends[0])
    number = ends[0]
    drop(kernel, ends, 0)
    kernel.write(ends[0], b"x")
    assert kernel.poll(0) == []
    os.dup2(copy, number)  # the number comes back as something else
    kernel.watch(number, READABLE)
    assert kernel.poll(0) == [(number, READABLE)]
    kernel.close(number)
    kernel.close(copy)


def test_a_file_cannot_be_watched(kernel: LinuxKernel) -> None:
    with open(__file__, "rb") as file, pytest.raises(PermissionError):
        kernel.watch(file.fileno(), READABLE)


def test_more_ready_descriptors_than_fit_one_wait_all_get_their_turn(
    kernel: LinuxKernel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(linux_poller, "EVENTS_PER_WAIT", 3)
    pipes = [kernel.pipe() for _ in range(10)]
    for _, write_end in pipes:
        kernel.watch(write_end, WRITABLE)
    seen = {fd for _ in range(4) for fd, _ in kernel.poll(0)}
    assert seen == {write_end for _, write_end in pipes}
    for pair in pipes:
        for fd in pair:
            kernel.close(fd)


def test_a_wait_of_less_than_a_millisecond_is_no_busy_loop() -> None:
    class Counting:
        def __init__(self, epoll: Any) -> None:
            self.epoll, self.calls = epoll, 0

        def poll(self, *args: Any) -> Any:
            self.calls += 1
            return self.epoll.poll(*args)

    poller = linux_poller.Poller()
    counting: Any = Counting(poller._epoll)
    poller._epoll = counting
    for _ in range(5):
        assert poller.wait(time.monotonic_ns() + 900_000) == []
    poller._epoll = counting.epoll
    poller.close()
    assert counting.calls <= 10


def test_the_poller_itself_waits_until_the_deadline_however_many_system_calls_that_takes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(linux_poller, "LONGEST_WAIT_MS", 2)
    poller = linux_poller.Poller()
    deadline = time.monotonic_ns() + 9 * MILLISECOND_NS
    assert poller.wait(deadline) == []
    assert time.monotonic_ns() >= deadline
    poller.close()


def test_what_is_readable_and_writable_is_told_to_be_both(kernel: LinuxKernel) -> None:
    ours, theirs = socket.socketpair()
    theirs.send(b"x")
    kernel.watch(ours.fileno(), READABLE | WRITABLE)
    assert kernel.poll(None) == [(ours.fileno(), READABLE | WRITABLE)]
    kernel.watch(ours.fileno(), 0)
    ours.close()
    theirs.close()
