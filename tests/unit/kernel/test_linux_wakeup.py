from __future__ import annotations

import os
import select
import signal
import threading
from typing import TYPE_CHECKING

import pytest

from initd.kernel.linux_wakeup import Wakeup
from tests.unit.kernel.launching import SECOND_NS, run_python

if TYPE_CHECKING:
    from initd.kernel.linux import LinuxKernel


def test_signals_are_taken_once_each_and_ascending(kernel: LinuxKernel) -> None:
    kernel.catch_signals([signal.SIGUSR1, signal.SIGHUP, signal.SIGTERM])
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGTERM, signal.SIGUSR1, signal.SIGHUP):
        os.kill(os.getpid(), number)
    assert kernel.take_signals() == [signal.SIGHUP, signal.SIGUSR1, signal.SIGTERM]
    assert kernel.take_signals() == []


def test_a_signal_ends_a_wait_without_deadline(kernel: LinuxKernel) -> None:
    kernel.catch_signals([signal.SIGUSR1])
    threading.Timer(0.01, os.kill, (os.getpid(), signal.SIGUSR1)).start()
    assert kernel.poll(None) == []
    assert kernel.take_signals() == [signal.SIGUSR1]


def test_a_signal_that_nobody_has_taken_lets_no_wait_begin(kernel: LinuxKernel) -> None:
    kernel.catch_signals([signal.SIGUSR1])
    os.kill(os.getpid(), signal.SIGUSR1)
    for _ in range(3):
        assert kernel.poll(None) == []
    assert kernel.take_signals() == [signal.SIGUSR1]


def test_a_flood_of_signals_and_rings_never_blocks_and_loses_no_signal(
    kernel: LinuxKernel, capsys: pytest.CaptureFixture[str]
) -> None:
    kernel.catch_signals([signal.SIGUSR1, signal.SIGUSR2])
    for _ in range(70_000):  # more than the pipe holds
        kernel._wakeup.ring()
    os.kill(os.getpid(), signal.SIGUSR2)
    assert kernel.poll(None) == []
    assert kernel.take_signals() == [signal.SIGUSR2]
    os.kill(os.getpid(), signal.SIGUSR1)
    assert kernel.poll(None) == []
    assert kernel.take_signals() == [signal.SIGUSR1]
    assert capsys.readouterr().err == ""


def test_an_idle_wait_is_not_woken_by_what_was_taken_before(kernel: LinuxKernel) -> None:
    kernel.catch_signals([signal.SIGUSR1])
    os.kill(os.getpid(), signal.SIGUSR1)
    kernel.poll(None)
    kernel.take_signals()
    assert not select.select([kernel._wakeup.fd], [], [], 0)[0]


def test_a_ring_after_the_end_reaches_nobody(kernel: LinuxKernel) -> None:
    wakeup = Wakeup()
    wakeup.close()
    ends = kernel.pipe()
    wakeup.ring()
    for fd in ends:
        kernel.set_nonblocking(fd)
    with pytest.raises(BlockingIOError):
        kernel.read(ends[0], 1)
    for fd in ends:
        kernel.close(fd)


def test_our_signal_mask_is_never_touched(kernel: LinuxKernel) -> None:
    kernel.catch_signals([signal.SIGUSR1])
    assert signal.pthread_sigmask(signal.SIG_BLOCK, []) == set()


def test_writing_to_nobody_is_an_error_and_never_a_signal() -> None:
    broken = """
import signal
for number in (signal.SIGPIPE, signal.SIGXFSZ):
    signal.signal(number, signal.SIG_DFL)
from initd.kernel.linux import LinuxKernel
kernel = LinuxKernel()
read_end, write_end = kernel.pipe()
kernel.close(read_end)
try:
    kernel.write(write_end, b"x")
except BrokenPipeError:
    print("EPIPE", signal.getsignal(signal.SIGXFSZ) == signal.SIG_IGN)
"""
    assert run_python(broken) == "EPIPE True\n"


@pytest.mark.parametrize("when", ["before", "during"])
def test_a_signal_from_outside_is_seen_at_once(kernel: LinuxKernel, when: str) -> None:
    kernel.catch_signals([signal.SIGTERM])
    delay = "" if when == "before" else "sleep 0.05;"
    began = kernel.mono()
    pid = os.spawnv(os.P_NOWAIT, "/bin/sh", ["sh", "-c", f"{delay} kill -TERM {os.getpid()}"])
    if when == "before":
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    taken: set[int] = set()
    while signal.SIGTERM not in taken:
        kernel.poll(began + 20 * SECOND_NS)
        taken.update(kernel.take_signals())
        assert kernel.mono() < began + 20 * SECOND_NS
    os.waitpid(pid, 0)


def test_no_program_gets_the_wake_up_pipe_and_release_hands_back_the_one_of_before() -> None:
    theirs, into = os.pipe2(os.O_NONBLOCK)
    before = signal.set_wakeup_fd(into)
    try:
        wakeup = Wakeup()
        assert not os.get_inheritable(wakeup.fd) and not os.get_inheritable(wakeup._bell)
        wakeup.close()
        assert signal.set_wakeup_fd(into) == into
    finally:
        signal.set_wakeup_fd(before)
        os.close(theirs)
        os.close(into)
