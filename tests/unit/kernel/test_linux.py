from __future__ import annotations

import os
import resource
import time
from typing import TYPE_CHECKING

import pytest

from initd.errors import KernelError
from tests.unit.kernel.launching import ROOT, run_python

if TYPE_CHECKING:
    from initd.kernel.linux import LinuxKernel
    from initd.kernel.port import Kernel

HEAVY = {
    "dataclasses",
    "typing",
    "logging",
    "subprocess",
    "configparser",
    "socket",
    "argparse",
    "threading",
    "ctypes",
    "glob",
}


def test_it_is_a_kernel(kernel: LinuxKernel) -> None:
    port: Kernel = kernel
    assert port.getpid() == os.getpid()


def test_the_clocks_are_those_of_the_system(kernel: LinuxKernel) -> None:
    for ours, theirs in (
        (kernel.mono, time.CLOCK_MONOTONIC),
        (kernel.boot, time.CLOCK_BOOTTIME),
        (kernel.wall, time.CLOCK_REALTIME),
    ):
        assert time.clock_gettime_ns(theirs) <= ours() <= time.clock_gettime_ns(theirs)


def test_local_time_is_in_the_local_zone() -> None:
    program = """
from initd.kernel.linux import LinuxKernel
print(LinuxKernel().local_time(1_700_000_000_999_999_999))
"""
    assert (
        run_python(f"import os, time; os.environ['TZ'] = 'UTC-5:30'; time.tzset()\n{program}")
        == "(2023, 11, 15, 3, 43, 20)\n"
    )


def test_both_ends_of_a_pipe_block_and_close_on_exec(kernel: LinuxKernel) -> None:
    ends = kernel.pipe()
    for fd in ends:
        assert os.get_blocking(fd) and not os.get_inheritable(fd)
    kernel.set_nonblocking(ends[0])
    with pytest.raises(BlockingIOError):
        kernel.read(ends[0], 1)
    assert kernel.pending(ends[0]) == 0
    assert kernel.write(ends[1], b"abc") == 3
    assert kernel.pending(ends[0]) == 3
    kernel.close(ends[1])
    assert (kernel.read(ends[0], 2), kernel.read(ends[0], 2), kernel.read(ends[0], 2)) == (b"ab", b"c", b"")
    kernel.close(ends[0])


def test_a_pipe_without_descriptors_left_says_so(kernel: LinuxKernel) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))
    try:
        with pytest.raises(KernelError) as caught:
            kernel.pipe()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert (caught.value.stage, caught.value.strerror) == ("pipe", "pipe")


def test_descriptors_are_counted_against_their_limit(kernel: LinuxKernel) -> None:
    before = kernel.open_count()
    ends = kernel.pipe()
    assert kernel.open_count() == before + 2
    for fd in ends:
        kernel.close(fd)
    assert kernel.open_count() == before <= kernel.open_limit() == resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def test_descriptors_are_counted_without_proc_too(kernel: LinuxKernel, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(_path: str) -> None:
        raise FileNotFoundError

    counted = kernel.open_count()
    monkeypatch.setattr(os, "stat", missing)
    assert kernel.open_count() == counted


def test_before_linux_6_2_descriptors_are_counted_one_by_one(
    kernel: LinuxKernel, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted = kernel.open_count()
    monkeypatch.setattr(os, "stat", lambda _path: os.stat_result((0,) * 10))
    assert kernel.open_count() == counted
    monkeypatch.setattr(os, "listdir", lambda _path: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        kernel.open_count()


def test_terminate_ends_the_process_whatever_its_threads_do() -> None:
    program = """
import os, time
from initd.kernel.linux import LinuxKernel
pid = os.fork()
if pid == 0:
    kernel = LinuxKernel()
    kernel.submit("hung", lambda _: time.sleep(1000))
    kernel.terminate(7)
print(os.WEXITSTATUS(os.waitpid(pid, 0)[1]))
"""
    assert run_python(program) == "7\n"


def test_release_gives_back_every_descriptor() -> None:
    program = """
import os
from initd.kernel.linux import LinuxKernel
before = os.listdir("/proc/self/fd")
LinuxKernel().release()
print(os.listdir("/proc/self/fd") == before)
"""
    assert run_python(program) == "True\n"


def test_importing_it_loads_nothing_heavy() -> None:
    listing = "import sys; sys.path.insert(0, sys.argv[1]); import initd.kernel.linux; print(*sys.modules)"
    isolated = "import os, sys; os.execv(sys.executable, [sys.executable, '-I', '-S', '-c', *sys.argv[1:]])"
    loaded = run_python(isolated, listing, str(ROOT)).split()
    assert "initd.kernel.linux" in loaded
    assert not HEAVY.intersection(loaded)


def test_what_was_made_nonblocking_never_waits(kernel: LinuxKernel) -> None:
    reader, writer = kernel.pipe()
    kernel.set_nonblocking(reader)
    assert not os.get_blocking(reader)
    assert os.get_blocking(writer)
    with pytest.raises(BlockingIOError):
        kernel.read(reader, 1)
    kernel.close(reader)
    kernel.close(writer)


def test_the_boot_clock_is_the_one_that_goes_on_while_the_machine_sleeps(
    kernel: LinuxKernel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "clock_gettime_ns", lambda clock: clock)
    assert kernel.boot() == time.CLOCK_BOOTTIME
